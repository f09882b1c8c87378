/*
 * pool: a pool of buffers behind 1 … N shards, each a spin lock and a stack of free buffers.
 * Threads acquire a buffer, write to it and release it.
 *
 * Truth per iteration: 1 atomic exchange to acquire (pool_acquire()) and 1 to release
 * (pool_release()), more when a lock is contended or a shard is empty. Thread t uses shard t modulo
 * shards, so with threads ≤ shards nothing is shared and the count is exactly 2: how throughput
 * grows with --shards is what a sharding advisor must predict. A buffer knows its holder: handing
 * one out twice is found at once, and at the end every buffer must be back once.
 */
#include <sched.h>
#include <stdlib.h>

#include "common/workload.h"

struct buffer {
    _Alignas(WL_LINE) struct buffer *next;
    uint32_t holder; /* thread index + 1; 0: free */
    uint32_t shard;  /* where it is at home */
    uint64_t uses;
};

struct shard {
    _Alignas(WL_LINE) uint32_t lock;
    struct buffer *free;
};

static uint64_t shard_count = 1, writes = 1;
static struct shard *shards;
static struct buffer *buffers;
static uint32_t collisions; /* buffers that were handed out twice */

static void lock_shard(struct shard *shard)
{
    unsigned spins = 0;

    while (__atomic_exchange_n(&shard->lock, 1, __ATOMIC_ACQUIRE)) {
        while (__atomic_load_n(&shard->lock, __ATOMIC_RELAXED)) {
            if (++spins % 1024)
                wl_relax();
            else
                sched_yield();
        }
    }
}

static void unlock_shard(struct shard *shard)
{
    __atomic_store_n(&shard->lock, 0, __ATOMIC_RELEASE);
}

static struct buffer *take(struct shard *shard)
{
    struct buffer *buffer;

    lock_shard(shard);
    buffer = shard->free;
    if (buffer)
        shard->free = buffer->next;
    unlock_shard(shard);
    return buffer;
}

/* From the thread's own shard, else from the next one that has any. */
static __attribute__((noinline)) struct buffer *pool_acquire(uint64_t home)
{
    for (uint64_t i = home;; i = i + 1 == shard_count ? 0 : i + 1) {
        struct buffer *buffer = take(&shards[i]);

        if (buffer)
            return buffer;
    }
}

static __attribute__((noinline)) void pool_release(struct buffer *buffer)
{
    struct shard *shard = &shards[buffer->shard];

    lock_shard(shard);
    buffer->next = shard->free;
    shard->free = buffer;
    unlock_shard(shard);
}

static __attribute__((noinline)) void use_buffer(struct buffer *buffer, uint32_t holder)
{
    volatile uint64_t *uses = &buffer->uses;

    if (__atomic_load_n(&buffer->holder, __ATOMIC_RELAXED))
        __atomic_add_fetch(&collisions, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&buffer->holder, holder, __ATOMIC_RELAXED);
    for (uint64_t i = 0; i < writes; i++)
        *uses = *uses + 1;
    if (__atomic_load_n(&buffer->holder, __ATOMIC_RELAXED) != holder)
        __atomic_add_fetch(&collisions, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&buffer->holder, 0, __ATOMIC_RELAXED);
}

static const char *validate(void)
{
    if (wl.size < wl.threads || wl.size < shard_count)
        return "--size must be at least --threads and --shards";
    return NULL;
}

/* Shards that two or more threads call home. */
static uint64_t contended_shards(void)
{
    if (wl.threads <= shard_count)
        return 0;
    return wl.threads - shard_count < shard_count ? wl.threads - shard_count : shard_count;
}

static void truth(void)
{
    wl_truth(contended_shards() ? "atomics-per-iteration-min" : "atomics-per-iteration", 2);
    wl_truth("writes-per-iteration", (double)writes);
    wl_truth("contended-shards", (double)contended_shards());
}

static void setup(void)
{
    shards = wl_alloc(WL_LINE, shard_count * sizeof(*shards));
    buffers = wl_alloc(WL_LINE, wl.size * sizeof(*buffers));
    for (uint64_t i = 0; i < wl.size; i++) {
        struct shard *shard = &shards[i % shard_count];

        buffers[i] = (struct buffer){.next = shard->free, .shard = (uint32_t)(i % shard_count)};
        shard->free = &buffers[i];
    }
}

static void body(struct wl_thread *thread)
{
    uint64_t home = thread->index % shard_count, n;

    while ((n = wl_next(thread))) {
        while (n--) {
            struct buffer *buffer = pool_acquire(home);

            use_buffer(buffer, thread->index + 1);
            pool_release(buffer);
        }
    }
}

static bool check(const struct wl_thread *threads, uint64_t done)
{
    uint64_t back = 0, uses = 0;

    (void)threads;
    for (uint64_t i = 0; i < shard_count; i++) {
        for (struct buffer *b = shards[i].free; b && back <= wl.size; b = b->next) {
            back++;
            uses += b->uses;
        }
    }
    return wl_expect("the number of buffers handed out twice", collisions, 0) &&
           wl_expect("the number of buffers back in the pool", back, wl.size) &&
           wl_expect("the number of writes", uses, done * writes);
}

static void cleanup(void)
{
    free(buffers);
    free(shards);
}

static const struct wl_opt options[] = {
    {"shards", WL_OPT_UINT, &shard_count, 1, 1024, "N", "locks and free lists of their own"},
    {"writes", WL_OPT_UINT, &writes, 1, 1000000, "N", "to a buffer while it is held"},
    WL_OPT_END,
};

static const struct wl_program program = {
    .name = "pool",
    .summary = "Threads acquire and release buffers from a pool of one or more shards.",
    .unit = "buffers",
    .chunk = 1 << 12,
    .size_help = "buffers in the pool",
    .size_min = 1,
    .size_max = 1 << 24,
    .options = options,
    .defaults = {.threads = 2, .seed = 1, .size = 1024, .iterations = 16000000},
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
