/*
 * chase: follows pointers around one random cycle through all nodes, so that every load waits for
 * the one before it: memory latency, bare.
 *
 * Truth per iteration: 1 load, which depends on the last, no store, 1 branch, no atomic; on x86-64
 * `mov; sub; jnz` and on arm64 `ldr; subs; b.ne`, 3 instructions. A node fills one line, and a lap
 * touches size/64 lines once each. The cycle is read by all threads and written by none. All of it
 * happens in chase().
 */
#include <stdlib.h>

#include "common/workload.h"

struct node {
    _Alignas(WL_LINE) struct node *next;
    uint64_t rank; /* place in the cycle, 0 to count - 1 */
};

static struct node *nodes;
static struct node **by_rank; /* where thread i starts, and what the check needs */

static __attribute__((noinline)) struct node *chase(struct node *p, uint64_t n)
{
#if defined(__x86_64__)
    __asm__ volatile("1: movq (%[ptr]), %[ptr]\n\t"
                     "subq $1, %[left]\n\t"
                     "jnz 1b"
                     : [ptr] "+r"(p), [left] "+r"(n)
                     :
                     : "memory", "cc");
#elif defined(__aarch64__)
    __asm__ volatile("1: ldr %[ptr], [%[ptr]]\n\t"
                     "subs %[left], %[left], #1\n\t"
                     "b.ne 1b"
                     : [ptr] "+r"(p), [left] "+r"(n)
                     :
                     : "memory", "cc");
#else
    while (n--)
        p = *(struct node *volatile *)&p->next;
#endif
    return p;
}

static uint64_t count(void)
{
    return wl.size / sizeof(struct node);
}

static void truth(void)
{
    wl_truth("atomics-per-iteration", 0);
    wl_truth("loads-per-iteration", 1);
    wl_truth("stores-per-iteration", 0);
    wl_truth("branches-per-iteration", 1);
#if defined(__x86_64__) || defined(__aarch64__)
    wl_truth("instructions-per-iteration", 3);
#endif
    wl_truth("lines-per-iteration", 1);
    wl_truth("lines-touched", (double)count());
}

/* A random order of all nodes (Fisher-Yates), linked into one cycle. */
static void setup(void)
{
    uint64_t state = wl.seed, n = count();

    nodes = wl_alloc(4096, n * sizeof(*nodes));
    by_rank = wl_alloc(WL_LINE, n * sizeof(struct node *));
    for (uint64_t i = 0; i < n; i++)
        by_rank[i] = &nodes[i];
    for (uint64_t i = n; i-- > 1;) {
        uint64_t j = wl_random_below(&state, i + 1);
        struct node *swap = by_rank[i];

        by_rank[i] = by_rank[j];
        by_rank[j] = swap;
    }
    for (uint64_t i = 0; i < n; i++)
        *by_rank[i] = (struct node){.next = by_rank[(i + 1) % n], .rank = i};
}

/* Threads start evenly spread over the cycle. */
static uint64_t start_rank(uint64_t index)
{
    return index * count() / wl.threads;
}

static void body(struct wl_thread *thread)
{
    struct node *p = by_rank[start_rank(thread->index)];
    uint64_t n;

    while ((n = wl_next(thread)))
        p = chase(p, n);
    thread->result = p->rank;
}

static bool check(const struct wl_thread *threads, uint64_t done)
{
    (void)done;
    for (uint64_t i = 0; i < wl.threads; i++) {
        if (!wl_expect("the node a thread ended on", threads[i].result,
                       (start_rank(i) + threads[i].done % count()) % count()))
            return false;
    }
    return true;
}

static void cleanup(void)
{
    free(by_rank);
    free(nodes);
}

static const struct wl_opt options[] = {WL_OPT_END};

static const struct wl_program program = {
    .name = "chase",
    .summary = "Follows pointers around a random cycle through all of its nodes.",
    .unit = "hops",
    .chunk = 1 << 12,
    .size_help = "bytes of all nodes, 64 each",
    .size_min = 64,
    .size_max = UINT64_C(1) << 36,
    .options = options,
    .defaults = {.threads = 1, .seed = 1, .size = 16 << 20, .iterations = 8000000},
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
