/* Threads that start together, and the budget they work off. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "workload.h"

struct start {
    const struct wl_program *program;
    struct wl_thread *thread;
    pthread_barrier_t *barrier;
};

static uint64_t deadline_ns; /* 0: none. Set before the barrier opens, constant after it. */
static uint64_t chunk;

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t wl_next(struct wl_thread *thread)
{
    uint64_t left = thread->quota - thread->done;

    if (deadline_ns) {
        if (now_ns() >= deadline_ns)
            return 0;
        if (left > chunk)
            left = chunk;
    }
    thread->done += left;
    return left;
}

/* The first threads take one more each where the iterations don't divide evenly. */
static uint64_t quota_of(uint64_t index)
{
    if (!wl.iterations)
        return UINT64_MAX;
    return wl.iterations / wl.threads + (index < wl.iterations % wl.threads);
}

static void *thread_main(void *arg)
{
    struct start *start = arg;

    pthread_barrier_wait(start->barrier);
    start->program->body(start->thread);
    return NULL;
}

static void *checked_calloc(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (!p)
        wl_die("out of memory");
    return p;
}

double wl_run(const struct wl_program *program, struct wl_thread *threads)
{
    pthread_t *ids = checked_calloc(wl.threads, sizeof(*ids));
    struct start *starts = checked_calloc(wl.threads, sizeof(*starts));
    pthread_barrier_t barrier;
    uint64_t begin_ns;
    int err;

    chunk = program->chunk;
    pthread_barrier_init(&barrier, NULL, (unsigned)wl.threads);
    for (uint64_t i = 0; i < wl.threads; i++) {
        threads[i] = (struct wl_thread){.index = (unsigned)i, .quota = quota_of(i)};
        starts[i] = (struct start){program, &threads[i], &barrier};
        if (i && (err = pthread_create(&ids[i], NULL, thread_main, &starts[i])))
            wl_die("can't start thread %u of %u: %s", (unsigned)i + 1, (unsigned)wl.threads,
                   strerror(err));
    }
    begin_ns = now_ns();
    deadline_ns = wl.duration > 0 ? begin_ns + (uint64_t)(wl.duration * 1e9) : 0;
    thread_main(&starts[0]);
    for (uint64_t i = 1; i < wl.threads; i++)
        pthread_join(ids[i], NULL);
    pthread_barrier_destroy(&barrier);
    free(starts);
    free(ids);
    return (double)(now_ns() - begin_ns) / 1e9;
}
