/* hwprof stat: counts of a workload, as perf stat gives them, or of a recording. */
#include <stdio.h>

#include "analysis/cores.h"
#include "analysis/stat.h"
#include "cmd/command.h"
#include "cmd/measure.h"
#include "cmd/output.h"
#include "profile/reader.h"
#include "reports/header.h"
#include "reports/notes.h"
#include "reports/stat_report.h"
#include "target/signals_hold.h"

#define DEFAULT_EVENTS                                                                     \
    "task-clock,context-switches,cpu-migrations,page-faults,cycles,instructions,branches," \
    "branch-misses"

struct options {
    uint64_t repeat;
    bool per_core;
    const char *input;
};

static const struct hwp_opt stat_opts[] = {
    {'r', "repeat", HWP_OPT_POSITIVE, offsetof(struct options, repeat), "N",
     "run the workload N times and show means and their errors"},
    {0, "per-core", HWP_OPT_FLAG, offsetof(struct options, per_core), "", "a line per core"},
    {'i', "input", HWP_OPT_STR, offsetof(struct options, input), "FILE",
     "without a workload: the counts of this recording (default hwprof.data)"},
    HWP_OPT_END,
};

static const struct hwp_opt *const tables[] = {hwp_measure_opts, stat_opts, hwp_output_opts, NULL};

/* The reasons of events that weren't counted stand in the report itself. */
static void print_notes(const struct hwp_notes *notes, struct hwp_out *out)
{
    hwp_vec_foreach (notes, note)
        if (!hwp_header_tells(note->id))
            hwp_note_text(note, out);
}

static struct hwp_error *show(const struct hwp_stat *stat, const struct hwp_cores *cores,
                              const struct hwp_notes *notes,
                              const struct hwp_output_options *output, bool live)
{
    struct hwp_stat_report_options how = {.report = hwp_output_format(output), .cores = cores};
    struct hwp_out out;

    HWP_TRY(hwp_output_open(output, live, &out));
    hwp_stat_report(stat, &how, &out);
    if (how.report.format == HWP_FORMAT_TEXT)
        print_notes(notes, &out);
    return hwp_out_close(&out);
}

static struct hwp_error *measure_once(const struct hwp_measure_options *measure,
                                      const struct options *options, char **argv,
                                      struct hwp_stat *stat, struct hwp_cores *cores,
                                      struct hwp_notes *notes, int *ret_status)
{
    struct hwp_run run hwp_cleanup(hwp_run_deinit) = {0};
    struct hwp_measure_job job = {
        .default_events = DEFAULT_EVENTS,
        .default_pin = "none",
        .per_cpu = options->per_core,
    };

    HWP_TRY(hwp_measure(measure, &job, argv, &run));
    *ret_status = run.exit_status;
    if (cores)
        hwp_cores_analyse(&run, NULL, NULL, cores);
    hwp_vec_foreach (&run.notes, note)
        hwp_note_raise(notes, note->id, note->detail);
    return hwp_stat_add(stat, &run);
}

static struct hwp_error *stat_workload(const struct hwp_measure_options *measure,
                                       const struct options *options,
                                       const struct hwp_output_options *output, char **argv,
                                       int *ret_status)
{
    struct hwp_stat stat hwp_cleanup(hwp_stat_deinit) = {0};
    struct hwp_cores cores hwp_cleanup(hwp_cores_deinit) = {0};
    struct hwp_notes notes hwp_cleanup(hwp_notes_deinit) = {0};
    bool ended = false;

    if (options->per_core && options->repeat > 1)
        return hwp_error(HWP_E_USAGE, "--per-core and -r exclude each other");
    for (uint64_t i = 0; i < (options->repeat ? options->repeat : 1) && !ended; i++) {
        HWP_TRY(measure_once(measure, options, argv, &stat, options->per_core ? &cores : NULL,
                             &notes, ret_status));
        ended = hwp_signals_came();
    }
    return show(&stat, options->per_core ? &cores : NULL, &notes, output, true);
}

static struct hwp_error *stat_recording(const struct options *options,
                                        const struct hwp_output_options *output)
{
    struct hwp_profile *profile hwp_cleanup(hwp_profile_cleanup) = NULL;
    struct hwp_stat stat hwp_cleanup(hwp_stat_deinit) = {0};
    struct hwp_cores cores hwp_cleanup(hwp_cores_deinit) = {0};

    HWP_TRY(hwp_profile_read(options->input, &profile));
    HWP_TRY(hwp_stat_add(&stat, &profile->run));
    if (options->per_core)
        hwp_cores_analyse(&profile->run, profile, NULL, &cores);
    return show(&stat, options->per_core ? &cores : NULL, &profile->run.notes, output, false);
}

static struct hwp_error *run_stat(const struct hwp_command *self, int argc, char **argv,
                                  int *ret_status)
{
    struct hwp_measure_options measure hwp_cleanup(hwp_measure_options_deinit) = {0};
    struct hwp_output_options output = {0};
    struct options options = {.input = HWP_DEFAULT_RECORDING};
    int operand;
    bool done;

    HWP_TRY(hwp_command_parse(self, argc, argv, (void *[]){&measure, &options, &output}, &operand,
                              &done));
    if (done)
        return NULL;
    HWP_TRY(hwp_output_check(&output));
    if (operand < argc || hwp_measure_attaches(&measure))
        return stat_workload(&measure, &options, &output, argv + operand, ret_status);
    if (hwp_measure_asks(&measure) || options.repeat)
        return hwp_error_hint(hwp_error(HWP_E_USAGE, "no workload given"),
                              "hwprof stat [OPTION…] ./program; without such options, stat shows a "
                              "recording's counts");
    return stat_recording(&options, &output);
}

static const char *const examples[] = {"stat ./program",
                                       "stat -r 10 -e task-clock,page-faults ./program",
                                       "stat --per-core -x, ./program", NULL};

const struct hwp_command hwp_command_stat = {
    .name = "stat",
    .summary = "count events of a workload, undisturbed (not pinned unless --pin says so)",
    .usage = "[OPTION…] [[--] WORKLOAD [ARG…]]",
    .options = tables,
    .examples = examples,
    .runs_workload = true,
    .run = run_stat,
};
