#include "cmd/measure.h"

#include "base/str.h"
#include "cmd/command_text.h"
#include "cmd/machine.h"
#include "cmd/measure_source.h"
#include "cmd/watch.h"
#include "counters/model_rows.h"
#include "counters/source.h"
#include "target/attach.h"
#include "target/signals_hold.h"
#include "target/target.h"

#define DEFAULT_FREQ_HZ 4000

/* Everything that one measurement holds, torn down in one place. */
struct measurement {
    struct hwp_system_facts facts;
    struct hwp_source_choice choice;
    struct hwp_model_machine machine; /* zeroed unless the source is the model */
    struct hwp_topology *topology;    /* of what is measured: this machine's, or the model's own */
    struct hwp_encodings events;
    struct hwp_plan *plan;
    struct hwp_mempolicy memory;
    struct hwp_cpuset cpus;    /* empty: all */
    struct hwp_target *target; /* NULL: nothing was launched */
    const struct hwp_source *source;
    struct hwp_session *session;
    struct hwp_launch launch;  /* how the source wants it launched */
};

static bool is_modelled(const struct measurement *m)
{
    return m->source == &hwp_source_model;
}

static void measurement_deinit(struct measurement *m)
{
    if (is_modelled(m)) {
        hwp_target_destroy(hwp_steal(&m->target)); /* it writes where the session cleans up */
        m->topology = NULL;
    }
    if (m->session)
        m->source->close(m->session);
    hwp_target_destroy(m->target);
    hwp_launch_deinit(&m->launch);
    hwp_plan_destroy(m->plan);
    hwp_encodings_deinit(&m->events);
    hwp_topology_destroy(m->topology);
    if (m->machine.topology)
        hwp_model_machine_deinit(&m->machine);
    hwp_source_choice_deinit(&m->choice);
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

static struct hwp_error *resolve_events(struct measurement *m,
                                        const struct hwp_measure_options *options,
                                        const struct hwp_measure_job *job)
{
    if (!options->events.len)
        return hwp_events_resolve(hwp_default_events(options, job, &m->facts),
                                  &m->events);

    char *text hwp_cleanup(hwp_free_cleanup) = joined(&options->events);
    return hwp_events_resolve(text, &m->events);
}

static struct hwp_error *load_machine(struct measurement *m,
                                      const struct hwp_measure_options *options)
{
    if (!is_modelled(m))
        return hwp_topology_load(HWP_TOPOLOGY_THIS, NULL, NULL, &m->topology);
    HWP_TRY(hwp_model_machine_load(options->machine, options->machine_set, &m->machine));
    m->topology = m->machine.topology;
    hwp_model_merge(&m->events);
    return NULL;
}

/* Where its counts come from, and the machine that it runs on. */
static struct hwp_error *choose_source(struct measurement *m,
                                       const struct hwp_measure_options *options, char **argv,
                                       struct hwp_run *run)
{
    HWP_TRY(hwp_source_choose(options, argv, &m->facts, &m->events, &m->choice));
    struct hwp_error *err = m->choice.source->probe(&m->facts);
    if (err)
        return err;
    m->source = m->choice.source;
    if (m->choice.no_model)
        hwp_note_raise(&run->notes, HWP_NOTE_MODEL_UNAVAILABLE, m->choice.no_model);
    return load_machine(m, options);
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

/* The source sees to places and memory itself. */
static struct hwp_error *launch_wrapped(struct measurement *m,
                                        const struct hwp_measure_options *options, char **argv)
{
    HWP_TRY(m->source->wrap(m->session, argv, &m->launch));
    struct hwp_target_config config = {
        .argv = m->launch.argv.data,
        .env = m->launch.env.data,
        .fixed_addresses = m->launch.fixed_addresses,
        .timeout_ns = options->timeout_ns,
    };

    return hwp_target_launch(&config, &m->target);
}

static struct hwp_error *open_session(struct measurement *m,
                                      const struct hwp_measure_options *options,
                                      const struct hwp_measure_job *job, struct hwp_run *run)
{
    struct hwp_session_config config = {
        .events = &m->events,
        .topology = m->topology,
        .facts = &m->facts,
        .pid = hwp_measure_is_system_wide(options) ? -1
               : m->target             ? hwp_target_pid(m->target)
                                       : (pid_t)options->pid,
        .attach = !m->target,
        .cpus = m->cpus,
        .per_cpu = job->per_cpu,
        .recording_path = job->recording_path,
        .compress = options->compress,
        .freq_hz = options->period    ? 0
                   : options->freq_hz ? options->freq_hz
                                      : DEFAULT_FREQ_HZ,
        .freq_asked = options->freq_hz != 0,
        .period = options->period,
        .call_chains = options->call_chains || options->call_graph,
        .mmap_pages = (unsigned)options->mmap_pages,
        .need_all = !m->choice.is_auto && m->source == &hwp_source_perf,
        .stand_in_clock = m->choice.is_auto,
        .machine = &m->machine,
        .follow = hwp_measure_follows(options),
        .model_from = options->model_from,
        .model_instructions = options->model_instructions,
    };
    return (*m->source->open)(&config, run, &m->session);
}

static struct hwp_error *describe(struct measurement *m, const struct hwp_measure_options *options,
                                  const struct hwp_measure_job *job, char **argv,
                                  struct hwp_run *run)
{
    if (argv[0])
        run->command = hwp_command_text(argv);
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
    if (is_modelled(m))
        run->nr_cpus = (uint32_t)m->topology->cpus.len;
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

/* Measuring everything, a workload only says for how long: it is left as it would run anyway. */
static const char *pin_text(const struct hwp_measure_options *options,
                            const struct hwp_measure_job *job)
{
    if (options->pin)
        return options->pin;
    return hwp_measure_attaches(options) ? "none" : job->default_pin;
}

/* perf's events are opened on a workload that waits; the model brings its own way to run one. */
static struct hwp_error *set_up(struct measurement *m, const struct hwp_measure_options *options,
                                const struct hwp_measure_job *job, char **argv,
                                struct hwp_run *run)
{
    if (!m->source->wrap && argv[0])
        HWP_TRY(launch(m, options, argv));
    HWP_TRY(describe(m, options, job, argv, run));
    HWP_TRY(open_session(m, options, job, run));
    return m->source->wrap ? launch_wrapped(m, options, argv) : NULL;
}

struct hwp_error *hwp_measure(const struct hwp_measure_options *options,
                              const struct hwp_measure_job *job, char **argv, struct hwp_run *run)
{
    struct measurement m hwp_cleanup(measurement_deinit) = {0};

    HWP_TRY(hwp_measure_check(options, argv));
    hwp_system_facts_gather(&m.facts);
    HWP_TRY(resolve_events(&m, options, job));
    HWP_TRY(choose_source(&m, options, argv, run));
    if (job->recording_path && !options->events.len && !m.facts.has_core_pmu && !is_modelled(&m))
        hwp_note_raise(&run->notes, HWP_NOTE_TIME_ALONE, NULL);
    HWP_TRY(hwp_plan_create(m.topology, pin_text(options, job), &m.plan));
    HWP_TRY(parse_memory(&m, options));
    if (options->cpus)
        HWP_TRY(hwp_cpuset_parse(options->cpus, &m.cpus));
    if (is_modelled(&m)) {
        hwp_model_machine_place(&m.machine, m.plan);
        hwp_model_machine_memory(&m.machine, &m.memory);
        hwp_source_announce(&m.choice, &m.machine);
    }
    HWP_TRY(set_up(&m, options, job, argv, run));
    return run_undisturbed(&m, options, job, run);
}
