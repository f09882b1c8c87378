/*
 * Where tasks run: getcpu(2), sched_getaffinity(2), sched_setaffinity(2), by the CPU numbers that
 * the modelled cores have. The host's CPUs don't matter.
 */
#include "placement.h"

#include "pub_tool_vki.h"

#include "tasks.h"

#define MAX_CPUS 65536 /* hwm_core_place.cpu has 16 bits */

Word hwm_getcpu(const struct hwm_task *task, const UWord *args)
{
    const struct hwm_core_place *place = &hwm_machine.cores[task->core];
    const UInt values[] = {place->cpu, place->node};

    for (UInt i = 0; i < 2; i++) {
        if (!args[i])
            continue;
        if (!hwm_client_writes(args[i], sizeof values[i]))
            return -VKI_EFAULT;
        *(UInt *)args[i] = values[i];
    }
    return 0;
}

/* The task that a call names; NULL: none of this process. */
static struct hwm_task *named_task(struct hwm_task *task, UWord tid)
{
    if (!tid)
        return task;
    for (UInt i = 0; i < hwm_tasks_count(); i++) {
        struct hwm_task *t = hwm_task_at(i);

        if (t->alive && t->tid == (UInt)tid)
            return t;
    }
    return NULL;
}

static Bool has_cpu(const UChar *mask, SizeT bytes, UInt cpu)
{
    return cpu / 8 < bytes && mask[cpu / 8] >> (cpu % 8) & 1;
}

/* Bytes of a mask that can name each CPU, in the kernel's unit. */
static SizeT mask_bytes(void)
{
    UInt last = 0;

    for (UInt i = 0; i < hwm_machine.nr_cores; i++)
        if (hwm_machine.cores[i].cpu > last)
            last = hwm_machine.cores[i].cpu;
    return VG_ROUNDUP(last + 1, 64) / 8;
}

Word hwm_get_affinity(struct hwm_task *task, const UWord *args)
{
    SizeT bytes = mask_bytes();
    UChar *mask = (UChar *)args[2];

    task = named_task(task, args[0]);
    if (!task)
        return HWM_AS_HOST;
    if (args[1] < bytes || args[1] % 8)
        return -VKI_EINVAL;
    if (!hwm_client_writes(args[2], bytes))
        return -VKI_EFAULT;
    VG_(memset)(mask, 0, bytes);
    for (UInt i = 0; i < hwm_machine.nr_slots; i++) {
        UInt cpu = hwm_machine.cores[hwm_machine.slots[i]].cpu;

        mask[cpu / 8] |= (UChar)(1u << (cpu % 8));
    }
    return (Word)bytes;
}

Word hwm_set_affinity(struct hwm_task *task, const UWord *args)
{
    const UChar *mask = (const UChar *)args[2];
    SizeT bytes = args[1] < MAX_CPUS / 8 ? args[1] : MAX_CPUS / 8;
    UInt first = HWM_MAX_CORES;

    task = named_task(task, args[0]);
    if (!task)
        return HWM_AS_HOST;
    if (!hwm_client_reads(args[2], bytes))
        return -VKI_EFAULT;
    if (has_cpu(mask, bytes, hwm_machine.cores[task->core].cpu))
        return 0;
    for (UInt i = 0; i < hwm_machine.nr_cores && first == HWM_MAX_CORES; i++)
        if (has_cpu(mask, bytes, hwm_machine.cores[i].cpu))
            first = i;
    if (first == HWM_MAX_CORES)
        return -VKI_EINVAL;
    hwm_task_move(task, first);
    return 0;
}
