/*
 * A placement plan: which CPU each new task gets. The next task goes to the slot with the fewest
 * live tasks, in the plan's order. Owned by whoever follows the workload; one thread at a time.
 */
#ifndef HWP_TOPOLOGY_PLAN_H
#define HWP_TOPOLOGY_PLAN_H

#include "base/error.h"
#include "base/vec.h"
#include "topology/pinexpr.h"
#include "topology/topology.h"

struct hwp_slot {
    unsigned cpu;
    unsigned live; /* tasks on it now */
};

struct hwp_plan {
    HWP_VEC(struct hwp_slot) slots; /* empty: don't pin */
    struct hwp_cpuset cpus;         /* their union */
    char *text;                     /* as asked */
    bool was_oversubscribed;        /* some slot has had two live tasks at once */
};

struct hwp_error *hwp_plan_create(const struct hwp_topology *t, const char *text,
                                  struct hwp_plan **ret) hwp_must_use;
void hwp_plan_destroy(struct hwp_plan *plan);
HWP_DEFINE_CLEANUP(hwp_plan_cleanup, struct hwp_plan, hwp_plan_destroy)

/* The CPU for a new task (which now counts as live on it), or -1 for an empty plan. */
int hwp_plan_assign(struct hwp_plan *plan);

/* A task that had been given `cpu` has ended. */
void hwp_plan_release(struct hwp_plan *plan, int cpu);

#endif
