/*
 * Who waits on which futex in the kernel, and who is woken by a call: futex(2) as the turns see it.
 */
#ifndef HWM_TOOL_FUTEX_H
#define HWM_TOOL_FUTEX_H

#include "tool.h"

Bool hwm_futex_wakes(UInt nr, const UWord *args);
Bool hwm_futex_waits(UInt nr, const UWord *args);

/* Before a call that waits: notes on what. */
void hwm_futex_wait(struct hwm_task *task, const UWord *args);
/* Before a call that wakes: those it asks for may run. After it: as many of them as the kernel says it
 * woke; those that it put onto another futex wait on that. */
void hwm_futex_wake(struct hwm_task *waker, const UWord *args);
void hwm_futex_woke(struct hwm_task *waker, const UWord *args, SysRes res);
/* All that wait on `futex` (0: none) are woken: a thread's end. */
void hwm_futex_wake_all(struct hwm_task *waker, UWord futex);

#endif
