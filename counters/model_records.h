/*
 * Records as the kernel would write them, made from what the modelled PMU saw: names, forks, maps,
 * samples. All samples have one layout (hwp_model_sample_attr in model_output.h).
 *
 * Records are gathered and go to the recording in big pieces; without a recording nothing is made.
 * One thread at a time.
 */
#ifndef HWP_COUNTERS_MODEL_RECORDS_H
#define HWP_COUNTERS_MODEL_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "counters/model/protocol.h"
#include "profile/recording.h"

struct hwp_model_writer {
    struct hwp_recording *recording; /* borrowed; NULL: nothing is written */
    uint64_t id;                     /* of the event that records other than samples belong to */
    bool call_chains;
    unsigned char *buffer;           /* zeroed at first, then owned */
    size_t used;
};

/* Who and when. */
struct hwp_model_origin {
    uint32_t pid, tid;
    uint32_t cpu;
    uint64_t time_ns;
};

struct hwp_model_sample {
    struct hwp_model_origin origin;
    uint64_t id, ip, period;
    const uint64_t *callers; /* return addresses outwards */
    size_t nr_callers;       /* HWP_MODEL_MAX_CALLERS at most */
};

#define HWP_MODEL_MAX_CALLERS 126 /* with the instruction itself, the kernel's 127 */

/* The task's name; `exec`: a new image, whose maps begin anew. */
struct hwp_error *hwp_model_write_comm(struct hwp_model_writer *w, const struct hwp_model_origin *o,
                                       const char *name, bool exec) hwp_must_use;
struct hwp_error *hwp_model_write_fork(struct hwp_model_writer *w, const struct hwp_model_origin *o,
                                       uint32_t parent_pid, uint32_t parent_tid) hwp_must_use;
struct hwp_error *hwp_model_write_exit(struct hwp_model_writer *w,
                                       const struct hwp_model_origin *o) hwp_must_use;
struct hwp_error *hwp_model_write_map(struct hwp_model_writer *w, const struct hwp_model_origin *o,
                                      const struct hwm_record_map *map) hwp_must_use;
struct hwp_error *hwp_model_write_sample(struct hwp_model_writer *w,
                                         const struct hwp_model_sample *sample) hwp_must_use;

/* Hands over what is gathered still. */
struct hwp_error *hwp_model_write_flush(struct hwp_model_writer *w) hwp_must_use;
void hwp_model_writer_deinit(struct hwp_model_writer *w);

#endif
