/*
 * A counter source: where counts and samples come from. One ops struct per source; the registry is
 * the array in source.c. A command picks a source, opens a session on a workload that waits before
 * its exec, lets the workload run, and collects. A source that runs the workload its own way (wrap) is
 * opened before there is one.
 *
 * Life of a session: open → start → (drained by the session's own thread) → stop → collect → close.
 * All calls from one thread; samples are written to the recording by the session's drain thread
 * between start and stop, which is the recording's only user during that time.
 */
#ifndef HWP_COUNTERS_SOURCE_H
#define HWP_COUNTERS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "counters/diagnose.h"
#include "counters/events.h"
#include "counters/model_launch.h"
#include "counters/model_machine.h"
#include "profile/recording.h"
#include "profile/run.h"
#include "topology/topology.h"

struct hwp_session_config {
    const struct hwp_encodings *events;
    const struct hwp_topology *topology;
    const struct hwp_system_facts *facts;
    pid_t pid;              /* the task to follow, with all it creates; -1: everything on `cpus` */
    bool attach;            /* pid runs already: start at start(), not at its next exec */
    struct hwp_cpuset cpus; /* CPUs to open on; empty: all online */
    bool per_cpu;           /* counting only: one counter per CPU (needed for per-core tables) */
    /* sampling; recording_path NULL: count only */
    const char *recording_path;
    bool compress; /* the recording */
    uint64_t freq_hz;       /* per event and CPU; clamped to the kernel's maximum with a note */
    bool freq_asked;        /* freq_hz is meant for tracepoints and breakpoints too, which are else
                               sampled each time they happen */
    uint64_t period;        /* events per sample; 0: by frequency */
    bool call_chains;
    unsigned mmap_pages;    /* per ring buffer, a power of two; 0: default */
    bool need_all;          /* an event that can't be opened is an error (--source perf) */
    bool stand_in_clock;    /* add cpu-clock (sampled like the rest) if a hardware event can't be
                               opened, and raise CLOCK_STANDS_IN (--source auto) */
    /* the modelled PMU alone */
    const struct hwp_model_machine *machine; /* placed and with its memory policy; borrowed */
    bool follow;                 /* model what the workload starts, too */
    const char *model_from;      /* from the first call of this function on; NULL: all */
    uint64_t model_instructions; /* as many; 0: all */
};

struct hwp_session {
    const struct hwp_source *source;
};

struct hwp_source {
    const char *name;    /* "perf", "clock" */
    const char *summary; /* one line for `list` and --help */

    /* Whether it can be used here at all; NULL if so, else why not. */
    struct hwp_error *(*probe)(const struct hwp_system_facts *facts);

    /* Opens every event. What can't be opened is recorded in the run's events with state, reason
     * and remedy. Fills run->events (one per encoding, plus a stand-in clock where the source adds
     * one), run->source and notes. Error if nothing at all could be opened. */
    struct hwp_error *(*open)(const struct hwp_session_config *config, struct hwp_run *run,
                              struct hwp_session **ret);

    /* How the workload is to be launched; `argv` is what was asked for. The session is then opened
     * before the launch, with pid 0. NULL: it is launched as it is, and held, before open. */
    struct hwp_error *(*wrap)(struct hwp_session *session, char *const *argv,
                              struct hwp_launch *ret);

    /* Arms the events and starts draining. With attach or pid -1 counting begins now; else at the
     * workload's exec. */
    struct hwp_error *(*start)(struct hwp_session *session);

    /* For breakpoints on symbols: the workload stands in its exec, mapped; `address` gives the
     * address of the symbol named, or 0. NULL: this source has none. */
    struct hwp_error *(*mapped)(struct hwp_session *session,
                                uint64_t (*address)(void *ctx, const char *symbol), void *ctx);

    /* Ends counting, drains what is left, joins the thread. The first error of writing the
     * recording (a full disk, say) comes back here; what was written stays readable. */
    struct hwp_error *(*stop)(struct hwp_session *session);

    /* Reads the counters into run->events, lost counts and notes. Callable while running (stat -I)
     * and after stop. */
    struct hwp_error *(*collect)(struct hwp_session *session, struct hwp_run *run);

    /* Writes the feature sections and closes the recording; the run must be complete. */
    struct hwp_error *(*finish)(struct hwp_session *session, const struct hwp_run *run);

    void (*close)(struct hwp_session *session);
};

extern const struct hwp_source hwp_source_perf; /* perf_event_open(2), exactly what was asked */
extern const struct hwp_source hwp_source_clock; /* cpu-clock alone, for time */

extern const struct hwp_source hwp_source_model; /* the modelled PMU: model_source.c */

/* All sources, NULL-terminated, in the order `auto` prefers them. */
extern const struct hwp_source *const hwp_sources[];

/* "auto", or a source's name. `auto` is perf, which may add a stand-in clock (and note it) when a
 * wanted event can't be counted; whether the model is the better answer is its caller's choice. */
struct hwp_error *hwp_source_find(const char *name, const struct hwp_source **ret,
                                  bool *ret_auto) hwp_must_use;

#endif
