/*
 * Which rows a reader of an annotation is shown, and in which order. Internal to analysis.
 */
#ifndef HWP_ANALYSIS_ANNOTATE_ROWS_H
#define HWP_ANALYSIS_ANNOTATE_ROWS_H

#include "analysis/annotate.h"

/* Fills a->rows and a->has_lines; everything else of `a` must be complete. */
void hwp_annotate_rows_build(struct hwp_annotation *a, struct hwp_symbols *s,
                             const struct hwp_annotate_options *options);

/* Which instructions are shown: the hot ones, a few around each, and all stretches too short to be
 * worth folding. shown[] has one entry per instruction. */
void hwp_annotate_choose(const struct hwp_annotation *a, bool *shown);

#endif
