/*
 * From specs to what perf_event_open(2) takes. Each asked event becomes one encoding, or several on
 * a hybrid machine (one per core PMU).
 *
 * Who resolves what: generic names and raw codes here; pmu/terms/ and aliases from sysfs; native
 * names by libpfm4 (pfm.c); presets by PAPI to native names and those by libpfm4 (papi.c);
 * tracepoints from tracefs. Environment variables LIBPFM_FORCE_PMU (libpfm4's own), HWPROF_SYSFS
 * (another root than /sys/bus/event_source/devices) and HWPROF_TRACEFS (than /sys/kernel/tracing)
 * let tests stand on machines that are not here.
 *
 * What is counted: user, kernel, hypervisor, host and guest, unless modifiers leave something out.
 * `:u` sets exclude_kernel and exclude_hv, `:H` exclude_guest, `:G` exclude_host, as perf does;
 * unlike perf before 6.13, exclude_guest is never set unasked (some PMUs refuse it).
 *
 * A native event of a CPU that is not this one ("skx::…" on AMD) is encoded for inspection where
 * there is no core PMU, and refused where there is one, which would count something else.
 *
 * Not safe from two threads at once (libpfm4 and PAPI aren't).
 */
#ifndef HWP_COUNTERS_EVENTS_H
#define HWP_COUNTERS_EVENTS_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/out.h"
#include "base/vec.h"
#include "counters/spec.h"
#include "topology/cpuset.h"

struct hwp_encoding {
    char *name;     /* for reports: the spec's text; "cpu_core/cycles/" for hybrid twins */
    char *via;      /* who encoded it: "perf", "sysfs", "libpfm4", "papi → libpfm4", "tracefs" */
    char *text;     /* what is programmed: see hwp_encoding_text */
    char *unit;     /* "ns", "Joules", … or "" */
    char *pmu;      /* "cpu", "cpu_core", "uncore_imc_0"; NULL: none in particular (software,
                       tracepoints, breakpoints, or a machine without PMU) */
    double scale;   /* multiply the count by this for `unit`; 1 mostly */
    struct perf_event_attr attr; /* type, config*, precise, exclude_*, bp_*; no sampling fields */
    struct hwp_cpuset cpus;      /* a PMU's cpumask (uncore, hybrid); empty: any CPU */
    bool per_cpu_only;           /* an uncore PMU: can't follow a task */
    int leader;                  /* index of the group's leader in the list (its own for the
                                    leader itself), -1 ungrouped */
    struct hwp_modifiers mods;
    char *bp_symbol;             /* breakpoint on a symbol: its address is only known once the
                                    workload is mapped; attr.bp_addr is the offset from it */
    bool is_clock;               /* cpu-clock or task-clock */
    uint64_t period, freq;       /* asked for in the event itself (period=, freq=); 0: not */
    char *preset;                /* a part of this PAPI preset, which is the sum of weight × count
                                    over its parts, adjacent in the list; NULL: stands alone */
    double weight;               /* +1, -1, 4 …; 0 in all parts: the preset is no such sum, and the
                                    parts can only be shown side by side */
    char *unavailable, *remedy;  /* a known name that can't be encoded on this machine: why, and
                                    what to do; attr is then a hardware event's, never opened */
};
HWP_VEC_TYPE(hwp_encodings, struct hwp_encoding);

/* Parses and resolves. A name nobody knows: HWP_E_NOT_FOUND with the nearest matches as hint.
 * A known event that this machine can't count is no error here: it fails to open later, and the
 * counter source says why. */
struct hwp_error *hwp_events_resolve(const char *text, struct hwp_encodings *ret) hwp_must_use;
void hwp_encodings_deinit(struct hwp_encodings *list);
void hwp_encoding_deinit(struct hwp_encoding *e); /* of one that leaves its list */

/* The attr as canonical text: type and config (bp_* for breakpoints), then every other field that
 * is not zero, in the order of the kernel's header: "type=4 config=0x1d1 exclude_kernel=1".
 * Used for tests and `list -v`. Caller frees. */
char *hwp_encoding_text(const struct perf_event_attr *attr);

/* An event that could be asked for. */
struct hwp_known_event {
    const char *name;        /* what to type */
    const char *origin;      /* "hardware", "software", "cache", "raw", "breakpoint", "sysfs",
                                "libpfm4", "papi", "tracepoint", "model" */
    const char *pmu;         /* "cpu", "skx", or NULL */
    const char *description; /* one line, or NULL */
    bool available;          /* countable here (opened for a moment to see); true if untested */
};
typedef void hwp_known_event_fn(void *ctx, const struct hwp_known_event *ev);

/* Calls fn for every event known on this machine; `origin` NULL for all. "model" is everything that the
 * modelled PMU answers, under each of its names; without an origin, what nothing else counts. */
void hwp_events_list(const char *origin, hwp_known_event_fn *fn, void *ctx);

#endif
