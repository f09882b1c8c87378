/*
 * Numbers that all processes of the workload share: a file of the session's directory, locked while a
 * process has it open, as each process is modelled by itself.
 */
#ifndef HWM_TOOL_SHARED_H
#define HWM_TOOL_SHARED_H

#include "tool.h"

/* Waits for its turn, then reads what is there; before anybody wrote, `into` stays as it is.
 * Negative: there is no such file to be had, and `into` is this process's own affair. */
Int hwm_shared_open(const HChar *name, void *into, SizeT bytes);
/* Writes it back and lets the next process in. `fd` may be negative. */
void hwm_shared_close(Int fd, const void *from, SizeT bytes);

/* Takes `fd`, the file `machine`, and keeps it locked, so that nobody takes the session's directory for
 * one that was left behind: until this process and those that it forks have ended. */
void hwm_shared_hold(Int fd);

/* Whether hwprof has ended before the workload: it was killed. */
Bool hwm_shared_is_orphan(void);

#endif
