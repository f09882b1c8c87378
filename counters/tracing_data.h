/*
 * What perf needs to read samples of tracepoints: the content of its feature TRACING_DATA, the
 * kernel's description of each event's fields. As perf's tools/perf/util/trace-event-read.c reads
 * it.
 */
#ifndef HWP_COUNTERS_TRACING_DATA_H
#define HWP_COUNTERS_TRACING_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Adds the data of the tracepoints with these ids to `out`; nothing without ids, or if tracefs
 * can't be read. */
void hwp_tracing_data(const uint64_t *ids, size_t nr_ids, struct hwp_str *out);

#endif
