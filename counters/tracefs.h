/*
 * Tracepoints: their ids from tracefs, at /sys/kernel/tracing or /sys/kernel/debug/tracing, or at
 * $HWPROF_TRACEFS.
 */
#ifndef HWP_COUNTERS_TRACEFS_H
#define HWP_COUNTERS_TRACEFS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The id that perf_event_attr.config takes. The error says whether tracefs is absent, unreadable,
 * or has no such tracepoint, then with the nearest matches. */
struct hwp_error *hwp_tracepoint_id(const char *system, const char *name, uint64_t *ret)
    hwp_must_use;

/* Every tracepoint as SYSTEM:NAME, sorted; none if tracefs can't be read. */
typedef void hwp_tracepoint_fn(void *ctx, const char *name);
void hwp_tracepoints_each(hwp_tracepoint_fn *fn, void *ctx);

/* The content of a file below events/, or NULL if it can't be read. The caller frees it. */
char *hwp_tracefs_read(const char *name, size_t *ret_len);

#endif
