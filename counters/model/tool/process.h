/*
 * The life of the process as the stream sees it: what the executable is called, and what must be
 * saved before an exec replaces everything.
 */
#ifndef HWM_TOOL_PROCESS_H
#define HWM_TOOL_PROCESS_H

#include "tool.h"

/* Absolute path of the running executable; valid for ever. */
const HChar *hwm_process_executable(void);

/* Before execve(2), which `task` calls: the stream is completed as if the process ended here. After it failed: the
 * stream goes on. */
void hwm_process_exec(const struct hwm_task *task);
void hwm_process_exec_failed(void);

#endif
