/* From the ring buffers to the recording, in a thread of its own. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "counters/perf_session.h"

/* Buffers wake us when a quarter full; the timeout bounds how stale the file is in quiet times. */
#define PASS_TIMEOUT_MS 200

/* --- the rings ------------------------------------------------------------------------------- */

/* As large as the mlock limit allows: each step halves. */
static struct hwp_error *map_ring(struct hwp_perf_session *s, const struct hwp_place *p)
{
    struct hwp_ring ring;
    int errnum = 0;

    for (size_t pages = s->config.mmap_pages; pages; pages /= 2) {
        errnum = hwp_ring_map(&ring, p->fd, p->cpu, pages);
        if (!errnum) {
            hwp_vec_push(&s->rings, ring);
            return NULL;
        }
        if (errnum != EPERM && errnum != ENOMEM)
            break;
    }
    return hwp_error_hint(hwp_error_sys(errnum, "can't map the ring buffer of CPU %d", p->cpu),
                          "sudo sysctl kernel.perf_event_mlock_kb=8192, or run as root");
}

static const struct hwp_ring *ring_of(const struct hwp_perf_session *s, int cpu)
{
    hwp_vec_foreach(&s->rings, r)
        if (r->cpu == cpu)
            return r;
    return NULL;
}

/* One buffer per CPU: the first event there owns it, the others write to it as well. */
static struct hwp_error *attach_place(struct hwp_perf_session *s, const struct hwp_counter *c,
                                      const struct hwp_place *p)
{
    const struct hwp_ring *ring = ring_of(s, p->cpu);

    if (!ring)
        return map_ring(s, p);
    if (ioctl(p->fd, PERF_EVENT_IOC_SET_OUTPUT, ring->fd))
        return hwp_error_sys(errno, "can't send the samples of %s on CPU %d to its ring buffer",
                             c->name, p->cpu);
    return NULL;
}

struct hwp_error *hwp_perf_map_rings(struct hwp_perf_session *s)
{
    hwp_vec_foreach(&s->counters, c) {
        if (!c->opened || !(c->sampled || c->tracks))
            continue;
        hwp_vec_foreach(&c->places, p)
            if (p->fd >= 0)
                HWP_TRY(attach_place(s, c, p));
    }
    return NULL;
}

/* --- the thread ------------------------------------------------------------------------------ */

static void tally(struct hwp_drain *d, const struct perf_event_header *header)
{
    const uint64_t *body = (const uint64_t *)(header + 1);

    switch (header->type) {
    case PERF_RECORD_LOST: /* id, lost */
        d->lost_records += body[1];
        break;
    case PERF_RECORD_LOST_SAMPLES: /* lost */
        d->lost_samples += body[0];
        break;
    case PERF_RECORD_THROTTLE:
        d->throttled++;
        break;
    default:
        break;
    }
}

/* A recording that can't be written any more is left as it is; the buffers are emptied all the
 * same, so that the workload isn't disturbed. */
static void take_records(void *ctx, const void *records, size_t size)
{
    struct hwp_drain *d = ctx;
    const unsigned char *at = records, *end = at + size;

    while (at < end) {
        const struct perf_event_header *header = (const void *)at;
        tally(d, header);
        at += header->size;
    }
    if (!d->error)
        d->error = hwp_recording_append(d->recording, records, size);
}

static void drain_once(struct hwp_perf_session *s)
{
    size_t bytes = 0;

    hwp_vec_foreach(&s->rings, ring)
        bytes += hwp_ring_drain(ring, take_records, &s->drain);
    if (bytes && !s->drain.error)
        s->drain.error = hwp_recording_round(s->drain.recording);
}

static void *drain_thread(void *arg)
{
    struct hwp_perf_session *s = arg;
    size_t n = s->rings.len + 1;
    hwp_cleanup(hwp_free_cleanup) struct pollfd *fds = hwp_calloc(n, sizeof(*fds));

    for (size_t i = 0; i < s->rings.len; i++)
        fds[i] = (struct pollfd){.fd = s->rings.data[i].fd, .events = POLLIN};
    fds[n - 1] = (struct pollfd){.fd = s->drain.wake_fd, .events = POLLIN};
    while (!(fds[n - 1].revents & POLLIN)) {
        poll(fds, n, PASS_TIMEOUT_MS);
        drain_once(s);
        /* The task that owns the event is gone; others may still write to its buffer, which the
         * timeout sees to. */
        for (size_t i = 0; i < s->rings.len; i++)
            if (fds[i].revents & (POLLHUP | POLLERR | POLLNVAL))
                fds[i].fd = -1;
    }
    return NULL;
}

struct hwp_error *hwp_perf_drain_start(struct hwp_perf_session *s)
{
    sigset_t all, before;
    int errnum;

    s->drain.recording = s->recording;
    s->drain.wake_fd = eventfd(0, EFD_CLOEXEC);
    if (s->drain.wake_fd < 0)
        return hwp_error_sys(errno, "can't create an eventfd");
    /* Signals are for the thread that follows the workload. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    errnum = pthread_create(&s->drain.thread, NULL, drain_thread, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (errnum) {
        close(s->drain.wake_fd);
        return hwp_error_sys(errnum, "can't start the thread that writes the recording");
    }
    s->drain.running = true;
    return NULL;
}

void hwp_perf_drain_stop(struct hwp_perf_session *s)
{
    uint64_t one = 1;

    if (!s->drain.running)
        return;
    /* An eventfd that counts to 1 can't fail to be written. */
    while (write(s->drain.wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
    pthread_join(s->drain.thread, NULL);
    close(s->drain.wake_fd);
    s->drain.running = false;
    drain_once(s); /* what came between its last pass and now */
}
