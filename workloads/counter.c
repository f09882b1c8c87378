/*
 * counter: threads increment an atomic counter, one that all share or one each on its own line.
 *
 * Truth per iteration: 1 atomic read-modify-write, 1 load, 1 store, 1 branch. On x86-64 the loop is
 * `lock addq; sub; jnz`, 3 instructions; on arm64 an exclusive load and store, 6 instructions, with
 * more when a store-exclusive fails under contention. In mode shared every increment is in
 * count_shared() and all threads write one line; in mode padded it is in count_padded() and no line
 * is written by two threads.
 */
#include <stdlib.h>

#include "common/workload.h"

enum { SHARED, PADDED };

struct slot {
    _Alignas(WL_LINE) uint64_t value;
};

static uint64_t mode = SHARED;
static struct slot shared_counter;
static struct slot *padded_counters;

/* Two functions with one body, so that a profile tells the modes apart by name. */
#if defined(__x86_64__)
#define COUNT_LOOP(p, n)                             \
    __asm__ volatile("1: lock addq $1, (%[ptr])\n\t" \
                     "subq $1, %[left]\n\t"          \
                     "jnz 1b"                        \
                     : [left] "+r"(n)                \
                     : [ptr] "r"(p)                  \
                     : "memory", "cc")
#elif defined(__aarch64__)
#define COUNT_LOOP(p, n)                                                            \
    do {                                                                            \
        uint64_t old;                                                               \
        uint32_t failed;                                                            \
        __asm__ volatile("1: ldxr %[old], [%[ptr]]\n\t"                             \
                         "add %[old], %[old], #1\n\t"                               \
                         "stxr %w[failed], %[old], [%[ptr]]\n\t"                    \
                         "cbnz %w[failed], 1b\n\t"                                  \
                         "subs %[left], %[left], #1\n\t"                            \
                         "b.ne 1b"                                                  \
                         : [left] "+r"(n), [old] "=&r"(old), [failed] "=&r"(failed) \
                         : [ptr] "r"(p)                                             \
                         : "memory", "cc");                                         \
    } while (0)
#else
#define COUNT_LOOP(p, n)                            \
    do                                              \
        __atomic_fetch_add(p, 1, __ATOMIC_RELAXED); \
    while (--(n))
#endif

static __attribute__((noinline)) void count_shared(uint64_t *counter, uint64_t n)
{
    COUNT_LOOP(counter, n);
}

static __attribute__((noinline)) void count_padded(uint64_t *counter, uint64_t n)
{
    COUNT_LOOP(counter, n);
}

static void truth(void)
{
    wl_truth("atomics-per-iteration", 1);
    wl_truth("loads-per-iteration", 1);
    wl_truth("stores-per-iteration", 1);
#if defined(__x86_64__)
    wl_truth("branches-per-iteration", 1);
    wl_truth("instructions-per-iteration", 3);
#elif defined(__aarch64__)
    wl_truth("branches-per-iteration", 2);
    wl_truth("instructions-per-iteration", 6);
#endif
    wl_truth("true-shared-lines", mode == SHARED && wl.threads > 1);
}

static void setup(void)
{
    padded_counters = wl_alloc(WL_LINE, wl.threads * sizeof(*padded_counters));
}

static void body(struct wl_thread *thread)
{
    uint64_t n;

    while ((n = wl_next(thread))) {
        if (mode == SHARED)
            count_shared(&shared_counter.value, n);
        else
            count_padded(&padded_counters[thread->index].value, n);
    }
}

static bool check(const struct wl_thread *threads, uint64_t done)
{
    uint64_t sum = shared_counter.value;

    for (uint64_t i = 0; i < wl.threads; i++) {
        sum += padded_counters[i].value;
        if (mode == PADDED &&
            !wl_expect("a padded counter", padded_counters[i].value, threads[i].done))
            return false;
    }
    return wl_expect("the sum of the counters", sum, done);
}

static void cleanup(void)
{
    free(padded_counters);
}

static const struct wl_opt options[] = {
    {"mode", WL_OPT_CHOICE, &mode, 0, 0, "shared|padded", "one counter, or one line per thread"},
    WL_OPT_END,
};

static const struct wl_program program = {
    .name = "counter",
    .summary = "Threads increment an atomic counter: shared, or padded to a cache line each.",
    .unit = "increments",
    .chunk = 1 << 16,
    .options = options,
    .defaults = {.threads = 2, .seed = 1, .iterations = 100000000},
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
