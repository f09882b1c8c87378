/*
 * Metrics: ratios of events, from the one table metrics.def. An event's part in them (its role)
 * follows from its name.
 *
 * A ratio is only made of two events that looked at the same thing: same PMU, same privilege
 * levels. If one of the two ran part of the time, and not always together with the other, the
 * ratio is an estimate and says so. If one is unknown, so is the ratio. Plain values, no ownership.
 */
#ifndef HWP_ANALYSIS_METRICS_H
#define HWP_ANALYSIS_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "profile/run.h"

enum hwp_role {
    HWP_ROLE_NONE,
#define HWP_ROLE(id) HWP_ROLE_##id,
#include "analysis/roles.def"
    HWP_ROLE_COUNT_
};

/* What an event's name says: "cpu_core/cycles/u" is {CYCLES, "cpu_core", "u"}. */
struct hwp_role_match {
    enum hwp_role role;
    char pmu[32];   /* "" for the default core PMU */
    char levels[8]; /* the privilege modifiers in it, sorted: "u", "hk", … ; "" for all */
};

struct hwp_role_match hwp_role_find(const char *event_name);

enum hwp_metric {
#define HWP_METRIC(id, ...) HWP_METRIC_##id,
#include "analysis/metrics.def"
#undef HWP_METRIC
    HWP_METRIC_COUNT_
};

struct hwp_metric_info {
    const char *key;    /* in CSV and JSON */
    const char *column; /* title of a column */
    const char *title, *unit;
    enum hwp_role numerator, denominator;
    double scale;
    unsigned decimals;
    bool per_function;
    const char *limits;
};

const struct hwp_metric_info *hwp_metric_info(enum hwp_metric metric);

struct hwp_value {
    double value;
    bool known;
    bool estimate; /* made of a count that was scaled */
};

/* One metric of a set of events: which two of them it is made of. */
struct hwp_metric_use {
    enum hwp_metric metric;
    uint32_t numerator;  /* index of the event */
    int32_t denominator; /* index of the event; -1: the run's duration */
};
HWP_VEC_TYPE(hwp_metric_uses, struct hwp_metric_use);

/* Every metric whose events are both there (per_function: of those only, and not those that
 * could only be unknown because an event can't be had). Metrics of hybrid machines appear once
 * per PMU. */
void hwp_metrics_find(const struct hwp_events *events, bool per_function,
                      struct hwp_metric_uses *ret);

/* `counts` runs parallel to the events. `wall_ns` 0: unknown. */
struct hwp_value hwp_metric_evaluate(const struct hwp_metric_use *use,
                                     const struct hwp_events *events,
                                     const struct hwp_count *counts, uint64_t wall_ns)
    __attribute__((nonnull));

/* True for clocks, whose counts are nanoseconds. */
bool hwp_event_is_time(const struct hwp_event *ev);

#endif
