/* The ops of the sources `perf` and `clock`. */
#include "counters/perf_session.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/str.h"
#include "counters/synthesize.h"

static struct hwp_perf_session *inside(struct hwp_session *session)
{
    return (struct hwp_perf_session *)session;
}

/* --- probe ----------------------------------------------------------------------------------- */

static struct hwp_error *perf_probe(const struct hwp_system_facts *facts)
{
    const struct perf_event_attr clock = {.type = PERF_TYPE_SOFTWARE,
                                          .config = PERF_COUNT_SW_TASK_CLOCK,
                                          .exclude_kernel = 1};

    if (facts->has_perf_events && !facts->software_denied)
        return NULL;

    struct hwp_diagnosis d = hwp_diagnose_open(
        facts, &clock, false, facts->has_perf_events ? facts->software_errno : ENOSYS);
    struct hwp_error *err = hwp_perf_error_of(&d, "perf events can't be used");
    hwp_diagnosis_deinit(&d);
    return err;
}

static struct hwp_error *perf_open(const struct hwp_session_config *config, struct hwp_run *run,
                                   struct hwp_session **ret)
{
    return hwp_perf_session_open(&hwp_source_perf, config, run, ret);
}

static struct hwp_error *clock_open(const struct hwp_session_config *config, struct hwp_run *run,
                                    struct hwp_session **ret)
{
    return hwp_perf_session_open(&hwp_source_clock, config, run, ret);
}

/* --- start, mapped, stop --------------------------------------------------------------------- */

static struct hwp_error *to_recording(void *ctx, const void *records, size_t size)
{
    return hwp_recording_append(ctx, records, size);
}

static bool sees_kernel(const struct hwp_perf_session *s)
{
    hwp_vec_foreach(&s->counters, c)
        if (c->opened && c->sampled && !c->attr.exclude_kernel)
            return true;
    return false;
}

/* What a reader has to know of the time before the first event. */
static struct hwp_error *synthesize(struct hwp_perf_session *s)
{
    if (sees_kernel(s))
        HWP_TRY(hwp_synthesize_kernel("/proc/kallsyms", "/proc/iomem", "/proc/modules",
                                      to_recording, s->recording));
    if (s->config.pid == -1)
        return hwp_synthesize_all(to_recording, s->recording);
    if (s->config.attach)
        return hwp_synthesize_process(s->config.pid, to_recording, s->recording);
    return NULL;
}

/* Counters of our own workload wait for its exec; all others begin now. */
static void enable_now(struct hwp_perf_session *s)
{
    hwp_vec_foreach(&s->counters, c)
        if (c->opened && c->is_head && !c->late && !c->attr.enable_on_exec)
            hwp_perf_ioctl(c, PERF_EVENT_IOC_ENABLE);
    if (s->reference.opened && !s->reference.attr.enable_on_exec)
        hwp_perf_ioctl(&s->reference, PERF_EVENT_IOC_ENABLE);
}

static struct hwp_error *perf_start(struct hwp_session *session)
{
    struct hwp_perf_session *s = inside(session);

    if (hwp_perf_samples(s)) {
        HWP_TRY(synthesize(s));
        HWP_TRY(hwp_perf_drain_start(s));
    }
    enable_now(s);
    s->started = true;
    return NULL;
}

static void refuse(struct hwp_counter *c, char *reason, const char *remedy)
{
    hwp_diagnosis_deinit(&c->why);
    c->why = (struct hwp_diagnosis){
        .cause = HWP_CAUSE_OTHER,
        .state = HWP_COUNT_NOT_COUNTED,
        .reason = reason,
        .remedy = hwp_strdup(remedy),
    };
}

/* Moves the breakpoint from its placeholder to its address, and turns it on. */
static void arm(const struct hwp_perf_session *s, struct hwp_counter *c, uint64_t address)
{
    struct perf_event_attr attr = c->attr;
    int errnum = 0;

    attr.bp_addr = address + c->enc->attr.bp_addr;
    hwp_vec_foreach(&c->places, p)
        if (p->fd >= 0 && ioctl(p->fd, PERF_EVENT_IOC_MODIFY_ATTRIBUTES, &attr) && !errnum)
            errnum = errno;
    if (!errnum)
        errnum = hwp_perf_ioctl(c, PERF_EVENT_IOC_ENABLE);
    if (!errnum) {
        c->attr = attr;
        c->late = false;
    } else if (errnum == ENOTTY) {
        refuse(c, hwp_strdup("breakpoints on symbols take Linux 4.17 or later"),
               "give the address itself: mem:0xADDR");
    } else {
        hwp_diagnosis_deinit(&c->why);
        c->why = hwp_diagnose_open_in(s->config.facts, s->scope, &attr, false, errnum);
    }
}

static struct hwp_error *perf_mapped(struct hwp_session *session,
                                     uint64_t (*address)(void *ctx, const char *symbol), void *ctx)
{
    struct hwp_perf_session *s = inside(session);

    hwp_vec_foreach(&s->counters, c) {
        if (!c->opened || !c->late)
            continue;
        uint64_t at = address(ctx, c->enc->bp_symbol);
        if (at)
            arm(s, c, at);
        else
            refuse(c, hwp_asprintf("the program has no symbol %s", c->enc->bp_symbol),
                   "name a global or static variable of a program that isn't stripped, or give "
                   "the address itself: mem:0xADDR");
        if (c->late && s->config.need_all) {
            hwp_cleanup(hwp_free_cleanup) char *what = hwp_asprintf("can't count %s", c->name);
            return hwp_perf_error_of(&c->why, what);
        }
    }
    return NULL;
}

static struct hwp_error *perf_stop(struct hwp_session *session)
{
    struct hwp_perf_session *s = inside(session);

    if (s->stopped)
        return NULL;
    s->stopped = true;
    hwp_vec_foreach(&s->counters, c)
        if (c->opened && c->is_head)
            hwp_perf_ioctl(c, PERF_EVENT_IOC_DISABLE);
    if (s->reference.opened)
        hwp_perf_ioctl(&s->reference, PERF_EVENT_IOC_DISABLE);
    hwp_perf_drain_stop(s);
    return hwp_steal(&s->drain.error);
}

/* --- collect --------------------------------------------------------------------------------- */

static void collect_event(struct hwp_perf_session *s, const struct hwp_counter *c,
                          struct hwp_event *ev, uint64_t *lost)
{
    hwp_perf_set_reason(c, ev);
    if (c->opened && !c->late) {
        hwp_perf_read_counter(s, c, ev, lost);
        return;
    }
    ev->total = (struct hwp_count){.state = c->why.reason ? c->why.state : HWP_COUNT_NOT_COUNTED};
    if (!ev->reason)
        ev->reason = hwp_strdup("the workload never reached its exec");
}

static void note_scaled(const struct hwp_event *ev, struct hwp_run *run)
{
    if (ev->total.state != HWP_COUNT_SCALED)
        return;
    hwp_cleanup(hwp_free_cleanup) char *detail =
        hwp_asprintf("%s: %.0f %% of the time", ev->name, hwp_count_running_percent(&ev->total));
    hwp_note_raise(&run->notes, HWP_NOTE_SCALED, detail);
}

static void note_number(struct hwp_run *run, enum hwp_note_id id, uint64_t n, const char *what)
{
    if (!n)
        return;
    hwp_cleanup(hwp_free_cleanup) char *detail =
        hwp_asprintf("%llu %s", (unsigned long long)n, what);
    hwp_note_raise(&run->notes, id, detail);
}

static struct hwp_error *perf_collect(struct hwp_session *session, struct hwp_run *run)
{
    struct hwp_perf_session *s = inside(session);
    uint64_t lost = 0;

    hwp_vec_foreach(&s->counters, c) {
        struct hwp_event *ev = hwp_perf_event_of(run, c);

        if (!ev)
            continue;
        collect_event(s, c, ev, &lost);
        if (s->stopped)
            note_scaled(ev, run);
    }
    /* What was lost at the very end has no record of its own; the events' own counts have it. */
    run->lost_records = s->drain.lost_records > lost ? s->drain.lost_records : lost;
    run->lost_samples = s->drain.lost_samples;
    run->throttled = s->drain.throttled;
    if (s->stopped) {
        note_number(run, HWP_NOTE_LOST, run->lost_records + run->lost_samples, "records");
        note_number(run, HWP_NOTE_THROTTLED, run->throttled, "times");
    }
    return NULL;
}

static struct hwp_error *perf_finish(struct hwp_session *session, const struct hwp_run *run)
{
    struct hwp_perf_session *s = inside(session);
    struct hwp_error *err;

    if (!s->recording)
        return NULL;
    err = hwp_recording_finish(s->recording, run);
    hwp_recording_destroy(hwp_steal(&s->recording));
    return err;
}

static void perf_close(struct hwp_session *session)
{
    struct hwp_perf_session *s = inside(session);

    if (s)
        hwp_perf_session_destroy(s);
}

/* --- the sources ----------------------------------------------------------------------------- */

const struct hwp_source hwp_source_perf = {
    .name = "perf",
    .summary = "the kernel's perf events: hardware, software, tracepoints, breakpoints",
    .probe = perf_probe,
    .open = perf_open,
    .start = perf_start,
    .mapped = perf_mapped,
    .stop = perf_stop,
    .collect = perf_collect,
    .finish = perf_finish,
    .close = perf_close,
};

const struct hwp_source hwp_source_clock = {
    .name = "clock",
    .summary = "time alone: samples of cpu-clock, where there is no PMU or none is wanted",
    .probe = perf_probe,
    .open = clock_open,
    .start = perf_start,
    .mapped = perf_mapped,
    .stop = perf_stop,
    .collect = perf_collect,
    .finish = perf_finish,
    .close = perf_close,
};
