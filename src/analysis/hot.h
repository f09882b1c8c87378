/*
 * Hot functions: costs per (symbol, module), every event side by side.
 *
 * Rows, others and filtered always add up to the totals. The result owns its arrays; symbols and
 * modules in it are borrowed from the `struct hwp_symbols`, which must outlive it. A pure function
 * of profile and symbols.
 */
#ifndef HWP_ANALYSIS_HOT_H
#define HWP_ANALYSIS_HOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/cost.h"
#include "analysis/filter.h"
#include "analysis/metrics.h"
#include "base/error.h"
#include "base/vec.h"
#include "profile/profile.h"
#include "symbols/symbols.h"

struct hwp_hot_options {
    const char *sort_event; /* see hwp_event_choose */
    bool sort_total;        /* sort by inclusive cost; needs call chains */
    struct hwp_filter filter;
    double percent_limit;   /* of the sort event (its inclusive cost if sort_total) */
    size_t top;             /* rows at most; 0: all */
    bool no_skid;           /* leave samples where they were taken */
    bool no_atomics;        /* don't disassemble */
};

struct hwp_hot_function {
    uint32_t dso; /* index into the profile's */
    const struct hwp_module *module;
    const struct hwp_symbol *symbol;
    struct hwp_cost *self;   /* per event */
    struct hwp_cost *total;  /* per event, with what it calls; NULL without call chains */
    struct hwp_cost *atomic; /* per event, the part of self on atomics; NULL: not known */
};
HWP_VEC_TYPE(hwp_hot_functions, struct hwp_hot_function);

struct hwp_hot {
    size_t nr_events;
    uint32_t sort_event;                /* index */
    struct hwp_hot_functions functions; /* the rows, hottest first */
    size_t nr_others;          /* functions that are not rows: below the limit or the top */
    struct hwp_cost *others;   /* per event: what those cost */
    struct hwp_cost *filtered; /* per event: what the filters left out */
    struct hwp_cost *totals;   /* per event: all of the profile's samples */
    struct hwp_cost *moved;    /* per event: what was given back to atomics, in the rows */
    bool has_filter, has_total;
    struct hwp_metric_uses metrics; /* that can be shown per function */
};

/* HWP_E_INVALID for a sort event that the profile doesn't have (naming those it has), and for
 * sort_total without call chains. */
struct hwp_error *hwp_hot_analyse(const struct hwp_profile *p, struct hwp_symbols *s,
                                  const struct hwp_hot_options *options, struct hwp_hot *ret)
    hwp_must_use;
void hwp_hot_deinit(struct hwp_hot *hot);

/* The event of that name; NULL: cycles, else the first, of those that have samples. HWP_E_INVALID,
 * naming those it has, if there is none. */
struct hwp_error *hwp_event_choose(const struct hwp_run *run, const char *name, uint32_t *ret)
    hwp_must_use;

/* Whether places can have a cost in the event: it was sampled, even if no sample came. */
bool hwp_event_has_costs(const struct hwp_event *ev);

/* Whether every occurrence of the event left a sample, so that no sample means none. */
bool hwp_event_is_complete(const struct hwp_run *run, const struct hwp_event *ev);

/* A cost as a count: the one place that decides what samples say. Without samples it is unknown,
 * for fewer events than a period leave none, unless the event is complete. The sum of periods is
 * what was counted while the event ran, so a scaled event's is scaled as its total is. */
struct hwp_count hwp_cost_count(const struct hwp_run *run, const struct hwp_event *ev,
                                const struct hwp_cost *cost);

/* That as a number, 0 where it is unknown: for formats that have no unknown. */
uint64_t hwp_cost_value(const struct hwp_run *run, const struct hwp_event *ev,
                        const struct hwp_cost *cost);

/* A metric of a place; `costs`: one per event. */
struct hwp_value hwp_cost_metric(const struct hwp_run *run, const struct hwp_cost *costs,
                                 const struct hwp_metric_use *use);

/* Raises what a reader must know of the result: FEW_SAMPLES, SKID. */
void hwp_hot_notes(const struct hwp_profile *p, const struct hwp_hot *hot, struct hwp_notes *notes);

#endif
