/*
 * System calls that concern the modelled machine: those that place memory and tasks are answered
 * for it, as the host may have fewer nodes and CPUs; exec ends a stream.
 */
#ifndef HWM_TOOL_SYSCALLS_H
#define HWM_TOOL_SYSCALLS_H

#include "tool.h"

/* Before the host's kernel sees the call, and with what it answered. */
void hwm_syscall_before(struct hwm_task *task, UInt nr, UWord *args, UInt nargs);
void hwm_syscall_after(struct hwm_task *task, UInt nr, UWord *args, UInt nargs, SysRes res);

#endif
