/*
 * What the modelled PMU's tool left behind, turned into an ordinary recording: samples whose periods
 * are the exact modelled counts, with the call chains, tasks and CPUs they belong to.
 *
 * One thread at a time.
 */
#ifndef HWP_COUNTERS_MODEL_OUTPUT_H
#define HWP_COUNTERS_MODEL_OUTPUT_H

#include "base/error.h"
#include "base/vec.h"
#include "counters/model_events.h"
#include "counters/model_machine.h"
#include "profile/recording.h"
#include "profile/run.h"

/* One event of the run: the index in run->events runs parallel. */
struct hwp_model_column {
    const struct hwp_model_event *event; /* NULL: not the model's to answer */
    uint64_t id; /* sample id in the recording */
};
HWP_VEC_TYPE(hwp_model_columns, struct hwp_model_column);

struct hwp_model_output_config {
    const char *directory; /* with the streams */
    const struct hwp_model_machine *machine;
    const struct hwp_model_columns *columns;
    bool per_cpu;     /* fill per_cpu of each event */
    bool call_chains; /* samples carry chains */
    const char *from; /* the function that modelling was to begin with; NULL or "": at the start */
    struct hwp_recording *recording; /* NULL: count only */
};

/* The attr that all of the model's samples share: their layout. type and config are the event's. */
void hwp_model_sample_attr(struct perf_event_attr *attr, bool call_chains);

/* Reads every stream; appends to the recording; fills totals, per-CPU counts, pins, notes and the
 * lines (see profile/line.h) of the run. A stream cut short is used as far as it goes, and noted. */
struct hwp_error *hwp_model_output_read(const struct hwp_model_output_config *config,
                                        struct hwp_run *run) hwp_must_use;

#endif
