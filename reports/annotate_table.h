/*
 * An annotated function: text as perf annotate's readers know it, with a column per event; and a
 * table of its instructions for CSV and JSON, where nothing is folded.
 */
#ifndef HWP_REPORTS_ANNOTATE_TABLE_H
#define HWP_REPORTS_ANNOTATE_TABLE_H

#include "analysis/annotate.h"
#include "reports/table.h"

struct cJSON;

void hwp_annotate_text(const struct hwp_profile *p, const struct hwp_annotation *a,
                       const struct hwp_report_options *options, struct hwp_out *out);

/* One row per instruction of `n` functions, with function, module, address, file, line. */
void hwp_annotate_table(const struct hwp_profile *p, const struct hwp_annotation *all, size_t n,
                        struct hwp_table *ret);

/* {"function", "module", "events": […], "instructions": […]} */
struct cJSON *hwp_annotate_json(const struct hwp_profile *p, const struct hwp_annotation *a);

/* One or more functions in the format of the options (what `annotate` prints). */
void hwp_annotations_print(const struct hwp_profile *p, const struct hwp_annotations *all,
                           const struct hwp_report_options *options, struct hwp_out *out);

#endif
