/* Tasks and the system: which core a task is on, and what waiting means for its clock. */
#ifndef HWM_TOOL_TASKS_H
#define HWM_TOOL_TASKS_H

#include "tool.h"

/* The task goes on on another core: sched_setaffinity(2). */
void hwm_task_move(struct hwm_task *task, UInt core);

/* The process is about to be replaced, or ends: its tasks' slots are free for others; and: it was not. */
void hwm_tasks_give_slots(void);
void hwm_tasks_take_slots(void);

#endif
