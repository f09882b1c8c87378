/*
 * Hot functions as a table.
 */
#ifndef HWP_REPORTS_HOT_TABLE_H
#define HWP_REPORTS_HOT_TABLE_H

#include "analysis/hot.h"
#include "reports/table.h"

void hwp_hot_table(const struct hwp_profile *p, const struct hwp_hot *hot, struct hwp_table *ret);

#endif
