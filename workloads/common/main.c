/* A workload from its command line to its result line. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"

static const char *name = "workload";

void wl_die(const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s: ", name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

void *wl_alloc(size_t align, size_t size)
{
    void *p = NULL;

    if (posix_memalign(&p, align, size))
        wl_die("can't allocate %zu bytes", size);
    memset(p, 0, size);
    return p;
}

void wl_truth(const char *key, double value)
{
    printf("truth %s %.10g\n", key, value);
}

bool wl_expect(const char *what, uint64_t actual, uint64_t expected)
{
    if (actual == expected)
        return true;
    fprintf(stderr, "%s: check failed: %s is %" PRIu64 ", expected %" PRIu64 "\n", name, what,
            actual, expected);
    return false;
}

static void print_result(const struct wl_program *program, uint64_t done, double seconds)
{
    double rate = (double)done / seconds / 1e6;

    printf("%s: %" PRIu64 " thread%s, %" PRIu64 " %s, %.3f s, %.*f Mops/s, check ok\n",
           program->name, wl.threads, wl.threads == 1 ? "" : "s", done, program->unit, seconds,
           rate < 1 ? 4 : 1, rate);
}

int wl_main(const struct wl_program *program, int argc, char **argv)
{
    struct wl_thread *threads;
    uint64_t done = 0;
    double seconds;
    bool ok;

    name = program->name;
    if (wl_parse(program, argc, argv)) {
        program->truth();
        return 0;
    }
    if (program->setup)
        program->setup();
    threads = wl_alloc(WL_LINE, wl.threads * sizeof(*threads));
    seconds = wl_run(program, threads);
    for (uint64_t i = 0; i < wl.threads; i++)
        done += threads[i].done;
    ok = wl_expect("work done", done, wl.duration > 0 ? done : wl.iterations) &&
         program->check(threads, done);
    if (ok && !wl.quiet)
        print_result(program, done, seconds);
    if (program->cleanup)
        program->cleanup();
    free(threads);
    return ok && fflush(stdout) == 0 ? 0 : 1;
}
