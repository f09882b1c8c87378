/*
 * What the workloads share: options, threads that start together, a budget of iterations or time,
 * stated truth, the self-check and the result line.
 *
 * A workload is one file with a `struct wl_program`; its main is `return wl_main(&program, argc,
 * argv)`. It knows nothing of hwprof and needs libc and pthread alone, so that a profiler can be
 * tested against what the program says of itself (--truth) and not against itself.
 *
 * An iteration is the workload's unit of work, and its count is for all threads together. Thread 0
 * is the main thread, so that --threads N makes exactly N tasks. Exit status: 0, 1 when a check or
 * the system failed, 2 for a bad command line.
 */
#ifndef WORKLOADS_COMMON_WORKLOAD_H
#define WORKLOADS_COMMON_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WL_LINE 64 /* bytes in a cache line, as the stated truths count them */

/* --- options ---------------------------------------------------------------------------------- */

enum wl_opt_kind {
    WL_OPT_UINT,    /* uint64_t; suffixes k M G (powers of 1000), Ki Mi Gi (of 1024) */
    WL_OPT_SECONDS, /* double, not negative */
    WL_OPT_CHOICE,  /* uint64_t: index into the '|'-separated words of `arg` */
};

struct wl_opt {
    const char *name; /* NULL ends a table */
    enum wl_opt_kind kind;
    void *into;        /* holds the default before parsing */
    uint64_t min, max; /* of a WL_OPT_UINT, both included */
    const char *arg;   /* placeholder in --help, or the choices */
    const char *help;  /* one line; the default is appended */
};

#define WL_OPT_END                                \
    {                                             \
        NULL, WL_OPT_UINT, NULL, 0, 0, NULL, NULL \
    }

/* What every workload takes; a program sets its defaults and says which it has by wl_program.uses.
 */
struct wl_common {
    uint64_t threads;
    uint64_t seed;
    uint64_t size;       /* meaning and unit are the program's: see size_help */
    uint64_t iterations; /* all threads together; 0: no limit, --duration must be given */
    double duration;     /* seconds; 0: no limit */
    bool quiet;          /* no result line */
};

/* --- a running workload ----------------------------------------------------------------------- */

/* One per thread. Owned by the runner; a body may use it for its own thread only. */
struct wl_thread {
    _Alignas(WL_LINE) unsigned index; /* its own line: the runner shares nothing by accident */
    uint64_t done;                    /* iterations finished, kept by wl_next */
    uint64_t quota;  /* this thread's share of the iterations; UINT64_MAX with --duration alone */
    uint64_t result; /* the body's own: what `check` adds up */
};

struct wl_program {
    const char *name;
    const char *summary;   /* one line */
    const char *unit;      /* what an iteration is, in the plural: "increments" */
    uint64_t chunk;        /* iterations between two looks at the clock under --duration */
    const char *size_help; /* NULL: no --size */
    uint64_t size_min, size_max;
    const struct wl_opt *options; /* the program's own */
    struct wl_common defaults;

    const char *(*validate)(void); /* after parsing: NULL, or why the options do not fit together */
    void (*truth)(void);           /* prints through wl_truth() */
    void (*setup)(void);           /* allocates and fills; not timed. May be NULL. */
    void (*body)(struct wl_thread *thread);
    bool (*check)(const struct wl_thread *threads, uint64_t done); /* may use wl_expect() */
    void (*cleanup)(void); /* frees what setup allocated. May be NULL. */
};

/* The parsed common options. Constant once the body runs. */
extern struct wl_common wl;

int wl_main(const struct wl_program *program, int argc, char **argv);

/* Parses into the options' variables and `wl`. Prints the message and exits with 2 on a bad
 * command line; prints the help and exits with 0 on --help. Returns true if --truth was given. */
bool wl_parse(const struct wl_program *program, int argc, char **argv);

/* The word of a choice, as given in its `arg`. */
void wl_choice_name(const char *choices, uint64_t index, char *buffer, size_t size);

/* How many iterations to do now; 0 when the thread is finished. Without --duration the whole
 * quota comes at once, so that the hot loop is undisturbed. */
uint64_t wl_next(struct wl_thread *thread);

/* Runs the body on wl.threads threads that start together; returns seconds from the common start to
 * the last end. */
double wl_run(const struct wl_program *program, struct wl_thread *threads);

/* --- truth and checks ------------------------------------------------------------------------- */

/* One line "truth KEY VALUE", exact and for machines. */
void wl_truth(const char *key, double value);

/* Says what differs on stderr and returns false if actual is not expected. */
bool wl_expect(const char *what, uint64_t actual, uint64_t expected);

/* Zeroed memory at a multiple of `align`; exits with 1 when there is none. Free with free(). */
void *wl_alloc(size_t align, size_t size);

/* Message on stderr, exit with 1. */
void wl_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* --- random numbers: splitmix64, the same on every machine --------------------------------------
 */

static inline uint64_t wl_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Below `limit`, which must not be 0. The bias of the modulus is below limit / 2^64. */
static inline uint64_t wl_random_below(uint64_t *state, uint64_t limit)
{
    return wl_random(state) % limit;
}

/* The polite wait inside a spin loop. */
static inline void wl_relax(void)
{
#if defined(__x86_64__)
    __asm__ volatile("pause");
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#else
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
#endif
}

#endif
