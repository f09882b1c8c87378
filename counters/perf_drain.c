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

/* Buffers wake us when half full; the timeout bounds how stale the file is in quiet times. */
#define PASS_TIMEOUT_MS 200

/* --- the rings ------------------------------------------------------------------------------- */

static bool writes_records(const struct hwp_counter *c)
{
    return c->opened && (c->sampled || c->tracks);
}

static bool has_ring(const struct hwp_perf_session *s, int cpu)
{
    hwp_vec_foreach(&s->rings, r)
        if (r->cpu == cpu)
            return true;
    return false;
}

/* One buffer per CPU; the first event there owns it. */
static void choose_owners(struct hwp_perf_session *s)
{
    hwp_vec_foreach(&s->counters, c) {
        if (!writes_records(c))
            continue;
        hwp_vec_foreach(&c->places, p)
            if (p->fd >= 0 && !has_ring(s, p->cpu))
                hwp_vec_push(&s->rings, (struct hwp_ring){.fd = p->fd, .cpu = p->cpu});
    }
}

static void unmap_all(struct hwp_perf_session *s)
{
    hwp_vec_foreach(&s->rings, r) {
        struct hwp_ring unmapped = {.fd = r->fd, .cpu = r->cpu};

        hwp_ring_unmap(r);
        *r = unmapped;
    }
}

/* 0, or the errno of the first that could not be mapped (*ret_cpu), with none mapped. */
static int map_all(struct hwp_perf_session *s, size_t pages, int *ret_cpu)
{
    hwp_vec_foreach(&s->rings, r) {
        int errnum = hwp_ring_map(r, r->fd, r->cpu, pages);

        if (errnum) {
            *ret_cpu = r->cpu;
            unmap_all(s);
            return errnum;
        }
    }
    return 0;
}

static struct hwp_error *cant_map(int errnum, int cpu)
{
    struct hwp_error *err = hwp_error_sys(errnum, "can't map the ring buffer of CPU %d", cpu);

    if (errnum != EPERM && errnum != ENOMEM)
        return err;
    return hwp_error_hint(err, "raise the limit on locked memory: ulimit -l, or "
                               "sudo sysctl kernel.perf_event_mlock_kb=8192");
}

/* As large as the mlock limit allows, each step halves; and all of one size, as what the first
 * CPUs take beyond their part the last ones would have to do without. */
static struct hwp_error *map_as_allowed(struct hwp_perf_session *s, struct hwp_run *run)
{
    size_t pages = s->config.mmap_pages;
    int cpu = 0, errnum;

    while ((errnum = map_all(s, pages, &cpu)) != 0) {
        if ((errnum != EPERM && errnum != ENOMEM) || pages == 1)
            return cant_map(errnum, cpu);
        pages /= 2;
    }
    if (pages < s->config.mmap_pages) {
        hwp_cleanup(hwp_free_cleanup) char *detail = hwp_asprintf(
            "%zu page%s per CPU instead of %u", pages, pages == 1 ? "" : "s", s->config.mmap_pages);
        hwp_note_raise(&run->notes, HWP_NOTE_BUFFERS_SHRUNK, detail);
    }
    return NULL;
}

static const struct hwp_ring *ring_of(const struct hwp_perf_session *s, int cpu)
{
    hwp_vec_foreach(&s->rings, r)
        if (r->cpu == cpu)
            return r;
    return NULL;
}

static struct hwp_error *send_to_ring(const struct hwp_perf_session *s, const struct hwp_counter *c,
                                      const struct hwp_place *p)
{
    const struct hwp_ring *ring = ring_of(s, p->cpu);

    if (!ring || ring->fd == p->fd || !ioctl(p->fd, PERF_EVENT_IOC_SET_OUTPUT, ring->fd))
        return NULL;
    return hwp_error_sys(errno, "can't send the samples of %s on CPU %d to its ring buffer",
                         c->name, p->cpu);
}

struct hwp_error *hwp_perf_map_rings(struct hwp_perf_session *s, struct hwp_run *run)
{
    choose_owners(s);
    HWP_TRY(map_as_allowed(s, run));
    hwp_vec_foreach(&s->counters, c) {
        if (!writes_records(c))
            continue;
        hwp_vec_foreach(&c->places, p)
            if (p->fd >= 0)
                HWP_TRY(send_to_ring(s, c, p));
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

/* Which of the events that write to a ring is polled. */
struct listener {
    size_t counter, place; /* the next to try */
};

/* The next open event on that CPU, from where the listener stands; -1: none is left. */
static int next_fd(const struct hwp_perf_session *s, int cpu, struct listener *l)
{
    for (; l->counter < s->counters.len; l->counter++, l->place = 0) {
        const struct hwp_counter *c = &s->counters.data[l->counter];

        while (writes_records(c) && l->place < c->places.len) {
            const struct hwp_place *p = &c->places.data[l->place++];
            if (p->fd >= 0 && p->cpu == cpu)
                return p->fd;
        }
    }
    return -1;
}

static void *drain_thread(void *arg)
{
    struct hwp_perf_session *s = arg;
    size_t n = s->rings.len + 1;
    hwp_cleanup(hwp_free_cleanup) struct pollfd *fds = hwp_calloc(n, sizeof(*fds));
    hwp_cleanup(hwp_free_cleanup) struct listener *listeners = hwp_calloc(n, sizeof(*listeners));

    for (size_t i = 0; i < s->rings.len; i++)
        fds[i] = (struct pollfd){.fd = next_fd(s, s->rings.data[i].cpu, &listeners[i]),
                                 .events = POLLIN};
    fds[n - 1] = (struct pollfd){.fd = s->drain.wake_fd, .events = POLLIN};
    while (!(fds[n - 1].revents & POLLIN)) {
        poll(fds, n, PASS_TIMEOUT_MS);
        drain_once(s);
        /* The task that owns the event is gone, with all that inherited from it. Other tasks' events
         * may still write to the buffer: from now on one of those says when. */
        for (size_t i = 0; i < s->rings.len; i++)
            if (fds[i].revents & (POLLHUP | POLLERR | POLLNVAL))
                fds[i].fd = next_fd(s, s->rings.data[i].cpu, &listeners[i]);
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
