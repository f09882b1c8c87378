#include "slots.h"

#include "pub_tool_libcfile.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums_asm.h"

#include "core_api.h"

/* flock(2) */
#define LOCK_EXCLUSIVE 2

static UInt live_on[HWM_MAX_SLOTS];

/* The file is locked while it is open. Where there is none to be had, the counts are those of this
 * process alone. */
static Int open_counts(void)
{
    HChar path[sizeof(hwm_machine.directory) + 8];
    SysRes res;
    Int fd;

    VG_(sprintf)(path, "%s/slots", hwm_machine.directory);
    res = VG_(open)(path, VKI_O_CREAT | VKI_O_RDWR, 0600);
    if (sr_isError(res))
        return -1;
    fd = (Int)sr_Res(res);
    VG_(do_syscall)(__NR_flock, (UWord)fd, LOCK_EXCLUSIVE, 0, 0, 0, 0, 0, 0);
    VG_(read)(fd, live_on, (Int)(hwm_machine.nr_slots * sizeof(*live_on)));
    return fd;
}

static void close_counts(Int fd)
{
    if (fd < 0)
        return;
    VG_(lseek)(fd, 0, VKI_SEEK_SET);
    VG_(write)(fd, live_on, (Int)(hwm_machine.nr_slots * sizeof(*live_on)));
    VG_(close)(fd);
}

UInt hwm_slot_take(void)
{
    Int fd = open_counts();
    UInt best = 0;

    for (UInt i = 1; i < hwm_machine.nr_slots; i++)
        if (live_on[i] < live_on[best])
            best = i;
    live_on[best]++;
    close_counts(fd);
    return best;
}

void hwm_slot_give(UInt slot)
{
    Int fd = open_counts();

    if (live_on[slot])
        live_on[slot]--;
    close_counts(fd);
}
