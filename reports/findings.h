/*
 * What can be measured here and what can't, as `doctor` prints it.
 */
#ifndef HWP_REPORTS_FINDINGS_H
#define HWP_REPORTS_FINDINGS_H

#include "reports/table.h"

struct hwp_finding_row { /* all borrowed */
    const char *what;
    bool ok;
    const char *detail; /* NULL: none */
    const char *remedy; /* NULL: none */
};
HWP_VEC_TYPE(hwp_finding_rows, struct hwp_finding_row);

void hwp_findings_table(const struct hwp_finding_row *rows, size_t n, struct hwp_table *ret);
void hwp_findings_print(const struct hwp_finding_row *rows, size_t n,
                        const struct hwp_report_options *options, struct hwp_out *out);

#endif
