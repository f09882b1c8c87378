/* hwprof cores: what each core counted, of a workload run now or of a recording. */
#include "cmd/command.h"
#include "cmd/measure.h"
#include "cmd/view.h"

struct options {
    const char *input;
};

static const struct hwp_opt cores_opts[] = {
    {'i', "input", HWP_OPT_STR, offsetof(struct options, input), "FILE",
     "the recording to read, or to write with a workload (default hwprof.data)"},
    HWP_OPT_END,
};

static const struct hwp_opt *const tables[] = {
    cores_opts, hwp_measure_opts, hwp_sampling_opts, hwp_output_opts, NULL,
};

static struct hwp_error *run_cores(const struct hwp_command *self, int argc, char **argv,
                                   int *ret_status)
{
    struct hwp_measure_options measure hwp_cleanup(hwp_measure_options_deinit) = {0};
    struct hwp_view_options view = {0};
    struct hwp_output_options output = {0};
    struct options options = {.input = HWP_DEFAULT_RECORDING};
    struct hwp_run run hwp_cleanup(hwp_run_deinit) = {0};
    int operand;
    bool done;

    HWP_TRY(hwp_command_parse(self, argc, argv, (void *[]){&options, &measure, &measure, &output},
                              &operand, &done));
    if (done)
        return NULL;
    HWP_TRY(hwp_output_check(&output));
    bool live = operand < argc || hwp_measure_attaches(&measure);
    if (live) {
        struct hwp_measure_job job = {.recording_path = options.input, .default_pin = "cores"};
        HWP_TRY(hwp_measure(&measure, &job, argv + operand, &run));
        *ret_status = run.exit_status;
    }

    view.input = options.input;
    if (!live && hwp_measure_asks(&measure))
        return hwp_error_hint(hwp_error(HWP_E_USAGE, "no workload given"),
                              "hwprof cores [OPTION…] ./program; without such options, cores shows "
                              "a recording");
    struct hwp_view_sections sections = {.cores = true};
    return hwp_view(&view, &sections, &output, live);
}

static const char *const examples[] = {"cores", "cores -e cycles,instructions ./program",
                                       "cores -i perf.data -x,", NULL};

const struct hwp_command hwp_command_cores = {
    .name = "cores",
    .summary = "show what each core counted, of a workload or of a recording",
    .usage = "[OPTION…] [[--] WORKLOAD [ARG…]]",
    .options = tables,
    .examples = examples,
    .runs_workload = true,
    .run = run_cores,
};
