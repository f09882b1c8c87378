/*
 * What is measured without being launched: a process that runs already, or the whole machine.
 */
#ifndef HWP_TARGET_ATTACH_H
#define HWP_TARGET_ATTACH_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "profile/run.h"

/* Waits until process `pid` has ended (-1: nothing to wait for), the timeout has passed (0: none), or
 * SIGINT, SIGTERM or SIGHUP comes, which then ends the wait and not hwprof (one that is ignored, as
 * by nohup, stays so). Sets the run's duration; see signals_hold.h for what comes after it.
 * One thread at a time; other threads must have these signals blocked. */
struct hwp_error *hwp_attach_wait(pid_t pid, uint64_t timeout_ns, struct hwp_run *run) hwp_must_use;

/* "postgres (process 4711)". HWP_E_NOT_FOUND if there is no such process. The caller frees it. */
struct hwp_error *hwp_attach_name(pid_t pid, char **ret) hwp_must_use;

#endif
