/*
 * Which samples a report is about: those of some tasks, modules, functions. The one place that
 * decides so; hot functions, annotations and cores share it. Borrows its lists. Pure functions.
 */
#ifndef HWP_ANALYSIS_FILTER_H
#define HWP_ANALYSIS_FILTER_H

#include <stdbool.h>

#include "profile/profile.h"
#include "symbols/symbols.h"

/* Comma-separated lists; NULL: everything. */
struct hwp_filter {
    const char *comms;
    const char *tids;    /* threads, or all of a process: "4242,4250" */
    const char *cpus;    /* "0-3,8" */
    const char *dsos;    /* short or full names */
    const char *symbols; /* demangled or raw names */
};

bool hwp_filter_is_set(const struct hwp_filter *f);

/* HWP_E_USAGE, or HWP_E_INVALID, for lists that aren't such. */
struct hwp_error *hwp_filter_check(const struct hwp_filter *f) hwp_must_use;

/* Whether a task passes; one without a name passes only where all do. */
bool hwp_filter_task(const struct hwp_filter *f, const char *comm, int32_t pid, int32_t tid);
bool hwp_filter_cpu(const struct hwp_filter *f, uint32_t cpu);

/* Whether a cell passes, whose address is in `symbol` of module `m`. */
bool hwp_filter_cell(const struct hwp_filter *f, const struct hwp_profile *p,
                     const struct hwp_cell *cell, const struct hwp_module *m,
                     const struct hwp_symbol *symbol);

/* The same, with the symbol looked up if the filter asks for any. `cell->loc` must be valid. */
bool hwp_filter_sample(const struct hwp_filter *f, const struct hwp_profile *p,
                       struct hwp_symbols *s, const struct hwp_cell *cell);

#endif
