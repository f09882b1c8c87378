/*
 * The slots of the placement plan: how many live tasks each has, of all processes of the workload. They
 * share the counts through a file, as each process is modelled by itself.
 */
#ifndef HWM_TOOL_SLOTS_H
#define HWM_TOOL_SLOTS_H

#include "tool.h"

/* The slot with the fewest live tasks, the first of equals; it now has one more. */
UInt hwm_slot_take(void);
void hwm_slot_give(UInt slot);

#endif
