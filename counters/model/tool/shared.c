#include "shared.h"

#include "pub_tool_libcfile.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums_asm.h"

#include "core_api.h"

/* flock(2) */
#define LOCK_SHARED    1
#define LOCK_EXCLUSIVE 2
#define LOCK_TRY       4

static SysRes lock(Int fd, UInt how)
{
    return VG_(do_syscall)(__NR_flock, (UWord)fd, how, 0, 0, 0, 0, 0, 0);
}

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
        res = lock(fd, LOCK_EXCLUSIVE);
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

void hwm_shared_hold(Int fd)
{
    Int safe = VG_(safe_fd)(fd);

    if (safe >= 0)
        lock(safe, LOCK_SHARED);
}

/* hwprof has this file locked as long as it lives. */
Bool hwm_shared_is_orphan(void)
{
    HChar path[sizeof(hwm_machine.directory) + 32];
    SysRes file, res;

    VG_(snprintf)(path, sizeof path, "%s/hwprof", hwm_machine.directory);
    file = VG_(open)(path, VKI_O_RDONLY, 0);
    if (sr_isError(file))
        return False;
    res = lock((Int)sr_Res(file), LOCK_SHARED | LOCK_TRY);
    VG_(close)((Int)sr_Res(file));
    return !sr_isError(res);
}
