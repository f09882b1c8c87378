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

static void add_cpu(UChar *mask, UInt core)
{
    UInt cpu = hwm_machine.cores[core].cpu;

    mask[cpu / 8] |= (UChar)(1u << (cpu % 8));
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
    if (task->is_bound) {
        for (UInt i = 0; i < hwm_machine.nr_cores; i++)
            if (hwm_task_may_use(task, i))
                add_cpu(mask, i);
    } else {
        for (UInt i = 0; i < hwm_machine.nr_slots; i++)
            add_cpu(mask, hwm_machine.slots[i]);
    }
    return (Word)bytes;
}

Word hwm_set_affinity(struct hwm_task *task, const UWord *args)
{
    const UChar *mask = (const UChar *)args[2];
    SizeT bytes = args[1] < MAX_CPUS / 8 ? args[1] : MAX_CPUS / 8;
    ULong cores[HWM_MAX_CORES / 64] = {0};
    Bool has_any = False;

    task = named_task(task, args[0]);
    if (!task)
        return HWM_AS_HOST;
    if (!hwm_client_reads(args[2], bytes))
        return -VKI_EFAULT;
    for (UInt i = 0; i < hwm_machine.nr_cores; i++)
        if (has_cpu(mask, bytes, hwm_machine.cores[i].cpu)) {
            cores[i / 64] |= 1ull << i % 64;
            has_any = True;
        }
    if (!has_any)
        return -VKI_EINVAL;
    hwm_task_bind(task, cores);
    return 0;
}
