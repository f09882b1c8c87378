/*
 * --sort: "cycles", "module", "cache-misses,module,task": at most one event, which rows are ordered by,
 * and what costs are summed up by.
 */
#ifndef HWP_CMD_SORT_H
#define HWP_CMD_SORT_H

#include "analysis/groups.h"
#include "base/error.h"
#include "profile/run.h"

struct hwp_sort {
    char *event; /* NULL: none is named */
    enum hwp_group_key keys[HWP_GROUP_COUNT_];
    size_t nr_keys; /* 0: by functions */
};

/* `text` NULL: nothing is said. A word that is an event of the run is that event; else a key. Functions
 * in modules are the usual table, and no keys. */
struct hwp_error *hwp_sort_parse(const char *text, const struct hwp_events *events,
                                 struct hwp_sort *ret) hwp_must_use;
void hwp_sort_deinit(struct hwp_sort *sort);

#endif
