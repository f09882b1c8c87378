/*
 * Columns that several reports share: those of events and of metrics. Internal to reports.
 */
#ifndef HWP_REPORTS_COLUMNS_H
#define HWP_REPORTS_COLUMNS_H

#include "analysis/cost.h"
#include "analysis/metrics.h"
#include "reports/table.h"

/* The event's name; "NAME#2" where an event before it has the same. Caller frees. */
char *hwp_event_key(const struct hwp_events *events, size_t e);

/* One column of event `e`: key EVENT or EVENT_SUFFIX, under the event's name. `title` NULL: not in
 * text. */
struct hwp_event_column {
    const char *suffix; /* NULL: the count itself */
    const char *title;
    const char *unit;
    unsigned decimals;
};
void hwp_table_event_column(struct hwp_table *t, const struct hwp_events *events, size_t e,
                            const struct hwp_event_column *column);

/* A column per metric; where one appears for several PMUs, its events are told apart. */
void hwp_table_metric_columns(struct hwp_table *t, const struct hwp_events *events,
                              const struct hwp_metric_uses *uses);

/* A count in the event's unit: a duration for clocks. */
struct hwp_field hwp_field_event_count(const struct hwp_event *ev, const struct hwp_count *c);

#endif
