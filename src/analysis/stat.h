/*
 * Counts of a run, or of several runs of the same workload: mean, standard deviation and the
 * relative standard error that perf stat prints as "( +- 1.07% )".
 *
 * A zeroed stat is valid and empty. Runs are copied from; nothing is borrowed after _add.
 */
#ifndef HWP_ANALYSIS_STAT_H
#define HWP_ANALYSIS_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/metrics.h"
#include "base/error.h"
#include "base/vec.h"
#include "profile/run.h"

/* Mean and variance, updated value by value (Welford; Knuth, TAOCP 2, 4.2.2). */
struct hwp_moments {
    uint64_t n;
    double mean, m2;
};

void hwp_moments_add(struct hwp_moments *m, double value);
double hwp_moments_stddev(const struct hwp_moments *m);        /* of a sample; 0 below 2 values */
double hwp_moments_error_percent(const struct hwp_moments *m); /* 100 × stddev/√n/mean */

struct hwp_stat_event {
    struct hwp_moments values; /* of runs where it was known */
    struct hwp_count count;    /* summed over the runs; state and times of the whole */
};

struct hwp_stat {
    uint64_t nr_runs;
    struct hwp_events events;              /* copies; totals are the means over the runs, scaled */
    HWP_VEC(struct hwp_stat_event) counts; /* parallel to events */
    struct hwp_moments duration_ns, user_ns, system_ns;
    char *command;
    int exit_status; /* of the last run */
    bool has_exit;
    struct hwp_metric_uses metrics;
};

/* Adds one run. HWP_E_INVALID if its events are not those of the runs before. */
struct hwp_error *hwp_stat_add(struct hwp_stat *s, const struct hwp_run *run) hwp_must_use;
void hwp_stat_deinit(struct hwp_stat *s);

/* The first metric with event `event` on top, evaluated over all runs; unknown if there is none.
 * *ret_use (may be NULL) says which. */
struct hwp_value hwp_stat_metric(const struct hwp_stat *s, size_t event,
                                 struct hwp_metric_use *ret_use);

/* What was counted between two readings of the same run (stat -I): later minus earlier, event by
 * event, into *ret, which then is a run of its own (hwp_run_deinit). `earlier` NULL: from 0. */
void hwp_stat_interval(const struct hwp_run *earlier, const struct hwp_run *later,
                       struct hwp_run *ret);

#endif
