/* The options of everything that measures, and what they must not say together. */
#include <limits.h>
#include <string.h>

#include "cmd/measure.h"

#define FIELD(name) offsetof(struct hwp_measure_options, name)

const struct hwp_opt hwp_measure_opts[] = {
    {'e', "events", HWP_OPT_LIST, FIELD(events), "EVENTS",
     "events to count: perf, libpfm4 and PAPI names, comma-separated (see hwprof list)"},
    {0, "event", HWP_OPT_LIST, FIELD(events), "EVENTS", "the same"},
    {0, "source", HWP_OPT_STR, FIELD(source), "auto|perf|clock|model",
     "where counts come from (default auto: measured if they can be, else modelled, else time)"},
    {0, "machine", HWP_OPT_STR, FIELD(machine), "NAME",
     "the machine to model: this, a preset, an hwloc XML file or synthetic string (default this)"},
    {0, "machine-set", HWP_OPT_STR, FIELD(machine_set), "KEY=VALUE,…",
     "values of the modelled machine: caches, TLBs, latencies"},
    {0, "follow", HWP_OPT_STR, FIELD(follow), "yes|no",
     "model what the workload starts, too, or let it run as it is (default yes)"},
    {0, "model-from", HWP_OPT_STR, FIELD(model_from), "FUNCTION",
     "model from the first call of this function on (default: from the start)"},
    {0, "model-instructions", HWP_OPT_POSITIVE, FIELD(model_instructions), "N",
     "model so many instructions, then let the workload run on (50M, 2G; default: all)"},
    {0, "pin", HWP_OPT_STR, FIELD(pin), "cores|none|LIST",
     "CPUs that new tasks get in turn: core:0-3, numa:1, L3:0, S0:0-3, M:scatter, 0-3 …"},
    {0, "membind", HWP_OPT_STR, FIELD(membind), "NODES", "take memory from these NUMA nodes only"},
    {0, "interleave", HWP_OPT_STR, FIELD(interleave), "NODES",
     "spread memory pages over these NUMA nodes in turn"},
    {'p', "pid", HWP_OPT_POSITIVE, FIELD(pid), "PID",
     "measure this running process until it ends, or Ctrl-C"},
    {'a', "all-cpus", HWP_OPT_FLAG, FIELD(all_cpus), "",
     "measure everything that runs, until the workload ends, or Ctrl-C"},
    {'C', "cpu", HWP_OPT_STR, FIELD(cpus), "LIST", "the same on these CPUs only (0-3,8)"},
    {0, "timeout", HWP_OPT_DURATION, FIELD(timeout_ns), "TIME",
     "end the workload, or the measuring, after this long (500ms, 10s; plain numbers are ms)"},
    HWP_OPT_END,
};

const struct hwp_opt hwp_sampling_opts[] = {
    {'F', "freq", HWP_OPT_POSITIVE, FIELD(freq_hz), "HZ",
     "samples per second and CPU (default 4000)"},
    {'c', "count", HWP_OPT_POSITIVE, FIELD(period), "N",
     "a sample every N events, instead of by time"},
    {'g', "call-chains", HWP_OPT_FLAG, FIELD(call_chains), "",
     "record call chains, by frame pointers"},
    {0, "call-graph", HWP_OPT_STR, FIELD(call_graph), "fp", "the same, as perf spells it"},
    {'z', "compress", HWP_OPT_FLAG, FIELD(compress), "",
     "compress the recording (zstd); perf reads it, too"},
    {'m', "mmap-pages", HWP_OPT_POSITIVE, FIELD(mmap_pages), "PAGES",
     "ring buffer per CPU, a power of two (default 128)"},
    HWP_OPT_END,
};

void hwp_measure_options_deinit(struct hwp_measure_options *options)
{
    hwp_vec_deinit(&options->events);
}

#define MMAP_PAGES_MAX 65536

bool hwp_measure_is_system_wide(const struct hwp_measure_options *options)
{
    return options->all_cpus || options->cpus;
}

bool hwp_measure_asks(const struct hwp_measure_options *o)
{
    return o->events.len || o->source || o->pin || o->membind || o->interleave || o->timeout_ns ||
           o->machine || o->machine_set || o->follow || o->model_from || o->model_instructions ||
           o->freq_hz || o->period || o->call_chains || o->call_graph || o->mmap_pages || o->compress;
}

bool hwp_measure_attaches(const struct hwp_measure_options *options)
{
    return options->pid || hwp_measure_is_system_wide(options);
}

bool hwp_measure_follows(const struct hwp_measure_options *options)
{
    return !options->follow || strcmp(options->follow, "no") != 0;
}

struct hwp_error *hwp_measure_check(const struct hwp_measure_options *options, char **argv)
{
    if (options->freq_hz && options->period)
        return hwp_error(HWP_E_USAGE, "-F and -c exclude each other");
    if (options->pid && (hwp_measure_is_system_wide(options) || argv[0]))
        return hwp_error(HWP_E_USAGE, "-p measures one process: no -a, -C or workload with it");
    if (options->call_graph && strcmp(options->call_graph, "fp") != 0)
        return hwp_error_hint(
            hwp_error(HWP_E_USAGE, "call chains can't be recorded by '%s'", options->call_graph),
            "write --call-graph fp, and build the program with "
            "-fno-omit-frame-pointer");
    if (options->mmap_pages > MMAP_PAGES_MAX || (options->mmap_pages & (options->mmap_pages - 1)))
        return hwp_error(HWP_E_USAGE, "--mmap-pages takes a power of two up to %d", MMAP_PAGES_MAX);
    if (options->pid > INT_MAX)
        return hwp_error(HWP_E_USAGE, "there is no process with so high a number");
    if (options->follow && strcmp(options->follow, "yes") != 0 && strcmp(options->follow, "no") != 0)
        return hwp_error(HWP_E_USAGE, "--follow takes yes or no");
    if (!argv[0] && (options->pin || options->membind || options->interleave))
        return hwp_error(HWP_E_USAGE,
                         "--pin, --membind and --interleave are for a workload that is "
                         "launched");
    return NULL;
}
