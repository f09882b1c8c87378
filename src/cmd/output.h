/*
 * Where a verb's report goes and in which form: the options --json, -x, -o that every table has.
 */
#ifndef HWP_CMD_OUTPUT_H
#define HWP_CMD_OUTPUT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/opt.h"
#include "base/out.h"
#include "reports/table.h"

#define HWP_DEFAULT_RECORDING "hwprof.data"

struct hwp_output_options {
    bool json, no_big_num;
    const char *separator, *path;
};

extern const struct hwp_opt hwp_output_opts[];

struct hwp_error *hwp_output_check(const struct hwp_output_options *options) hwp_must_use;

struct hwp_report_options hwp_output_format(const struct hwp_output_options *options);

/* -o FILE; else standard output, or standard error after a workload whose own standard output must
 * be left alone (`live`). */
struct hwp_error *hwp_output_open(const struct hwp_output_options *options, bool live,
                                  struct hwp_out *ret) hwp_must_use;

#endif
