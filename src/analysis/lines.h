/*
 * Contended cache lines: who owns each, and who reads and writes which word of it from where.
 *
 * The owner is what people know it by: the variables that were used in it, the place that
 * allocated the heap object, or the task whose stack it is. The result owns its arrays and strings,
 * borrows the profile and the symbols. A pure function of both.
 */
#ifndef HWP_ANALYSIS_LINES_H
#define HWP_ANALYSIS_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "profile/profile.h"
#include "symbols/symbols.h"

HWP_VEC_TYPE(hwp_line_tasks, uint32_t); /* indexes into struct hwp_contention.tasks */

struct hwp_line_task {
    int32_t pid, tid;
    const char *comm; /* borrowed; "task" where it isn't known */
};

/* Code that used a word. */
struct hwp_line_code {
    char *text;         /* "function file.c:12", "function" */
    uint64_t transfers, count;
};

/* Bytes of a line that were used as one. */
struct hwp_line_word {
    uint16_t offset, bytes;
    uint64_t loads, stores, atomics;
    uint64_t transfers;
    struct hwp_line_tasks readers, writers; /* an atomic does both */
    HWP_VEC(struct hwp_line_code) code; /* most transfers first */
};

struct hwp_line_row {
    const struct hwp_cache_line *line; /* borrowed from the profile's run */
    char *owner;  /* NULL: not known */
    char *module; /* of a variable; else NULL */
    HWP_VEC(struct hwp_line_word) words; /* by offset */
    size_t nr_readers, nr_writers;       /* tasks */
};

struct hwp_contention {
    HWP_VEC(struct hwp_line_row) rows; /* most transfers first */
    HWP_VEC(struct hwp_line_task) tasks;
    uint64_t transfers;        /* of all lines that moved */
    uint64_t nr_others;        /* lines that moved and are no rows */
    uint64_t others_transfers;
};

/* `top` rows at most; 0: all that the recording has. */
void hwp_lines_analyse(const struct hwp_profile *p, struct hwp_symbols *s, size_t top,
                       struct hwp_contention *ret);
void hwp_contention_deinit(struct hwp_contention *c);

#endif
