/*
 * The events that the modelled PMU answers: perf's generic names, PAPI presets, and its own
 * (atomics, contended-atomics, hitm-local …). A table; all strings are static.
 */
#ifndef HWP_COUNTERS_MODEL_EVENTS_H
#define HWP_COUNTERS_MODEL_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "counters/events.h"
#include "counters/model/protocol.h"

struct hwp_model_event {
    const char *name;        /* perf's or our own: "cache-misses", "hitm-remote" */
    const char *papi;        /* the PAPI preset that is the same, or NULL */
    uint64_t plus, minus;    /* bit i: enum hwm_counter i is added, taken away */
    const char *description; /* one line */
};

extern const struct hwp_model_event hwp_model_events[]; /* ends with a NULL name */

/* By name: exactly, any of perf's spellings of it, or the PAPI preset; modifiers (":u") apart. NULL if
 * the model can't answer it. */
const struct hwp_model_event *hwp_model_event_find(const char *name);

/* For an event as it was asked for; NULL and *ret_why (static) if the model can't answer it: a
 * kernel-only event, a native code, a software event … */
const struct hwp_model_event *hwp_model_event_of(const struct hwp_encoding *enc,
                                                 const char **ret_why);

/* An event's count from counters by their index. */
uint64_t hwp_model_event_value(const struct hwp_model_event *ev,
                               const uint64_t counters[HWM_NR_COUNTERS]);

#endif
