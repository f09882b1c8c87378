/* hwprof record: measure a workload into a recording, print nothing but where it went. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cmd/command.h"
#include "cmd/measure.h"
#include "cmd/notes.h"
#include "cmd/output.h"

struct options {
    const char *output;
    bool quiet;
};

static const struct hwp_opt record_opts[] = {
    {'o', "output", HWP_OPT_STR, offsetof(struct options, output), "FILE",
     "the recording to write (default hwprof.data; an older one moves to FILE.old)"},
    {'q', "quiet", HWP_OPT_FLAG, offsetof(struct options, quiet), "",
     "don't say what was recorded"},
    HWP_OPT_END,
};

static const struct hwp_opt *const tables[] = {hwp_measure_opts, hwp_sampling_opts, record_opts,
                                               NULL};

static void summarise(const char *path, const struct hwp_run *run)
{
    struct stat st;

    hwp_notes_print(&run->notes, stderr);
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
        fprintf(stderr,
                "hwprof: recorded %s: %.1f kB, %" PRIu64 " lost; next: hwprof report -i %s\n", path,
                (double)st.st_size / 1000, run->lost_records + run->lost_samples, path);
}

static struct hwp_error *run_record(const struct hwp_command *self, int argc, char **argv,
                                    int *ret_status)
{
    struct hwp_measure_options measure hwp_cleanup(hwp_measure_options_deinit) = {0};
    struct options options = {.output = HWP_DEFAULT_RECORDING};
    struct hwp_run run hwp_cleanup(hwp_run_deinit) = {0};
    int operand;
    bool done;

    HWP_TRY(hwp_command_parse(self, argc, argv, (void *[]){&measure, &measure, &options}, &operand,
                              &done));
    if (done)
        return NULL;
    if (operand == argc && !hwp_measure_attaches(&measure))
        return hwp_error_hint(hwp_error(HWP_E_USAGE, "no workload given"),
                              "hwprof record [OPTION…] ./program ARG…");

    struct hwp_measure_job job = {.recording_path = options.output, .default_pin = "cores"};
    HWP_TRY(hwp_measure(&measure, &job, argv + operand, &run));
    if (!options.quiet)
        summarise(options.output, &run);
    *ret_status = run.exit_status;
    return NULL;
}

static const char *const examples[] = {"record ./program",
                                       "record -e cycles:u -g -o run.data "
                                       "./program --its-option",
                                       NULL};

const struct hwp_command hwp_command_record = {
    .name = "record",
    .summary = "run a workload and write its samples to hwprof.data",
    .usage = "[OPTION…] [--] WORKLOAD [ARG…]",
    .options = tables,
    .examples = examples,
    .runs_workload = true,
    .run = run_record,
};
