/*
 * Everything known about one run except its samples: the command and its fate, the machine, the
 * events and their counts, where tasks were pinned, and notes for the reader. The recorder fills
 * one and stores it with the recording; the reader gets it back.
 *
 * All strings are owned by the run (free()d by _deinit); NULL means unknown. A zeroed run is
 * valid. One thread at a time.
 */
#ifndef HWP_PROFILE_RUN_H
#define HWP_PROFILE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/vec.h"
#include "profile/count.h"
#include "profile/line.h"
#include "profile/note.h"

HWP_VEC_TYPE(hwp_counts, struct hwp_count);

struct hwp_event {
    char *name;             /* as the user wrote it, or as the tool that recorded it did */
    char *encoding;         /* what was programmed, as text: "cpu/event=0x2e,umask=0x41/u" */
    char *source;           /* "perf", "clock", "model"; the counter source that counted it */
    char *unit;             /* "ns" for clocks, "" for plain counts */
    enum hwp_origin origin;
    struct hwp_count total;    /* over the whole run and all CPUs */
    struct hwp_counts per_cpu; /* by CPU number; empty if not counted per CPU */
    char *reason;           /* why it is not plainly counted; NULL if it is */
    char *remedy;           /* what would make it counted; NULL if nothing would */
    bool requested;         /* false: added by hwprof itself (the clock that stands in) */
    bool sampled;           /* has (or could have) samples in the recording */
    bool precise;           /* sampled addresses are those of the causing instructions */
    uint64_t period;        /* events per sample; 0 if sampled by frequency */
    uint64_t freq_hz;       /* samples per second; 0 if sampled by period */
    uint64_t nr_samples;    /* filled by the reader */
    int leader;             /* index of the group leader, or -1 if ungrouped */
};
HWP_VEC_TYPE(hwp_events, struct hwp_event);

/* One task and the CPU it was given. */
struct hwp_pin {
    int32_t pid, tid;
    char *comm;    /* at the time of the last report about it; may be NULL */
    int32_t cpu;   /* OS number; -1: left alone */
    int32_t core;  /* hwloc logical core index; -1: unknown */
};
HWP_VEC_TYPE(hwp_pins, struct hwp_pin);

struct hwp_run {
    /* the workload */
    char *command;          /* argv, shell-quoted */
    bool has_exit;          /* exit_status is known (false: cut short, or attached) */
    int exit_status;        /* as a shell would show it: 128+N for signal N */
    uint64_t duration_ns;   /* wall clock, exec to end; 0 unknown */
    uint64_t user_ns, system_ns;
    /* the machine */
    char *hostname, *os_release, *arch, *cpu_model, *cpuid;
    char *topology;         /* one line: "1 socket, 2 cores, 2 threads, L3 32 MiB, 1 NUMA node" */
    char *topology_xml;     /* hwloc XML; NULL for files of other tools */
    uint32_t nr_cpus;
    char *version;          /* of the tool that recorded */
    uint64_t start_time_s;  /* Unix time; 0 unknown */
    /* the measurement */
    char *source;           /* "perf", "clock", …: the source as it was resolved */
    struct hwp_events events;
    char *pin_plan;         /* as asked: "cores", "none", "S0:0-3" */
    char *memory_policy;    /* "bind:0", "interleave:0-1" or NULL for the system's default */
    struct hwp_pins pins;
    bool call_chains;
    uint64_t lost_records;  /* PERF_RECORD_LOST: what the kernel had no room for */
    uint64_t lost_samples;  /* PERF_RECORD_LOST_SAMPLES */
    uint64_t throttled;     /* PERF_RECORD_THROTTLE */
    bool truncated;         /* the recording ends before its end */
    struct hwp_cache_lines lines; /* contended ones, where the source knows them */
    struct hwp_notes notes;
};

void hwp_event_deinit(struct hwp_event *ev);
void hwp_run_deinit(struct hwp_run *run);

/* The run as JSON text and back (the content of the recording's own feature section). The XML
 * and the lines travel apart. hwp_run_from_json overwrites what the text holds and leaves the rest of *ret. */
char *hwp_run_to_json(const struct hwp_run *run);
struct hwp_error *hwp_run_from_json(const char *text, size_t len, struct hwp_run *ret) hwp_must_use;

#endif
