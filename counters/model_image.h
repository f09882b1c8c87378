/*
 * One process image's stream into the recording and the run. Private to model_*.c.
 */
#ifndef HWP_COUNTERS_MODEL_IMAGE_H
#define HWP_COUNTERS_MODEL_IMAGE_H

#include "base/map.h"
#include "counters/model_output.h"
#include "counters/model_records.h"
#include "counters/model_stream.h"

/* What is known of a process from its images so far. */
struct hwp_model_process {
    uint64_t shift_ns; /* added to the times of its newest image */
    uint64_t last_ns; /* of its newest record */
};

/* What all streams add to. */
struct hwp_model_output {
    const struct hwp_model_output_config *config;
    struct hwp_run *run;
    struct hwp_model_writer writer;
    struct hwp_map pin_of;     /* pid << 32 | tid → index in run->pins */
    struct hwp_map process_of; /* pid → index in processes */
    HWP_VEC(struct hwp_model_process) processes;
    uint64_t *totals;          /* [column × cores + core] */
    unsigned nr_notes;
    bool has_costs;            /* something was modelled */
};

/* *ret_is_whole: the stream has its end. What stands before a place that makes no sense is used. */
struct hwp_error *hwp_model_image_read(struct hwp_model_output *o, const struct hwp_model_stream *s,
                                       bool *ret_is_whole) hwp_must_use;

#endif
