/*
 * Task ids as a task of the workload says them: a PID namespace (containers, unshare --pid) numbers
 * its tasks anew.
 */
#ifndef HWP_TARGET_NAMESPACE_H
#define HWP_TARGET_NAMESPACE_H

#include <sys/types.h>

#include "target/tasks.h"

/* The task that `asker` means by `tid` (0: itself); NULL if it is none of the workload's. */
struct hwp_task *hwp_namespace_task(struct hwp_tasks *t, pid_t asker, pid_t tid);

#endif
