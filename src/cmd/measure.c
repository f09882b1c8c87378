#include "cmd/measure.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "cmd/machine.h"
#include "cmd/watch.h"
#include "counters/source.h"
#include "target/attach.h"
#include "target/signals_hold.h"
#include "target/target.h"

#define FIELD(name) offsetof(struct hwp_measure_options, name)

const struct hwp_opt hwp_measure_opts[] = {
    {'e', "events", HWP_OPT_LIST, FIELD(events), "EVENTS",
     "events to count: perf, libpfm4 and PAPI names, comma-separated (see hwprof list)"},
    {0, "event", HWP_OPT_LIST, FIELD(events), "EVENTS", "the same"},
    {0, "source", HWP_OPT_STR, FIELD(source), "auto|perf|clock",
     "where counts come from (default auto: what was asked if it can be had, else time)"},
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
    {'m', "mmap-pages", HWP_OPT_POSITIVE, FIELD(mmap_pages), "PAGES",
     "ring buffer per CPU, a power of two (default 128)"},
    HWP_OPT_END,
};

void hwp_measure_options_deinit(struct hwp_measure_options *options)
{
    hwp_vec_deinit(&options->events);
}

#define DEFAULT_FREQ_HZ 4000
#define MMAP_PAGES_MAX  65536

static bool is_system_wide(const struct hwp_measure_options *options)
{
    return options->all_cpus || options->cpus;
}

bool hwp_measure_asks(const struct hwp_measure_options *o)
{
    return o->events.len || o->source || o->pin || o->membind || o->interleave || o->timeout_ns ||
           o->freq_hz || o->period || o->call_chains || o->call_graph || o->mmap_pages;
}

bool hwp_measure_attaches(const struct hwp_measure_options *options)
{
    return options->pid || is_system_wide(options);
}

/* Everything that one measurement holds, torn down in one place. */
struct measurement {
    struct hwp_system_facts facts;
    struct hwp_topology *topology;
    struct hwp_encodings events;
    struct hwp_plan *plan;
    struct hwp_mempolicy memory;
    struct hwp_cpuset cpus;    /* empty: all */
    struct hwp_target *target; /* NULL: nothing was launched */
    const struct hwp_source *source;
    struct hwp_session *session;
};

static void measurement_deinit(struct measurement *m)
{
    if (m->session)
        m->source->close(m->session);
    hwp_target_destroy(m->target);
    hwp_plan_destroy(m->plan);
    hwp_encodings_deinit(&m->events);
    hwp_topology_destroy(m->topology);
    hwp_system_facts_deinit(&m->facts);
}

static char *joined(const struct hwp_opt_list *list)
{
    struct hwp_str text = {0};

    hwp_vec_foreach (list, item) {
        if (text.len)
            hwp_str_addc(&text, ',');
        hwp_str_add(&text, *item);
    }
    return hwp_str_steal(&text);
}

/* Quotes an argument for a shell if it needs it. */
static void add_quoted(struct hwp_str *text, const char *arg)
{
    const char *p = arg;

    while (isalnum((unsigned char)*p) || (*p && strchr("_-./=:,+@%", *p)))
        p++;
    if (*arg && !*p) {
        hwp_str_add(text, arg);
        return;
    }
    hwp_str_addc(text, '\'');
    for (p = arg; *p; p++) {
        if (*p == '\'')
            hwp_str_add(text, "'\\''");
        else
            hwp_str_addc(text, *p);
    }
    hwp_str_addc(text, '\'');
}

static char *command_text(char **argv)
{
    struct hwp_str text = {0};

    for (size_t i = 0; argv[i]; i++) {
        if (i)
            hwp_str_addc(&text, ' ');
        add_quoted(&text, argv[i]);
    }
    return hwp_str_steal(&text);
}

static const char *default_events(const struct measurement *m, const struct hwp_measure_job *job)
{
    if (job->default_events)
        return job->default_events;
    return m->facts.has_core_pmu ? "cycles,instructions,cache-misses,branch-misses" : "cpu-clock";
}

static struct hwp_error *resolve_events(struct measurement *m,
                                        const struct hwp_measure_options *options,
                                        const struct hwp_measure_job *job)
{
    if (!options->events.len)
        return hwp_events_resolve(default_events(m, job), &m->events);

    char *text hwp_cleanup(hwp_free_cleanup) = joined(&options->events);
    return hwp_events_resolve(text, &m->events);
}

static struct hwp_error *parse_memory(struct measurement *m,
                                      const struct hwp_measure_options *options)
{
    if (options->membind && options->interleave)
        return hwp_error(HWP_E_USAGE, "--membind and --interleave exclude each other");
    if (options->membind)
        return hwp_mempolicy_parse(m->topology, HWP_MEMPOLICY_BIND, options->membind, &m->memory);
    if (options->interleave)
        return hwp_mempolicy_parse(m->topology, HWP_MEMPOLICY_INTERLEAVE, options->interleave,
                                   &m->memory);
    return NULL;
}

static struct hwp_error *on_exec(void *ctx, pid_t pid)
{
    struct measurement *m = ctx;

    return hwp_watch_symbols(m->source, m->session, pid);
}

static bool has_symbol_watch(const struct hwp_encodings *events)
{
    hwp_vec_foreach (events, e)
        if (e->bp_symbol)
            return true;
    return false;
}

static struct hwp_error *launch(struct measurement *m, const struct hwp_measure_options *options,
                                char **argv)
{
    struct hwp_target_config config = {
        .argv = argv,
        .topology = m->topology,
        .plan = m->plan,
        .memory = &m->memory,
        .timeout_ns = options->timeout_ns,
        .on_exec = has_symbol_watch(&m->events) ? on_exec : NULL,
        .ctx = m,
    };

    return hwp_target_launch(&config, &m->target);
}

static struct hwp_error *open_session(struct measurement *m,
                                      const struct hwp_measure_options *options,
                                      const struct hwp_measure_job *job, struct hwp_run *run)
{
    bool is_auto = false;

    HWP_TRY(hwp_source_find(options->source ? options->source : "auto", &m->source, &is_auto));
    struct hwp_error *unusable = m->source->probe(&m->facts);
    if (unusable)
        return unusable;

    struct hwp_session_config config = {
        .events = &m->events,
        .topology = m->topology,
        .facts = &m->facts,
        .pid = is_system_wide(options) ? -1
               : m->target             ? hwp_target_pid(m->target)
                                       : (pid_t)options->pid,
        .attach = !m->target,
        .cpus = m->cpus,
        .per_cpu = job->per_cpu,
        .recording_path = job->recording_path,
        .freq_hz = options->period    ? 0
                   : options->freq_hz ? options->freq_hz
                                      : DEFAULT_FREQ_HZ,
        .freq_asked = options->freq_hz != 0,
        .period = options->period,
        .call_chains = options->call_chains || options->call_graph,
        .mmap_pages = (unsigned)options->mmap_pages,
        .need_all = !is_auto && m->source == &hwp_source_perf,
        .stand_in_clock = is_auto,
    };
    return (*m->source->open)(&config, run, &m->session);
}

static struct hwp_error *describe(struct measurement *m, const struct hwp_measure_options *options,
                                  const struct hwp_measure_job *job, char **argv,
                                  struct hwp_run *run)
{
    if (m->target)
        run->command = command_text(argv);
    else if (options->pid)
        HWP_TRY(hwp_attach_name((pid_t)options->pid, &run->command));
    else
        run->command = hwp_strdup("everything that ran");
    run->pin_plan = hwp_strdup(m->plan->text);
    run->memory_policy = hwp_mempolicy_format(&m->memory);
    run->topology = hwp_topology_summary(m->topology);
    hwp_machine_describe(run);
    if (!run->cpu_model)
        run->cpu_model = hwp_strdup(m->topology->cpu_model);
    return job->recording_path ? hwp_topology_to_xml(m->topology, &run->topology_xml) : NULL;
}

/* The first of two errors; the other is dropped. */
static struct hwp_error *first(struct hwp_error *a, struct hwp_error *b)
{
    if (a)
        hwp_error_destroy(b);
    return a ? a : b;
}

static struct hwp_error *run_to_end(struct measurement *m,
                                    const struct hwp_measure_options *options,
                                    const struct hwp_measure_job *job, struct hwp_run *run)
{
    struct hwp_error *err = m->source->start(m->session);

    if (err)
        return err;
    err = m->target
              ? hwp_target_run(m->target, run)
              : hwp_attach_wait(options->pid ? (pid_t)options->pid : -1, options->timeout_ns, run);
    err = first(err, m->source->stop(m->session));
    err = first(err, m->source->collect(m->session, run));
    if (job->recording_path)
        err = first(err, m->source->finish(m->session, run));
    return err;
}

/* A second Ctrl-C must not cost what the first one ended. */
static struct hwp_error *run_undisturbed(struct measurement *m,
                                         const struct hwp_measure_options *options,
                                         const struct hwp_measure_job *job, struct hwp_run *run)
{
    hwp_hold_signals();
    struct hwp_error *err = run_to_end(m, options, job, run);
    hwp_release_signals();
    return err;
}

static struct hwp_error *check(const struct hwp_measure_options *options, char **argv)
{
    if (options->freq_hz && options->period)
        return hwp_error(HWP_E_USAGE, "-F and -c exclude each other");
    if (options->pid && (is_system_wide(options) || argv[0]))
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
    if (!argv[0] && (options->pin || options->membind || options->interleave))
        return hwp_error(HWP_E_USAGE,
                         "--pin, --membind and --interleave are for a workload that is "
                         "launched");
    return NULL;
}

/* Measuring everything, a workload only says for how long: it is left as it would run anyway. */
static const char *pin_text(const struct hwp_measure_options *options,
                            const struct hwp_measure_job *job)
{
    if (options->pin)
        return options->pin;
    return hwp_measure_attaches(options) ? "none" : job->default_pin;
}

struct hwp_error *hwp_measure(const struct hwp_measure_options *options,
                              const struct hwp_measure_job *job, char **argv, struct hwp_run *run)
{
    struct measurement m hwp_cleanup(measurement_deinit) = {0};

    HWP_TRY(check(options, argv));
    hwp_system_facts_gather(&m.facts);
    HWP_TRY(hwp_topology_load(HWP_TOPOLOGY_THIS, NULL, NULL, &m.topology));
    HWP_TRY(resolve_events(&m, options, job));
    HWP_TRY(hwp_plan_create(m.topology, pin_text(options, job), &m.plan));
    HWP_TRY(parse_memory(&m, options));
    if (options->cpus)
        HWP_TRY(hwp_cpuset_parse(options->cpus, &m.cpus));
    if (argv[0])
        HWP_TRY(launch(&m, options, argv));
    HWP_TRY(describe(&m, options, job, argv, run));
    HWP_TRY(open_session(&m, options, job, run));
    return run_undisturbed(&m, options, job, run);
}
