#include "slots.h"

#include "shared.h"

static UInt live_on[HWM_MAX_SLOTS];
static Bool is_ignored;

static Int open_counts(void)
{
    return hwm_shared_open("slots", live_on, hwm_machine.nr_slots * sizeof(*live_on));
}

static void close_counts(Int fd)
{
    hwm_shared_close(fd, live_on, hwm_machine.nr_slots * sizeof(*live_on));
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
    fd = open_counts();
    best = best_among(cores);
    if (best == hwm_machine.nr_slots)
        best = best_among(NULL);
    live_on[best]++;
    close_counts(fd);
    return best;
}

void hwm_slot_give(UInt slot)
{
    Int fd;

    if (is_ignored)
        return;
    fd = open_counts();
    if (live_on[slot])
        live_on[slot]--;
    close_counts(fd);
}

void hwm_slots_ignore(void)
{
    is_ignored = True;
}
