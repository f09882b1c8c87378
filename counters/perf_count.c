/*
 * Counters to counts.
 *
 * A task's event that is bound to a CPU has its time_enabled run on while the task is on another
 * CPU, so enabled > running there does not mean that counters were shared. How long an event
 * should have run on a CPU is what a software event, which always runs, has run there: the
 * session's reference. Software events, breakpoints and tracepoints have counters of their own and
 * are exact whatever the times say.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counters/perf_session.h"

/* Files are read, and stopped, one after the other: while the workload runs, times that differ by
 * less than this are the same. */
#define SKEW_NS       50000
#define SKEW_FRACTION 200 /* 1/200 */

struct reading {
    uint64_t value, enabled, running, lost;
};

/* Reads again when a signal comes between. A pinned event that lost its counter reads as end of
 * file. */
static ssize_t read_whole(int fd, void *buf, size_t size)
{
    ssize_t n;

    do {
        n = read(fd, buf, size);
    } while (n < 0 && errno == EINTR);
    return n;
}

/* PERF_FORMAT_GROUP: nr, enabled, running, then value, id and perhaps lost of each event. */
static bool read_group(const struct hwp_perf_session *s, const struct hwp_counter *c,
                       const struct hwp_place *p, struct reading *ret)
{
    size_t each = s->features.read_lost ? 3 : 2, room = 3 + s->counters.len * 3;
    hwp_cleanup(hwp_free_cleanup) uint64_t *words = hwp_calloc(room, sizeof(*words));
    bool found = false;

    if (read_whole(p->fd, words, room * sizeof(*words)) < (ssize_t)(3 * sizeof(*words)))
        return false;
    for (size_t i = 0; i < words[0] && 3 + (i + 1) * each <= room && !found; i++) {
        const uint64_t *v = words + 3 + i * each;

        if (v[1] != p->id)
            continue;
        *ret = (struct reading){v[0], words[1], words[2],
                                c->attr.read_format & PERF_FORMAT_LOST ? v[2] : 0};
        found = true;
    }
    return found;
}

static bool read_place(const struct hwp_perf_session *s, const struct hwp_counter *c,
                       const struct hwp_place *p, struct reading *ret)
{
    struct reading r = {0};
    size_t wanted = c->attr.read_format & PERF_FORMAT_LOST ? 32 : 24;

    if (c->attr.read_format & PERF_FORMAT_GROUP)
        return read_group(s, c, p, ret);
    if (read_whole(p->fd, &r, wanted) < (ssize_t)wanted)
        return false;
    *ret = r;
    return true;
}

/* What a counter has, by CPU; index 0 for places without one. */
struct sums {
    struct reading *by_cpu;
    bool *present;
    size_t len;
    struct reading total;
    bool failed; /* some place could not be read */
};

static void sums_deinit(struct sums *sums)
{
    free(sums->by_cpu);
    free(sums->present);
}

static void add_reading(struct reading *into, const struct reading *r)
{
    into->value += r->value;
    into->enabled += r->enabled;
    into->running += r->running;
    into->lost += r->lost;
}

static struct sums read_all(const struct hwp_perf_session *s, const struct hwp_counter *c)
{
    struct sums sums = {0};

    hwp_vec_foreach(&c->places, p)
        if (p->cpu >= (int)sums.len)
            sums.len = (size_t)p->cpu + 1;
    if (!sums.len)
        sums.len = 1;
    sums.by_cpu = hwp_calloc(sums.len, sizeof(*sums.by_cpu));
    sums.present = hwp_calloc(sums.len, sizeof(*sums.present));
    hwp_vec_foreach(&c->places, p) {
        struct reading r;
        size_t cpu = p->cpu < 0 ? 0 : (size_t)p->cpu;

        if (p->fd < 0)
            continue;
        if (!read_place(s, c, p, &r)) {
            sums.failed = true;
            continue;
        }
        sums.present[cpu] = true;
        add_reading(&sums.by_cpu[cpu], &r);
        add_reading(&sums.total, &r);
    }
    return sums;
}

/* An event that shares no hardware counter with others. */
static bool always_runs(const struct hwp_perf_session *s, const struct hwp_counter *c)
{
    if (hwp_attr_is_hardware(&c->attr))
        return false;
    if (c->leader < 0)
        return true;
    hwp_vec_foreach(&s->counters, m)
        if (m->leader == c->leader && m->opened && hwp_attr_is_hardware(&m->attr))
            return false;
    return true;
}

static uint64_t without_skew(const struct hwp_perf_session *s, uint64_t enabled, uint64_t running)
{
    bool ended = s->stopped && !s->config.attach;
    uint64_t slack = ended ? SKEW_NS / 10 : SKEW_NS + enabled / SKEW_FRACTION;

    return enabled < running || enabled - running <= slack ? running : enabled;
}

/* Replaces the enabled times of a task's per-CPU readings by what they should mean. */
static void correct_times(struct hwp_perf_session *s, const struct hwp_counter *c,
                          struct sums *sums)
{
    bool exact = always_runs(s, c);
    struct sums reference = {0};

    if (!exact && s->reference.opened)
        reference = read_all(s, &s->reference);
    sums->total.enabled = 0;
    for (size_t cpu = 0; cpu < sums->len; cpu++) {
        struct reading *r = &sums->by_cpu[cpu];

        if (exact)
            r->enabled = r->running;
        else if (cpu < reference.len)
            r->enabled = without_skew(s, reference.by_cpu[cpu].running, r->running);
        sums->total.enabled += r->enabled;
    }
    sums_deinit(&reference);
}

static void explain(struct hwp_event *ev, const char *reason, const char *remedy)
{
    free(ev->reason);
    free(ev->remedy);
    ev->reason = hwp_strdup(reason);
    ev->remedy = hwp_strdup(remedy);
}

/* The state is not-counted: by whose fault? */
static void explain_not_counted(const struct hwp_perf_session *s, const struct hwp_counter *c,
                                struct hwp_event *ev, const struct sums *sums, bool was_enabled)
{
    if (sums->failed && c->attr.pinned) {
        explain(ev, "pinned, it could not keep a counter", "ask for fewer events, or without :D");
    } else if (!was_enabled) {
        explain(ev, "the workload never ran while it was on", NULL);
    } else if (sums->total.enabled == 0) {
        explain(ev, "the workload never ran on the CPUs it was counted on", NULL);
    } else {
        struct hwp_diagnosis d =
            hwp_diagnose_never_ran(s->config.facts, &c->attr, c->leader >= 0);
        explain(ev, d.reason, d.remedy);
        hwp_diagnosis_deinit(&d);
    }
}

/* On a CPU where the task never was, the count is exactly nothing, provided it was anywhere. */
static void fill_per_cpu(struct hwp_event *ev, const struct sums *sums)
{
    ev->per_cpu.len = 0;
    for (size_t cpu = 0; cpu < sums->len; cpu++) {
        const struct reading *r = &sums->by_cpu[cpu];
        struct hwp_count count = hwp_count_make(r->value, r->enabled, r->running);

        if (!sums->present[cpu])
            count = (struct hwp_count){.state = HWP_COUNT_UNSUPPORTED};
        else if (!r->enabled && !r->running && sums->total.running)
            count = hwp_count_exact(0);
        hwp_vec_push(&ev->per_cpu, count);
    }
}

void hwp_perf_read_counter(struct hwp_perf_session *s, const struct hwp_counter *c,
                           struct hwp_event *ev, uint64_t *lost)
{
    struct sums sums = read_all(s, c);
    bool was_enabled = sums.total.enabled > 0;
    bool by_cpu = s->by_cpu || c->whole_cpu;

    *lost += sums.total.lost;
    if (by_cpu && !c->whole_cpu && s->tasks.len)
        correct_times(s, c, &sums);
    ev->total = hwp_count_make(sums.total.value, sums.total.enabled, sums.total.running);
    if (sums.failed)
        ev->total.state = HWP_COUNT_NOT_COUNTED;
    if (by_cpu)
        fill_per_cpu(ev, &sums);
    if (ev->total.state == HWP_COUNT_NOT_COUNTED)
        explain_not_counted(s, c, ev, &sums, was_enabled);
    sums_deinit(&sums);
}
