/*
 * The kernel's generic events by perf's names: hardware, software and hardware-cache. Tables only;
 * nothing here looks at the machine. All strings are static; safe from any thread.
 *
 * Sources: perf_event_open(2) (the numbers), perf-list(1) (the spellings).
 */
#ifndef HWP_COUNTERS_GENERIC_H
#define HWP_COUNTERS_GENERIC_H

#include <stdbool.h>
#include <stdint.h>

struct hwp_generic {
    const char *name;
    const char *alias; /* another spelling, or NULL */
    uint32_t type;     /* PERF_TYPE_HARDWARE, _SOFTWARE or _HW_CACHE */
    uint64_t config;
    const char *description;
};

/* Looks a name up: hardware and software names exactly, cache names in any case and any of perf's
 * spellings (L1-dcache-load-misses, l1d-miss, LLC, dTLB-stores …). ret's `name` is NULL for a
 * cache event, which has many. */
bool hwp_generic_find(const char *name, struct hwp_generic *ret);

/* Calls fn for every event by its canonical name; the row is only good during the call. */
typedef void hwp_generic_fn(void *ctx, const struct hwp_generic *row);
void hwp_generic_each(hwp_generic_fn *fn, void *ctx);

#endif
