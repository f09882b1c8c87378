/*
 * Option tables: one row per option feeds parsing, --help and the man-page check.
 *
 * A command describes its options as rows that name a field of its own options struct by offset.
 * Where a workload may follow, parsing stops at the first operand or after "--", so that the
 * workload's own options are left alone. Strings are borrowed from argv; a list owns its array (hwp_vec_deinit).
 */
#ifndef HWP_BASE_OPT_H
#define HWP_BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/out.h"
#include "base/vec.h"

enum hwp_opt_kind {
    HWP_OPT_FLAG,     /* bool: set to true */
    HWP_OPT_NOFLAG,   /* bool: set to false */
    HWP_OPT_STR,      /* const char * */
    HWP_OPT_UINT,     /* uint64_t; suffixes k, M, G (powers of 1000) */
    HWP_OPT_POSITIVE, /* the same, but not 0, which stands for "not given" */
    HWP_OPT_DOUBLE,   /* double */
    HWP_OPT_DURATION, /* uint64_t in ns; suffixes us, ms, s; plain numbers are ms */
    HWP_OPT_LIST,     /* struct hwp_opt_list: every use appends */
    HWP_OPT_CHOICE,   /* unsigned: index into the '|'-separated words of `arg` */
};

HWP_VEC_TYPE(hwp_opt_list, const char *);

struct hwp_opt {
    char short_name;       /* 0: none */
    const char *long_name; /* NULL ends a table */
    enum hwp_opt_kind kind;
    size_t offset;    /* of the field in the command's options struct */
    const char *arg;  /* placeholder in --help ("FILE"), or the choices ("cores|none|LIST") */
    const char *help; /* one line; "(default …)" included where there is one */
};

#define HWP_OPT_END {0, NULL, HWP_OPT_FLAG, 0, NULL, NULL}

/* Parses argv[0 … argc-1] (options only, no program name) into `into`, and leaves in
 * *ret_operand the index of the first operand (argc if none). Tables: NULL-terminated list of
 * tables, so that groups of options can be shared between commands. */
struct hwp_error *hwp_opt_parse(const struct hwp_opt *const *tables, int argc, char **argv,
                                void *const *into, int *ret_operand) hwp_must_use;

/* The same for commands that run no workload, whose operands and options may be mixed ("annotate main
 * -M intel"): operands are moved to the end of argv, in their order, *ret_operand being the first. */
struct hwp_error *hwp_opt_parse_mixed(const struct hwp_opt *const *tables, int argc, char **argv,
                                      void *const *into, int *ret_operand) hwp_must_use;

/* The rows as aligned --help text. */
void hwp_opt_help(const struct hwp_opt *table, struct hwp_out *out);

#endif
