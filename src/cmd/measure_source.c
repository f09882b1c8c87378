#include "cmd/measure_source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "counters/model_events.h"
#include "target/program.h"

/* What a modelled run costs in time: one place for all that say so. */
#define SLOWDOWN "30 to 100 times as long, and its tasks run one at a time"

void hwp_source_choice_deinit(struct hwp_source_choice *choice)
{
    free(choice->instead_of);
    free(choice->why);
    free(choice->no_model);
}

static bool is_auto(const struct hwp_measure_options *o)
{
    return !o->source || strcmp(o->source, "auto") == 0;
}

/* Options that mean nothing anywhere else. */
static const char *model_option(const struct hwp_measure_options *o)
{
    return o->machine              ? "--machine"
           : o->machine_set        ? "--machine-set"
           : o->follow             ? "--follow"
           : o->model_from         ? "--model-from"
           : o->model_instructions ? "--model-instructions"
                                   : NULL;
}

static bool asks_for_model(const struct hwp_measure_options *o)
{
    return is_auto(o) ? model_option(o) != NULL : strcmp(o->source, "model") == 0;
}

const char *hwp_default_events(const struct hwp_measure_options *options,
                               const struct hwp_measure_job *job,
                               const struct hwp_system_facts *facts)
{
    static const char hardware[] = "cycles,instructions,cache-misses,branch-misses";

    if (asks_for_model(options))
        return hardware;
    if (job->default_events)
        return job->default_events;
    return facts->has_core_pmu ? hardware : "cpu-clock";
}

/* --- can the model be used? ------------------------------------------------------------------- */

static struct hwp_error *check_model(const struct hwp_measure_options *options, char **argv,
                                     const struct hwp_system_facts *facts)
{
    char *path hwp_cleanup(hwp_free_cleanup) = NULL;

    if (hwp_measure_attaches(options))
        return hwp_error_hint(hwp_error(HWP_E_UNSUPPORTED, "only a workload that hwprof launches "
                                                           "can be modelled, nothing that runs "
                                                           "already"),
                              "leave -p, -a and -C away, or use --source clock");
    HWP_TRY(hwp_source_model.probe(facts));
    HWP_TRY(hwp_program_find(argv[0], &path));
    return hwp_model_check_program(path);
}

/* --- can perf count it? ----------------------------------------------------------------------- */

/* 0, or the errno of opening it on this task; without the kernel, if that is what is denied. */
static int try_open(struct perf_event_attr attr)
{
    int errnum = 0;

    attr.size = sizeof(attr);
    attr.disabled = 1;
    for (int attempt = 0; attempt < 2; attempt++) {
        long fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
        if (fd >= 0) {
            close((int)fd);
            return 0;
        }
        errnum = errno;
        if ((errnum != EACCES && errnum != EPERM) || attr.exclude_user)
            break;
        attr.exclude_kernel = attr.exclude_hv = 1;
    }
    return errnum;
}

/* Why this machine can't count it; false if it can, or if the model couldn't either. */
static bool is_missing(const struct hwp_system_facts *facts, const struct hwp_encoding *enc,
                       struct hwp_diagnosis *ret)
{
    const char *why;

    if (!hwp_attr_is_hardware(&enc->attr) || enc->per_cpu_only || !hwp_model_event_of(enc, &why))
        return false;
    if (enc->unavailable && (facts->has_core_pmu || strcmp(enc->via, "model") == 0)) {
        *ret = (struct hwp_diagnosis){.reason = hwp_strdup(enc->unavailable)};
        return true;
    }
    int errnum = enc->unavailable ? ENOENT : try_open(enc->attr);
    if (errnum)
        *ret = hwp_diagnose_open(facts, &enc->attr, false, errnum);
    return errnum != 0;
}

/* The names of what is missing; NULL if nothing is. The first reason stands for all. */
static char *missing_events(const struct hwp_system_facts *facts,
                            const struct hwp_encodings *events, char **ret_why)
{
    struct hwp_str names = {0};

    hwp_vec_foreach (events, enc) {
        struct hwp_diagnosis d = {0};
        if (!is_missing(facts, enc, &d))
            continue;
        hwp_str_addf(&names, "%s%s", names.len ? ", " : "", enc->name);
        if (!*ret_why)
            *ret_why = hwp_steal(&d.reason);
        hwp_diagnosis_deinit(&d);
    }
    return names.len ? hwp_str_steal(&names) : NULL;
}

/* --- the choice ------------------------------------------------------------------------------- */

static struct hwp_error *choose_auto(const struct hwp_measure_options *options, char **argv,
                                     const struct hwp_system_facts *facts,
                                     const struct hwp_encodings *events,
                                     struct hwp_source_choice *ret)
{
    if (!options->events.len)
        return NULL;
    char *names hwp_cleanup(hwp_free_cleanup) = missing_events(facts, events, &ret->why);
    if (!names)
        return NULL;
    struct hwp_error *err = check_model(options, argv, facts);
    if (err && (err->code == HWP_E_CANT_RUN || err->code == HWP_E_NO_WORKLOAD))
        return err;
    if (err) {
        ret->no_model = hwp_steal(&err->msg);
        hwp_error_destroy(err);
        return NULL;
    }
    ret->source = &hwp_source_model;
    ret->is_auto = false;
    ret->instead_of = hwp_steal(&names);
    return NULL;
}

struct hwp_error *hwp_source_choose(const struct hwp_measure_options *options, char **argv,
                                    const struct hwp_system_facts *facts,
                                    const struct hwp_encodings *events,
                                    struct hwp_source_choice *ret)
{
    HWP_TRY(hwp_source_find(options->source ? options->source : "auto", &ret->source,
                            &ret->is_auto));
    if (asks_for_model(options)) {
        ret->source = &hwp_source_model;
        ret->is_auto = false;
        return check_model(options, argv, facts);
    }
    if (model_option(options))
        return hwp_error_hint(hwp_error(HWP_E_USAGE, "%s is for the modelled PMU",
                                        model_option(options)),
                              "--source model, or no --source at all");
    if (ret->is_auto)
        return choose_auto(options, argv, facts, events, ret);
    return NULL;
}

void hwp_source_announce(const struct hwp_source_choice *choice,
                         const struct hwp_model_machine *machine)
{
    if (!choice->instead_of)
        return;
    fprintf(stderr,
            "hwprof: %s can't be counted here: %s\n"
            "  The workload runs on the modelled PMU instead, on the modelled machine '%s'. Expect "
            "it to take " SLOWDOWN ".\n"
            "  --source clock samples time at full speed, --source perf fails instead; 'hwprof "
            "doctor' says what can be had here.\n",
            choice->instead_of, choice->why ? choice->why : "no such counter",
            machine->name);
}
