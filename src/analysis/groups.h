/*
 * Costs by whatever a sample says: function, module, source line, task, core, node, or several of
 * them together ("module,task"). A group is a tuple of texts; every sample is in exactly one.
 *
 * Rows, others and filtered always add up to the totals. The result owns all it points to. A pure
 * function of profile, symbols and topology.
 */
#ifndef HWP_ANALYSIS_GROUPS_H
#define HWP_ANALYSIS_GROUPS_H

#include "analysis/cost.h"
#include "analysis/filter.h"
#include "analysis/metrics.h"
#include "base/map.h"
#include "base/vec.h"
#include "topology/topology.h"

enum hwp_group_key {
    HWP_GROUP_SYMBOL,
    HWP_GROUP_MODULE,
    HWP_GROUP_LINE, /* file and line, of what was inlined, too */
    HWP_GROUP_TASK, /* name and thread id */
    HWP_GROUP_COMM, /* tasks of one name */
    HWP_GROUP_CPU,
    HWP_GROUP_CORE, /* unknown without the machine's topology */
    HWP_GROUP_NODE,
    HWP_GROUP_COUNT_
};

/* "symbol", "module" …; perf's words for them ("sym", "dso", "srcline") too. HWP_GROUP_COUNT_ if it is
 * none. */
enum hwp_group_key hwp_group_key_find(const char *name, size_t len);
const char *hwp_group_key_name(enum hwp_group_key key);

struct hwp_groups_options {
    enum hwp_group_key keys[HWP_GROUP_COUNT_];
    size_t nr_keys; /* at least 1 */
    uint32_t sort_event;
    struct hwp_filter filter;
    double percent_limit; /* of the sort event */
    size_t top;           /* rows at most; 0: all */
};

struct hwp_group {
    const char **texts; /* per key; NULL: unknown */
    struct hwp_cost *costs; /* per event */
};

struct hwp_groups {
    enum hwp_group_key keys[HWP_GROUP_COUNT_];
    size_t nr_keys, nr_events;
    uint32_t sort_event;
    HWP_VEC(struct hwp_group) rows; /* costliest first */
    size_t nr_others;
    struct hwp_cost *others, *filtered, *totals; /* per event */
    bool has_filter;
    struct hwp_metric_uses metrics;
    struct hwp_intern texts;
};

/* `t` NULL: cores and nodes are unknown. */
void hwp_groups_analyse(const struct hwp_profile *p, struct hwp_symbols *s,
                        const struct hwp_topology *t, const struct hwp_groups_options *options,
                        struct hwp_groups *ret);
void hwp_groups_deinit(struct hwp_groups *groups);

#endif
