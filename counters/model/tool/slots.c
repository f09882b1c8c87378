#include "slots.h"

#include "pub_tool_libcproc.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums_asm.h"

#include "core_api.h"
#include "shared.h"

#define MAX_HOLDS 8192

struct hold { /* tasks of a process on a slot */
    UInt pid;
    UShort slot, nr_tasks;
};

/* As in the file, which ends behind the last hold. */
static struct {
    UInt nr, unused;
    struct hold holds[MAX_HOLDS];
} shared;
static UInt live_on[HWM_MAX_SLOTS];
static Bool is_ignored;

/* --- the file -------------------------------------------------------------------------------- */

static Int open_holds(void)
{
    Int fd = hwm_shared_open("slots", &shared, sizeof shared);

    if (shared.nr > MAX_HOLDS)
        shared.nr = 0;
    return fd;
}

static void close_holds(Int fd)
{
    hwm_shared_close(fd, &shared, offsetof(typeof(shared), holds) + shared.nr * sizeof(struct hold));
}

static void drop(UInt i)
{
    shared.holds[i] = shared.holds[--shared.nr];
}

static Bool is_gone(UInt pid)
{
    SysRes res = VG_(do_syscall)(__NR_kill, pid, 0, 0, 0, 0, 0, 0, 0);

    return sr_isError(res) && sr_Err(res) == VKI_ESRCH;
}

/* Processes that were killed gave nothing back. */
static void drop_dead(void)
{
    UInt self = (UInt)VG_(getpid)();
    struct hold *h = shared.holds;

    for (UInt i = shared.nr; i-- > 0;)
        if (h[i].pid != self && is_gone(h[i].pid))
            drop(i);
}

static struct hold *find(UInt slot)
{
    UInt self = (UInt)VG_(getpid)();

    for (UInt i = 0; i < shared.nr; i++)
        if (shared.holds[i].pid == self && shared.holds[i].slot == slot)
            return &shared.holds[i];
    return NULL;
}

static void add(UInt slot)
{
    struct hold *h = find(slot);

    if (!h && shared.nr == MAX_HOLDS)
        return;
    if (!h) {
        h = &shared.holds[shared.nr++];
        *h = (struct hold){.pid = (UInt)VG_(getpid)(), .slot = (UShort)slot};
    }
    h->nr_tasks++;
}

/* --- the choice ------------------------------------------------------------------------------ */

static void count_live(void)
{
    VG_(memset)(live_on, 0, sizeof live_on);
    for (UInt i = 0; i < shared.nr; i++)
        if (shared.holds[i].slot < hwm_machine.nr_slots)
            live_on[shared.holds[i].slot] += shared.holds[i].nr_tasks;
}

static Bool is_among(const ULong *cores, UInt slot)
{
    UInt core = hwm_machine.slots[slot];

    return !cores || cores[core / 64] >> core % 64 & 1;
}

/* nr_slots: there is none */
static UInt best_among(const ULong *cores)
{
    UInt best = hwm_machine.nr_slots;

    for (UInt i = 0; i < hwm_machine.nr_slots; i++)
        if (is_among(cores, i) && (best == hwm_machine.nr_slots || live_on[i] < live_on[best]))
            best = i;
    return best;
}

UInt hwm_slot_take(const ULong *cores)
{
    UInt best;
    Int fd;

    if (is_ignored)
        return 0;
    fd = open_holds();
    drop_dead();
    count_live();
    best = best_among(cores);
    if (best == hwm_machine.nr_slots)
        best = best_among(NULL);
    add(best);
    close_holds(fd);
    return best;
}

void hwm_slot_give(UInt slot)
{
    struct hold *h;
    Int fd;

    if (is_ignored)
        return;
    fd = open_holds();
    h = find(slot);
    if (h && !--h->nr_tasks)
        drop((UInt)(h - shared.holds));
    close_holds(fd);
}

void hwm_slots_ignore(void)
{
    is_ignored = True;
}
