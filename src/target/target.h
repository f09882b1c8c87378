/*
 * The workload: launched, held before its exec until everything is set up, followed with all the
 * tasks it creates, each put on its core before it runs user code.
 *
 * Pinning follows tasks with ptrace(2) (PTRACE_SEIZE and TRACECLONE/FORK/VFORK): a new task starts
 * stopped, gets its affinity, and goes on. A seccomp filter hands sched_getaffinity(2) to us, and
 * we answer with the plan's whole set, so that a runtime which sizes its pool by its affinity (Go,
 * OpenMP, Rust) still sees every core of the plan. A task whose affinity the workload sets itself
 * is left alone, and so is what it creates. Without a plan nothing is traced (but for on_exec: up
 * to the first exec).
 *
 * Where ptrace or seccomp is refused, tasks are found in /proc and pinned late, and the run has the
 * note PIN_LATE.
 *
 * Limits of a traced workload; the way out of each is to have no plan (--pin none):
 *   - it can't be traced by another: as workloads, strace and gdb fail with EPERM;
 *   - without privileges, set-user-ID programs in it run without theirs (ptrace(2));
 *   - a process that outlives hwprof gets its old affinity back, but keeps the filter (the kernel
 *     has no way to remove one): its sched_getaffinity(2) and sched_setaffinity(2) fail with ENOSYS.
 *
 * All calls from one thread, the one that launched (ptrace is per thread).
 */
#ifndef HWP_TARGET_TARGET_H
#define HWP_TARGET_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "profile/run.h"
#include "topology/mempolicy.h"
#include "topology/plan.h"
#include "topology/topology.h"

struct hwp_target_config {
    char *const *argv;                  /* argv[0] is searched on PATH */
    const struct hwp_topology *topology;
    struct hwp_plan *plan;              /* NULL or empty: don't pin, don't trace */
    const struct hwp_mempolicy *memory; /* NULL: default */
    char *const *env;                   /* "NAME=VALUE" to add, NULL-terminated; NULL: nothing */
    bool fixed_addresses;               /* without address-space randomisation, where permitted */
    uint64_t timeout_ns;                /* end the workload (SIGTERM, then SIGKILL) after; 0 never */
    /* Called at the first exec, the new image mapped and nothing of it run yet. NULL: not wanted. */
    struct hwp_error *(*on_exec)(void *ctx, pid_t pid);
    void *ctx;
};

struct hwp_target;

/* Forks. The child waits; nothing of the workload has run. Fails with HWP_E_NO_WORKLOAD or
 * HWP_E_CANT_RUN at once where argv[0] can't be found or executed. */
struct hwp_error *hwp_target_launch(const struct hwp_target_config *config,
                                    struct hwp_target **ret) hwp_must_use;
pid_t hwp_target_pid(const struct hwp_target *t);

/* Lets it exec and follows it to its end. Fills the run's exit status, times, pins and notes.
 * SIGINT and SIGQUIT are left to the workload meanwhile; SIGTERM and SIGHUP are passed on. When
 * the first process ends, what it leaves running is let go. */
struct hwp_error *hwp_target_run(struct hwp_target *t, struct hwp_run *run) hwp_must_use;

/* Ends a workload that was never let go. */
void hwp_target_destroy(struct hwp_target *t);
HWP_DEFINE_CLEANUP(hwp_target_cleanup, struct hwp_target, hwp_target_destroy)

#endif
