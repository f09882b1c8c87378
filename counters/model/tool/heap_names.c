/*
 * Allocating functions by name: those of libc and of the allocators that take their place
 * (jemalloc, tcmalloc, mimalloc), whose own names have a prefix.
 */
#include "heap_names.h"

#include "pub_tool_debuginfo.h"

#define KEPT 64 /* entries that were recognised: there are few */

static const struct {
    const HChar *name;
    enum hwm_allocator kind;
} names[] = {
    {"malloc", HWM_ALLOCATOR_SIZE},
    {"calloc", HWM_ALLOCATOR_PRODUCT},
    {"realloc", HWM_ALLOCATOR_RESIZE},
    {"free", HWM_ALLOCATOR_FREE},
    {"cfree", HWM_ALLOCATOR_FREE},
    {"memalign", HWM_ALLOCATOR_ALIGNED},
    {"aligned_alloc", HWM_ALLOCATOR_ALIGNED},
    {"posix_memalign", HWM_ALLOCATOR_POSIX},
    {"valloc", HWM_ALLOCATOR_SIZE},
    {"pvalloc", HWM_ALLOCATOR_SIZE},
};

static const struct {
    const HChar *begin;
    enum hwm_allocator kind;
} operators[] = {
    /* C++, demangled or not */
    {"operator new(", HWM_ALLOCATOR_SIZE},
    {"operator new[](", HWM_ALLOCATOR_SIZE},
    {"operator delete(", HWM_ALLOCATOR_FREE},
    {"operator delete[](", HWM_ALLOCATOR_FREE},
    {"_Znwm", HWM_ALLOCATOR_SIZE},
    {"_Znam", HWM_ALLOCATOR_SIZE},
    {"_ZdlPv", HWM_ALLOCATOR_FREE},
    {"_ZdaPv", HWM_ALLOCATOR_FREE},
};

static const HChar *const prefixes[] = {"__libc_", "__", "je_", "tc_", "mi_"};

static enum hwm_allocator kind_of(const HChar *name)
{
    for (UInt i = 0; i < sizeof operators / sizeof *operators; i++)
        if (!VG_(strncmp)(name, operators[i].begin, VG_(strlen)(operators[i].begin)))
            return operators[i].kind;
    for (UInt i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        SizeT n = VG_(strlen)(prefixes[i]);

        if (!VG_(strncmp)(name, prefixes[i], n)) {
            name += n;
            break;
        }
    }
    for (UInt i = 0; i < sizeof names / sizeof *names; i++)
        if (!VG_(strcmp)(name, names[i].name))
            return names[i].kind;
    return HWM_NO_ALLOCATOR;
}

enum hwm_allocator hwm_allocator_at(Addr address)
{
    static struct {
        Addr address;
        enum hwm_allocator kind;
        UInt epoch; /* another library may come to lie there */
    } kept[KEPT];
    DiEpoch epoch = VG_(current_DiEpoch)();
    UInt slot = (UInt)(address >> 4) % KEPT;
    const HChar *name;

    if (kept[slot].address == address && kept[slot].epoch == epoch.n)
        return kept[slot].kind;
    if (!VG_(get_fnname_if_entry)(epoch, address, &name) || kind_of(name) == HWM_NO_ALLOCATOR)
        return HWM_NO_ALLOCATOR;
    kept[slot].address = address;
    kept[slot].epoch = epoch.n;
    return kept[slot].kind = kind_of(name);
}
