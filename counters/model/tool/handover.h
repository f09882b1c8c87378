/*
 * What a process keeps over exec, though the tool starts anew: the cores that the task may use, and the
 * memory policy. A file of the session's directory, one a process, between the two images.
 */
#ifndef HWM_TOOL_HANDOVER_H
#define HWM_TOOL_HANDOVER_H

#include "tool.h"

/* Before execve(2), by the task that calls it; and if it failed. */
void hwm_handover_give(const struct hwm_task *task);
void hwm_handover_cancel(void);

/* The first task of an image: takes what the former one has left, if there was one. */
void hwm_handover_take(struct hwm_task *task);

#endif
