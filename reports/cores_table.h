/*
 * Cores as a table.
 */
#ifndef HWP_REPORTS_CORES_TABLE_H
#define HWP_REPORTS_CORES_TABLE_H

#include "analysis/cores.h"
#include "reports/table.h"

void hwp_cores_table(const struct hwp_run *run, const struct hwp_cores *cores,
                     struct hwp_table *ret);

#endif
