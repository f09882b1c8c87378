/*
 * Per core: which tasks a CPU had, and what it counted. Counts are exact where the run has them
 * per CPU; else they are sums of sample periods.
 *
 * The result owns its arrays. A pure function of run and profile.
 */
#ifndef HWP_ANALYSIS_CORES_H
#define HWP_ANALYSIS_CORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/filter.h"
#include "analysis/metrics.h"
#include "base/vec.h"
#include "profile/profile.h"
#include "topology/topology.h"

#define HWP_NO_CPU UINT32_MAX

struct hwp_core_task {
    int32_t pid, tid;
    const char *comm; /* borrowed from the profile or the run; may be NULL */
    bool pinned;      /* by hwprof; else seen here by its samples */
};

struct hwp_core {
    uint32_t cpu; /* OS number; HWP_NO_CPU: samples that don't say where they ran */
    int32_t core; /* logical index; -1 unknown */
    int32_t node; /* NUMA node, logical index; -1 unknown */
    HWP_VEC(struct hwp_core_task) tasks;
    struct hwp_count *counts; /* per event */
    uint64_t *samples;        /* per event */
};

struct hwp_cores {
    size_t nr_events;
    HWP_VEC(struct hwp_core) cores; /* by CPU number; those that had a task or a count */
    struct hwp_count *totals;       /* per event: the sum over the cores */
    bool *sampled;                  /* per event: counts are sums of sample periods */
    struct hwp_metric_uses metrics;
};

/* `p` NULL: a run that was only counted. `t` NULL: cores and nodes are known from pins alone. */
void hwp_cores_analyse(const struct hwp_run *run, const struct hwp_profile *p,
                       const struct hwp_topology *t, struct hwp_cores *ret);
/* Of the samples that pass the filter alone; `s` names their functions. Counts of whole CPUs say
 * nothing of some tasks, so all counts are sums of periods then; totals stay those of all samples. */
void hwp_cores_analyse_filtered(const struct hwp_run *run, const struct hwp_profile *p,
                                const struct hwp_topology *t, struct hwp_symbols *s,
                                const struct hwp_filter *filter, struct hwp_cores *ret);
void hwp_cores_deinit(struct hwp_cores *cores);

#endif
