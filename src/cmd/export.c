/* hwprof export: a recording in other tools' formats. */
#include <string.h>

#include "cmd/command.h"
#include "cmd/output.h"
#include "cmd/stacks_input.h"
#include "reports/export_folded.h"

struct options {
    const char *event, *output;
};

#define FIELD(name) offsetof(struct options, name)

static const struct hwp_opt export_opts[] = {
    {'e', "event", HWP_OPT_STR, FIELD(event), "EVENT",
     "folded: of which event (default: cycles, else the first that has samples)"},
    {'o', "output", HWP_OPT_STR, FIELD(output), "FILE", "default: standard output"},
    HWP_OPT_END,
};

static const struct hwp_opt *const tables[] = {
    export_opts,
    hwp_stacks_filter_opts,
    hwp_stacks_symbols_opts,
    NULL,
};

static struct hwp_error *export_folded(const struct hwp_stacks_input *in,
                                       const struct options *options, struct hwp_out *out)
{
    uint32_t event;

    HWP_TRY(hwp_stacks_input_event(in, options->event, &event));
    hwp_folded_print(&in->stacks, event, out);
    return NULL;
}

static const struct format {
    const char *name;
    struct hwp_error *(*print)(const struct hwp_stacks_input *in, const struct options *options,
                               struct hwp_out *out);
} formats[] = {
    {"folded", export_folded},
};

static struct hwp_error *find_format(const char *name, const struct format **ret)
{
    for (size_t i = 0; i < hwp_array_size(formats); i++)
        if (name && strcmp(formats[i].name, name) == 0) {
            *ret = &formats[i];
            return NULL;
        }
    return hwp_error_hint(name ? hwp_error(HWP_E_USAGE, "there is no format '%s'", name)
                               : hwp_error(HWP_E_USAGE, "export to what?"),
                          "hwprof export folded [FILE]");
}

static struct hwp_error *export_to(const struct format *format, const struct options *options,
                                   const struct hwp_stacks_input *in)
{
    struct hwp_out out;
    struct hwp_error *err;

    if (options->output)
        HWP_TRY(hwp_out_init_path(&out, options->output));
    else
        hwp_out_init_stream(&out, stdout, "standard output");
    err = format->print(in, options, &out);
    if (!err)
        return hwp_out_close(&out);
    hwp_error_destroy(hwp_out_close(&out));
    return err;
}

static struct hwp_error *run_export(const struct hwp_command *self, int argc, char **argv,
                                    int *ret_status)
{
    struct options options = {0};
    struct hwp_stacks_input_options how = {0};
    struct hwp_stacks_input in hwp_cleanup(hwp_stacks_input_deinit) = {0};
    const struct format *format;
    int operand;
    bool done;

    (void)ret_status;
    HWP_TRY(hwp_command_parse(self, argc, argv, (void *[]){&options, &how, &how}, &operand, &done));
    if (done)
        return NULL;
    HWP_TRY(find_format(operand < argc ? argv[operand] : NULL, &format));
    if (operand + 2 < argc)
        return hwp_error(HWP_E_USAGE, "export takes one recording: '%s'", argv[operand + 2]);
    HWP_TRY(hwp_stacks_input_read(operand + 1 < argc ? argv[operand + 1] : HWP_DEFAULT_RECORDING,
                                  &how, &in));
    return export_to(format, &options, &in);
}

static const char *const examples[] = {"export folded",
                                       "export folded -e cpu-clock -o stacks.txt perf.data", NULL};

const struct hwp_command hwp_command_export = {
    .name = "export",
    .summary = "write a recording's call stacks in other tools' formats",
    .usage = "[OPTION…] FORMAT [FILE]",
    .options = tables,
    .examples = examples,
    .run = run_export,
};
