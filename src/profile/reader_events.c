/* The events of a file: its attributes tied to the run's events, and what is known of their totals. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "profile/reader_internal.h"

static bool is_clock(const struct perf_event_attr *attr)
{
    return attr->type == PERF_TYPE_SOFTWARE &&
           (attr->config == PERF_COUNT_SW_CPU_CLOCK || attr->config == PERF_COUNT_SW_TASK_CLOCK);
}

/* perf adds one to carry MMAP and COMM records; nobody asked for it and it samples nothing. */
static bool is_dummy(const struct perf_event_attr *attr)
{
    return attr->type == PERF_TYPE_SOFTWARE && attr->config == PERF_COUNT_SW_DUMMY;
}

static void add_event(struct hwp_reader *r, struct hwp_attr *a)
{
    struct hwp_event ev = {
        .name = hwp_strdup(a->name),
        .encoding = hwp_attr_encoding(&a->attr),
        .source = hwp_strdup("perf"),
        .unit = hwp_strdup(is_clock(&a->attr) ? "ns" : ""),
        .requested = !is_dummy(&a->attr),
        .sampled = !is_dummy(&a->attr),
        .precise = a->attr.precise_ip > 1,
        .period = a->attr.freq ? 0 : a->attr.sample_period,
        .freq_hz = a->attr.freq ? a->attr.sample_freq : 0,
        .leader = -1,
    };

    a->event = (uint32_t)r->profile->run.events.len;
    hwp_vec_push(&r->profile->run.events, ev);
}

/* Ties each attribute to an event of the run. The run of our own recordings lists all events that
 * were asked for, with and without samples: matched by name, and in order where a name stands for
 * several (one per kind of core). */
void hwp_events_tie(struct hwp_reader *r)
{
    struct hwp_events *events = &r->profile->run.events;
    struct hwp_intern names = {0};
    struct hwp_map next = {0}; /* name's id → 1 + the event that its next attribute gets */
    size_t nr_known = events->len;
    HWP_VEC(uint64_t) same = {0}; /* by event: 1 + the next event of the same name */

    for (size_t i = 0; i < nr_known; i++)
        hwp_vec_push(&same, 0);
    for (size_t i = nr_known; i-- > 0;) {
        const char *name = events->data[i].name ? events->data[i].name : "";
        uint64_t *head = hwp_map_put(&next, hwp_intern(&names, name), 0, NULL);
        same.data[i] = *head;
        *head = i + 1;
    }
    hwp_vec_foreach (&r->attrs, a) {
        uint64_t *head = hwp_map_get(&next, hwp_intern(&names, a->name));
        if (!head) {
            add_event(r, a);
            continue;
        }
        a->event = (uint32_t)*head - 1;
        if (a->event < same.len && same.data[a->event])
            *head = same.data[a->event];
    }
    hwp_vec_deinit(&same);
    hwp_map_deinit(&next);
    hwp_intern_deinit(&names);
}

/* perf's files hold no counts; the sum of the periods estimates them. Marked as an estimate:
 * scaled, with nothing left to scale. Of an event without samples nothing is known: it may not have
 * happened, or not have been counted. */
static void estimate_total(const struct hwp_reader *r, struct hwp_event *ev, uint64_t value)
{
    uint64_t ns = r->last_time > r->first_time ? r->last_time - r->first_time : 1;

    if (value) {
        ev->total = (struct hwp_count){value, ns, ns, HWP_COUNT_SCALED};
        ev->reason = hwp_strdup("estimated from the samples' periods: the recording has no counts");
    } else {
        ev->total = (struct hwp_count){.state = HWP_COUNT_NOT_COUNTED};
        ev->reason = hwp_strdup("the recording has neither samples nor counts of it");
    }
}

void hwp_events_estimate(struct hwp_reader *r)
{
    struct hwp_profile *p = r->profile;
    struct hwp_events *events = &p->run.events;

    if (r->has_run)
        return;
    uint64_t *sums hwp_cleanup(hwp_free_cleanup) = hwp_calloc(events->len, sizeof(*sums));
    hwp_vec_foreach (&p->cells, c)
        sums[c->event] += c->value;
    for (size_t e = 0; e < events->len; e++)
        estimate_total(r, &events->data[e], sums[e]);
}

/* An event that only carries the records of maps and tasks ("dummy") is nobody's question. */
static bool is_helper(const struct hwp_event *ev)
{
    return !ev->requested && !ev->sampled;
}

void hwp_events_drop_helpers(struct hwp_profile *p)
{
    struct hwp_events *events = &p->run.events;
    uint32_t *now hwp_cleanup(hwp_free_cleanup) = hwp_calloc(events->len, sizeof(*now));
    bool *is_used hwp_cleanup(hwp_free_cleanup) = hwp_calloc(events->len, sizeof(*is_used));
    size_t kept = 0;

    hwp_vec_foreach (&p->cells, c)
        is_used[c->event] = true;
    for (size_t e = 0; e < events->len; e++) {
        now[e] = (uint32_t)kept;
        if (is_helper(&events->data[e]) && !is_used[e])
            hwp_event_deinit(&events->data[e]);
        else
            events->data[kept++] = events->data[e];
    }
    events->len = kept;
    hwp_vec_foreach (&p->cells, c)
        c->event = now[c->event];
    hwp_vec_foreach (events, ev)
        if (ev->leader >= 0)
            ev->leader = (int)now[ev->leader];
}
