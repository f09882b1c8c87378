/*
 * Writing the recording file: a perf.data file (perf's tools/perf/Documentation/
 * perf.data-file-format.txt) whose records are those the kernel produced, byte for byte, with
 * hwprof's own facts in extra feature sections that perf skips.
 *
 * The header's data size is brought up to date at every append, so a recording cut short at any
 * moment (kill, power, full disk) is readable up to the cut, by perf too.
 *
 * One thread at a time. The recording owns its file descriptor.
 */
#ifndef HWP_PROFILE_RECORDING_H
#define HWP_PROFILE_RECORDING_H

#include <linux/perf_event.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "profile/run.h"

/* hwprof's own feature bits in the perf.data header (perf's own end below 64). */
#define HWP_FEATURE_RUN      200 /* the run as JSON, see run.h */
#define HWP_FEATURE_TOPOLOGY 201 /* hwloc XML */
#define HWP_FEATURE_KALLSYMS 202 /* kernel symbols that samples fell into, as kallsyms lines */
#define HWP_FEATURE_LINES    203 /* contended cache lines, see line.h */

/* perf's own bit for the descriptions of tracepoints' fields. */
#define HWP_FEATURE_TRACING_DATA 1

struct hwp_recording_event {
    struct perf_event_attr attr;
    const char *name;    /* as perf report shows it */
    const uint64_t *ids; /* PERF_EVENT_IOC_ID of each open file of this event */
    size_t nr_ids;
};

struct hwp_recording;

/* Records to `path`. The file is made under another name beside it and moves there with the first
 * sample or exec, or when it is finished; an existing one then moves to PATH.old, as perf does. So
 * a recording that is destroyed before leaves nothing behind, and others as they were. */
struct hwp_error *hwp_recording_create(const char *path, const struct hwp_recording_event *events,
                                       size_t nr_events, struct hwp_recording **ret) hwp_must_use;

/* From now on records are compressed, as perf record -z has them. Before the first append. */
void hwp_recording_compress(struct hwp_recording *r);

/* Appends whole perf records. On a full disk the file keeps what it had up to the last whole
 * record, and every later append returns the same error again. */
struct hwp_error *hwp_recording_append(struct hwp_recording *r, const void *records,
                                       size_t size) hwp_must_use;

/* Adds PERF_RECORD_FINISHED_ROUND: no record that follows is older than any before the previous
 * round's mark, which bounds how much a reader must sort. */
struct hwp_error *hwp_recording_round(struct hwp_recording *r) hwp_must_use;

/* Writes the feature sections (perf's HOSTNAME … BUILD_ID, EVENT_DESC, SAMPLE_TIME, and our own)
 * and seals the file. */
struct hwp_error *hwp_recording_finish(struct hwp_recording *r,
                                       const struct hwp_run *run) hwp_must_use;

/* A feature section that the caller has made, to be written with the others by finish. One per bit,
 * and none that finish makes itself. The bytes are copied. */
void hwp_recording_add_feature(struct hwp_recording *r, unsigned bit, const void *bytes,
                               size_t size);

uint64_t hwp_recording_bytes(const struct hwp_recording *r);
void hwp_recording_destroy(struct hwp_recording *r);
HWP_DEFINE_CLEANUP(hwp_recording_cleanup, struct hwp_recording, hwp_recording_destroy)

#endif
