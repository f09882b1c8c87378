/* The rows of the run: one per event, and what became of it. */
#include <stdlib.h>

#include "counters/perf_session.h"

struct hwp_event *hwp_perf_event_of(struct hwp_run *run, const struct hwp_counter *c)
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

void hwp_perf_add_asked(struct hwp_perf_session *s, struct hwp_run *run)
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
void hwp_perf_add_clocks(struct hwp_perf_session *s, struct hwp_run *run)
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

void hwp_perf_add_cpu_clock(struct hwp_perf_session *s, struct hwp_run *run)
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

static void describe_whole_cpu(struct hwp_event *ev)
{
    if (!ev->reason)
        ev->reason = hwp_strdup("an uncore PMU: it counts everything on its part of the machine, "
                                "not the workload alone");
}

void hwp_perf_set_reason(const struct hwp_counter *c, struct hwp_event *ev)
{
    free(ev->reason);
    free(ev->remedy);
    ev->reason = hwp_strdup(c->why.reason);
    ev->remedy = hwp_strdup(c->why.remedy);
    if (c->opened && c->whole_cpu)
        describe_whole_cpu(ev);
}

/* What became of each event, into the run. */
void hwp_perf_describe_events(struct hwp_perf_session *s, struct hwp_run *run)
{
    hwp_vec_foreach(&s->counters, c) {
        struct hwp_event *ev = hwp_perf_event_of(run, c);

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
        if (c->opened && hwp_perf_wants_group_read(s, c) && c->attr.inherit)
            c->why.reason = hwp_strdup("sampled on its own: a group can't be read with each sample "
                                       "while child tasks are followed");
        hwp_perf_set_reason(c, ev);
    }
}

