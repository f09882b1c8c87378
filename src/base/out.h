/*
 * Where reports are written: a file, or memory. Writing never fails visibly; the first error is
 * kept and hwp_out_close returns it, so renderers need no error paths.
 */
#ifndef HWP_BASE_OUT_H
#define HWP_BASE_OUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/str.h"

struct hwp_out {
    FILE *file;         /* NULL: collect into `text` */
    struct hwp_str text;
    bool color;         /* terminal escapes wanted */
    unsigned width;     /* columns of the terminal, or of $COLUMNS; 0: unlimited */
    int errnum;         /* of the first failed write */
    bool owned;         /* close `file` at the end */
    const char *name;   /* for messages */
};

/* Memory sink: no colour, unlimited width. */
void hwp_out_init_memory(struct hwp_out *out);

/* A stream the caller keeps. Colour if it is a terminal and NO_COLOR is unset; width from
 * $COLUMNS, else the terminal. */
void hwp_out_init_stream(struct hwp_out *out, FILE *file, const char *name);

/* Creates or truncates `path` ("-" is stdout). */
struct hwp_error *hwp_out_init_path(struct hwp_out *out, const char *path) hwp_must_use;

void hwp_out_write(struct hwp_out *out, const char *bytes, size_t n);
void hwp_out_puts(struct hwp_out *out, const char *text);
void hwp_out_printf(struct hwp_out *out, const char *fmt, ...) hwp_printf(2, 3);

/* Flushes and closes what is owned. A reader that went away (EPIPE) is no error. */
struct hwp_error *hwp_out_close(struct hwp_out *out) hwp_must_use;

#endif
