/*
 * A count and what is known about it.
 *
 * Zero never means unknown: a count that was not taken has a state that says so, arithmetic on it
 * yields an unknown, and reports print it as "–". Plain values, no ownership.
 */
#ifndef HWP_PROFILE_COUNT_H
#define HWP_PROFILE_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hwp_count_state {
    HWP_COUNT_UNSUPPORTED, /* this machine has no such counter (the state of a zeroed count) */
    HWP_COUNT_DENIED,      /* the system forbids it */
    HWP_COUNT_NOT_COUNTED, /* opened, but never scheduled onto a counter, or never enabled */
    HWP_COUNT_SCALED,      /* ran part of the time; value × enabled/running is an estimate */
    HWP_COUNT_COUNTED,     /* exact */
};

enum hwp_origin {
    HWP_ORIGIN_MEASURED, /* by the kernel or the hardware */
    HWP_ORIGIN_MODELLED, /* by the modelled PMU */
};

struct hwp_count {
    uint64_t value;           /* raw, unscaled */
    uint64_t time_enabled_ns; /* PERF_FORMAT_TOTAL_TIME_ENABLED, perf_event_open(2) */
    uint64_t time_running_ns; /* PERF_FORMAT_TOTAL_TIME_RUNNING */
    enum hwp_count_state state;
};

/* From what read(2) on a perf event yields; the state follows from the two times: running 0 is
 * not-counted, running < enabled is scaled. */
struct hwp_count hwp_count_make(uint64_t value, uint64_t time_enabled_ns, uint64_t time_running_ns);

/* A value exactly known. */
struct hwp_count hwp_count_exact(uint64_t value);

bool hwp_count_known(const struct hwp_count *c);

/* value × enabled/running, rounded to nearest. Meaningful only if known. */
uint64_t hwp_count_value(const struct hwp_count *c);

/* running/enabled in percent: 100 unless scaled; 0 if not counted. */
double hwp_count_running_percent(const struct hwp_count *c);

/* Sums counts of one event over CPUs or tasks: unsupported + known is known (a CPU without the
 * event, as on hybrid machines); not-counted + known is scaled by the summed times. */
void hwp_count_add(struct hwp_count *into, const struct hwp_count *c);

/* "counted", "scaled", "not counted", "not supported", "denied" */
const char *hwp_count_state_name(enum hwp_count_state state);
bool hwp_count_state_parse(const char *name, enum hwp_count_state *ret);
const char *hwp_origin_name(enum hwp_origin origin);

#endif
