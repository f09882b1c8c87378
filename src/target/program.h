/*
 * Which file a workload's argv[0] names: the PATH search of execvp(3), done before the fork so that
 * a name that can't be run is an error with a hint rather than a dead child.
 */
#ifndef HWP_TARGET_PROGRAM_H
#define HWP_TARGET_PROGRAM_H

#include "base/error.h"

/* The file to execute for `name`; the caller frees it. HWP_E_NO_WORKLOAD where nothing has that
 * name, HWP_E_CANT_RUN where only a directory or a file without execute permission has. */
struct hwp_error *hwp_program_find(const char *name, char **ret) hwp_must_use;

/* The error of an execve(2) of `path` that failed with `errnum`. */
struct hwp_error *hwp_program_exec_error(const char *path, int errnum) hwp_must_use;

#endif
