/*
 * Which counter source measures a workload, and the machine that it is measured on: this one, or the
 * one that the modelled PMU models.
 */
#ifndef HWP_CMD_MEASURE_SOURCE_H
#define HWP_CMD_MEASURE_SOURCE_H

#include "base/error.h"
#include "cmd/measure.h"
#include "counters/source.h"

struct hwp_source_choice {
    const struct hwp_source *source;
    bool is_auto;       /* perf, with a clock standing in for what can't be counted */
    char *instead_of;   /* auto chose the model: "cycles, LLC-loads"; NULL: it was asked for */
    char *why;          /* and why they can't be counted; no_model has it, too */
    char *no_model;     /* auto would have, but the model can't be used: why */
};

/* The events to measure where none are named. */
const char *hwp_default_events(const struct hwp_measure_options *options,
                               const struct hwp_measure_job *job,
                               const struct hwp_system_facts *facts);

/* `auto` is perf if every event that was asked for can be counted here, else the model if that can
 * answer what is missing and run the workload. HWP_E_USAGE for options that contradict each other,
 * HWP_E_UNSUPPORTED where the model was asked for and can't be used. */
struct hwp_error *hwp_source_choose(const struct hwp_measure_options *options, char **argv,
                                    const struct hwp_system_facts *facts,
                                    const struct hwp_encodings *events,
                                    struct hwp_source_choice *ret) hwp_must_use;
void hwp_source_choice_deinit(struct hwp_source_choice *choice);

/* Says on standard error, before the workload starts, that it will be modelled: what for, why, how
 * slow that is, and the ways out. Nothing if the model was asked for. */
void hwp_source_announce(const struct hwp_source_choice *choice,
                         const struct hwp_model_machine *machine);

#endif
