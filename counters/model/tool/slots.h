/*
 * The slots of the placement plan: how many live tasks each has, of all processes of the workload. Those of
 * a process that was killed count no more.
 */
#ifndef HWM_TOOL_SLOTS_H
#define HWM_TOOL_SLOTS_H

#include "tool.h"

/* The slot with the fewest live tasks, the first of equals; it now has one more. `cores` (of
 * HWM_MAX_CORES bits): only slots of these cores; NULL or none of them in the plan: any. */
UInt hwm_slot_take(const ULong *cores);
void hwm_slot_give(UInt slot);

/* From now on this process takes and gives nothing: it isn't modelled. */
void hwm_slots_ignore(void);

#endif
