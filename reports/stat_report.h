/*
 * Counts in perf stat's forms: its text, its -x CSV and its -j JSON lines, so that what parses
 * those parses these.
 *
 *   CSV: [time,] [core,cpus,] value, unit, event, [variance,] run time, % running, metric, unit
 */
#ifndef HWP_REPORTS_STAT_REPORT_H
#define HWP_REPORTS_STAT_REPORT_H

#include "analysis/cores.h"
#include "analysis/stat.h"
#include "reports/table.h"

struct hwp_stat_report_options {
    struct hwp_report_options report;
    bool has_time;    /* an interval report (-I): `time_ns` goes in front of each line */
    uint64_t time_ns; /* since the start */
    bool no_header;   /* intervals after the first */
    const struct hwp_cores *cores; /* per-core lines instead of sums; NULL: sums */
};

/* Reasons and remedies of events without a count follow the text form. */
void hwp_stat_report(const struct hwp_stat *s, const struct hwp_stat_report_options *options,
                     struct hwp_out *out);

#endif
