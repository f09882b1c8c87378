/*
 * Native events through libpfm4, which holds the event tables of some 300 PMUs. Initialised at
 * first use. Not safe from two threads at once: libpfm4 isn't either.
 *
 * An event of a PMU that is not this machine's is encoded if its PMU is named ("skx::…"); without a
 * prefix only this machine's PMUs, or the one of LIBPFM_FORCE_PMU, are looked at.
 */
#ifndef HWP_COUNTERS_PFM_H
#define HWP_COUNTERS_PFM_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/suggest.h"

struct hwp_pfm_event {
    struct perf_event_attr attr; /* no sampling fields; exclude_guest only if the name says mg/mh */
    uint64_t period, freq;       /* of the attributes of these names */
    int cpu;                     /* of the attribute of this name, or -1 */
    bool inactive;               /* the PMU named is not one of this machine */
};

/* Initialises libpfm4 so that inactive PMUs can be encoded; done once. PAPI must find it so. */
struct hwp_error *hwp_pfm_init(void) hwp_must_use;

/* HWP_E_NOT_FOUND for an unknown event, HWP_E_INVALID for an unknown attribute, both with the
 * nearest matches. */
struct hwp_error *hwp_pfm_encode(const char *name, struct hwp_pfm_event *ret) hwp_must_use;

/* Whether `name` can be encoded, without the cost of an error. */
bool hwp_pfm_knows(const char *name);

/* For an event, written without PMU, that only other CPUs have: a hint that says so, to be freed;
 * else NULL. */
char *hwp_pfm_elsewhere(const char *name);

/* Offers the events of active PMUs; with a "pmu::" prefix in near->wanted those of that PMU. */
void hwp_pfm_suggest(struct hwp_suggest *near);

/* Every event of the active PMUs ("EVENT", then "EVENT:UMASK" for each unit mask), except those of
 * the pseudo-PMU "perf", which are the generic ones. */
typedef void hwp_pfm_fn(void *ctx, const char *pmu, const char *name, const char *description);
void hwp_pfm_each(hwp_pfm_fn *fn, void *ctx);

#endif
