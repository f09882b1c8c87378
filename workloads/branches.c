/*
 * branches: a conditional branch that follows an array of zeros and ones, half of each, in an order
 * that predictors like (sorted, periodic) or cannot learn (random).
 *
 * Truth per iteration: 1 load, 2 conditional branches (the tested one and the loop's), no atomic.
 * The tested branch is taken for the zeros, half of the time over whole passes; x86-64 runs 5
 * instructions for a zero and 6 for a one, arm64 4 and 5. Of the tested branches a predictor that
 * has nothing to learn gets half wrong: mispredicts-per-iteration 0.5 for random, next to 0 for the
 * others. All of it happens in count_ones().
 */
#include <stdlib.h>

#include "common/workload.h"

enum { SORTED, RANDOM, PERIODIC };

static uint64_t pattern = RANDOM, period = 4;
static unsigned char *data;

/* n must not be 0. */
static __attribute__((noinline)) uint64_t count_ones(const unsigned char *p, uint64_t n)
{
    uint64_t ones = 0;

#if defined(__x86_64__)
    __asm__ volatile("1: cmpb $0, (%[ptr])\n\t"
                     "je 2f\n\t"
                     "addq $1, %[ones]\n\t"
                     "2: addq $1, %[ptr]\n\t"
                     "subq $1, %[left]\n\t"
                     "jnz 1b"
                     : [ptr] "+r"(p), [left] "+r"(n), [ones] "+r"(ones)
                     :
                     : "memory", "cc");
#elif defined(__aarch64__)
    uint32_t value;

    __asm__ volatile("1: ldrb %w[value], [%[ptr]], #1\n\t"
                     "cbz %w[value], 2f\n\t"
                     "add %[ones], %[ones], #1\n\t"
                     "2: subs %[left], %[left], #1\n\t"
                     "b.ne 1b"
                     : [ptr] "+r"(p), [left] "+r"(n), [ones] "+r"(ones), [value] "=&r"(value)
                     :
                     : "memory", "cc");
#else
    for (; n; n--, p++) {
        if (*(const volatile unsigned char *)p)
            ones++;
    }
#endif
    return ones;
}

static const char *validate(void)
{
    if (wl.size % 2)
        return "--size must be even, for as many ones as zeros";
    if (pattern == PERIODIC && (period % 2 || wl.size % period))
        return "--period must be even and divide --size";
    return NULL;
}

static void truth(void)
{
    wl_truth("atomics-per-iteration", 0);
    wl_truth("loads-per-iteration", 1);
    wl_truth("stores-per-iteration", 0);
    wl_truth("branches-per-iteration", 2);
#if defined(__x86_64__)
    wl_truth("instructions-per-iteration", 5.5);
#elif defined(__aarch64__)
    wl_truth("instructions-per-iteration", 4.5);
#endif
    wl_truth("mispredicts-per-iteration", pattern == RANDOM ? 0.5 : 0);
}

static bool is_one(uint64_t i)
{
    return pattern == PERIODIC ? i % period >= period / 2 : i >= wl.size / 2;
}

static void setup(void)
{
    uint64_t state = wl.seed;

    data = wl_alloc(4096, wl.size);
    for (uint64_t i = 0; i < wl.size; i++)
        data[i] = is_one(i);
    for (uint64_t i = wl.size; pattern == RANDOM && i-- > 1;) {
        uint64_t j = wl_random_below(&state, i + 1);
        unsigned char swap = data[i];

        data[i] = data[j];
        data[j] = swap;
    }
}

static void body(struct wl_thread *thread)
{
    uint64_t at = 0, ones = 0, n;

    while ((n = wl_next(thread))) {
        while (n) {
            uint64_t run = wl.size - at < n ? wl.size - at : n;

            ones += count_ones(data + at, run);
            at = (at + run) % wl.size;
            n -= run;
        }
    }
    thread->result = ones;
}

static bool check(const struct wl_thread *threads, uint64_t done)
{
    (void)done;
    for (uint64_t i = 0; i < wl.threads; i++) {
        uint64_t ones = threads[i].done / wl.size * (wl.size / 2);

        for (uint64_t k = 0; k < threads[i].done % wl.size; k++)
            ones += data[k];
        if (!wl_expect("the number of ones", threads[i].result, ones))
            return false;
    }
    return true;
}

static void cleanup(void)
{
    free(data);
}

static const struct wl_opt options[] = {
    {"pattern", WL_OPT_CHOICE, &pattern, 0, 0, "sorted|random|periodic", "order of zeros and ones"},
    {"period", WL_OPT_UINT, &period, 2, 1 << 20, "N", "length of the periodic pattern"},
    WL_OPT_END,
};

static const struct wl_program program = {
    .name = "branches",
    .summary = "A conditional branch whose outcomes are easy or impossible to predict.",
    .unit = "tests",
    .chunk = 1 << 14,
    .size_help = "bytes of the array that decides, one per outcome",
    .size_min = 2,
    .size_max = UINT64_C(1) << 34,
    .options = options,
    .defaults = {.threads = 1, .seed = 1, .size = 1 << 20, .iterations = 256 * (1 << 20)},
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
