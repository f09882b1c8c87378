#include "shared.h"

#include "pub_tool_libcfile.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums_asm.h"

#include "core_api.h"

/* flock(2) */
#define LOCK_EXCLUSIVE 2

Int hwm_shared_open(const HChar *name, void *into, SizeT bytes)
{
    HChar path[sizeof(hwm_machine.directory) + 32];
    SysRes res;
    Int fd;

    VG_(snprintf)(path, sizeof(path), "%s/%s", hwm_machine.directory, name);
    res = VG_(open)(path, VKI_O_CREAT | VKI_O_RDWR, 0600);
    if (sr_isError(res))
        return -1;
    fd = (Int)sr_Res(res);
    do
        res = VG_(do_syscall)(__NR_flock, (UWord)fd, LOCK_EXCLUSIVE, 0, 0, 0, 0, 0, 0);
    while (sr_isError(res) && sr_Err(res) == VKI_EINTR);
    VG_(read)(fd, into, (Int)bytes);
    return fd;
}

void hwm_shared_close(Int fd, const void *from, SizeT bytes)
{
    if (fd < 0)
        return;
    VG_(lseek)(fd, 0, VKI_SEEK_SET);
    VG_(write)(fd, from, (Int)bytes);
    VG_(close)(fd);
}
