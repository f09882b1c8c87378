/*
 * The whole main report: header, hot functions, contended lines, annotations, cores, notes; as
 * text, as CSV (one table after the other, an empty line between), or as one JSON object.
 */
#ifndef HWP_REPORTS_DOCUMENT_H
#define HWP_REPORTS_DOCUMENT_H

#include "analysis/annotate.h"
#include "analysis/cores.h"
#include "analysis/groups.h"
#include "analysis/hot.h"
#include "analysis/lines.h"
#include "base/out.h"
#include "reports/table.h"

struct hwp_document {                  /* all borrowed; a NULL section is left out */
    const struct hwp_profile *profile; /* its run's notes are the document's */
    const struct hwp_hot *hot;
    const struct hwp_annotations *annotations;
    const struct hwp_cores *cores;
    const struct hwp_contention *lines;
    const struct hwp_groups *groups; /* instead of hot functions */
};

void hwp_document_print(const struct hwp_document *doc, const struct hwp_report_options *options,
                        struct hwp_out *out);

#endif
