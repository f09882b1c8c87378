/* Tasks and the system: which core a task is on, and what waiting means for its clock. */
#ifndef HWM_TOOL_TASKS_H
#define HWM_TOOL_TASKS_H

#include "tool.h"

/* The task goes on on another core: sched_setaffinity(2). */
void hwm_task_move(struct hwm_task *task, UInt core);

#endif
