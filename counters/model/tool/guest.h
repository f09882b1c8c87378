/*
 * Registers of a task by their role in a call or a system call.
 */
#ifndef HWM_TOOL_GUEST_H
#define HWM_TOOL_GUEST_H

#include "tool.h"

/* The n-th integer argument (0 to 2) of the function whose first instruction the task is at. */
UWord hwm_guest_argument(ThreadId thread, UInt n);

/* Where that function returns to; `stack` is the stack pointer. */
Addr hwm_guest_return_address(ThreadId thread, Addr stack);

/* What a function has just returned. */
UWord hwm_guest_result(ThreadId thread);

/* Its thread pointer: thread-local variables lie about it. 0 until the libc has set it. */
Addr hwm_guest_thread_pointer(ThreadId thread);

/* What the system call that has just ended seems to have returned: a value, or -errno. */
void hwm_guest_set_result(ThreadId thread, Word result);

#endif
