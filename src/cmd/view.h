/*
 * Showing a recording: the path that the main job, report, annotate and cores share. Reads the
 * file, opens its symbols, runs the analyses asked for and prints them as one document.
 */
#ifndef HWP_CMD_VIEW_H
#define HWP_CMD_VIEW_H

#include "analysis/annotate.h"
#include "analysis/hot.h"
#include "base/error.h"
#include "base/opt.h"
#include "cmd/output.h"
#include "cmd/sample_options.h"
#include "symbols/symbols.h"

struct hwp_view_options {
    const char *input; /* the recording; NULL: the default one */
    const char *sort; /* see cmd/sort.h */
    struct hwp_hot_options hot;
    uint64_t top;      /* functions in the table */
    uint64_t annotate; /* hottest functions annotated */
    unsigned syntax;   /* enum hwp_syntax */
    bool annotate_all; /* every function that has samples */
    bool no_skid, no_inline, no_source, no_fold, counts;
    struct hwp_symbols_options symbols;
};

extern const struct hwp_opt hwp_input_opts[];    /* which recording */
extern const struct hwp_opt hwp_hot_opts[];      /* which functions, in which order */
extern const struct hwp_opt hwp_annotate_opts[]; /* how code is shown */

struct hwp_view_sections {
    bool functions, cores;
    const char *annotate_symbol; /* only this function; an unknown one is an error */
    bool annotations;            /* alone: without header and tables */
};

/* Prints the sections of the recording. `live`: a workload has just run on this terminal. */
struct hwp_error *hwp_view(const struct hwp_view_options *options,
                           const struct hwp_view_sections *sections,
                           const struct hwp_output_options *output, bool live) hwp_must_use;

#endif
