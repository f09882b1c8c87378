#include "cmd/output.h"

#include <stddef.h>

#define FIELD(name) offsetof(struct hwp_output_options, name)

const struct hwp_opt hwp_output_opts[] = {
    {'j', "json", HWP_OPT_FLAG, FIELD(json), "", "print as JSON"},
    {'x', "field-separator", HWP_OPT_STR, FIELD(separator), "SEP",
     "print as CSV with this separator (-x,)"},
    {'o', "output", HWP_OPT_STR, FIELD(path), "FILE",
     "write the report to FILE (- is standard output)"},
    {0, "no-big-num", HWP_OPT_FLAG, FIELD(no_big_num), "", "no thousands separators"},
    HWP_OPT_END,
};

struct hwp_error *hwp_output_check(const struct hwp_output_options *options)
{
    if (options->json && options->separator)
        return hwp_error(HWP_E_USAGE, "--json and -x exclude each other");
    if (options->separator && !*options->separator)
        return hwp_error_hint(hwp_error(HWP_E_USAGE, "-x needs a separator"), "write -x,");
    return NULL;
}

struct hwp_report_options hwp_output_format(const struct hwp_output_options *options)
{
    return (struct hwp_report_options){
        .format = options->json        ? HWP_FORMAT_JSON
                  : options->separator ? HWP_FORMAT_CSV
                                       : HWP_FORMAT_TEXT,
        .separator = options->separator,
        .no_big_num = options->no_big_num,
    };
}

struct hwp_error *hwp_output_open(const struct hwp_output_options *options, bool live,
                                  struct hwp_out *ret)
{
    if (options->path)
        return hwp_out_init_path(ret, options->path);
    if (live)
        hwp_out_init_stream(ret, stderr, "standard error");
    else
        hwp_out_init_stream(ret, stdout, "standard output");
    return NULL;
}
