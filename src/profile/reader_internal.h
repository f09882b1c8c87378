/*
 * The reader's parts and what they hand each other. Private to src/profile.
 *
 *   reader.c           the file: header, attributes, the two passes
 *   reader_stream.c    the file, where it is a stream instead
 *   reader_expand.c    the file, where its records are compressed
 *   reader_events.c    attributes to events, and their totals
 *   reader_features.c  feature sections: names, build ids, facts about the run
 *   reader_records.c   one record: its bounds, its event, its fields
 *   reader_maps.c      pass 1: which file was where in which process, and when
 *   map_tree.c         what is mapped at a time, shared by all times
 *   reader_dsos.c      the files that are mapped, and their build ids
 *   reader_fold.c      pass 2: samples into cells
 *   reader_lines.c     contended cache lines
 *
 * Every size and offset in the file is taken for hostile: nothing is read outside the mapping, and
 * nothing is allocated by a number that the file's own size does not bear out.
 */
#ifndef HWP_PROFILE_READER_INTERNAL_H
#define HWP_PROFILE_READER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "profile/perf_file.h"
#include "profile/profile.h"

/* A stretch of the mapped file being read front to back. Reading past its end yields zeros and
 * sets `bad`. */
struct hwp_cursor {
    const uint8_t *at, *end;
    bool bad;
};

static inline const uint8_t *hwp_cursor_bytes(struct hwp_cursor *c, size_t n)
{
    if ((size_t)(c->end - c->at) < n) {
        c->bad = true;
        return NULL;
    }
    c->at += n;
    return c->at - n;
}

static inline uint64_t hwp_cursor_u64(struct hwp_cursor *c)
{
    const uint8_t *p = hwp_cursor_bytes(c, 8);
    uint64_t v = 0;

    if (p)
        memcpy(&v, p, sizeof(v));
    return v;
}

static inline uint32_t hwp_cursor_u32(struct hwp_cursor *c)
{
    const uint8_t *p = hwp_cursor_bytes(c, 4);
    uint32_t v = 0;

    if (p)
        memcpy(&v, p, sizeof(v));
    return v;
}

/* --- the file --- */

/* One perf_event_attr of the file, the rest of it zero if the file's is shorter. */
struct hwp_attr {
    struct perf_event_attr attr;
    char *name;      /* from EVENT_DESC, or NULL */
    uint32_t event;  /* index in run.events */
    uint64_t first_id; /* of its ids; 0 if it has none */
};

/* Costs are kept by place and event, side by side; more events than this are no recording that anybody
 * made. */
#define HWP_EVENTS_MAX 1024

struct hwp_reader {
    const char *name; /* for messages */
    const uint8_t *data;
    size_t size;
    struct perf_file_header header;
    struct hwp_cursor records; /* the data section; `expanded` where it was compressed */
    const uint8_t *expanded;   /* NULL, or the records without compression */
    size_t expanded_size;
    const uint8_t *records_end; /* of the data section in the file: the features' table */
    bool is_stream;            /* made by "perf record -o -": the features are here, not in the */
    struct hwp_cursor stream_features[PERF_FEATURE_END]; /* header; `at` NULL: none */
    HWP_VEC(struct hwp_attr) attrs;
    struct hwp_map attr_of_id; /* event id → index in attrs */
    bool has_run;              /* the file has hwprof's own run section */
    bool truncated;
    struct hwp_profile *profile;
    uint64_t first_time, last_time; /* of the samples; first > last: none */
};

/* Finds attributes and features of a stream among its records. */
struct hwp_error *hwp_stream_read_head(struct hwp_reader *r) hwp_must_use;

/* Where records are compressed, makes `records` what they hold. */
struct hwp_error *hwp_reader_expand(struct hwp_reader *r) hwp_must_use;

/* --- records --- */

struct hwp_record {
    struct perf_event_header header;
    struct hwp_cursor body; /* without the header */
};

/* The next record of `at`. False at the end; *ret_cut tells that the end is not a record's. */
bool hwp_record_next(struct hwp_cursor *at, struct hwp_record *ret, bool *ret_cut);

struct hwp_sample {
    uint64_t ip, time, id, period;
    int32_t pid, tid;
    uint32_t cpu; /* HWP_NO_CPU if not recorded */
    bool has_time, has_read;
    struct hwp_cursor read;  /* the PERF_SAMPLE_READ part */
    struct hwp_cursor chain; /* the call chain's u64s, innermost first */
};

/* The event that a record belongs to, NULL if its id is none of the file's. */
const struct hwp_attr *hwp_record_attr(const struct hwp_reader *r, const struct hwp_record *rec);

/* Whether the event's samples have call chains that reach the user's code where it was running.
 * Where they hold the kernel's part alone (the user's is to be unwound from a copy of the stack),
 * all costs above it would be false. */
bool hwp_attr_has_chains(const struct perf_event_attr *attr);

/* False if the record is shorter than its event's sample_type says. */
bool hwp_sample_parse(const struct hwp_attr *a, const struct hwp_record *rec,
                      struct hwp_sample *ret);

/* When a record other than a sample was made; 0 where the file doesn't say. */
uint64_t hwp_record_time(const struct hwp_reader *r, const struct hwp_record *rec);

/* --- events (reader_events.c) --- */

/* Ties each attribute to an event of the run, adding events that the run doesn't list. */
void hwp_events_tie(struct hwp_reader *r);

/* Totals from the sums of periods, where the file has no counts. Samples must have been folded. */
void hwp_events_estimate(struct hwp_reader *r);

/* Takes events out that were opened for records other than samples. */
void hwp_events_drop_helpers(struct hwp_profile *p);

/* --- features --- */

/* Names of the attributes, into their `name`. Before events are made. */
void hwp_features_read_names(struct hwp_reader *r);

/* Everything else about the run, into profile->run and profile->kallsyms. */
void hwp_features_read_run(struct hwp_reader *r);

struct hwp_build_id {
    const char *path; /* as in the file, NUL-terminated */
    const uint8_t *id;
    uint8_t len;
};
HWP_VEC_TYPE(hwp_build_ids, struct hwp_build_id);
void hwp_features_read_build_ids(const struct hwp_reader *r, struct hwp_build_ids *ret);

/* The same from one record, be it of the feature or of the data (streams, perf inject -b). */
void hwp_features_add_build_id(const struct hwp_record *rec, struct hwp_build_ids *ret);

/* What perf calls an event of these attributes: "cycles", "cpu-clock", "raw 0x1a2". */
char *hwp_attr_name(const struct perf_event_attr *attr);

/* "type=1,config=0x0": what was programmed. */
char *hwp_attr_encoding(const struct perf_event_attr *attr);

/* --- DSOs --- */

struct hwp_dsos {
    struct hwp_profile *profile;
    struct hwp_build_ids build_ids; /* by path, for maps that don't carry their own */
    struct hwp_map build_id_of;     /* hash of the path → 1 + index */
};

/* After all of build_ids are in place, before the first DSO. */
void hwp_dsos_index(struct hwp_dsos *d);
void hwp_dsos_deinit(struct hwp_dsos *d);

/* The DSO that a MMAP or MMAP2 record maps into a process or the kernel. */
uint32_t hwp_dsos_mapped(struct hwp_dsos *d, const struct hwp_record *rec, bool kernel,
                         int32_t pid, uint64_t time);

/* The DSO of addresses that no map covers. */
uint32_t hwp_dsos_pathless(struct hwp_dsos *d, unsigned cpumode);

/* --- maps --- */

struct hwp_maps;

/* Pass 1 over the records. */
struct hwp_maps *hwp_maps_create(struct hwp_reader *r);
void hwp_maps_destroy(struct hwp_maps *m);
HWP_DEFINE_CLEANUP(hwp_maps_cleanup, struct hwp_maps, hwp_maps_destroy)

/* The address space that a process had at a time. */
uint32_t hwp_maps_space(struct hwp_maps *m, int32_t pid, uint64_t time);

/* The location of an address. `cpumode` is PERF_RECORD_MISC_{USER,KERNEL,…}. */
uint32_t hwp_maps_loc(struct hwp_maps *m, uint32_t space, uint64_t time, unsigned cpumode,
                      uint64_t ip);

/* The last name of a task, for the caller to free(); NULL if none was recorded. */
char *hwp_maps_comm(const struct hwp_maps *m, int32_t pid, int32_t tid);

/* --- pass 2 --- */

struct hwp_error *hwp_reader_fold(struct hwp_reader *r, struct hwp_maps *m) hwp_must_use;

/* Fills in where the addresses of the run's contended lines are. */
void hwp_lines_locate(struct hwp_reader *r, struct hwp_maps *m);

/* Reads an open file (its position is neither used nor moved). ret_times (may be NULL): time of
 * the first and the last sample, {0, 0} without samples. */
struct hwp_error *hwp_profile_read_fd(int fd, const char *name, uint64_t ret_times[2],
                                      struct hwp_profile **ret) hwp_must_use;

#endif
