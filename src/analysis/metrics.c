#include "analysis/metrics.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/attr.h"
#include "base/str.h"

static const struct {
    const char *name;
    enum hwp_role role;
} role_names[] = {
#define HWP_ROLE_NAME(id, name) {name, HWP_ROLE_##id},
#include "analysis/roles.def"
};

static const struct hwp_metric_info metrics[] = {
#define HWP_METRIC(id, key, column, title, unit, above, below, scale, decimals, fn, limits) \
    [HWP_METRIC_##id] = {key,   column,   title, unit,  HWP_ROLE_##above, HWP_ROLE_##below, \
                         scale, decimals, fn,    limits},
#include "analysis/metrics.def"
#undef HWP_METRIC
};

const struct hwp_metric_info *hwp_metric_info(enum hwp_metric metric)
{
    return &metrics[metric];
}

static void add_levels(struct hwp_role_match *m, const char *modifiers)
{
    static const char order[] = "GHhku"; /* sorted */
    size_t n = 0;

    for (const char *level = order; *level; level++)
        if (strchr(modifiers, *level))
            m->levels[n++] = *level;
    m->levels[n] = '\0';
}

static bool are_modifiers(const char *s)
{
    return *s && s[strspn(s, "ukhGHpPSDWeI")] == '\0';
}

/* The event's name in pmu/terms/: a "name=" term, else a term that is just a word. */
static size_t name_in_terms(const char *terms, size_t len, const char **ret)
{
    const char *end = terms + len, *bare = NULL;
    size_t bare_len = 0;

    for (const char *p = terms; p < end;) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        size_t n = (size_t)((comma ? comma : end) - p);
        if (n > 5 && strncmp(p, "name=", 5) == 0) {
            *ret = p + 5;
            return n - 5;
        }
        if (!bare && !memchr(p, '=', n)) {
            bare = p;
            bare_len = n;
        }
        p += n + 1;
    }
    *ret = bare ? bare : terms;
    return bare ? bare_len : 0;
}

static enum hwp_role role_of(const char *name, size_t len)
{
    for (size_t i = 0; i < hwp_array_size(role_names); i++)
        if (strlen(role_names[i].name) == len && strncasecmp(role_names[i].name, name, len) == 0)
            return role_names[i].role;
    return HWP_ROLE_NONE;
}

/* pmu/terms/modifiers; the plain core PMU is the default one. */
static void find_in_pmu(const char *text, const char *slash, struct hwp_role_match *m)
{
    const char *close = strrchr(text, '/'), *name;
    size_t pmu_len = (size_t)(slash - text);

    if (close == slash)
        return;
    size_t len = name_in_terms(slash + 1, (size_t)(close - slash - 1), &name);
    m->role = role_of(name, len);
    add_levels(m, close + 1);
    if (pmu_len < sizeof(m->pmu) && !(pmu_len == 3 && strncmp(text, "cpu", 3) == 0))
        memcpy(m->pmu, text, pmu_len);
}

struct hwp_role_match hwp_role_find(const char *event_name)
{
    struct hwp_role_match m = {0};
    const char *slash = strchr(event_name, '/');

    if (slash) {
        find_in_pmu(event_name, slash, &m);
        return m;
    }
    const char *pfm = strstr(event_name, "::");
    const char *name = pfm && pfm[2] != ':' ? pfm + 2 : event_name;
    size_t len = strlen(name);
    /* libpfm4 allows several modifiers, each behind its own colon */
    struct hwp_str modifiers = {0};
    for (const char *colon; (colon = memrchr(name, ':', len)) != NULL;) {
        char *last = hwp_strndup(colon + 1, (size_t)(name + len - colon - 1));
        bool is_modifier = are_modifiers(last);
        if (is_modifier) {
            hwp_str_add(&modifiers, last);
            len = (size_t)(colon - name);
        }
        free(last);
        if (!is_modifier)
            break;
    }
    if (modifiers.data)
        add_levels(&m, modifiers.data);
    hwp_str_deinit(&modifiers);
    m.role = role_of(name, len);
    return m;
}

/* Counted, or sampled in a recording that says nothing of totals. */
static bool usable(const struct hwp_event *ev)
{
    return ev->nr_samples ||
           (ev->total.state != HWP_COUNT_UNSUPPORTED && ev->total.state != HWP_COUNT_DENIED);
}

static bool same_view(const struct hwp_role_match *a, const struct hwp_role_match *b)
{
    return strcmp(a->pmu, b->pmu) == 0 && strcmp(a->levels, b->levels) == 0;
}

static size_t group_of(const struct hwp_events *events, size_t i)
{
    return events->data[i].leader >= 0 ? (size_t)events->data[i].leader : i;
}

/* The denominator for `numerator`; one of its own group if there is one. */
static int32_t find_denominator(const struct hwp_events *events,
                                const struct hwp_role_match *matches, size_t numerator,
                                enum hwp_role role)
{
    int32_t found = -1;

    for (size_t i = 0; i < events->len; i++) {
        if (matches[i].role != role || !usable(&events->data[i]) ||
            !same_view(&matches[i], &matches[numerator]))
            continue;
        if (group_of(events, i) == group_of(events, numerator))
            return (int32_t)i;
        if (found < 0)
            found = (int32_t)i;
    }
    return found;
}

static bool already_there(const struct hwp_metric_uses *uses, enum hwp_metric metric,
                          const struct hwp_role_match *matches, size_t numerator)
{
    hwp_vec_foreach (uses, u)
        if (u->metric == metric && same_view(&matches[u->numerator], &matches[numerator]))
            return true;
    return false;
}

static void find_metric(enum hwp_metric metric, const struct hwp_events *events,
                        const struct hwp_role_match *matches, struct hwp_metric_uses *ret)
{
    const struct hwp_metric_info *info = &metrics[metric];
    bool of_wall = info->denominator == HWP_ROLE_WALL_TIME;

    for (size_t i = 0; i < events->len; i++) {
        if (matches[i].role != info->numerator || !usable(&events->data[i]) ||
            already_there(ret, metric, matches, i))
            continue;
        int32_t denominator =
            of_wall ? -1 : find_denominator(events, matches, i, info->denominator);
        if (of_wall || denominator >= 0)
            hwp_vec_push(ret, (struct hwp_metric_use){metric, (uint32_t)i, denominator});
    }
}

void hwp_metrics_find(const struct hwp_events *events, bool per_function,
                      struct hwp_metric_uses *ret)
{
    struct hwp_role_match *matches hwp_cleanup(hwp_free_cleanup) =
        hwp_calloc(events->len, sizeof(*matches));

    for (size_t i = 0; i < events->len; i++)
        if (events->data[i].name)
            matches[i] = hwp_role_find(events->data[i].name);
    for (int m = 0; m < HWP_METRIC_COUNT_; m++)
        if (!per_function || metrics[m].per_function)
            find_metric((enum hwp_metric)m, events, matches, ret);
}

/* Two counts that always ran together have an exact ratio, scaled or not. */
static bool is_estimate(const struct hwp_metric_use *use, const struct hwp_events *events,
                        const struct hwp_count *a, const struct hwp_count *b)
{
    if (a->state != HWP_COUNT_SCALED && (!b || b->state != HWP_COUNT_SCALED))
        return false;
    return !b || group_of(events, use->numerator) != group_of(events, (size_t)use->denominator) ||
           a->time_running_ns != b->time_running_ns;
}

struct hwp_value hwp_metric_evaluate(const struct hwp_metric_use *use,
                                     const struct hwp_events *events,
                                     const struct hwp_count *counts, uint64_t wall_ns)
{
    const struct hwp_count *a = &counts[use->numerator];
    const struct hwp_count *b = use->denominator < 0 ? NULL : &counts[use->denominator];
    struct hwp_value v = {0};

    if (!hwp_count_known(a) || (b && !hwp_count_known(b)))
        return v;
    double below = (double)(b ? hwp_count_value(b) : wall_ns);
    if (below <= 0)
        return v;
    v.value = metrics[use->metric].scale * (double)hwp_count_value(a) / below;
    v.known = true;
    v.estimate = is_estimate(use, events, a, b);
    return v;
}

bool hwp_event_is_time(const struct hwp_event *ev)
{
    if (ev->unit && strcmp(ev->unit, "ns") == 0)
        return true;
    return ev->name && hwp_role_find(ev->name).role == HWP_ROLE_CPU_TIME;
}
