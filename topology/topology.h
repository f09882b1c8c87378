/*
 * The machine's shape, through hwloc: packages, NUMA nodes, L3 domains, cores and CPUs (hwloc's
 * PUs), as plain tables. No header here includes hwloc.h.
 *
 * A topology is loaded once and then read-only, safe to share between threads. It covers all
 * online CPUs; `allowed` says which of them this process may use (cgroup and affinity).
 */
#ifndef HWP_TOPOLOGY_TOPOLOGY_H
#define HWP_TOPOLOGY_TOPOLOGY_H

#include <stdint.h>

#include "base/error.h"
#include "base/vec.h"
#include "topology/cpuset.h"

enum hwp_topology_from {
    HWP_TOPOLOGY_THIS,      /* this machine (HWLOC_XMLFILE and HWLOC_SYNTHETIC are honoured) */
    HWP_TOPOLOGY_SYNTHETIC, /* an hwloc synthetic string: "pack:2 core:4 pu:2" */
    HWP_TOPOLOGY_XML,       /* a file of hwloc XML */
    HWP_TOPOLOGY_XML_TEXT,  /* hwloc XML in memory */
};

/* One CPU and what it belongs to; every field but cpu is a logical index of hwloc's (0, 1, 2 … in
 * topology order), -1 where the machine doesn't say. */
struct hwp_cpu {
    unsigned cpu;  /* OS number */
    int logical;   /* PU */
    int core, l1, l2, l3, die, node, package; /* node: the first that lists the CPU as local */
    int smt;       /* which hardware thread of its core: 0, 1 … */
    int kind;      /* hwloc CPU kind, 0 = most efficient (hybrid machines); -1 if all alike */
};
HWP_VEC_TYPE(hwp_cpus, struct hwp_cpu);

struct hwp_numa_node {
    int node;    /* logical index */
    unsigned os; /* OS number, as in numactl */
    uint64_t bytes;
    struct hwp_cpuset cpus; /* empty: a memory-only node */
    bool allowed;           /* this process may have memory there */
};

struct hwp_topology {
    struct hwp_cpus cpus; /* in topology order */
    HWP_VEC(struct hwp_numa_node) nodes;
    struct hwp_cpuset online, allowed;
    unsigned nr_packages, nr_cores, nr_l3, nr_l2; /* 0: the machine doesn't say */
    unsigned nr_kinds;                            /* 1 where all CPUs are alike */
    uint64_t l1i_bytes, l1d_bytes, l2_bytes, l3_bytes; /* of one cache; 0 unknown */
    unsigned l1i_ways, l1d_ways, l2_ways, l3_ways; /* 0 unknown; all lines: fully associative */
    unsigned line_bytes;                    /* cache line; 0 unknown */
    char *cpu_model;                        /* "AMD EPYC 9654", or NULL */
    bool is_this_system;
    struct hwp_topology_private *priv; /* the hwloc handle */
};

/* `spec` is the synthetic string, file name or XML text; ignored for THIS. `allowed` may narrow
 * (never widen) the usable CPUs: for tests; NULL: what the process has. */
struct hwp_error *hwp_topology_load(enum hwp_topology_from from, const char *spec,
                                    const struct hwp_cpuset *allowed,
                                    struct hwp_topology **ret) hwp_must_use;
/* The same of XML that may be damaged, or somebody's trap (a recording's): hwloc, which checks little, is
 * tried on it in a process of its own first. HWP_E_FORMAT if that doesn't survive. */
struct hwp_error *hwp_topology_load_untrusted(const char *xml,
                                              struct hwp_topology **ret) hwp_must_use;

void hwp_topology_destroy(struct hwp_topology *t);
HWP_DEFINE_CLEANUP(hwp_topology_cleanup, struct hwp_topology, hwp_topology_destroy)

/* By OS number; NULL if there is no such CPU. */
const struct hwp_cpu *hwp_topology_cpu(const struct hwp_topology *t, unsigned cpu);

/* "AMD EPYC 9654, 2 packages, 192 cores, 384 CPUs, 24 × L3 32 MiB, 2 NUMA nodes". Caller frees. */
char *hwp_topology_summary(const struct hwp_topology *t);

/* What the machine says of itself under hwloc's name for it ("CPUVendor", "CPUFamilyNumber",
 * "CPUImplementer" …): of the first package, else of the whole. NULL if it says nothing. Owned by
 * the topology. */
const char *hwp_topology_info(const struct hwp_topology *t, const char *name);

/* The latency from node to node as the firmware puts it (ACPI SLIT: 10 is local), by logical index;
 * 0 if it says nothing. */
unsigned hwp_topology_distance(const struct hwp_topology *t, int from, int to);

/* Names the processor of a machine that has no name: a synthetic one. Goes into its XML, too. */
void hwp_topology_set_cpu_model(struct hwp_topology *t, const char *name);

/* hwloc XML of the whole, for the recording. Caller frees. */
struct hwp_error *hwp_topology_to_xml(const struct hwp_topology *t, char **ret) hwp_must_use;

#endif
