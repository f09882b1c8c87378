/*
 * The run's events under the modelled PMU: which it answers, and why not the others. One thread at
 * a time.
 */
#ifndef HWP_COUNTERS_MODEL_ROWS_H
#define HWP_COUNTERS_MODEL_ROWS_H

#include "counters/events.h"
#include "counters/model_output.h"
#include "profile/run.h"

/* Makes one of what is several encodings on a real PMU and one event of the model's: the parts of a
 * PAPI preset, and a hybrid machine's twins. Groups are dissolved: all is counted at once. */
void hwp_model_merge(struct hwp_encodings *events);

/* A row in the run and a column for each event, in their order; `sampled`: answered ones have
 * samples. HWP_E_UNSUPPORTED if the model answers none of them. */
struct hwp_error *hwp_model_add_rows(const struct hwp_encodings *events, bool sampled,
                                     struct hwp_run *run,
                                     struct hwp_model_columns *ret) hwp_must_use;

#endif
