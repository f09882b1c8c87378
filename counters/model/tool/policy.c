/*
 * Memory policies: set_mempolicy(2), mbind(2), get_mempolicy(2), move_pages(2), for the nodes of
 * the modelled machine. The host's own nodes don't matter, so neither does what it answered.
 */
#include "placement.h"

#include "pub_tool_libcproc.h"
#include "pub_tool_vki.h"

#include "core.h"

/* Of <linux/mempolicy.h>, which Valgrind's headers don't have. */
enum { MODE_DEFAULT, MODE_PREFERRED, MODE_BIND, MODE_INTERLEAVE, MODE_LOCAL, MODE_PREFERRED_MANY };
#define MODE_FLAGS  0xe000u /* MPOL_F_STATIC_NODES and its like: without cpusets, all the same */
#define GET_NODE    1
#define GET_ADDRESS 2
#define GET_ALLOWED 4
#define MOVE_FLAGS  6 /* MPOL_MF_MOVE | MPOL_MF_MOVE_ALL */

static UInt process_mode; /* as set_mempolicy was told it */
static UInt process_nodes;

static UInt all_nodes(void)
{
    return (1u << hwm_machine.nr_nodes) - 1;
}

/* Reads a mask of nodes. The kernel counts one bit less than it is told. */
static Bool read_nodes(UWord address, UWord max, UInt *ret)
{
    UWord bits = max ? max - 1 : 0;
    ULong word = 0;

    *ret = 0;
    if (!address || !bits)
        return True;
    if (!hwm_client_reads(address, sizeof word))
        return False;
    word = *(const ULong *)address;
    if (bits < 64)
        word &= (1ull << bits) - 1;
    *ret = (UInt)word & all_nodes();
    return True;
}

/* Of ret->nodes; 0 or -errno. */
static Word take_mode(UWord mode, struct hwm_memory_policy *ret)
{
    switch ((UInt)mode & ~MODE_FLAGS) {
    case MODE_DEFAULT:
    case MODE_LOCAL:
        ret->kind = HWM_POLICY_DEFAULT;
        return 0;
    case MODE_PREFERRED:
    case MODE_PREFERRED_MANY:
        ret->kind = ret->nodes ? HWM_POLICY_PREFERRED : HWM_POLICY_DEFAULT;
        return 0;
    case MODE_BIND:
        ret->kind = HWM_POLICY_BIND;
        break;
    case MODE_INTERLEAVE:
        ret->kind = HWM_POLICY_INTERLEAVE;
        break;
    default:
        return -VKI_EINVAL;
    }
    return ret->nodes ? 0 : -VKI_EINVAL;
}

/* 0 or -errno */
static Word read_policy(UWord mode, UWord mask, UWord max, struct hwm_memory_policy *ret)
{
    return read_nodes(mask, max, &ret->nodes) ? take_mode(mode, ret) : -VKI_EFAULT;
}

void hwm_policy_get(UInt *ret_mode, UInt *ret_nodes)
{
    *ret_mode = process_mode;
    *ret_nodes = process_nodes;
}

void hwm_policy_set(UInt mode, UInt nodes)
{
    struct hwm_memory_policy policy = {.nodes = nodes};

    if (take_mode(mode, &policy))
        return;
    process_mode = mode;
    process_nodes = nodes;
    hwm_pages_policy(hwm_pages, policy);
}

Word hwm_set_mempolicy(const UWord *args)
{
    struct hwm_memory_policy policy;
    Word err = read_policy(args[0], args[1], args[2], &policy);

    if (err)
        return err;
    process_mode = (UInt)args[0];
    process_nodes = policy.nodes;
    hwm_pages_policy(hwm_pages, policy);
    return 0;
}

Word hwm_mbind(const UWord *args)
{
    struct hwm_memory_policy policy;
    Word err = read_policy(args[2], args[3], args[4], &policy);

    if (err)
        return err;
    if (args[0] & (HWM_PAGE_BYTES - 1))
        return -VKI_EINVAL;
    hwm_pages_bind(hwm_pages, args[0], VG_ROUNDUP(args[1], HWM_PAGE_BYTES), policy,
                   (args[5] & MOVE_FLAGS) != 0);
    return 0;
}

static Word write_nodes(UWord address, UWord max, UInt nodes)
{
    SizeT bytes = VG_ROUNDUP(max ? max - 1 : 0, 64) / 8;

    if (!address || !bytes)
        return 0;
    if (!hwm_client_writes(address, bytes))
        return -VKI_EFAULT;
    VG_(memset)((void *)address, 0, bytes);
    *(ULong *)address = nodes;
    return 0;
}

static Word write_int(UWord address, UInt value)
{
    if (!address)
        return 0;
    if (!hwm_client_writes(address, sizeof value))
        return -VKI_EFAULT;
    *(UInt *)address = value;
    return 0;
}

Word hwm_get_mempolicy(const struct hwm_task *task, const UWord *args)
{
    UWord mode = args[0], mask = args[1], max = args[2], address = args[3], flags = args[4];
    Word err;

    if (flags & GET_ALLOWED)
        return write_nodes(mask, max, all_nodes());
    if ((flags & (GET_NODE | GET_ADDRESS)) == (GET_NODE | GET_ADDRESS)) {
        if (!hwm_client_reads(address, 1))
            return -VKI_EFAULT;
        return write_int(
            mode, hwm_pages_use(hwm_pages, address, hwm_machine.cores[task->core].node)->home);
    }
    if (flags)
        return HWM_AS_HOST; /* a range's policy, the next node to interleave to */
    err = write_int(mode, process_mode);
    return err ? err : write_nodes(mask, max, process_nodes);
}

/* What becomes of one page; `node` NULL: only asked. */
static Int move_page(UWord address, const Int *node)
{
    const struct hwm_page *page = hwm_pages_find(hwm_pages, address);

    if (!page)
        return -VKI_ENOENT;
    if (node)
        hwm_pages_move(hwm_pages, address, (unsigned)*node);
    return node ? *node : (Int)page->home;
}

Word hwm_move_pages(const UWord *args)
{
    SizeT count = args[1];
    const UWord *pages = (const UWord *)args[2];
    const Int *nodes = (const Int *)args[3];
    Int *status = (Int *)args[4];

    if (args[0] && (Int)args[0] != VG_(getpid)())
        return HWM_AS_HOST; /* of a process that isn't here */
    if (count > (1u << 30))
        return -VKI_E2BIG;
    if (!hwm_client_reads((UWord)pages, count * sizeof *pages) ||
        (nodes && !hwm_client_reads((UWord)nodes, count * sizeof *nodes)) ||
        !hwm_client_writes((UWord)status, count * sizeof *status))
        return -VKI_EFAULT;
    for (SizeT i = 0; nodes && i < count; i++)
        if (nodes[i] < 0 || (UInt)nodes[i] >= hwm_machine.nr_nodes)
            return -VKI_ENODEV;
    for (SizeT i = 0; i < count; i++)
        status[i] = move_page(pages[i], nodes ? nodes + i : NULL);
    return 0;
}
