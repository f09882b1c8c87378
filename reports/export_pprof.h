/*
 * pprof: the cells of a profile as the gzip-compressed protobuf that `go tool pprof`, and much
 * else, reads. A sample is a call stack of addresses with thread, pid, tid and CPU as labels and a
 * value per sampled event. Memory grows with the profile's cells by one pointer each.
 *
 * Addresses are those of the files, as disassembly shows them; a mapping is the part of a file that
 * samples fell into, so that pprof finds the code of it.
 */
#ifndef HWP_REPORTS_EXPORT_PPROF_H
#define HWP_REPORTS_EXPORT_PPROF_H

#include "analysis/filter.h"
#include "base/out.h"

struct hwp_pprof_options {
    struct hwp_filter filter; /* by the innermost function, as in all reports */
    bool no_inline;
    uint32_t event; /* which pprof shows unless told otherwise; must have costs */
};

void hwp_pprof_print(const struct hwp_profile *p, struct hwp_symbols *s,
                     const struct hwp_pprof_options *options, struct hwp_out *out);

#endif
