/* Objects that lines belong to, beyond the heap's. */
#ifndef HWM_TOOL_OBJECTS_H
#define HWM_TOOL_OBJECTS_H

#include "tool.h"

/* A task is at its first instruction: finds the memory that is its stack. */
void hwm_stack_find(struct hwm_task *task);

#endif
