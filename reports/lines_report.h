/*
 * Contended cache lines as two tables: the lines, and the words of them with who reads and writes
 * each from where.
 */
#ifndef HWP_REPORTS_LINES_REPORT_H
#define HWP_REPORTS_LINES_REPORT_H

#include "analysis/lines.h"
#include "reports/table.h"

/* How much of it is for people: the lines that moved often (100 times) and matter beside the most
 * contended one (1 % of its transfers), of the first few of them the words that moved with them, of
 * those the code that does it most. Data for programs have it all. */
enum hwp_lines_extent { HWP_LINES_ALL, HWP_LINES_NOTABLE };

/* Whether any line is for people. */
bool hwp_lines_have_notable(const struct hwp_contention *c);

/* What is left out is in the row of others. */
void hwp_lines_table(const struct hwp_contention *c, enum hwp_lines_extent extent,
                     struct hwp_table *ret);

/* Without rows where no line is shown. */
void hwp_line_words_table(const struct hwp_contention *c, enum hwp_lines_extent extent,
                          struct hwp_table *ret);

#endif
