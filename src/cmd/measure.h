/*
 * Running a workload under measurement: the one path that the main job, record, stat and cores
 * share. Topology, events, plan, workload and counter source are built left to right; the result is
 * a filled run, and a recording if one was asked for.
 */
#ifndef HWP_CMD_MEASURE_H
#define HWP_CMD_MEASURE_H

#include "base/error.h"
#include "base/opt.h"
#include "profile/run.h"

struct hwp_measure_options {
    struct hwp_opt_list events;
    const char *source, *pin, *membind, *interleave, *cpus, *call_graph;
    const char *machine, *machine_set, *follow, *model_from;
    uint64_t pid, freq_hz, period, mmap_pages, timeout_ns, model_instructions;
    bool all_cpus, call_chains, compress;
};

extern const struct hwp_opt hwp_measure_opts[];  /* what to count, where to pin */
extern const struct hwp_opt hwp_sampling_opts[]; /* how to sample; same struct */

struct hwp_measure_job {
    const char *recording_path; /* NULL: count only */
    const char *default_events; /* NULL: by what the machine has */
    const char *default_pin;
    bool per_cpu;               /* counting: one counter per CPU */
};

/* --follow yes|no of the modelled PMU; yes unless said. */
bool hwp_measure_follows(const struct hwp_measure_options *options);

/* Whether any option says how to measure: without a workload they would do nothing. */
bool hwp_measure_asks(const struct hwp_measure_options *options);

/* -a or -C. */
bool hwp_measure_is_system_wide(const struct hwp_measure_options *options);

/* HWP_E_USAGE if they contradict each other, or make no sense without a workload. */
struct hwp_error *hwp_measure_check(const struct hwp_measure_options *options,
                                    char **argv) hwp_must_use;

/* Whether the options name what to measure without a workload: a process, or all CPUs. */
bool hwp_measure_attaches(const struct hwp_measure_options *options);

/* Runs argv[0 …] to its end, or measures what runs already (argv[0] NULL) until that ends, a signal
 * or the timeout. The workload's exit status is in the run. An error that came after
 * the workload ran (a full disk) leaves the run filled as far as it got. */
struct hwp_error *hwp_measure(const struct hwp_measure_options *options,
                              const struct hwp_measure_job *job, char **argv,
                              struct hwp_run *run) hwp_must_use;

void hwp_measure_options_deinit(struct hwp_measure_options *options);

#endif
