/*
 * Executable mappings of the client, told to the stream as they come: at the start, with mmap(2)
 * and mprotect(2), and all over again in a forked child. The names of functions are looked up by
 * them later, so a mapping is in the stream before the costs of its code.
 */
#include "pub_tool_aspacemgr.h"
#include "pub_tool_clientstate.h"
#include "pub_tool_oset.h"
#include "pub_tool_xarray.h"

#include "maps.h"

#define CLIENT (SkFileC | SkAnonC | SkShmC)

struct map {
    Addr start, end; /* end: the first byte behind it */
    ULong inode, offset;
};

static XArray *maps; /* struct map: what was told and still holds; few, so searched one by one */

/* Whether the stream knows this already (code is protected and unprotected again by JITs). What it
 * overlaps otherwise no longer holds. */
static Bool is_known(const struct map *m)
{
    for (Word i = VG_(sizeXA)(maps) - 1; i >= 0; i--) {
        const struct map *old = VG_(indexXA)(maps, i);

        if (old->end <= m->start || m->end <= old->start)
            continue;
        if (old->start <= m->start && m->end <= old->end && old->inode == m->inode &&
            (!m->inode || old->offset + (m->start - old->start) == m->offset))
            return True;
        VG_(removeIndexXA)(maps, i);
    }
    return False;
}

static const HChar *name_of(const NSegment *segment)
{
    const HChar *name = VG_(am_get_filename)(segment);

    if (segment->kind == SkFileC && name)
        return name;
    return "//anon";
}

static void write_map(const struct map *m, const NSegment *segment)
{
    const HChar *name = name_of(segment);
    SizeT name_bytes = VG_(strlen)(name) + 1;
    SizeT bytes = sizeof(struct hwm_record_map) + name_bytes;
    struct hwm_record_map *r = VG_(calloc)("hwm.maps.record", 1, bytes + 8);

    r->head.type = HWM_RECORD_MAP;
    r->head.ticks = hwm_task ? hwm_core_clock(hwm_task->core) : 0;
    r->start = m->start;
    r->length = m->end - m->start;
    r->offset = m->offset;
    r->inode = m->inode;
    /* as glibc's gnu_dev_major() and gnu_dev_minor() */
    r->device_major = (UInt)((segment->dev >> 8 & 0xfff) | (segment->dev >> 32 & ~0xfffull));
    r->device_minor = (UInt)((segment->dev & 0xff) | (segment->dev >> 12 & ~0xffull));
    VG_(memcpy)(r->name, name, name_bytes);
    hwm_stream_write(&r->head, bytes);
    VG_(free)(r);
}

/* Tells what part of [start, end) one segment holds. Returns where it ends. */
static Addr tell_segment(const NSegment *segment, Addr start, Addr end)
{
    struct map m = {.start = start, .end = segment->end + 1, .inode = segment->ino};

    if (m.end > end)
        m.end = end;
    if (segment->kind == SkFileC)
        m.offset = (ULong)segment->offset + (start - segment->start);
    else
        m.inode = 0;
    if (!is_known(&m)) {
        VG_(addToXA)(maps, &m);
        write_map(&m, segment);
    }
    return m.end;
}

static void tell_range(Addr start, SizeT length)
{
    Addr end = start + length;

    while (start < end) {
        const NSegment *segment = VG_(am_find_nsegment)(start);

        if (!segment || !(segment->kind & CLIENT) || !segment->hasX)
            return;
        start = tell_segment(segment, start, end);
    }
}

/* --- what was mapped by which call ------------------------------------------------------------- */

struct extent {
    Addr start, end;
};

static OSet *extents; /* struct extent: don't overlap */

static Word compare_overlap(const void *key, const void *element)
{
    const struct extent *k = key, *e = element;

    return k->end <= e->start ? -1 : k->start >= e->end;
}

static void add_extent(Addr start, Addr end)
{
    struct extent *e;

    if (start >= end)
        return;
    e = VG_(OSetGen_AllocNode)(extents, sizeof *e);
    *e = (struct extent){start, end};
    VG_(OSetGen_Insert)(extents, e);
}

static void cut_out(Addr start, SizeT length)
{
    struct extent range = {start, start + length}, *e, old;

    while ((e = VG_(OSetGen_LookupWithCmp)(extents, &range, compare_overlap))) {
        old = *e;
        VG_(OSetGen_Remove)(extents, &old.start);
        VG_(OSetGen_FreeNode)(extents, e);
        add_extent(old.start, old.start < start ? start : old.start);
        add_extent(range.end, old.end);
    }
}

Bool hwm_mapping_find(Addr address, Addr *ret_start, Addr *ret_end)
{
    const struct extent range = {address, address + 1};
    const struct extent *e = VG_(OSetGen_LookupWithCmp)(extents, &range, compare_overlap);

    if (e) {
        *ret_start = e->start;
        *ret_end = e->end;
    }
    return e != NULL;
}

static void mapped(Addr start, SizeT length, Bool r, Bool w, Bool x, ULong handle)
{
    (void)r, (void)w, (void)handle;
    cut_out(start, length);
    add_extent(start, start + length);
    if (x)
        tell_range(start, length);
}

static void new_mapping(Addr start, SizeT length, Bool r, Bool w, Bool x, ULong handle)
{
    (void)r, (void)w, (void)handle;
    if (x)
        tell_range(start, length);
}

static void new_protection(Addr start, SizeT length, Bool r, Bool w, Bool x)
{
    (void)r, (void)w;
    if (x)
        tell_range(start, length);
}

static Addr *segment_starts(Int *ret_count)
{
    Int room = 256;

    for (;;) {
        Addr *starts = VG_(malloc)("hwm.maps.starts", (SizeT)room * sizeof *starts);

        *ret_count = VG_(am_get_segment_starts)(CLIENT, starts, room);
        if (*ret_count >= 0)
            return starts;
        VG_(free)(starts);
        room = -*ret_count + 16; /* the array itself may need a segment */
    }
}

void hwm_maps_tell_all(void)
{
    Int count;
    Addr *starts = segment_starts(&count);

    VG_(dropTailXA)(maps, VG_(sizeXA)(maps));
    for (Int i = 0; i < count; i++) {
        const NSegment *segment = VG_(am_find_nsegment)(starts[i]);

        if (segment && segment->hasX)
            tell_range(segment->start, segment->end + 1 - segment->start);
    }
    VG_(free)(starts);
}

void hwm_maps_init(void)
{
    maps = VG_(newXA)(VG_(malloc), "hwm.maps", VG_(free), sizeof(struct map));
    extents = VG_(OSetGen_Create)(offsetof(struct extent, start), NULL, VG_(malloc), "hwm.extents",
                                  VG_(free));
    VG_(track_new_mem_startup)(new_mapping);
    VG_(track_new_mem_mmap)(mapped);
    VG_(track_die_mem_munmap)(cut_out);
    VG_(track_change_mem_mprotect)(new_protection);
}
