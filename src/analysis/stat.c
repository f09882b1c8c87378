#include "analysis/stat.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

void hwp_moments_add(struct hwp_moments *m, double value)
{
    double delta = value - m->mean;

    m->n++;
    m->mean += delta / (double)m->n;
    m->m2 += delta * (value - m->mean);
}

double hwp_moments_stddev(const struct hwp_moments *m)
{
    return m->n > 1 ? sqrt(m->m2 / (double)(m->n - 1)) : 0;
}

double hwp_moments_error_percent(const struct hwp_moments *m)
{
    if (m->n < 2 || m->mean == 0)
        return 0;
    return 100 * hwp_moments_stddev(m) / sqrt((double)m->n) / fabs(m->mean);
}

static struct hwp_event copy_event(const struct hwp_event *ev)
{
    struct hwp_event copy = *ev;

    copy.name = hwp_strdup(ev->name);
    copy.encoding = hwp_strdup(ev->encoding);
    copy.source = hwp_strdup(ev->source);
    copy.unit = hwp_strdup(ev->unit);
    copy.reason = hwp_strdup(ev->reason);
    copy.remedy = hwp_strdup(ev->remedy);
    copy.per_cpu = (struct hwp_counts){0};
    return copy;
}

static bool same_events(const struct hwp_stat *s, const struct hwp_run *run)
{
    if (s->events.len != run->events.len)
        return false;
    for (size_t i = 0; i < run->events.len; i++) {
        const char *a = s->events.data[i].name, *b = run->events.data[i].name;
        if (strcmp(a ? a : "", b ? b : "") != 0)
            return false;
    }
    return true;
}

static void begin(struct hwp_stat *s, const struct hwp_run *run)
{
    hwp_vec_foreach (&run->events, ev) {
        hwp_vec_push(&s->events, copy_event(ev));
        hwp_vec_push(&s->counts, (struct hwp_stat_event){0});
    }
    s->command = hwp_strdup(run->command);
}

static void add_count(struct hwp_stat *s, size_t i, const struct hwp_event *ev, bool is_first)
{
    struct hwp_stat_event *se = &s->counts.data[i];
    struct hwp_count *mean = &s->events.data[i].total;

    if (is_first)
        se->count = ev->total;
    else
        hwp_count_add(&se->count, &ev->total);
    if (hwp_count_known(&ev->total))
        hwp_moments_add(&se->values, (double)hwp_count_value(&ev->total));

    *mean = se->count;
    if (se->values.n) {
        mean->value /= se->values.n;
        mean->time_enabled_ns /= se->values.n;
        mean->time_running_ns /= se->values.n;
    }
}

static void take_reason(struct hwp_event *into, const struct hwp_event *ev)
{
    if (!into->reason && ev->reason) {
        into->reason = hwp_strdup(ev->reason);
        free(into->remedy);
        into->remedy = hwp_strdup(ev->remedy);
    }
}

struct hwp_error *hwp_stat_add(struct hwp_stat *s, const struct hwp_run *run)
{
    bool is_first = s->nr_runs == 0;

    if (is_first)
        begin(s, run);
    else if (!same_events(s, run))
        return hwp_error(HWP_E_INVALID, "run %llu counted other events than the runs before it",
                         (unsigned long long)s->nr_runs + 1);
    for (size_t i = 0; i < run->events.len; i++) {
        add_count(s, i, &run->events.data[i], is_first);
        take_reason(&s->events.data[i], &run->events.data[i]);
    }
    if (run->duration_ns)
        hwp_moments_add(&s->duration_ns, (double)run->duration_ns);
    hwp_moments_add(&s->user_ns, (double)run->user_ns);
    hwp_moments_add(&s->system_ns, (double)run->system_ns);
    s->exit_status = run->exit_status;
    s->has_exit = run->has_exit;
    s->nr_runs++;
    s->metrics.len = 0;
    hwp_metrics_find(&s->events, false, &s->metrics);
    return NULL;
}

void hwp_stat_deinit(struct hwp_stat *s)
{
    hwp_vec_foreach (&s->events, ev)
        hwp_event_deinit(ev);
    hwp_vec_deinit(&s->events);
    hwp_vec_deinit(&s->counts);
    hwp_vec_deinit(&s->metrics);
    free(s->command);
    *s = (struct hwp_stat){0};
}

struct hwp_value hwp_stat_metric(const struct hwp_stat *s, size_t event,
                                 struct hwp_metric_use *ret_use)
{
    struct hwp_count *counts hwp_cleanup(hwp_free_cleanup) =
        hwp_calloc(s->events.len, sizeof(*counts));

    for (size_t i = 0; i < s->events.len; i++)
        counts[i] = s->events.data[i].total;
    hwp_vec_foreach (&s->metrics, use) {
        if (use->numerator != event)
            continue;
        struct hwp_value v =
            hwp_metric_evaluate(use, &s->events, counts, (uint64_t)s->duration_ns.mean);
        if (!v.known)
            continue;
        if (ret_use)
            *ret_use = *use;
        return v;
    }
    return (struct hwp_value){0};
}

/* Saturates: a counter read during its own start may seem to go back. */
static uint64_t minus(uint64_t later, uint64_t earlier)
{
    return later > earlier ? later - earlier : 0;
}

static struct hwp_count count_between(const struct hwp_count *earlier,
                                      const struct hwp_count *later)
{
    if (!earlier || !hwp_count_known(earlier) || !hwp_count_known(later))
        return *later;
    if (!later->time_enabled_ns)
        return hwp_count_exact(minus(later->value, earlier->value));
    return hwp_count_make(minus(later->value, earlier->value),
                          minus(later->time_enabled_ns, earlier->time_enabled_ns),
                          minus(later->time_running_ns, earlier->time_running_ns));
}

static struct hwp_event event_between(const struct hwp_event *earlier,
                                      const struct hwp_event *later)
{
    struct hwp_event ev = copy_event(later);

    ev.total = count_between(earlier ? &earlier->total : NULL, &later->total);
    for (size_t cpu = 0; cpu < later->per_cpu.len; cpu++) {
        const struct hwp_count *before =
            earlier && cpu < earlier->per_cpu.len ? &earlier->per_cpu.data[cpu] : NULL;
        hwp_vec_push(&ev.per_cpu, count_between(before, &later->per_cpu.data[cpu]));
    }
    return ev;
}

void hwp_stat_interval(const struct hwp_run *earlier, const struct hwp_run *later,
                       struct hwp_run *ret)
{
    *ret = (struct hwp_run){0};
    ret->command = hwp_strdup(later->command);
    ret->duration_ns = minus(later->duration_ns, earlier ? earlier->duration_ns : 0);
    ret->user_ns = minus(later->user_ns, earlier ? earlier->user_ns : 0);
    ret->system_ns = minus(later->system_ns, earlier ? earlier->system_ns : 0);
    for (size_t i = 0; i < later->events.len; i++) {
        const struct hwp_event *before =
            earlier && i < earlier->events.len ? &earlier->events.data[i] : NULL;
        hwp_vec_push(&ret->events, event_between(before, &later->events.data[i]));
    }
}
