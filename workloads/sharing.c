/*
 * sharing: every thread increments its own field in an array of structs; whether two of them meet
 * in a cache line is a matter of --stride and --offset alone, and whether that costs much one of
 * --mode: plain stores wait in the store buffer, atomics don't.
 *
 * Truth per iteration: 1 load, 1 store, 1 branch, no atomic; on x86-64 `addq mem; sub; jnz`, 3
 * instructions, on arm64 5. In mode atomic 1 atomic; on x86-64 still 3 instructions, on arm64 an
 * exclusive load and store, 6 instructions and 2 branches. No word is ever used by two threads, so
 * all sharing there is is false. Thread i's field lies at byte offset + i·stride of an array that
 * starts on a line, which gives the number of falsely shared lines exactly. All of it happens in
 * bump_field() or, in mode atomic, in bump_field_atomic().
 */
#include <stdlib.h>

#include "common/workload.h"

enum { PLAIN, ATOMIC };

static uint64_t stride = 8, offset, mode = PLAIN;
static unsigned char *array;

static uint64_t *field(uint64_t index)
{
    return (uint64_t *)(void *)(array + offset + index * stride);
}

static __attribute__((noinline)) void bump_field(uint64_t *counter, uint64_t n)
{
#if defined(__x86_64__)
    __asm__ volatile("1: addq $1, (%[ptr])\n\t"
                     "subq $1, %[left]\n\t"
                     "jnz 1b"
                     : [left] "+r"(n)
                     : [ptr] "r"(counter)
                     : "memory", "cc");
#elif defined(__aarch64__)
    uint64_t value;

    __asm__ volatile("1: ldr %[value], [%[ptr]]\n\t"
                     "add %[value], %[value], #1\n\t"
                     "str %[value], [%[ptr]]\n\t"
                     "subs %[left], %[left], #1\n\t"
                     "b.ne 1b"
                     : [left] "+r"(n), [value] "=&r"(value)
                     : [ptr] "r"(counter)
                     : "memory", "cc");
#else
    volatile uint64_t *p = counter;

    while (n--)
        *p = *p + 1;
#endif
}

static __attribute__((noinline)) void bump_field_atomic(uint64_t *counter, uint64_t n)
{
#if defined(__x86_64__)
    __asm__ volatile("1: lock addq $1, (%[ptr])\n\t"
                     "subq $1, %[left]\n\t"
                     "jnz 1b"
                     : [left] "+r"(n)
                     : [ptr] "r"(counter)
                     : "memory", "cc");
#elif defined(__aarch64__)
    uint64_t value;
    uint32_t failed;

    __asm__ volatile("1: ldxr %[value], [%[ptr]]\n\t"
                     "add %[value], %[value], #1\n\t"
                     "stxr %w[failed], %[value], [%[ptr]]\n\t"
                     "cbnz %w[failed], 1b\n\t"
                     "subs %[left], %[left], #1\n\t"
                     "b.ne 1b"
                     : [left] "+r"(n), [value] "=&r"(value), [failed] "=&r"(failed)
                     : [ptr] "r"(counter)
                     : "memory", "cc");
#else
    while (n--)
        __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
#endif
}

/* Lines that two or more threads write: fields are in ascending order, so a line's writers are
 * neighbours, and a line counts when its second writer appears. */
static uint64_t shared_lines(void)
{
    uint64_t lines = 0, writers = 1;

    for (uint64_t i = 1; i < wl.threads; i++) {
        bool same = (offset + i * stride) / WL_LINE == (offset + (i - 1) * stride) / WL_LINE;

        writers = same ? writers + 1 : 1;
        lines += writers == 2;
    }
    return lines;
}

static const char *validate(void)
{
    if (stride % 8 || offset % 8)
        return "--stride and --offset must be multiples of 8";
    return NULL;
}

static void truth(void)
{
    wl_truth("atomics-per-iteration", mode == ATOMIC);
    wl_truth("loads-per-iteration", 1);
    wl_truth("stores-per-iteration", 1);
#if defined(__x86_64__)
    wl_truth("branches-per-iteration", 1);
    wl_truth("instructions-per-iteration", 3);
#elif defined(__aarch64__)
    wl_truth("branches-per-iteration", mode == ATOMIC ? 2 : 1);
    wl_truth("instructions-per-iteration", mode == ATOMIC ? 6 : 5);
#endif
    wl_truth("true-shared-lines", 0);
    wl_truth("false-shared-lines", (double)shared_lines());
}

static void setup(void)
{
    array = wl_alloc(4096, offset + wl.threads * stride);
}

static void body(struct wl_thread *thread)
{
    uint64_t n;

    while ((n = wl_next(thread))) {
        if (mode == ATOMIC)
            bump_field_atomic(field(thread->index), n);
        else
            bump_field(field(thread->index), n);
    }
}

static bool check(const struct wl_thread *threads, uint64_t done)
{
    (void)done;
    for (uint64_t i = 0; i < wl.threads; i++) {
        if (!wl_expect("a thread's field", *field(i), threads[i].done))
            return false;
    }
    return true;
}

static void cleanup(void)
{
    free(array);
}

static const struct wl_opt options[] = {
    {"mode", WL_OPT_CHOICE, &mode, 0, 0, "plain|atomic", "how a field is incremented"},
    {"stride", WL_OPT_UINT, &stride, 8, 1 << 20, "BYTES", "from one thread's field to the next"},
    {"offset", WL_OPT_UINT, &offset, 0, 1 << 20, "BYTES", "of the first field from a line's start"},
    WL_OPT_END,
};

static const struct wl_program program = {
    .name = "sharing",
    .summary = "Threads write fields of their own that may share a cache line.",
    .unit = "increments",
    .chunk = 1 << 16,
    .options = options,
    .defaults = {.threads = 2, .seed = 1, .iterations = 600000000},
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
