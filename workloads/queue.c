/*
 * queue: producers and consumers around one bounded ring, many of each. Every cell carries a
 * sequence number that says whose turn it is, so that the only contended words are the two
 * positions (head in pop(), tail in push()).
 *
 * Truth per iteration (an item through the ring): 1 compare-and-swap on the tail and 1 on the head
 * that succeed, more that fail; exactly 2 with one thread, which pushes and pops in turn. Of N
 * threads, the even ones produce and the odd ones consume. Items are 1, 2, 3 … per producer, so
 * the sum that comes out is known.
 */
#include <sched.h>
#include <stdlib.h>

#include "common/workload.h"

struct cell {
    uint64_t turn; /* position + 1 when full, position when free for the push at that position */
    uint64_t item;
};

static struct {
    _Alignas(WL_LINE) uint64_t tail;
    _Alignas(WL_LINE) uint64_t head;
    _Alignas(WL_LINE) uint64_t producing; /* producers that have not finished */
    _Alignas(WL_LINE) struct cell *cells;
    uint64_t mask;
} ring;

static __attribute__((noinline)) bool push(uint64_t item)
{
    uint64_t at = __atomic_load_n(&ring.tail, __ATOMIC_RELAXED);

    for (;;) {
        struct cell *cell = &ring.cells[at & ring.mask];
        int64_t lead = (int64_t)(__atomic_load_n(&cell->turn, __ATOMIC_ACQUIRE) - at);

        if (lead < 0)
            return false;
        if (lead > 0) {
            at = __atomic_load_n(&ring.tail, __ATOMIC_RELAXED);
        } else if (__atomic_compare_exchange_n(&ring.tail, &at, at + 1, true, __ATOMIC_RELAXED,
                                               __ATOMIC_RELAXED)) {
            cell->item = item;
            __atomic_store_n(&cell->turn, at + 1, __ATOMIC_RELEASE);
            return true;
        }
    }
}

static __attribute__((noinline)) bool pop(uint64_t *ret)
{
    uint64_t at = __atomic_load_n(&ring.head, __ATOMIC_RELAXED);

    for (;;) {
        struct cell *cell = &ring.cells[at & ring.mask];
        int64_t lead = (int64_t)(__atomic_load_n(&cell->turn, __ATOMIC_ACQUIRE) - (at + 1));

        if (lead < 0)
            return false;
        if (lead > 0) {
            at = __atomic_load_n(&ring.head, __ATOMIC_RELAXED);
        } else if (__atomic_compare_exchange_n(&ring.head, &at, at + 1, true, __ATOMIC_RELAXED,
                                               __ATOMIC_RELAXED)) {
            *ret = cell->item;
            __atomic_store_n(&cell->turn, at + ring.mask + 1, __ATOMIC_RELEASE);
            return true;
        }
    }
}

static const char *validate(void)
{
    if (wl.size & (wl.size - 1))
        return "--size must be a power of two";
    return NULL;
}

static uint64_t producer_count(void)
{
    return (wl.threads + 1) / 2;
}

static void truth(void)
{
    uint64_t consumers = wl.threads == 1 ? 1 : wl.threads / 2;

    if (wl.threads == 1)
        wl_truth("atomics-per-iteration", 2);
    else
        wl_truth("atomics-per-iteration-min", 2);
    wl_truth("producers", (double)producer_count());
    wl_truth("consumers", (double)consumers);
}

static void setup(void)
{
    ring.cells = wl_alloc(WL_LINE, wl.size * sizeof(*ring.cells));
    ring.mask = wl.size - 1;
    ring.producing = producer_count();
    for (uint64_t i = 0; i < wl.size; i++)
        ring.cells[i].turn = i;
}

/* Spins for a while, then lets others run: there may be fewer cores than threads. */
static void wait_turn(unsigned *spins)
{
    if (++*spins % 256)
        wl_relax();
    else
        sched_yield();
}

static void produce(struct wl_thread *thread)
{
    uint64_t item = 0, n;
    unsigned spins = 0;

    while ((n = wl_next(thread))) {
        while (n--) {
            item++;
            while (!push(item))
                wait_turn(&spins);
        }
    }
    __atomic_sub_fetch(&ring.producing, 1, __ATOMIC_RELEASE);
}

static void consume(struct wl_thread *thread)
{
    uint64_t item;
    unsigned spins = 0;

    for (;;) {
        /* Read before the pop: an empty ring after the last producer left stays empty. */
        bool last = !__atomic_load_n(&ring.producing, __ATOMIC_ACQUIRE);

        if (pop(&item)) {
            thread->result += item;
        } else if (last) {
            return;
        } else {
            wait_turn(&spins);
        }
    }
}

static void push_and_pop(struct wl_thread *thread)
{
    uint64_t next = 0, item, n;

    while ((n = wl_next(thread))) {
        while (n--) {
            next++;
            if (push(next) && pop(&item))
                thread->result += item;
        }
    }
}

/* Consumers take what there is; the items are shared out among the producers alone. */
static void body(struct wl_thread *thread)
{
    uint64_t producers = producer_count(), rank = thread->index / 2;

    if (wl.threads == 1) {
        push_and_pop(thread);
    } else if (thread->index % 2) {
        thread->quota = 0;
        consume(thread);
    } else {
        if (wl.iterations)
            thread->quota = wl.iterations / producers + (rank < wl.iterations % producers);
        produce(thread);
    }
}

static bool check(const struct wl_thread *threads, uint64_t done)
{
    uint64_t in = 0, out = 0;

    (void)done;
    for (uint64_t i = 0; i < wl.threads; i++) {
        in += threads[i].done * (threads[i].done + 1) / 2;
        out += threads[i].result;
    }
    return wl_expect("the sum of the items taken", out, in) &&
           wl_expect("the items left", ring.tail - ring.head, 0);
}

static void cleanup(void)
{
    free(ring.cells);
}

static const struct wl_opt options[] = {WL_OPT_END};

static const struct wl_program program = {
    .name = "queue",
    .summary = "Producers and consumers share one bounded ring.",
    .unit = "items",
    .chunk = 1 << 10,
    .size_help = "cells in the ring, a power of two",
    .size_min = 2,
    .size_max = 1 << 24,
    .options = options,
    .defaults = {.threads = 2, .seed = 1, .size = 1024, .iterations = 50000000},
    .validate = validate,
    .truth = truth,
    .setup = setup,
    .body = body,
    .check = check,
    .cleanup = cleanup,
};

int main(int argc, char **argv)
{
    return wl_main(&program, argc, argv);
}
