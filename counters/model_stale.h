/*
 * The modelled PMU's directories, and those that are left behind when hwprof is killed. Locks tell
 * who is still there (flock(2); the kernel drops them however a process ends): hwprof has the file
 * `hwprof` to itself, by which the tool learns of its end, and shares `machine` with every process
 * of the workload. A directory whose `machine` nobody has locked is stale.
 */
#ifndef HWP_COUNTERS_MODEL_STALE_H
#define HWP_COUNTERS_MODEL_STALE_H

#include "base/error.h"

/* Makes and locks both files; `machine` is empty and open for writing. The caller closes them,
 * after an error too where they aren't negative. */
struct hwp_error *hwp_model_hold(const char *directory, int *ret_alive, int *ret_machine)
    hwp_must_use;

/* Removes a directory with all that is in it. */
void hwp_model_remove(const char *directory);

/* Removes this user's stale directories of sessions in `tmp`. */
void hwp_model_remove_stale(const char *tmp);

#endif
