/*
 * Objects that lines belong to. Which one, is looked up when cores begin to contend for a line: by the end,
 * memory has been freed, threads are gone, and others have used both again.
 */
#ifndef HWM_TOOL_OBJECTS_H
#define HWM_TOOL_OBJECTS_H

#include "tool.h"

void hwm_objects_init(void);

/* A task is at its first instruction: finds the memory that is its stack. */
void hwm_stack_find(struct hwm_task *task);

/* Cores begin to contend for a line. */
void hwm_object_note(Addr line);

#endif
