/*
 * What Valgrind's core and the tool said in their logs, and what it means to a user.
 */
#ifndef HWP_COUNTERS_MODEL_LOGS_H
#define HWP_COUNTERS_MODEL_LOGS_H

#include "base/error.h"
#include "profile/run.h"

/* After the workload's end, its exit status known. An instruction that Valgrind doesn't know becomes
 * a note of the run; a tool that failed, or never came to run the workload, is HWP_E_SYSTEM with what
 * it said. */
struct hwp_error *hwp_model_check_logs(const char *directory, struct hwp_run *run) hwp_must_use;

#endif
