/*
 * What --pin accepts: an ordered list of CPUs out of a topology.
 *
 *   cores                     every allowed CPU; first hardware threads of all cores first
 *   none                      leave tasks alone
 *   0-3,8                     OS CPU numbers (LIKWID's physical list, taskset's)
 *   core:0-3  pu:0,2  numa:1  L3:0  package:1  L2:… die:…   hwloc objects, by logical index
 *   numa:1.core:0-1           an object inside an object (hwloc-calc)
 *   S0:0-3  M0:0-7  C1:0-3  D0:0-1  N:0-3    LIKWID affinity domains: socket, NUMA node, last
 *                             level cache, die, whole node; first hardware threads of cores first
 *   S0:0-3@S1:0-3             LIKWID chains
 *   E:S0:4  E:N:8:1:2         LIKWID expression: domain, count, chunk, stride
 *   S:scatter M:scatter C:scatter  LIKWID scatter: round robin over domains of that kind
 *   compact, scatter          all allowed CPUs: filling one core after the other, or spread over
 *                             packages, then L3s, then cores
 *
 * Expressions are joined with + or @. Indexes are 0, 0-3, 3-0, 2- (to the last), 4:2 (from 4, two of
 * them), all, odd, even, or several of these with commas. LIKWID domains hold the allowed CPUs alone
 * (as in LIKWID); all other numbers are the machine's.
 *
 * Syntax sources: hwloc(7) "Command-line tools: locations"; LIKWID wiki, likwid-pin.
 */
#ifndef HWP_TOPOLOGY_PINEXPR_H
#define HWP_TOPOLOGY_PINEXPR_H

#include "base/error.h"
#include "base/vec.h"
#include "topology/topology.h"

HWP_VEC_TYPE(hwp_cpu_list, unsigned);

/* CPUs in the order tasks should get them; may repeat where the user repeats. Leaves *ret empty for
 * "none". Errors: a syntax that is none of the above (with the place it breaks), objects that do
 * not exist (naming what does), CPUs that exist but aren't allowed (naming what is). */
struct hwp_error *hwp_pinexpr_parse(const struct hwp_topology *t, const char *text,
                                    struct hwp_cpu_list *ret) hwp_must_use;

#endif
