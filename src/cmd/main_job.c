/* hwprof without a verb: measure a workload, then report and annotate the recording. */
#include "cmd/command.h"
#include "cmd/measure.h"
#include "cmd/view.h"

struct options {
    const char *data;
};

static const struct hwp_opt main_opts[] = {
    {'d', "data", HWP_OPT_STR, offsetof(struct options, data), "FILE",
     "the recording to write (default hwprof.data)"},
    HWP_OPT_END,
};

static const struct hwp_opt *const tables[] = {
    hwp_measure_opts,  hwp_sampling_opts, main_opts,       hwp_hot_opts, hwp_filter_opts,
    hwp_annotate_opts, hwp_symbols_opts,  hwp_output_opts, NULL,
};

static struct hwp_error *run_main(const struct hwp_command *self, int argc, char **argv,
                                  int *ret_status)
{
    struct hwp_measure_options measure hwp_cleanup(hwp_measure_options_deinit) = {0};
    struct hwp_view_options view = {.top = 20, .annotate = 3, .syntax = HWP_SYNTAX_ATT};
    struct hwp_output_options output = {0};
    struct options options = {.data = HWP_DEFAULT_RECORDING};
    struct hwp_run run hwp_cleanup(hwp_run_deinit) = {0};
    void *into[] = {&measure,         &measure, &options,      &view,
                    &view.hot.filter, &view,    &view.symbols, &output};
    int operand;
    bool done;

    HWP_TRY(hwp_command_parse(self, argc, argv, into, &operand, &done));
    if (done)
        return NULL;
    HWP_TRY(hwp_output_check(&output));
    if (operand == argc && !hwp_measure_attaches(&measure))
        return hwp_error_hint(hwp_error(HWP_E_USAGE, "no workload given"),
                              "hwprof [OPTION…] ./program ARG…");

    struct hwp_measure_job job = {.recording_path = options.data, .default_pin = "cores"};
    HWP_TRY(hwp_measure(&measure, &job, argv + operand, &run));
    *ret_status = run.exit_status;

    view.input = options.data;
    struct hwp_view_sections sections = {.functions = true, .cores = true};
    return hwp_view(&view, &sections, &output, true);
}

static const char *const examples[] = {
    "./program --its-option",
    "--events cache-misses,cycles ./program",
    "-e cycles,instructions -g --pin L3:0 --json -o report.json ./program",
    NULL,
};

const struct hwp_command hwp_command_main = {
    .name = NULL,
    .summary =
        "runs a workload pinned to cores and reports its hot functions, their code, and each "
        "core's counts",
    .usage = "[OPTION…] [--] WORKLOAD [ARG…]",
    .options = tables,
    .examples = examples,
    .runs_workload = true,
    .run = run_main,
};
