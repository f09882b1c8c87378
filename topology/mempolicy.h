/*
 * Memory policies of a workload: --membind NODES and --interleave NODES (logical node lists as in
 * "0,2-3", or "all"), checked against the topology when parsed and set through hwloc in the child
 * before it execs, from where children and threads inherit it (set_mempolicy(2)).
 */
#ifndef HWP_TOPOLOGY_MEMPOLICY_H
#define HWP_TOPOLOGY_MEMPOLICY_H

#include "base/error.h"
#include "topology/topology.h"

enum hwp_mempolicy_kind { HWP_MEMPOLICY_DEFAULT, HWP_MEMPOLICY_BIND, HWP_MEMPOLICY_INTERLEAVE };

struct hwp_mempolicy {
    enum hwp_mempolicy_kind kind;
    struct hwp_cpuset nodes; /* a set of OS node numbers */
};

struct hwp_error *hwp_mempolicy_parse(const struct hwp_topology *t, enum hwp_mempolicy_kind kind,
                                      const char *nodes, struct hwp_mempolicy *ret) hwp_must_use;

/* Applies it to the calling process. */
struct hwp_error *hwp_mempolicy_apply(const struct hwp_topology *t,
                                      const struct hwp_mempolicy *policy) hwp_must_use;

/* "bind:0", "interleave:0-1", or NULL for the default. Caller frees. */
char *hwp_mempolicy_format(const struct hwp_mempolicy *policy);

#endif
