/*
 * A set of CPUs by their OS numbers: a fixed-size value, copied freely, no ownership.
 */
#ifndef HWP_TOPOLOGY_CPUSET_H
#define HWP_TOPOLOGY_CPUSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define HWP_MAX_CPUS 4096

struct hwp_cpuset {
    uint64_t words[HWP_MAX_CPUS / 64];
};

void hwp_cpuset_add(struct hwp_cpuset *set, unsigned cpu);
void hwp_cpuset_remove(struct hwp_cpuset *set, unsigned cpu);
bool hwp_cpuset_has(const struct hwp_cpuset *set, unsigned cpu);
unsigned hwp_cpuset_count(const struct hwp_cpuset *set);
bool hwp_cpuset_equal(const struct hwp_cpuset *a, const struct hwp_cpuset *b);
void hwp_cpuset_and(struct hwp_cpuset *into, const struct hwp_cpuset *other);
void hwp_cpuset_or(struct hwp_cpuset *into, const struct hwp_cpuset *other);

/* The first member ≥ from, or -1. */
int hwp_cpuset_next(const struct hwp_cpuset *set, unsigned from);

#define hwp_cpuset_foreach(set, cpu)                                                              \
    for (int cpu = hwp_cpuset_next((set), 0); cpu >= 0;                                           \
         cpu = hwp_cpuset_next((set), (unsigned)cpu + 1))

/* The kernel's list format: "0-3,8" (cpuset(7)). Formatting allocates; the caller frees. */
struct hwp_error *hwp_cpuset_parse(const char *list, struct hwp_cpuset *ret) hwp_must_use;
char *hwp_cpuset_format(const struct hwp_cpuset *set);

/* sched_getaffinity and sched_setaffinity of a task (0: the caller), for any machine size.
 * Return 0 or -1 with errno; safe between fork and exec. */
int hwp_cpuset_of_task(pid_t tid, struct hwp_cpuset *ret);
int hwp_cpuset_apply(pid_t tid, const struct hwp_cpuset *set);

#endif
