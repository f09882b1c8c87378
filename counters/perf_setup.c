/* Setting a session up: events, stand-in, rings, recording. */
#include <stdlib.h>

#include "base/str.h"
#include "counters/perf_session.h"
#include "counters/tracing_data.h"

#define DEFAULT_FREQ_HZ    4000
#define DEFAULT_MMAP_PAGES 128

/* Notes a rate beyond the kernel's maximum, which is what is then used. */
static void note_rate(const struct hwp_perf_session *s, uint64_t hz, struct hwp_run *run)
{
    unsigned max = s->config.facts->max_sample_rate;

    if (!max || hz <= max || !hwp_perf_samples(s))
        return;
    hwp_cleanup(hwp_free_cleanup) char *detail =
        hwp_asprintf("%llu Hz asked, %u Hz used", (unsigned long long)hz, max);
    hwp_note_raise(&run->notes, HWP_NOTE_RATE_LIMITED, detail);
}

static void set_defaults(struct hwp_perf_session *s, struct hwp_run *run)
{
    struct hwp_session_config *config = &s->config;
    unsigned max = config->facts->max_sample_rate, pages = 1;

    if (!config->freq_hz)
        config->freq_hz = DEFAULT_FREQ_HZ;
    if (!config->period)
        note_rate(s, config->freq_hz, run);
    hwp_vec_foreach(config->events, enc)
        note_rate(s, enc->freq, run);
    if (max && config->freq_hz > max)
        config->freq_hz = max;
    if (!config->mmap_pages)
        config->mmap_pages = DEFAULT_MMAP_PAGES;
    while (pages < config->mmap_pages && pages < 1u << 20)
        pages *= 2;
    config->mmap_pages = pages;
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
        hwp_perf_add_cpu_clock(s, run);
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

struct hwp_error *hwp_perf_error_of(const struct hwp_diagnosis *d, const char *what)
{
    struct hwp_error *err =
        hwp_error(d->state == HWP_COUNT_DENIED ? HWP_E_DENIED : HWP_E_UNSUPPORTED, "%s: %s", what,
                  d->reason);

    return d->remedy ? hwp_error_hint(err, "%s", d->remedy) : err;
}

static void clock_deinit(struct hwp_encoding *clock)
{
    free(clock->name);
    free(clock->via);
    free(clock->text);
    free(clock->unit);
    *clock = (struct hwp_encoding){0};
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
    return hwp_perf_error_of(&missing->why, what);
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

/* Without the descriptions of its tracepoints perf refuses a recording that has any. */
static void add_tracing_data(struct hwp_perf_session *s)
{
    HWP_VEC(uint64_t) ids = {0};
    struct hwp_str data = {0};

    hwp_vec_foreach(&s->counters, c)
        if (c->opened && c->sampled && c->attr.type == PERF_TYPE_TRACEPOINT)
            hwp_vec_push(&ids, c->attr.config);
    if (ids.len)
        hwp_tracing_data(ids.data, ids.len, &data);
    if (data.len)
        hwp_recording_add_feature(s->recording, HWP_FEATURE_TRACING_DATA, data.data, data.len);
    hwp_str_deinit(&data);
    hwp_vec_deinit(&ids);
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
    if (!err && s->config.compress)
        hwp_recording_compress(s->recording);
    hwp_vec_deinit(&events);
    hwp_vec_deinit(&ids);
    return err;
}

static void open_asked(struct hwp_perf_session *s, struct hwp_run *run)
{
    bool clock_only = s->base.source == &hwp_source_clock;

    if (clock_only)
        hwp_perf_add_clocks(s, run);
    else
        hwp_perf_add_asked(s, run);
    if (clock_only && !s->counters.len)
        hwp_perf_add_cpu_clock(s, run);
    hwp_perf_open_counters(s, 0);
    if (s->config.stand_in_clock && !clock_only)
        stand_in(s, run);
    hwp_perf_open_helpers(s);
}

/* A thread that is born while we open inherits some of the events and lacks others: begin again
 * with the new one, until none was born meanwhile. Of a process that never pauses in that some are
 * missed, and the run says so. */
#define MAX_ATTEMPTS 8

static struct hwp_error *open_everything(struct hwp_perf_session *s, struct hwp_run *run)
{
    size_t before = run->events.len;

    for (int attempt = 1;; attempt++) {
        HWP_TRY(hwp_perf_choose_places(s));
        open_asked(s, run);
        if (!hwp_perf_has_new_tasks(s))
            break;
        if (attempt == MAX_ATTEMPTS) {
            hwp_note_raise(&run->notes, HWP_NOTE_THREADS_MISSED, NULL);
            break;
        }
        close_all(s);
        s->counters.len = 0;
        while (run->events.len > before)
            hwp_event_deinit(&run->events.data[--run->events.len]);
        clock_deinit(&s->clock);
    }
    HWP_TRY(check_opened(s));
    if (!hwp_perf_samples(s))
        return NULL;
    HWP_TRY(hwp_perf_map_rings(s, run));
    HWP_TRY(create_recording(s));
    add_tracing_data(s);
    return NULL;
}

struct hwp_error *hwp_perf_session_open(const struct hwp_source *source,
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
        hwp_perf_session_destroy(s);
        return err;
    }
    hwp_perf_describe_events(s, run);
    note_openings(s, run);
    free(run->source);
    run->source = hwp_strdup(source->name);
    run->call_chains = hwp_perf_samples(s) && config->call_chains;
    *ret = &s->base;
    return NULL;
}

void hwp_perf_session_destroy(struct hwp_perf_session *s)
{
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
