/* Which object a contended line belongs to. */
#include "objects.h"

#include "pub_tool_aspacemgr.h"
#include "pub_tool_debuginfo.h"
#include "pub_tool_oset.h"

#include "guest.h"
#include "lines.h"
#include "maps.h"

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

struct owner {
    enum hwm_object kind;
    UInt tid;                   /* of a stack, or of thread-local variables */
    struct hwm_allocation what; /* on the heap; of a mapping, its extent */
};

/* --- stacks and thread-local variables ----------------------------------------------------------
 */

void hwm_stack_find(struct hwm_task *t)
{
    const NSegment *segment = VG_(am_find_nsegment)(t->stack);
    Addr start, end;

    t->stack_start = t->stack > STACK_BYTES ? t->stack - STACK_BYTES : 0;
    t->stack_end = t->stack + 1;
    /* The first one's grows, and has arguments and environment above; others have their own
     * variables there. */
    if (!t->index && segment)
        t->stack_end = segment->end + 1;
    else if (t->index && hwm_mapping_find(t->stack, &start, &end) && start > t->stack_start)
        t->stack_start = start;
}

static Bool is_on_stack(const struct hwm_task *t, Addr address)
{
    return address >= t->stack_start && address < t->stack_end;
}

static Bool is_own(const struct hwm_task *t, Addr address)
{
    Addr own = hwm_guest_thread_pointer(t->thread);
    Addr start = own > OWN_BELOW ? own - OWN_BELOW : 0;

    if (!own)
        return False;
    if (t->index && start < t->stack_end)
        start = t->stack_end;
    return address >= start && address < own + OWN_ABOVE &&
           VG_(am_find_nsegment)(address) == VG_(am_find_nsegment)(own);
}

/* Of several stacks in one mapping, the one that begins closest above. */
static const struct hwm_task *owner_by(Bool (*has)(const struct hwm_task *, Addr), Addr address)
{
    const struct hwm_task *best = NULL;

    for (UInt i = 0; i < hwm_tasks_live(); i++) {
        const struct hwm_task *t = hwm_task_live(i);
        if (has(t, address) && (!best || t->stack_end < best->stack_end))
            best = t;
    }
    return best;
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

static Bool is_tasks(struct owner *o, Addr line, enum hwm_object kind,
                     Bool (*has)(const struct hwm_task *, Addr))
{
    const struct hwm_task *task = owner_by(has, line);

    if (!task)
        return False;
    o->kind = kind;
    o->tid = task->tid;
    return True;
}

static void take_mapping(struct owner *o, Addr line)
{
    const NSegment *segment = VG_(am_find_nsegment)(line);
    Addr start, end;

    if (!segment || !(segment->kind & (SkFileC | SkAnonC | SkShmC)))
        return;
    if (!hwm_mapping_find(line, &start, &end)) {
        start = segment->start;
        end = segment->end + 1;
    }
    o->kind = HWM_OBJECT_MAPPING;
    o->what.address = start;
    o->what.bytes = end - start;
}

static struct owner owner_of(Addr line)
{
    struct owner o = {0};

    if (heap_owner(line, &o.what))
        o.kind = HWM_OBJECT_HEAP;
    else if (is_static(line))
        o.kind = HWM_OBJECT_STATIC;
    else if (!is_tasks(&o, line, HWM_OBJECT_STACK, is_on_stack) &&
             !is_tasks(&o, line, HWM_OBJECT_THREAD, is_own))
        take_mapping(&o, line);
    return o;
}

/* --- owners of contended lines, as long as they are known ---------------------------------------
 */

struct noted {
    Addr line;
    const struct owner *owner;
};

static OSet *notes;
static struct owner *last; /* neighbours mostly belong to the same */

void hwm_objects_init(void)
{
    notes = VG_(OSetGen_Create_With_Pool)(offsetof(struct noted, line), NULL, VG_(malloc),
                                          "hwm.objects", VG_(free), 256, sizeof(struct noted));
}

void hwm_object_note(Addr line)
{
    struct noted *noted = VG_(OSetGen_Lookup)(notes, &line);
    struct owner now = owner_of(line);

    if (!noted) {
        noted = VG_(OSetGen_AllocNode)(notes, sizeof *noted);
        *noted = (struct noted){.line = line};
        VG_(OSetGen_Insert)(notes, noted);
    }
    if (!last || VG_(memcmp)(last, &now, sizeof now)) {
        last = VG_(malloc)("hwm.object", sizeof now);
        VG_(memcpy)(last, &now, sizeof now);
    }
    noted->owner = last;
}

void hwm_object_find(struct hwm_record_line *record)
{
    const struct noted *noted = VG_(OSetGen_Lookup)(notes, &record->address);

    if (!noted)
        return;
    record->object = noted->owner->kind;
    record->object_tid = noted->owner->tid;
    record->object_address = noted->owner->what.address;
    record->object_bytes = noted->owner->what.bytes;
    for (UInt i = 0; i < 8; i++)
        record->allocator[i] = noted->owner->what.allocator[i];
}
