#include "counters/model_progress.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "counters/model/protocol.h"

#define EVERY_MS 500

struct hwp_model_progress {
    pthread_t thread;
    int wake_fd; /* eventfd: stop */
    char *directory;
    double start_s;
    bool has_shown;
};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool read_status(int dir, const char *name, struct hwm_status *ret)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    bool whole = fd >= 0 && read(fd, ret, sizeof(*ret)) == (ssize_t)sizeof(*ret);

    if (fd >= 0)
        close(fd);
    return whole;
}

/* The sum over every process image so far. */
static uint64_t instructions_of(const char *directory)
{
    DIR *dir = opendir(directory);
    struct hwm_status status;
    uint64_t sum = 0;

    if (!dir)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (hwp_starts_with(entry->d_name, "status.") &&
            read_status(dirfd(dir), entry->d_name, &status))
            sum += status.instructions;
    closedir(dir);
    return sum;
}

static void show(struct hwp_model_progress *p)
{
    double elapsed_s = now_s() - p->start_s;
    double millions = (double)instructions_of(p->directory) / 1e6;

    fprintf(stderr, "\r\033[Khwprof: modelled %.0f M instructions, %.1f M/s, %.0f s", millions,
            elapsed_s > 0 ? millions / elapsed_s : 0, elapsed_s);
    fflush(stderr);
    p->has_shown = true;
}

static void *run(void *arg)
{
    struct hwp_model_progress *p = arg;
    struct pollfd stop = {.fd = p->wake_fd, .events = POLLIN};

    while (poll(&stop, 1, EVERY_MS) == 0)
        show(p);
    return NULL;
}

/* Signals belong to the thread that waits for the workload. */
static bool start_thread(struct hwp_model_progress *p)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = pthread_create(&p->thread, NULL, run, p) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

static void destroy(struct hwp_model_progress *p)
{
    if (p->wake_fd >= 0)
        close(p->wake_fd);
    free(p->directory);
    free(p);
}

struct hwp_model_progress *hwp_model_progress_start(const char *directory)
{
    if (!isatty(STDERR_FILENO))
        return NULL;

    struct hwp_model_progress *p = hwp_calloc(1, sizeof(*p));
    *p = (struct hwp_model_progress){
        .wake_fd = eventfd(0, EFD_CLOEXEC),
        .directory = hwp_strdup(directory),
        .start_s = now_s(),
    };
    if (p->wake_fd >= 0 && start_thread(p))
        return p;
    destroy(p); /* the run is as good without it */
    return NULL;
}

void hwp_model_progress_stop(struct hwp_model_progress *p)
{
    if (!p)
        return;
    eventfd_write(p->wake_fd, 1);
    pthread_join(p->thread, NULL);
    if (p->has_shown)
        fputs("\r\033[K", stderr);
    destroy(p);
}
