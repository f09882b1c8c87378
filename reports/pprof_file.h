/*
 * A pprof file (reports/pprof/profile.proto) as it is written, part after part in any order, and
 * compressed as it goes: only the strings stay in memory, until the end. protobuf-c and zlib
 * behind.
 *
 * Texts are copied and made valid UTF-8. Ids of functions, locations and mappings are the caller's,
 * from 1 on. Used from one thread.
 */
#ifndef HWP_REPORTS_PPROF_FILE_H
#define HWP_REPORTS_PPROF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/out.h"

struct hwp_pprof_file;

struct hwp_pprof_file *hwp_pprof_file_create(struct hwp_out *out);

/* Writes what is left, and destroys it. Errors of writing are the sink's. */
void hwp_pprof_file_finish(struct hwp_pprof_file *f);

/* The index of a string; NULL is "", which is 0. */
int64_t hwp_pprof_string(struct hwp_pprof_file *f, const char *text);

void hwp_pprof_sample_type(struct hwp_pprof_file *f, const char *type, const char *unit);

struct hwp_pprof_label {
    int64_t key, text;    /* indexes of strings; text 0: the value is the number */
    int64_t number, unit; /* a number of unit 0 is none to readers if it is 0 */
};

struct hwp_pprof_sample {
    const uint64_t *locations; /* ids, innermost first */
    size_t nr_locations;
    const int64_t *values; /* one per sample type */
    size_t nr_values;
    const struct hwp_pprof_label *labels;
    size_t nr_labels;
};

void hwp_pprof_sample(struct hwp_pprof_file *f, const struct hwp_pprof_sample *sample);

struct hwp_pprof_mapping {
    uint64_t id, start, limit, offset;
    const char *path, *build_id; /* build_id: hexadecimal; NULL: not known */
    bool has_lines, has_inlined;
};

void hwp_pprof_mapping(struct hwp_pprof_file *f, const struct hwp_pprof_mapping *mapping);

struct hwp_pprof_line {
    uint64_t function; /* id */
    unsigned line;     /* 0: unknown */
};

void hwp_pprof_location(struct hwp_pprof_file *f, uint64_t id, uint64_t mapping, uint64_t address,
                        const struct hwp_pprof_line *lines, size_t nr_lines);

struct hwp_pprof_function {
    uint64_t id;
    int64_t name, system_name, file; /* indexes of strings */
    unsigned start_line;             /* 0: unknown */
};

void hwp_pprof_function(struct hwp_pprof_file *f, const struct hwp_pprof_function *function);

struct hwp_pprof_header {
    uint64_t time_ns, duration_ns, period;
    const char *type, *unit; /* of the default sample type, which the period is of, too */
};

void hwp_pprof_header(struct hwp_pprof_file *f, const struct hwp_pprof_header *header);
void hwp_pprof_comment(struct hwp_pprof_file *f, const char *text);

#endif
