/* The ops of the sources `perf` and `clock`. */
#include "counters/perf_session.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/str.h"
#include "counters/synthesize.h"

#define DEFAULT_FREQ_HZ    4000
#define DEFAULT_MMAP_PAGES 128

static struct hwp_perf_session *inside(struct hwp_session *session)
{
    return (struct hwp_perf_session *)session;
}

/* --- probe ----------------------------------------------------------------------------------- */

static struct hwp_error *error_of(const struct hwp_diagnosis *d, const char *what)
{
    struct hwp_error *err =
        hwp_error(d->state == HWP_COUNT_DENIED ? HWP_E_DENIED : HWP_E_UNSUPPORTED, "%s: %s", what,
                  d->reason);

    return d->remedy ? hwp_error_hint(err, "%s", d->remedy) : err;
}

static struct hwp_error *perf_probe(const struct hwp_system_facts *facts)
{
    const struct perf_event_attr clock = {.type = PERF_TYPE_SOFTWARE,
                                          .config = PERF_COUNT_SW_TASK_CLOCK,
                                          .exclude_kernel = 1};

    if (facts->has_perf_events && !facts->software_denied)
        return NULL;

    struct hwp_diagnosis d = hwp_diagnose_open(
        facts, &clock, false, facts->has_perf_events ? facts->software_errno : ENOSYS);
    struct hwp_error *err = error_of(&d, "perf events can't be used");
    hwp_diagnosis_deinit(&d);
    return err;
}

/* --- open ------------------------------------------------------------------------------------ */

static void set_defaults(struct hwp_perf_session *s, struct hwp_run *run)
{
    struct hwp_session_config *config = &s->config;
    unsigned max = config->facts->max_sample_rate, pages = 1;

    if (!config->freq_hz && !config->period)
        config->freq_hz = DEFAULT_FREQ_HZ;
    if (!config->period && max && config->freq_hz > max) {
        hwp_cleanup(hwp_free_cleanup) char *detail =
            hwp_asprintf("%llu Hz asked, %u Hz used", (unsigned long long)config->freq_hz, max);
        if (hwp_perf_samples(s))
            hwp_note_raise(&run->notes, HWP_NOTE_RATE_LIMITED, detail);
        config->freq_hz = max;
    }
    if (!config->mmap_pages)
        config->mmap_pages = DEFAULT_MMAP_PAGES;
    while (pages < config->mmap_pages && pages < 1u << 20)
        pages *= 2;
    config->mmap_pages = pages;
}

static struct hwp_event *event_of(struct hwp_run *run, const struct hwp_counter *c)
{
    return c->run_index < 0 ? NULL : &run->events.data[c->run_index];
}

/* A row in the run for an encoding, opened or not. */
static int add_event(struct hwp_run *run, const struct hwp_encoding *enc, const char *source,
                     bool requested)
{
    struct hwp_event ev = {
        .name = hwp_strdup(enc->name),
        .encoding = hwp_strdup(enc->text),
        .source = hwp_strdup(source),
        .unit = hwp_strdup(enc->unit ? enc->unit : ""),
        .origin = HWP_ORIGIN_MEASURED,
        .requested = requested,
        .leader = -1,
    };

    hwp_vec_push(&run->events, ev);
    return (int)run->events.len - 1;
}

static void add_counter(struct hwp_perf_session *s, const struct hwp_encoding *enc, int run_index,
                        int leader)
{
    bool late = enc->bp_symbol != NULL;
    bool samples = hwp_perf_samples(s) && !enc->per_cpu_only;

    hwp_vec_push(&s->counters, (struct hwp_counter){
                                   .enc = enc,
                                   .name = enc->name,
                                   .run_index = run_index,
                                   .leader = late ? -1 : leader,
                                   .sampled = samples,
                                   .whole_cpu = enc->per_cpu_only,
                                   .late = late,
                               });
}

static void add_asked(struct hwp_perf_session *s, struct hwp_run *run)
{
    const struct hwp_encodings *asked = s->config.events;
    int base = (int)run->events.len;

    for (size_t i = 0; i < asked->len; i++) {
        const struct hwp_encoding *enc = &asked->data[i];
        int index = add_event(run, enc, s->base.source->name, true);

        run->events.data[index].leader = enc->leader < 0 ? -1 : base + enc->leader;
        add_counter(s, enc, index, enc->leader);
    }
}

/* --source clock: only what is a clock is counted of what was asked. */
static void add_clocks(struct hwp_perf_session *s, struct hwp_run *run)
{
    const struct hwp_encodings *asked = s->config.events;

    for (size_t i = 0; i < asked->len; i++) {
        const struct hwp_encoding *enc = &asked->data[i];
        int index = add_event(run, enc, s->base.source->name, true);
        struct hwp_event *ev = &run->events.data[index];

        if (enc->is_clock) {
            add_counter(s, enc, index, -1);
            continue;
        }
        ev->total.state = HWP_COUNT_NOT_COUNTED;
        ev->reason = hwp_strdup("--source clock measures time alone");
        ev->remedy = hwp_strdup("--source perf or --source auto");
    }
}

static void clock_deinit(struct hwp_encoding *clock)
{
    free(clock->name);
    free(clock->via);
    free(clock->text);
    free(clock->unit);
    *clock = (struct hwp_encoding){0};
}

static void add_cpu_clock(struct hwp_perf_session *s, struct hwp_run *run)
{
    struct hwp_encoding *clock = &s->clock;

    *clock = (struct hwp_encoding){
        .name = hwp_strdup("cpu-clock"),
        .via = hwp_strdup("perf"),
        .unit = hwp_strdup("ns"),
        .scale = 1,
        .attr = {.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK},
        .leader = -1,
        .is_clock = true,
    };
    clock->text = hwp_encoding_text(&clock->attr);
    add_counter(s, clock, add_event(run, clock, "clock", false), -1);
}

/* Whether what was asked of the hardware can be seen in samples; names what can't. */
static bool lacks_hardware(const struct hwp_perf_session *s, struct hwp_str *ret_names,
                           bool *ret_no_pmu)
{
    *ret_no_pmu = false;
    hwp_vec_foreach(&s->counters, c) {
        if (!hwp_attr_is_hardware(&c->enc->attr) || c->whole_cpu || (c->opened && c->sampled))
            continue;
        if (ret_names->len)
            hwp_str_add(ret_names, ", ");
        hwp_str_add(ret_names, c->name);
        *ret_no_pmu |= c->why.cause == HWP_CAUSE_NO_PMU;
    }
    return ret_names->len > 0;
}

static bool samples_a_clock(const struct hwp_perf_session *s)
{
    hwp_vec_foreach(&s->counters, c)
        if (c->opened && c->sampled && c->enc && c->enc->is_clock)
            return true;
    return false;
}

static void stand_in(struct hwp_perf_session *s, struct hwp_run *run)
{
    struct hwp_str names = {0};
    bool no_pmu;
    size_t first = s->counters.len;

    if (hwp_perf_samples(s) && lacks_hardware(s, &names, &no_pmu) && !samples_a_clock(s)) {
        add_cpu_clock(s, run);
        hwp_perf_open_counters(s, first);
        if (s->counters.data[first].opened) {
            hwp_cleanup(hwp_free_cleanup) char *detail = hwp_asprintf("instead of %s", names.data);
            hwp_note_raise(&run->notes, HWP_NOTE_CLOCK_STANDS_IN, detail);
        }
    }
    hwp_str_deinit(&names);
}

static void note_openings(struct hwp_perf_session *s, struct hwp_run *run)
{
    hwp_vec_foreach(&s->counters, c) {
        if (c->opened && c->kernel_dropped && c->run_index >= 0)
            hwp_note_raise(&run->notes, HWP_NOTE_KERNEL_EXCLUDED, NULL);
        if (!c->opened && c->why.cause == HWP_CAUSE_NO_PMU)
            hwp_note_raise(&run->notes, HWP_NOTE_NO_PMU, s->config.facts->hypervisor);
    }
}

static void describe_whole_cpu(struct hwp_event *ev)
{
    if (!ev->reason)
        ev->reason = hwp_strdup("an uncore PMU: it counts everything on its part of the machine, "
                                "not the workload alone");
}

static void set_reason(const struct hwp_counter *c, struct hwp_event *ev)
{
    free(ev->reason);
    free(ev->remedy);
    ev->reason = hwp_strdup(c->why.reason);
    ev->remedy = hwp_strdup(c->why.remedy);
    if (c->opened && c->whole_cpu)
        describe_whole_cpu(ev);
}

/* What became of each event, into the run. */
static void describe_events(struct hwp_perf_session *s, struct hwp_run *run)
{
    hwp_vec_foreach(&s->counters, c) {
        struct hwp_event *ev = event_of(run, c);

        if (!ev)
            continue;
        ev->sampled = c->opened && c->sampled;
        ev->precise = ev->sampled && c->attr.precise_ip >= 2;
        if (ev->sampled && c->attr.freq)
            ev->freq_hz = c->attr.sample_freq;
        else if (ev->sampled)
            ev->period = c->attr.sample_period;
        if (c->opened)
            ev->total.state = HWP_COUNT_NOT_COUNTED;
        else
            ev->total.state = c->why.state;
        if (c->leader < 0)
            ev->leader = -1;
        set_reason(c, ev);
    }
}

/* The first that could not be opened, as an error; NULL if all could, or (not `all`) if some that
 * is of use could. */
static struct hwp_error *missing_events(const struct hwp_perf_session *s, bool all)
{
    const struct hwp_counter *missing = NULL;

    hwp_vec_foreach(&s->counters, c) {
        if (c->run_index < 0)
            continue;
        if (c->opened && (c->sampled || !hwp_perf_samples(s)) && !all)
            return NULL;
        if (!c->opened && !missing)
            missing = c;
    }
    if (!missing)
        return NULL;
    hwp_cleanup(hwp_free_cleanup) char *what = hwp_asprintf("can't count %s", missing->name);
    return error_of(&missing->why, what);
}

static struct hwp_error *check_opened(const struct hwp_perf_session *s)
{
    if (s->config.need_all)
        HWP_TRY(missing_events(s, true));
    /* Counting nothing is a result (each event says why); a recording of nothing is not. */
    if (!hwp_perf_samples(s))
        return NULL;
    HWP_TRY(missing_events(s, false));
    hwp_vec_foreach(&s->counters, c)
        if (c->opened && c->sampled)
            return NULL;
    return hwp_error_hint(hwp_error(HWP_E_UNSUPPORTED, "none of the events can be sampled"),
                          "add one that can, such as cpu-clock, or count them: hwprof stat -e …");
}

static struct hwp_error *create_recording(struct hwp_perf_session *s)
{
    HWP_VEC(struct hwp_recording_event) events = {0};
    HWP_VEC(uint64_t) ids = {0};
    struct hwp_error *err;
    size_t at = 0;

    hwp_vec_foreach(&s->counters, c)
        if (c->opened && (c->sampled || c->tracks))
            hwp_vec_foreach(&c->places, p)
                if (p->fd >= 0)
                    hwp_vec_push(&ids, p->id);
    hwp_vec_foreach(&s->counters, c) {
        struct hwp_recording_event ev = {.attr = c->attr, .name = c->name, .ids = ids.data + at};

        if (!c->opened || !(c->sampled || c->tracks))
            continue;
        hwp_vec_foreach(&c->places, p)
            ev.nr_ids += p->fd >= 0;
        at += ev.nr_ids;
        hwp_vec_push(&events, ev);
    }
    err = hwp_recording_create(s->config.recording_path, events.data, events.len, &s->recording);
    hwp_vec_deinit(&events);
    hwp_vec_deinit(&ids);
    return err;
}

static void close_all(struct hwp_perf_session *s)
{
    hwp_vec_foreach(&s->rings, ring)
        hwp_ring_unmap(ring);
    s->rings.len = 0;
    hwp_vec_foreach(&s->counters, c) {
        hwp_perf_close_counter(c);
        hwp_diagnosis_deinit(&c->why);
    }
    hwp_perf_close_counter(&s->reference);
}

static void open_asked(struct hwp_perf_session *s, struct hwp_run *run)
{
    bool clock_only = s->base.source == &hwp_source_clock;

    if (clock_only)
        add_clocks(s, run);
    else
        add_asked(s, run);
    if (clock_only && !s->counters.len)
        add_cpu_clock(s, run);
    hwp_perf_open_counters(s, 0);
    if (s->config.stand_in_clock && !clock_only)
        stand_in(s, run);
    hwp_perf_open_helpers(s);
}

/* A thread that is born while we open inherits some of the events and lacks others: begin again
 * with the new one, until none was born meanwhile. */
#define MAX_ATTEMPTS 8

static struct hwp_error *open_everything(struct hwp_perf_session *s, struct hwp_run *run)
{
    size_t before = run->events.len;

    for (int attempt = 1;; attempt++) {
        HWP_TRY(hwp_perf_choose_places(s));
        open_asked(s, run);
        if (attempt == MAX_ATTEMPTS || !hwp_perf_has_new_tasks(s))
            break;
        close_all(s);
        s->counters.len = 0;
        while (run->events.len > before)
            hwp_event_deinit(&run->events.data[--run->events.len]);
        clock_deinit(&s->clock);
    }
    HWP_TRY(check_opened(s));
    if (!hwp_perf_samples(s))
        return NULL;
    HWP_TRY(hwp_perf_map_rings(s));
    return create_recording(s);
}

static void perf_close(struct hwp_session *session);

static struct hwp_error *open_session(const struct hwp_source *source,
                                      const struct hwp_session_config *config,
                                      struct hwp_run *run, struct hwp_session **ret)
{
    struct hwp_perf_session *s = hwp_calloc(1, sizeof(*s));

    *s = (struct hwp_perf_session){
        .base = {.source = source},
        .config = *config,
        .reference = {.name = "reference", .run_index = -1, .leader = -1},
    };
    set_defaults(s, run);
    hwp_perf_features_probe(&s->features);

    struct hwp_error *err = open_everything(s, run);
    if (err) {
        perf_close(&s->base);
        return err;
    }
    describe_events(s, run);
    note_openings(s, run);
    free(run->source);
    run->source = hwp_strdup(source->name);
    run->call_chains = hwp_perf_samples(s) && config->call_chains;
    *ret = &s->base;
    return NULL;
}

static struct hwp_error *perf_open(const struct hwp_session_config *config, struct hwp_run *run,
                                   struct hwp_session **ret)
{
    return open_session(&hwp_source_perf, config, run, ret);
}

static struct hwp_error *clock_open(const struct hwp_session_config *config, struct hwp_run *run,
                                    struct hwp_session **ret)
{
    return open_session(&hwp_source_clock, config, run, ret);
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
        HWP_TRY(hwp_synthesize_kernel("/proc/kallsyms", "/proc/modules", to_recording,
                                      s->recording));
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
            return error_of(&c->why, what);
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
    set_reason(c, ev);
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
        struct hwp_event *ev = event_of(run, c);

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

    if (!s)
        return;
    hwp_perf_drain_stop(s);
    close_all(s);
    hwp_vec_deinit(&s->counters);
    hwp_vec_deinit(&s->tasks);
    hwp_vec_deinit(&s->rings);
    clock_deinit(&s->clock);
    hwp_error_destroy(s->drain.error);
    hwp_recording_destroy(s->recording);
    free(s);
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
