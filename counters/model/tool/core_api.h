/*
 * Parts of Valgrind's core that its headers for tools leave out, although the libraries export
 * them. Declared as Valgrind 3.19 defines them; each says why nothing public does.
 */
#ifndef HWM_TOOL_CORE_API_H
#define HWM_TOOL_CORE_API_H

#include "pub_tool_basics.h"

/* Moves a descriptor to where the client may neither see nor close it, and closes it at exec. The
 * public functions open files only among the client's descriptors. Negative: failed. */
extern Int VG_(safe_fd)(Int oldfd);

/* Descriptors from here on are Valgrind's own. */
extern Int VG_(fd_hard_limit);

/* A thread's registers are in here, at the same place for all; see hwm_core_pass(). */
extern void *VG_(get_ThreadState)(ThreadId tid);

/* Gives up Valgrind's lock for a task that waits, and takes it again; see hwm_park(). The status is that
 * of a thread which could run if it had the lock (ThreadStatus VgTs_Yielding). */
#define HWM_STATUS_YIELDING 4
extern void VG_(release_BigLock)(ThreadId tid, Int status, const HChar *who);
extern void VG_(acquire_BigLock)(ThreadId tid, const HChar *who);

/* Any system call: the public functions have no pwrite(2) and no ftruncate(2). */
extern SysRes VG_(do_syscall)(UWord number, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord,
                              RegWord, RegWord);

/* Throws translations away. VG_(discard_translations_safely), the public one, asserts that it is
 * called by generated code, so the child of a fork can't use it. The translation that runs now
 * stays readable until it has left. */
extern Bool VG_(ok_to_discard_translations);
extern void VG_(discard_translations)(Addr start, ULong range, const HChar *who);

/* Name of a function as the linker knows it; the public functions demangle. */
extern Bool VG_(get_fnname_raw)(DiEpoch ep, Addr a, const HChar **ret_name);

/* The file behind a descriptor. */
extern Bool VG_(resolve_filename)(Int fd, const HChar **ret_name);

/* The descriptor of the client's executable, held open for /proc/self/exe. */
extern Int VG_(cl_exec_fd);

#endif
