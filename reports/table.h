/*
 * Tables: columns and rows of typed fields, built once and rendered as text, CSV or JSON, so that
 * the three can't drift apart. An unknown field is "–" in text, empty in CSV and null in JSON.
 *
 * Text in fields comes from anywhere (symbols, file names, task names): every renderer makes it
 * harmless itself: no control characters on the terminal, quoting by RFC 4180 in CSV, valid UTF-8
 * and escapes in JSON. The table owns its strings. One thread at a time.
 */
#ifndef HWP_REPORTS_TABLE_H
#define HWP_REPORTS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/metrics.h"
#include "base/out.h"
#include "base/vec.h"

struct cJSON;

enum hwp_align { HWP_ALIGN_LEFT, HWP_ALIGN_RIGHT };

enum hwp_field_kind {
    HWP_FIELD_UNKNOWN,
    HWP_FIELD_TEXT,
    HWP_FIELD_COUNT,    /* whole number */
    HWP_FIELD_PERCENT,  /* text: coloured by height, as perf does */
    HWP_FIELD_RATIO,    /* any other real number */
    HWP_FIELD_DURATION, /* ns; text: "1.02 s"; CSV and JSON: ns */
    HWP_FIELD_ADDRESS,  /* text: hexadecimal; JSON: a string "0x…" */
    HWP_FIELD_BOOL,     /* text: "yes", "no"; CSV: 1, 0 */
    HWP_FIELD_LIST,     /* texts: ", " in text, ";" in CSV, an array in JSON */
};

struct hwp_field {
    enum hwp_field_kind kind;
    bool estimate; /* text: "~" in front; JSON: a second member KEY_estimate: true */
    union {
        char *text;
        uint64_t count; /* also address, duration */
        double number;
        bool truth;
        struct {
            char **items;
            size_t n;
        } list;
    };
};

struct hwp_field hwp_field_unknown(void);
struct hwp_field hwp_field_text(const char *text); /* copied; NULL is unknown */
struct hwp_field hwp_field_count(uint64_t count);
struct hwp_field hwp_field_percent(double percent);
struct hwp_field hwp_field_ratio(double ratio);
struct hwp_field hwp_field_duration(uint64_t ns);
struct hwp_field hwp_field_address(uint64_t address);
struct hwp_field hwp_field_bool(bool truth);
struct hwp_field hwp_field_value(const struct hwp_value *v);         /* a ratio, or unknown */
struct hwp_field hwp_field_counted(const struct hwp_count *c);       /* scaled, or unknown */
struct hwp_field hwp_field_list(const char *const *items, size_t n); /* copied */

struct hwp_column {
    const char *key;   /* in CSV and JSON; copied */
    const char *title; /* in text; copied. NULL: not shown in text */
    const char *group; /* text: a second header line above equal neighbours; NULL: none */
    const char *unit;  /* "" or what the numbers are in; for readers of the JSON schema */
    enum hwp_align align;
    unsigned decimals; /* of percents and ratios */
    bool shrinks;      /* text: cut with "…" where the terminal is too narrow */
    bool text_only;    /* not in CSV and JSON */
};

struct hwp_row {
    struct hwp_field *fields; /* one per column; those from `len` on are unknown */
    size_t len;
    bool is_summary; /* others, totals: not one of the things listed */
};

struct hwp_table {
    const char *name; /* "functions"; borrowed */
    HWP_VEC(struct hwp_column) columns;
    HWP_VEC(struct hwp_row) rows;
};

/* Columns first, then rows. */
void hwp_table_column(struct hwp_table *t, const struct hwp_column *column);
void hwp_table_row(struct hwp_table *t, bool is_summary);

/* Appends the next field of the newest row. Takes what the field owns. A row that ends short is
 * unknown in the rest; a field too many is a bug (assert). */
void hwp_table_add(struct hwp_table *t, struct hwp_field field);
void hwp_table_deinit(struct hwp_table *t);

enum hwp_format { HWP_FORMAT_TEXT, HWP_FORMAT_CSV, HWP_FORMAT_JSON };

struct hwp_report_options {
    enum hwp_format format;
    const char *separator; /* CSV; NULL: "," */
    bool no_big_num;       /* text: no thousands separators */
    bool counts;           /* annotations: counts instead of percents */
};

/* One table in the format of the options; JSON: an array of objects. */
void hwp_table_print(const struct hwp_table *t, const struct hwp_report_options *options,
                     struct hwp_out *out);

/* The three renderers (table_text.c, table_csv.c, table_json.c). hwp_table_json's result is for
 * reports/json.h to print and free. */
void hwp_table_text(const struct hwp_table *t, const struct hwp_report_options *options,
                    struct hwp_out *out);
void hwp_table_csv(const struct hwp_table *t, const char *separator, struct hwp_out *out);

/* One CSV field, quoted by RFC 4180 where it must be (for reports that aren't tables). */
void hwp_csv_text(const char *s, const char *separator, struct hwp_out *out);

struct cJSON *hwp_table_json(const struct hwp_table *t);

#endif
