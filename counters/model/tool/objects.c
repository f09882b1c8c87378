/* Which object a contended line belongs to. */
#include "pub_tool_aspacemgr.h"

#include "lines.h"

/* Threads' stacks begin at their first stack pointer and are rarely bigger (RLIMIT_STACK's
 * default). */
#define STACK_BYTES (8ul << 20)

static const struct hwm_task *stack_owner(Addr address)
{
    for (UInt i = 0; i < hwm_tasks_count(); i++) {
        const struct hwm_task *t = hwm_task_at(i);
        if (address <= t->stack && t->stack - address < STACK_BYTES)
            return t;
    }
    return NULL;
}

/* The allocation that the line begins in, or else the first one in it. */
static Bool heap_owner(Addr line, struct hwm_allocation *ret)
{
    for (Addr at = line; at < line + hwm_machine.line_bytes; at += 16)
        if (hwm_heap_find(at, ret))
            return True;
    return False;
}

void hwm_object_find(struct hwm_record_line *record)
{
    struct hwm_allocation a;
    const struct hwm_task *owner;
    const NSegment *segment;

    if (heap_owner(record->address, &a)) {
        record->object = HWM_OBJECT_HEAP;
        record->object_address = a.address;
        record->object_bytes = a.bytes;
        for (UInt i = 0; i < 8; i++)
            record->allocator[i] = a.allocator[i];
        return;
    }
    segment = VG_(am_find_nsegment)(record->address);
    owner = stack_owner(record->address);
    if (segment && segment->kind == SkFileC) {
        record->object = HWM_OBJECT_STATIC;
    } else if (owner) {
        record->object = HWM_OBJECT_STACK;
        record->object_tid = owner->tid;
    }
}
