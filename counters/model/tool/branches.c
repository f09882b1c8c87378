/* Branches, calls and returns: prediction, and the shadow stack that call chains come from. */
#include "access.h"
#include "core.h"

static __attribute__((noinline)) void mispredicted(const struct hwm_site *site)
{
    struct hwm_cost *cost = hwm_cost_at(site->block, site->instr);
    ULong ticks = (ULong)hwm_machine.mispredict_cycles * HWM_TICKS;

    cost->n[HWM_BRANCH_MISSES]++;
    hwm_cost_refill(cost, ticks);
    hwm_spend(ticks);
}

static Addr address_of(const struct hwm_site *site)
{
    return site->block->instrs[site->instr].address;
}

VG_REGPARM(3) void hwm_branch(const struct hwm_site *site, ULong taken, Addr address)
{
    if (hwm_branch_hard(hwm_now.branches, address, taken))
        mispredicted(site);
}

VG_REGPARM(2) void hwm_indirect(const struct hwm_site *site, Addr target)
{
    if (hwm_branch_indirect(hwm_core->branches, address_of(site), target) &&
        hwm_machine.flags & HWM_PREDICTOR)
        mispredicted(site);
}

/* --- the shadow stack ---------------------------------------------------------------------------- */

static void push(struct hwm_task *t, Addr return_address, Addr stack)
{
    if (t->nr_frames == t->max_frames) {
        t->max_frames = t->max_frames ? 2 * t->max_frames : 64;
        t->frames = VG_(realloc)("hwm.frames", t->frames, t->max_frames * sizeof(*t->frames));
    }
    t->frames[t->nr_frames++] =
        (struct hwm_frame){.stack = stack, .return_address = return_address,
                           .context = hwm_now.context};
}

/* Below a stack pointer, the code that was interrupted may use so much; a handler begins further down. */
#define RED_ZONE 128

/* Signal handlers that the stack pointer has left behind without their return, by longjmp: it is back on
 * the stack of what they interrupted, and not below. */
static __attribute__((noinline)) void leave_handlers(struct hwm_task *t, Addr stack)
{
    while (t->nr_handlers) {
        UInt top = (t->nr_handlers < HWM_MAX_HANDLERS ? t->nr_handlers : HWM_MAX_HANDLERS) - 1;

        if (stack + RED_ZONE < t->handlers[top].stack || stack >= t->stack_end)
            return;
        t->base = t->handlers[top].base;
        t->nr_frames = t->handlers[top].nr_frames;
        hwm_now.context = t->handlers[top].context;
        t->nr_handlers = top;
    }
}

/* Frames that the stack pointer has left behind, by return, longjmp or exception. */
static void unwind(struct hwm_task *t, Addr stack)
{
    if (t->nr_handlers)
        leave_handlers(t, stack);
    while (t->nr_frames > t->base && t->frames[t->nr_frames - 1].stack < stack)
        hwm_now.context = t->frames[--t->nr_frames].context;
}

VG_REGPARM(3) void hwm_call(Addr target, Addr return_address, Addr stack)
{
    hwm_branch_call(hwm_core->branches, return_address);
    if (!(hwm_machine.flags & HWM_CHAINS))
        return;
    unwind(hwm_task, stack);
    push(hwm_task, return_address, stack);
    hwm_now.context = hwm_context_child(hwm_now.context, return_address, target);
}

VG_REGPARM(3) void hwm_return(const struct hwm_site *site, Addr target, Addr stack)
{
    struct hwm_task *t = hwm_task;

    if (hwm_branch_return(hwm_core->branches, target) && hwm_machine.flags & HWM_PREDICTOR)
        mispredicted(site);
    if (hwm_heap_pending)
        hwm_heap_return(target, stack);
    if (!(hwm_machine.flags & HWM_CHAINS))
        return;
    unwind(t, stack);
    /* Where a call pushes nothing (arm64), the frame's stack pointer is the caller's own. */
    if (t->nr_frames > t->base && t->frames[t->nr_frames - 1].stack == stack &&
        t->frames[t->nr_frames - 1].return_address == target)
        hwm_now.context = t->frames[--t->nr_frames].context;
}
