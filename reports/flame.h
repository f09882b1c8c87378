/*
 * Flame graphs: an SVG file that any browser opens, by itself and without a network. Width says
 * where the cost is, colour which module it is in, how good a metric is there, or how a second run
 * differs. Zoom, search and the numbers of all events are in a script inside of the file
 * (reports/flame/flame.js); what is drawn is there without it, too.
 *
 * The idea is Brendan Gregg's ("The Flame Graph", CACM 59(6), 2016). Borrows everything. Names may
 * hold anything: they are escaped for where they stand.
 */
#ifndef HWP_REPORTS_FLAME_H
#define HWP_REPORTS_FLAME_H

#include "analysis/hot.h"
#include "analysis/stacks.h"
#include "base/out.h"

struct hwp_flame {
    const struct hwp_stacks *stacks;
    const struct hwp_run *run;           /* whose events the columns are; NULL: folded text */
    const char *const *columns;          /* names of the columns of costs */
    size_t event;                        /* the column that widths are made of */
    const struct hwp_metric_use *metric; /* colours; NULL: modules do */
    bool is_diff;   /* two columns, before and after: colours tell the difference */
    bool is_icicle; /* callers at the top */
    const char *title, *subtitle;
    double percent_limit; /* narrower frames are left out */
};

/* Returns how many frames were drawn; *ret_hidden are those left out as too narrow, or as too many
 * for a file of 2 MB. */
size_t hwp_flame_print(const struct hwp_flame *flame, struct hwp_out *out, size_t *ret_hidden);

#endif
