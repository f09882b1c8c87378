#include "futex.h"

#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums_asm.h"

#include "turns.h"

/* The command of futex(2) without its flags. */
#define FUTEX_COMMAND 127
#define ANY_BIT       0xffffffffu

static UWord command_of(const UWord *args)
{
    return args[1] & FUTEX_COMMAND;
}

Bool hwm_futex_wakes(UInt nr, const UWord *args)
{
    UWord op = command_of(args);

    return nr == __NR_futex &&
           (op == VKI_FUTEX_WAKE || op == VKI_FUTEX_WAKE_BITSET || op == VKI_FUTEX_WAKE_OP ||
            op == VKI_FUTEX_REQUEUE || op == VKI_FUTEX_CMP_REQUEUE || op == VKI_FUTEX_UNLOCK_PI);
}

Bool hwm_futex_waits(UInt nr, const UWord *args)
{
    UWord op = command_of(args);

    return nr == __NR_futex && (op == VKI_FUTEX_WAIT || op == VKI_FUTEX_WAIT_BITSET);
}

void hwm_futex_wait(struct hwm_task *t, const UWord *args)
{
    t->waits_on = args[0];
    t->wait_bits = command_of(args) == VKI_FUTEX_WAIT_BITSET ? (UInt)args[5] : ANY_BIT;
}

/* Who has waited longest and is not woken yet. */
static struct hwm_task *waiter_on(UWord futex, UInt bits)
{
    struct hwm_task *best = NULL;

    for (UInt i = 0; i < hwm_tasks_live(); i++) {
        struct hwm_task *t = hwm_task_live(i);
        if (t->blocked && !t->woken && t->waits_on == futex && t->wait_bits & bits &&
            (!best || t->last_turn < best->last_turn))
            best = t;
    }
    return best;
}

static void wake(struct hwm_task *waker, UWord futex, Int count, UInt bits)
{
    struct hwm_task *t;

    for (; futex && count > 0 && (t = waiter_on(futex, bits)); count--) {
        hwm_turn_wake(t, hwm_core_clock(waker->core));
        t->waker = waker->index;
        waker->nr_wakes++;
    }
}

void hwm_futex_wake(struct hwm_task *waker, const UWord *args)
{
    waker->nr_wakes = 0;
    wake(waker, args[0], (Int)args[2],
         command_of(args) == VKI_FUTEX_WAKE_BITSET ? (UInt)args[5] : ANY_BIT);
}

void hwm_futex_wake_all(struct hwm_task *waker, UWord futex)
{
    wake(waker, futex, 0x7fffffff, ANY_BIT);
}

/* The last that was woken and is not back yet. */
static struct hwm_task *last_woken_by(const struct hwm_task *waker)
{
    struct hwm_task *best = NULL;

    for (UInt i = 0; i < hwm_tasks_live(); i++) {
        struct hwm_task *t = hwm_task_live(i);
        if (t->woken && t->waker == waker->index && (!best || t->last_turn > best->last_turn))
            best = t;
    }
    return best;
}

static void take_back(struct hwm_task *waker, UInt count)
{
    struct hwm_task *t;

    for (; count && (t = last_woken_by(waker)); count--)
        hwm_turn_unwake(t);
}

static void move(UWord from, UWord to, UInt count)
{
    struct hwm_task *t;

    for (; count && (t = waiter_on(from, ANY_BIT)); count--)
        t->waits_on = to;
}

void hwm_futex_woke(struct hwm_task *waker, const UWord *args, SysRes res)
{
    UInt done = sr_isError(res) ? 0 : (UInt)sr_Res(res), woken = waker->nr_wakes;

    waker->nr_wakes = 0;
    if (done < woken) {
        take_back(waker, woken - done);
        return;
    }
    switch (command_of(args)) {
    case VKI_FUTEX_REQUEUE:
    case VKI_FUTEX_CMP_REQUEUE: /* what remains was moved */
        move(args[0], args[4], done - woken);
        break;
    case VKI_FUTEX_WAKE_OP:
        wake(waker, args[4], (Int)(done - woken), ANY_BIT);
        break;
    default:
        break;
    }
}
