#include "handover.h"

#include "pub_tool_libcfile.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_vki.h"

#include "placement.h"

struct handover {
    UInt is_bound;
    UInt mode, nodes; /* of hwm_policy_get */
    ULong cores[HWM_MAX_CORES / 64];
};

struct path {
    HChar text[sizeof(hwm_machine.directory) + 32];
};

/* An exec changes neither the process's number nor its directory. */
static struct path path_here(void)
{
    struct path p;

    VG_(snprintf)(p.text, sizeof p.text, "%s/exec.%d", hwm_machine.directory, VG_(getpid)());
    return p;
}

void hwm_handover_give(const struct hwm_task *task)
{
    struct path path = path_here();
    struct handover h = {.is_bound = task->is_bound};
    SysRes file = VG_(open)(path.text, VKI_O_CREAT | VKI_O_WRONLY | VKI_O_TRUNC, 0600);

    if (sr_isError(file))
        return;
    VG_(memcpy)(h.cores, task->cores, sizeof h.cores);
    hwm_policy_get(&h.mode, &h.nodes);
    VG_(write)((Int)sr_Res(file), &h, sizeof h);
    VG_(close)((Int)sr_Res(file));
}

void hwm_handover_cancel(void)
{
    VG_(unlink)(path_here().text);
}

void hwm_handover_take(struct hwm_task *task)
{
    struct path path = path_here();
    SysRes file = VG_(open)(path.text, VKI_O_RDONLY, 0);
    struct handover h;
    Int n;

    if (sr_isError(file))
        return;
    n = VG_(read)((Int)sr_Res(file), &h, sizeof h);
    VG_(close)((Int)sr_Res(file));
    VG_(unlink)(path.text);
    if (n != sizeof h)
        return;
    task->is_bound = h.is_bound != 0;
    VG_(memcpy)(task->cores, h.cores, sizeof task->cores);
    hwm_policy_set(h.mode, h.nodes);
}
