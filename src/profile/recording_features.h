/*
 * What goes into the feature sections of a recording: facts about the machine and the run, as
 * perf lays them out, and hwprof's own. Private to src/profile.
 */
#ifndef HWP_PROFILE_RECORDING_FEATURES_H
#define HWP_PROFILE_RECORDING_FEATURES_H

#include <time.h>

#include "base/str.h"
#include "base/vec.h"
#include "profile/profile.h"
#include "profile/recording.h"

/* All that the sections are made from. */
struct hwp_feature_input {
    const struct hwp_run *run;
    const struct hwp_recording_event *events;
    size_t nr_events;
    uint64_t created_ns; /* when the recording began, by CLOCK_REALTIME */
    uint64_t wall_ns, clock_ns; /* one moment by CLOCK_REALTIME and by the events' clock */
    /* What was recorded, read back; NULL if it can't be. */
    const struct hwp_profile *profile;
    uint64_t sample_times[2]; /* of the first and the last sample */
};

struct hwp_feature {
    unsigned bit;
    struct hwp_str content;
};
HWP_VEC_TYPE(hwp_features, struct hwp_feature);

/* The features that can be filled, in ascending order of their bits. */
void hwp_features_collect(const struct hwp_feature_input *in, struct hwp_features *ret);
void hwp_features_deinit(struct hwp_features *list);

#endif
