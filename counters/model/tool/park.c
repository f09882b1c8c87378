#include "park.h"

#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums_asm.h"

#include "core_api.h"

/* How long it may take until a task notices what it isn't called for. */
#define PATIENCE_NS 100000000

#define PRIVATE_FUTEX 128 /* FUTEX_PRIVATE_FLAG of futex(2) */

void hwm_park(struct hwm_task *t)
{
    struct vki_timespec patience = {.tv_nsec = PATIENCE_NS};

    t->passed = False;
    t->parked = 1;
    VG_(release_BigLock)(t->thread, HWM_STATUS_YIELDING, "hwm_park");
    VG_(do_syscall)
    (__NR_futex, (RegWord)&t->parked, VKI_FUTEX_WAIT | PRIVATE_FUTEX, 1, (RegWord)&patience, 0, 0,
     0, 0);
    VG_(acquire_BigLock)(t->thread, "hwm_park");
    t->parked = 0;
}

void hwm_unpark(struct hwm_task *t)
{
    if (!t->parked)
        return;
    t->parked = 0;
    VG_(do_syscall)
    (__NR_futex, (RegWord)&t->parked, VKI_FUTEX_WAKE | PRIVATE_FUTEX, 1, 0, 0, 0, 0, 0);
}

void hwm_unpark_all(void)
{
    for (UInt i = 0; i < hwm_tasks_live(); i++)
        hwm_unpark(hwm_task_live(i));
}

/* --- the end of the process --------------------------------------------------------------------
 * Two functions of Valgrind's, wrapped by the linker: nothing tells tools that other threads are to
 * end. */

static Bool is_ending;

extern void __real_vgPlain_nuke_all_threads_except(ThreadId me, Int reason);
void __wrap_vgPlain_nuke_all_threads_except(ThreadId me, Int reason);
extern void __real_vgPlain_poll_signals(ThreadId thread);
void __wrap_vgPlain_poll_signals(ThreadId thread);

/* All threads but one have been told to end: those that are parked are to hear of it at once. */
void __wrap_vgPlain_nuke_all_threads_except(ThreadId me, Int reason)
{
    __real_vgPlain_nuke_all_threads_except(me, reason);
    is_ending = True;
    hwm_unpark_all();
}

/* A fatal signal stays queued while its thread waits for the others to end, and looks for signals
 * meanwhile: it would find the same again, and wait within the wait, until its stack is full. */
void __wrap_vgPlain_poll_signals(ThreadId thread)
{
    if (!is_ending)
        __real_vgPlain_poll_signals(thread);
}
