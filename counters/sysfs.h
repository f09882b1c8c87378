/*
 * The PMUs the kernel has registered, as /sys/bus/event_source/devices (or $HWPROF_SYSFS, a
 * directory of the same shape) describes them: type number, term formats, event aliases, CPUs.
 *
 * A list of PMUs is read once and owns everything in it; formats and aliases are read when a PMU
 * is first used, as servers have over a hundred PMUs. Not safe from two threads at once.
 *
 * Source: kernel Documentation/ABI/testing/sysfs-bus-event_source-devices-{format,events,caps}.
 */
#ifndef HWP_COUNTERS_SYSFS_H
#define HWP_COUNTERS_SYSFS_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/suggest.h"
#include "base/vec.h"
#include "counters/spec.h"
#include "topology/cpuset.h"

/* format/NAME: the value's bits go, lowest first, to the set bits of `mask` in config `index`. */
struct hwp_pmu_format {
    char *name;
    unsigned index; /* 0 config, 1 config1, 2 config2, 3 config3 */
    uint64_t mask;
};

/* events/NAME, with .scale and .unit. */
struct hwp_pmu_alias {
    char *name;
    char *terms;
    char *unit; /* "" if none */
    double scale;
};

struct hwp_pmu {
    char *name;
    char *path;
    uint32_t type;
    bool core;               /* counts what CPU cores do: "cpu", or has a `cpus` file */
    bool per_cpu_only;       /* uncore: can't follow a task */
    struct hwp_cpuset cpus;  /* from cpus or cpumask; empty: any */
    bool loaded;             /* the two below are filled */
    HWP_VEC(struct hwp_pmu_format) formats;
    HWP_VEC(struct hwp_pmu_alias) aliases;
};

struct hwp_pmus {
    struct hwp_pmu *data; /* sorted by name, numbers by value */
    size_t len, cap;
    unsigned cores;       /* how many of them are core PMUs; 2 or more is a hybrid machine */
};

/* A machine without the directory has no PMUs: not an error. */
void hwp_pmus_load(struct hwp_pmus *ret);
void hwp_pmus_deinit(struct hwp_pmus *pmus);

struct hwp_pmu *hwp_pmus_by_name(struct hwp_pmus *pmus, const char *name);
struct hwp_pmu *hwp_pmus_by_type(struct hwp_pmus *pmus, uint32_t type);

/* Whether `pattern` means this PMU though it is not its name: a glob, or the name without a leading
 * "uncore_" or a trailing _NUMBER, as perf has it (imc/… is every uncore_imc_N). */
bool hwp_pmu_matches(const struct hwp_pmu *pmu, const char *pattern);

/* Reads formats and aliases; done once. */
void hwp_pmu_load(struct hwp_pmu *pmu);
const struct hwp_pmu_alias *hwp_pmu_alias_find(struct hwp_pmu *pmu, const char *name);

/* caps/max_precise, or 0. */
unsigned hwp_pmu_max_precise(const struct hwp_pmu *pmu);

/* What terms come to. `name` and `unit` are owned, or NULL where the terms say nothing. */
struct hwp_pmu_event {
    struct perf_event_attr attr;
    char *name, *unit;
    double scale;
    uint64_t period, freq; /* of the terms of these names; 0: not given */
};

/* Encodes terms for a PMU. `hybrid`: generic events get the PMU's type in config's upper half
 * (PERF_PMU_TYPE_SHIFT, kernel 5.13 for x86, 6.6 for arm64). The event is to be released with
 * _deinit, after an error as well. An unknown term's error lists the PMU's own. */
struct hwp_error *hwp_pmu_encode(struct hwp_pmu *pmu, bool hybrid, const struct hwp_terms *terms,
                                 struct hwp_pmu_event *ret) hwp_must_use;
void hwp_pmu_event_deinit(struct hwp_pmu_event *event);

/* The type-0 or type-3 config of a generic event on one core PMU. */
uint64_t hwp_pmu_extended(const struct hwp_pmu *pmu, bool hybrid, uint64_t config);

#endif
