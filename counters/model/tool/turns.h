/*
 * Turns: which task runs next. The one whose core's clock is the earliest, until it is a slice ahead
 * of the next; so the order in which tasks run follows from the model and not from when the kernel
 * happens to wake whom. Tasks in system calls take no part, unless another is known to have woken
 * them: those count from then on, although they have yet to get Valgrind's lock.
 */
#ifndef HWM_TOOL_TURNS_H
#define HWM_TOOL_TURNS_H

#include "tool.h"

void hwm_turn_enter(struct hwm_task *task);   /* a new task */
void hwm_turn_leave(struct hwm_task *task);   /* its end */
void hwm_turn_moved(struct hwm_task *task, UInt core); /* before task->core changes */

/* Around a system call. */
void hwm_turn_wait(struct hwm_task *task, UInt nr, const UWord *args);
void hwm_turn_return(struct hwm_task *task, UInt nr, const UWord *args, SysRes res);
/* A signal has ended a system call that did not return: it begins anew after the handler. */
void hwm_turn_interrupt(struct hwm_task *task);

/* A task that waits in the kernel is known to have been woken, at this time or later; or is known not to
 * have been, after all. */
void hwm_turn_wake(struct hwm_task *task, ULong ticks);
void hwm_turn_unwake(struct hwm_task *task);

/* A task has got Valgrind's lock: whether it may run. */
Bool hwm_turn_take(struct hwm_task *task);

/* At the end of a slice: `spent` if the running task is as far ahead as it may be. Whether it goes
 * on at once. */
Bool hwm_turn_goes_on(Bool spent);

/* A forked child: only `task` is left. */
void hwm_turns_reset(struct hwm_task *task);

#endif
