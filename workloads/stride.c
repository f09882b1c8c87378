/*
 * stride: every thread walks an array of its own with a fixed step, over and over.
 *
 * Truth per iteration: 1 load of 8 bytes, no store, 1 branch, no atomic; on x86-64
 * `add mem; add; sub; jnz`, 4 instructions, on arm64 5. The walk touches size/stride words on
 * lines-touched different lines; when those exceed a cache, every line it enters is a miss there:
 * lines-per-iteration. All of it happens in walk().
 */
#include <stdlib.h>

#include "common/workload.h"

static uint64_t stride = 64;
static unsigned char **arrays;

/* Sums n words from p on, `stride` bytes apart. n must not be 0. */
static __attribute__((noinline)) uint64_t walk(const unsigned char *p, uint64_t n, uint64_t step)
{
    uint64_t sum = 0;

#if defined(__x86_64__)
    __asm__ volatile("1: addq (%[ptr]), %[sum]\n\t"
                     "addq %[step], %[ptr]\n\t"
                     "subq $1, %[left]\n\t"
                     "jnz 1b"
                     : [ptr] "+r"(p), [left] "+r"(n), [sum] "+r"(sum)
                     : [step] "r"(step)
                     : "memory", "cc");
#elif defined(__aarch64__)
    uint64_t value;

    __asm__ volatile("1: ldr %[value], [%[ptr]]\n\t"
                     "add %[sum], %[sum], %[value]\n\t"
                     "add %[ptr], %[ptr], %[step]\n\t"
                     "subs %[left], %[left], #1\n\t"
                     "b.ne 1b"
                     : [ptr] "+r"(p), [left] "+r"(n), [sum] "+r"(sum), [value] "=&r"(value)
                     : [step] "r"(step)
                     : "memory", "cc");
#else
    for (; n; n--, p += step)
        sum += *(const volatile uint64_t *)(const void *)p;
#endif
    return sum;
}

static uint64_t words(void)
{
    return wl.size / stride;
}

static const char *validate(void)
{
    if (stride % 8)
        return "--stride must be a multiple of 8";
    if (stride > wl.size)
        return "--stride must not exceed --size";
    return NULL;
}

static void truth(void)
{
    double step = stride < WL_LINE ? (double)stride / WL_LINE : 1;

    wl_truth("atomics-per-iteration", 0);
    wl_truth("loads-per-iteration", 1);
    wl_truth("stores-per-iteration", 0);
    wl_truth("branches-per-iteration", 1);
#if defined(__x86_64__)
    wl_truth("instructions-per-iteration", 4);
#elif defined(__aarch64__)
    wl_truth("instructions-per-iteration", 5);
#endif
    wl_truth("lines-per-iteration", step);
    wl_truth("lines-touched", (double)(uint64_t)((double)words() * step + 0.999));
}

/* The word at step i of a walk holds i + 1, so that the sum of any prefix is known. */
static void setup(void)
{
    arrays = wl_alloc(WL_LINE, wl.threads * sizeof(*arrays));
    for (uint64_t t = 0; t < wl.threads; t++) {
        arrays[t] = wl_alloc(4096, wl.size);
        for (uint64_t i = 0; i < words(); i++)
            *(uint64_t *)(void *)(arrays[t] + i * stride) = i + 1;
    }
}

static void body(struct wl_thread *thread)
{
    const unsigned char *array = arrays[thread->index];
    uint64_t at = 0, sum = 0, n;

    while ((n = wl_next(thread))) {
        while (n) {
            uint64_t run = words() - at < n ? words() - at : n;

            sum += walk(array + at * stride, run, stride);
            at = (at + run) % words();
            n -= run;
        }
    }
    thread->result = sum;
}

static bool check(const struct wl_thread *threads, uint64_t done)
{
    uint64_t n = words();

    (void)done;
    for (uint64_t i = 0; i < wl.threads; i++) {
        uint64_t passes = threads[i].done / n, rest = threads[i].done % n;

        if (!wl_expect("the sum of a walk", threads[i].result,
                       passes * (n * (n + 1) / 2) + rest * (rest + 1) / 2))
            return false;
    }
    return true;
}

static void cleanup(void)
{
    for (uint64_t t = 0; t < wl.threads; t++)
        free(arrays[t]);
    free(arrays);
}

static const struct wl_opt options[] = {
    {"stride", WL_OPT_UINT, &stride, 8, 1 << 30, "BYTES", "from one load to the next"},
    WL_OPT_END,
};

static const struct wl_program program = {
    .name = "stride",
    .summary = "Walks an array with a fixed step, one array per thread.",
    .unit = "loads",
    .chunk = 1 << 14,
    .size_help = "bytes of each thread's array",
    .size_min = 8,
    .size_max = UINT64_C(1) << 36,
    .options = options,
    .defaults = {.threads = 1, .seed = 1, .size = 16 << 20, .iterations = 1000000000},
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
