/* Tasks and the system: which core a task is on, and what waiting means for its clock. */
#ifndef HWM_TOOL_TASKS_H
#define HWM_TOOL_TASKS_H

#include "tool.h"

/* sched_setaffinity(2): the task runs on one of these cores alone (of HWM_MAX_CORES bits, one at
 * least), and so do those that it makes. */
void hwm_task_bind(struct hwm_task *task, const ULong cores[HWM_MAX_CORES / 64]);
Bool hwm_task_may_use(const struct hwm_task *task, UInt core);

/* The process is about to be replaced, or ends: its tasks' slots are free for others; and: it was not. */
void hwm_tasks_give_slots(void);
void hwm_tasks_take_slots(void);

#endif
