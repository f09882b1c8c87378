/*
 * Contended cache lines as two tables: the lines, and the words of them with who reads and writes
 * each from where.
 */
#ifndef HWP_REPORTS_LINES_REPORT_H
#define HWP_REPORTS_LINES_REPORT_H

#include "analysis/lines.h"
#include "reports/table.h"

void hwp_lines_table(const struct hwp_contention *c, struct hwp_table *ret);

/* Of the first `max` lines; 0: of all. */
void hwp_line_words_table(const struct hwp_contention *c, size_t max, struct hwp_table *ret);

#endif
