/*
 * The table of costs by module, task, line … (analysis/groups.h). A column per key, then as hot
 * functions have them.
 */
#ifndef HWP_REPORTS_GROUPS_TABLE_H
#define HWP_REPORTS_GROUPS_TABLE_H

#include "analysis/groups.h"
#include "reports/table.h"

void hwp_groups_table(const struct hwp_profile *p, const struct hwp_groups *groups,
                      struct hwp_table *ret);

/* "Costs by module, task". Caller frees. */
char *hwp_groups_title(const struct hwp_groups *groups);

#endif
