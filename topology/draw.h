/*
 * The machine as text, with a plan on it: packages, NUMA nodes and caches as indented headings,
 * one cell per core with its CPUs, what is not allowed, and which task each CPU gets.
 */
#ifndef HWP_TOPOLOGY_DRAW_H
#define HWP_TOPOLOGY_DRAW_H

#include <stdint.h>

#include "base/out.h"
#include "base/str.h"
#include "topology/plan.h"
#include "topology/topology.h"

/* `plan` may be NULL. Lines wrap at the sink's width (100 columns if it has none). */
void hwp_topology_draw(const struct hwp_topology *t, const struct hwp_plan *plan,
                       struct hwp_out *out);

/* "32 MiB", "1.5 MiB", "512 KiB". */
void hwp_topology_add_bytes(struct hwp_str *s, uint64_t bytes);

#endif
