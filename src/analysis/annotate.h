/*
 * Annotation of one function: its instructions, what each costs in every event, and the rows that
 * a reader is shown: source lines, inlined call sites, instructions, folded cold stretches.
 *
 * The annotation owns its arrays and instructions; names and source text are borrowed from the
 * `struct hwp_symbols`, which must outlive it.
 */
#ifndef HWP_ANALYSIS_ANNOTATE_H
#define HWP_ANALYSIS_ANNOTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/cells_of.h"
#include "analysis/cost.h"
#include "analysis/filter.h"
#include "base/vec.h"
#include "profile/profile.h"
#include "symbols/disasm.h"
#include "symbols/symbols.h"

struct hwp_annotate_options {
    enum hwp_syntax syntax;
    bool no_skid;   /* leave samples where they were taken */
    bool no_inline; /* don't name inlined call sites */
    bool no_source; /* instructions alone */
    bool no_fold;   /* show cold stretches */
    bool all_texts; /* instructions of cold stretches have their texts, too */
    struct hwp_filter filter; /* whose samples */
    const struct hwp_cells_of *cells; /* of the profile; NULL: all are looked through */
};

enum hwp_annotate_kind {
    HWP_ANNOTATE_SOURCE, /* a source line: file, line, text (NULL if the file isn't there) */
    HWP_ANNOTATE_INLINE, /* from here on: `text` inlined at file:line; NULL: back in the function */
    HWP_ANNOTATE_INSN,   /* instruction `first` */
    HWP_ANNOTATE_FOLD,   /* instructions first … first + count - 1, cold */
};

struct hwp_annotate_row {
    enum hwp_annotate_kind kind;
    size_t first, count;
    const char *file, *text;
    unsigned line;
};
HWP_VEC_TYPE(hwp_annotate_rows, struct hwp_annotate_row);

struct hwp_annotation {
    uint32_t dso;
    const struct hwp_module *module;
    const struct hwp_symbol *symbol;
    size_t nr_events;
    struct hwp_insns insns; /* without machine code: one per sampled address, `bad` set */
    bool has_code;
    bool has_lines;
    bool *targets;           /* per instruction: jumped to from inside the function */
    struct hwp_cost *costs;  /* [insn × nr_events + event] */
    struct hwp_cost *totals; /* per event: of the function */
    struct hwp_cost *atomic; /* per event: on atomics */
    struct hwp_cost *moved;  /* per event: given back to atomics */
    struct hwp_annotate_rows rows;
};
HWP_VEC_TYPE(hwp_annotations, struct hwp_annotation);

/* Always yields an annotation; of a function without samples its costs are 0. */
void hwp_annotate(const struct hwp_profile *p, struct hwp_symbols *s, uint32_t dso,
                  const struct hwp_symbol *symbol, const struct hwp_annotate_options *options,
                  struct hwp_annotation *ret);
void hwp_annotation_deinit(struct hwp_annotation *a);
void hwp_annotations_deinit(struct hwp_annotations *all);

/* The functions named `name` (demangled, raw, or demangled up to its parameter list) that have
 * samples, hottest first in the first sampled event. HWP_E_NOT_FOUND, with the nearest names, if
 * there is none. */
struct hwp_found_symbol {
    uint32_t dso;
    const struct hwp_symbol *symbol;
};
HWP_VEC_TYPE(hwp_found_symbols, struct hwp_found_symbol);
struct hwp_error *hwp_annotate_find(const struct hwp_profile *p, struct hwp_symbols *s,
                                    const char *name, struct hwp_found_symbols *ret) hwp_must_use;

/* Raises SKID and NO_SOURCE where they apply. */
void hwp_annotation_notes(const struct hwp_annotation *a, struct hwp_notes *notes);

#endif
