/*
 * The inside of the perf source, shared by its files:
 *
 *   perf_attr.c     what the kernel understands, and each event's attr
 *   perf_places.c   on which tasks and CPUs events are opened
 *   perf_open.c     opening, and what to try when the kernel refuses
 *   perf_drain.c    ring buffers to the recording, in a thread
 *   perf_count.c    counters to counts
 *   perf_rows.c     the run's events, and what became of each
 *   perf_setup.c    all of that put together: a session set up and torn down
 *   perf_session.c  the ops
 */
#ifndef HWP_COUNTERS_PERF_SESSION_H
#define HWP_COUNTERS_PERF_SESSION_H

#include <linux/perf_event.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/vec.h"
#include "counters/diagnose.h"
#include "counters/events.h"
#include "counters/ring.h"
#include "counters/source.h"
#include "profile/recording.h"

/* What a task and a CPU have open of one counter. fd is -1 where the task or CPU went away. */
struct hwp_place {
    pid_t tid; /* -1: every task */
    int cpu;   /* -1: every CPU */
    int fd;
    uint64_t id;
};
HWP_VEC_TYPE(hwp_places, struct hwp_place);

/* One event of the session. */
struct hwp_counter {
    const struct hwp_encoding *enc;
    const char *name;
    int run_index;               /* in run->events; -1: not reported (helpers) */
    struct perf_event_attr attr; /* as opened, or as last tried */
    struct hwp_places places;
    int leader;         /* index of the first of its group in the session's counters; -1 */
    bool opened;
    bool sampled;       /* writes samples to the recording */
    bool tracks;        /* carries the side-band records (maps, names, forks) */
    bool whole_cpu;     /* counts everything on its CPUs: an uncore PMU */
    bool is_head;       /* the one of its group that the others are scheduled with */
    bool late;          /* a breakpoint whose address is not known yet */
    bool broken_up;     /* was in a weak group that didn't fit */
    bool kernel_dropped; /* opened without the kernel part, which was refused */
    struct hwp_diagnosis why; /* when it isn't opened, or isn't all that was asked */
};
HWP_VEC_TYPE(hwp_counters, struct hwp_counter);

/* What this kernel understands of what we would like to use. */
struct hwp_perf_features {
    bool clockid;    /* 4.1 */
    bool build_id;   /* 5.12 */
    bool read_lost;  /* 6.0 */
    bool dummy;      /* 3.12 */
};

HWP_VEC_TYPE(hwp_rings, struct hwp_ring);

/* The drain thread and what it has seen. The counts are read by collect() while it runs. */
struct hwp_drain {
    pthread_t thread;
    bool running;
    int wake_fd; /* eventfd: stop */
    struct hwp_recording *recording; /* borrowed */
    struct hwp_error *error;         /* the first; the recording is left alone after it */
    _Atomic uint64_t lost_records, lost_samples, throttled;
};

struct hwp_perf_session {
    struct hwp_session base;
    struct hwp_session_config config; /* what it points to is borrowed */
    struct hwp_perf_features features;
    struct hwp_cpuset cpus;           /* to open on, where it is per CPU */
    HWP_VEC(pid_t) tasks;             /* to open on; empty: everything on the CPUs */
    bool by_cpu;                      /* one counter per CPU rather than per task alone */
    enum hwp_scope scope;
    struct hwp_counters counters;
    struct hwp_encoding clock;        /* of the clock that stands in */
    struct hwp_counter reference;     /* always runs: how long the task was on each CPU */
    struct hwp_rings rings;
    struct hwp_drain drain;
    struct hwp_recording *recording;
    bool started, stopped;
};

static inline bool hwp_perf_samples(const struct hwp_perf_session *s)
{
    return s->config.recording_path != NULL;
}

/* --- perf_attr.c --- */
void hwp_perf_features_probe(struct hwp_perf_features *ret);
/* `is_first`: of those of its group that are open, or ungrouped. */
void hwp_perf_attr_make(const struct hwp_perf_session *s, struct hwp_counter *c, bool is_first);
bool hwp_perf_wants_group_read(const struct hwp_perf_session *s, const struct hwp_counter *c);
void hwp_perf_attr_make_helper(const struct hwp_perf_session *s, struct hwp_counter *c);

/* --- perf_places.c --- */
struct hwp_error *hwp_perf_choose_places(struct hwp_perf_session *s) hwp_must_use;
void hwp_perf_places_of(const struct hwp_perf_session *s, const struct hwp_counter *c,
                        struct hwp_places *ret);
/* Whether a task came up that the session has not opened on. */
bool hwp_perf_has_new_tasks(const struct hwp_perf_session *s);

/* --- perf_open.c --- */
/* Opens the session's counters from index `first` on: what can't be is left with its diagnosis. */
void hwp_perf_open_counters(struct hwp_perf_session *s, size_t first);
/* Opens what the counters need beside them: side-band records, a reference for time. */
void hwp_perf_open_helpers(struct hwp_perf_session *s);
void hwp_perf_close_counter(struct hwp_counter *c);
/* ioctl on every open place. 0 or the first errno. */
int hwp_perf_ioctl(const struct hwp_counter *c, unsigned long request);

/* --- perf_drain.c --- */
/* Notes in the run if they are smaller than asked. */
struct hwp_error *hwp_perf_map_rings(struct hwp_perf_session *s,
                                     struct hwp_run *run) hwp_must_use;
struct hwp_error *hwp_perf_drain_start(struct hwp_perf_session *s) hwp_must_use;
void hwp_perf_drain_stop(struct hwp_perf_session *s);

/* --- perf_count.c --- */
void hwp_perf_read_counter(struct hwp_perf_session *s, const struct hwp_counter *c,
                           struct hwp_event *ev, uint64_t *lost);

/* --- perf_rows.c --- */
/* NULL for helpers. Good until the run gets another event. */
struct hwp_event *hwp_perf_event_of(struct hwp_run *run, const struct hwp_counter *c);
/* Each adds counters to the session and events to the run. */
void hwp_perf_add_asked(struct hwp_perf_session *s, struct hwp_run *run);
void hwp_perf_add_clocks(struct hwp_perf_session *s, struct hwp_run *run);
void hwp_perf_add_cpu_clock(struct hwp_perf_session *s, struct hwp_run *run);
void hwp_perf_set_reason(const struct hwp_counter *c, struct hwp_event *ev);
void hwp_perf_describe_events(struct hwp_perf_session *s, struct hwp_run *run);

/* --- perf_setup.c --- */
struct hwp_error *hwp_perf_session_open(const struct hwp_source *source,
                                        const struct hwp_session_config *config,
                                        struct hwp_run *run, struct hwp_session **ret) hwp_must_use;
void hwp_perf_session_destroy(struct hwp_perf_session *s);
struct hwp_error *hwp_perf_error_of(const struct hwp_diagnosis *d, const char *what) hwp_must_use;

#endif
