/*
 * System calls that concern the modelled machine.
 */
#include "syscalls.h"

#include "pub_tool_aspacemgr.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

#include "core.h"
#include "guest.h"
#include "placement.h"
#include "process.h"

#define ADVICE_DONTNEED 4 /* MADV_*, of <asm-generic/mman-common.h> */
#define ADVICE_FREE     8
#define ADVICE_REMOVE   9
#define MAP_FIXED_FLAG  0x10

Bool hwm_client_reads(UWord address, SizeT bytes)
{
    return VG_(am_is_valid_for_client)(address, bytes, VKI_PROT_READ);
}

Bool hwm_client_writes(UWord address, SizeT bytes)
{
    return VG_(am_is_valid_for_client)(address, bytes, VKI_PROT_READ | VKI_PROT_WRITE);
}

void hwm_syscall_before(struct hwm_task *task, UInt nr, UWord *args, UInt nargs)
{
    (void)args, (void)nargs;
    if (nr == __NR_execve || nr == __NR_execveat)
        hwm_process_exec(task);
}

/* What is mapped there next has neither homes nor a policy of its own. */
static void forget_range(Addr start, SizeT bytes)
{
    const struct hwm_memory_policy none = {.kind = HWM_POLICY_DEFAULT};

    hwm_pages_forget(hwm_pages, start, bytes);
    hwm_pages_bind(hwm_pages, start, VG_ROUNDUP(bytes, HWM_PAGE_BYTES), none, False);
}

/* Pages that are gone: their next use gives them a new home. */
static void forget_pages(UInt nr, const UWord *args, UWord result)
{
    switch (nr) {
    case __NR_munmap:
        forget_range(args[0], args[1]);
        break;
    case __NR_madvise:
        if (args[2] == ADVICE_DONTNEED || args[2] == ADVICE_FREE || args[2] == ADVICE_REMOVE)
            hwm_pages_forget(hwm_pages, args[0], args[1]);
        break;
    case __NR_mmap:
        if (args[3] & MAP_FIXED_FLAG)
            forget_range(result, args[1]);
        break;
    case __NR_mremap:
        if (result != args[0])
            forget_range(args[0], args[1]);
        else if (args[2] < args[1])
            forget_range(args[0] + args[2], args[1] - args[2]);
        break;
    default:
        break;
    }
}

static Word answer(struct hwm_task *task, UInt nr, const UWord *args)
{
    switch (nr) {
    case __NR_set_mempolicy:
        return hwm_set_mempolicy(args);
    case __NR_get_mempolicy:
        return hwm_get_mempolicy(task, args);
    case __NR_mbind:
        return hwm_mbind(args);
    case __NR_move_pages:
        return hwm_move_pages(args);
    case __NR_getcpu:
        return hwm_getcpu(task, args);
    case __NR_sched_getaffinity:
        return hwm_get_affinity(task, args);
    case __NR_sched_setaffinity:
        return hwm_set_affinity(task, args);
    default:
        return HWM_AS_HOST;
    }
}

void hwm_syscall_after(struct hwm_task *task, UInt nr, UWord *args, UInt nargs, SysRes res)
{
    Word result = answer(task, nr, args);

    (void)nargs;
    if (result != HWM_AS_HOST)
        hwm_guest_set_result(task->thread, result);
    else if ((nr == __NR_execve || nr == __NR_execveat) && sr_isError(res))
        hwm_process_exec_failed();
    else if (!sr_isError(res))
        forget_pages(nr, args, sr_Res(res));
}
