/*
 * A recording's call stacks, or those of folded text: what flame and export begin with.
 */
#ifndef HWP_CMD_STACKS_INPUT_H
#define HWP_CMD_STACKS_INPUT_H

#include "analysis/stacks.h"
#include "base/error.h"
#include "base/opt.h"
#include "cmd/sample_options.h"
#include "symbols/symbols.h"

struct hwp_stacks_input_options {
    struct hwp_filter filter;
    bool no_inline, folded;
    bool lines;   /* say where functions are written; no option of its own */
    bool no_tree; /* the stacks are left empty, and folded text is refused; nor has this one */
    struct hwp_symbols_options symbols;
};

/* With those of cmd/sample_options.h, for `filter` and `symbols`. */
extern const struct hwp_opt hwp_stacks_opts[];

struct hwp_stacks_input {
    struct hwp_profile *profile; /* NULL: folded text */
    struct hwp_symbols *symbols;
    struct hwp_stacks stacks;
};

/* Folded text ends up as one column; lines that aren't such are told of on standard error. */
struct hwp_error *hwp_stacks_input_read(const char *path,
                                        const struct hwp_stacks_input_options *options,
                                        struct hwp_stacks_input *ret) hwp_must_use;
void hwp_stacks_input_deinit(struct hwp_stacks_input *in);

/* The column of an event; NULL: see hwp_event_choose. HWP_E_INVALID if nothing of it is left, by
 * the filters or from the start. */
struct hwp_error *hwp_stacks_input_event(const struct hwp_stacks_input *in, const char *name,
                                         uint32_t *ret) hwp_must_use;

#endif
