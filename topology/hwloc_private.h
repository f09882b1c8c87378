/*
 * What the files that talk to hwloc (topology*.c, mempolicy.c) share; hwloc.h is included by
 * those alone.
 */
#ifndef HWP_TOPOLOGY_HWLOC_PRIVATE_H
#define HWP_TOPOLOGY_HWLOC_PRIVATE_H

#include "topology/topology.h"

struct hwloc_topology;

struct hwp_topology_private {
    struct hwloc_topology *hwloc;
    int by_os[HWP_MAX_CPUS]; /* OS number → place in `cpus`, or -1 */
};

/* Fills the plain tables of `t` from its loaded hwloc handle. */
struct hwp_error *hwp_topology_fill(struct hwp_topology *t) hwp_must_use;

#endif
