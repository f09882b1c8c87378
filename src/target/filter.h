/*
 * How a pinned task still sees every CPU of the plan. A seccomp filter stops each
 * sched_getaffinity(2) and sched_setaffinity(2) of the workload and touches no other call. The
 * tracer answers the first, and learns from the second that the workload places a task itself (even
 * if on the very CPU that it has been given).
 *
 * The answer is the plan's whole set where the question is about a task that has the one CPU we
 * gave it. Everything else (a task that was pinned by the workload itself, a foreign process, a bad
 * size or pointer) goes on to the kernel unchanged.
 *
 * x86-64 and arm64; elsewhere the filter can't be installed (ENOSYS).
 */
#ifndef HWP_TARGET_FILTER_H
#define HWP_TARGET_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "topology/cpuset.h"

/* In the child, before its exec; inherited by all it creates. Returns 0 or an errno. */
int hwp_filter_install(void);

struct hwp_affinity_question {
    bool is_set; /* sched_setaffinity: only `tid` counts */
    pid_t tid; /* the task asked about; 0: the asking one */
    size_t bytes;
    uint64_t buffer; /* in the asking task */
};

/* What the task `asker`, in its PTRACE_EVENT_SECCOMP stop, asks. False if it can't be read. */
bool hwp_affinity_question(pid_t asker, struct hwp_affinity_question *ret);

/* Answers it with `cpus` and skips the system call, if `about` (the tid that is asked about) may
 * run on `cpu` alone. Otherwise leaves the call to the kernel. */
void hwp_affinity_answer(pid_t asker, const struct hwp_affinity_question *q, pid_t about, int cpu,
                         const struct hwp_cpuset *cpus);

#endif
