/* Which object a contended line belongs to. */
#include "objects.h"

#include "pub_tool_aspacemgr.h"
#include "pub_tool_debuginfo.h"

#include "guest.h"
#include "lines.h"

/* A stack is rarely bigger (RLIMIT_STACK's default). */
#define STACK_BYTES (8ul << 20)
/* How far from the thread pointer thread-local variables are looked for; on its other side is what
 * the libc keeps of a thread (glibc's struct pthread has about so many bytes). */
#if defined(VGA_amd64)
#define OWN_BELOW (64ul << 10)
#define OWN_ABOVE 2304ul
#else
#define OWN_BELOW 2304ul
#define OWN_ABOVE (64ul << 10)
#endif

/* --- stacks and thread-local variables ----------------------------------------------------------
 */

void hwm_stack_find(struct hwm_task *t)
{
    const NSegment *segment = VG_(am_find_nsegment)(t->stack);

    t->stack_start = t->stack > STACK_BYTES ? t->stack - STACK_BYTES : 0;
    t->stack_end = t->stack + 1;
    if (!segment)
        return;
    /* The first one's grows, and has arguments and environment above; others have their own
     * variables there. */
    if (!t->index)
        t->stack_end = segment->end + 1;
    else if (segment->start > t->stack_start)
        t->stack_start = segment->start;
}

static Bool is_on_stack(const struct hwm_task *t, Addr address)
{
    return address >= t->stack_start && address < t->stack_end;
}

static Bool is_own(const struct hwm_task *t, Addr address)
{
    Addr own = t->alive ? hwm_guest_thread_pointer(t->thread) : t->own;
    Addr start = own > OWN_BELOW ? own - OWN_BELOW : 0;

    if (!own)
        return False;
    if (t->index && start < t->stack_end)
        start = t->stack_end;
    return address >= start && address < own + OWN_ABOVE &&
           VG_(am_find_nsegment)(address) == VG_(am_find_nsegment)(own);
}

/* Stacks are used again: the latest owner counts, who lives before who doesn't. */
static const struct hwm_task *owner_by(Bool (*has)(const struct hwm_task *, Addr), Addr address)
{
    const struct hwm_task *former = NULL;

    for (UInt i = hwm_tasks_count(); i-- > 0;) {
        const struct hwm_task *t = hwm_task_at(i);
        if (!has(t, address))
            continue;
        if (t->alive)
            return t;
        if (!former)
            former = t;
    }
    return former;
}

/* --- the rest -------------------------------------------------------------------------------- */

/* The allocation that the line begins in, or else the first one in it. */
static Bool heap_owner(Addr line, struct hwm_allocation *ret)
{
    for (Addr at = line; at < line + hwm_machine.line_bytes; at += 16)
        if (hwm_heap_find(at, ret))
            return True;
    return False;
}

static Bool is_static(Addr address)
{
    return VG_(DebugInfo_sect_kind)(NULL, address) != Vg_SectUnknown;
}

static Bool is_tasks(struct hwm_record_line *record, enum hwm_object kind,
                     Bool (*has)(const struct hwm_task *, Addr))
{
    const struct hwm_task *owner = owner_by(has, record->address);

    if (!owner)
        return False;
    record->object = kind;
    record->object_tid = owner->tid;
    return True;
}

static void take_mapping(struct hwm_record_line *record)
{
    const NSegment *segment = VG_(am_find_nsegment)(record->address);

    if (!segment || !(segment->kind & (SkFileC | SkAnonC | SkShmC)))
        return;
    record->object = HWM_OBJECT_MAPPING;
    record->object_address = segment->start;
    record->object_bytes = segment->end + 1 - segment->start;
}

void hwm_object_find(struct hwm_record_line *record)
{
    struct hwm_allocation a;

    if (heap_owner(record->address, &a)) {
        record->object = HWM_OBJECT_HEAP;
        record->object_address = a.address;
        record->object_bytes = a.bytes;
        for (UInt i = 0; i < 8; i++)
            record->allocator[i] = a.allocator[i];
    } else if (is_static(record->address)) {
        record->object = HWM_OBJECT_STATIC;
    } else if (!is_tasks(record, HWM_OBJECT_STACK, is_on_stack) &&
               !is_tasks(record, HWM_OBJECT_THREAD, is_own)) {
        take_mapping(record);
    }
}
