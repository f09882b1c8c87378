#include "turns.h"

#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcfile.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums_asm.h"

#include "core_api.h"
#include "futex.h"
#include "park.h"
#include "region.h"

/* Slices that a task may use before another of its core gets the turn. */
#define SIBLING_SLICES 10
/* Slices after which tasks that wait for the outside world get a chance to return. */
#define RETURN_SLICES 16
/* How long others wait for one thought to be woken, before they go on without it: the kernel may
 * have woken another of those that waited, or none. */
#define WOKEN_MS 1000
/* How often a task on its way to sleep is looked at. */
#define ENTERING_LOOKS 1000

static struct hwm_task *turn; /* who has it */
static ULong turns;           /* handed out so far */
static UInt slices;           /* since this one was handed out */
static UInt nr_waiting, nr_entering, nr_slices, may_have_woken;

/* --- who could run --------------------------------------------------------------------------- */

void hwm_turn_wake(struct hwm_task *t, ULong ticks)
{
    hwm_core_advance(t->core, ticks);
    hwm_core_occupied(t->core, 1);
    t->woken = True;
    t->missed_ms = 0;
}

void hwm_turn_unwake(struct hwm_task *t)
{
    if (!t->woken)
        return;
    hwm_core_occupied(t->core, -1);
    t->woken = False;
}

static void set_blocked(struct hwm_task *t, Bool blocked)
{
    hwm_turn_unwake(t);
    if (t->blocked == blocked)
        return;
    t->blocked = blocked;
    nr_waiting += blocked ? 1u : -1u;
    hwm_core_occupied(t->core, blocked ? -1 : 1);
}

static Bool could_run(const struct hwm_task *t)
{
    return !t->blocked || t->woken;
}

/* Earlier core first; on one core, who has waited longest. */
static Bool is_before(const struct hwm_task *a, const struct hwm_task *b)
{
    ULong at = hwm_core_clock(a->core), bt = hwm_core_clock(b->core);

    if (at != bt)
        return at < bt;
    return a->core != b->core ? a->core < b->core : a->last_turn < b->last_turn;
}

static struct hwm_task *first(void)
{
    struct hwm_task *best = NULL;

    for (UInt i = 0; i < hwm_tasks_live(); i++) {
        struct hwm_task *t = hwm_task_live(i);
        if (could_run(t) && (!best || is_before(t, best)))
            best = t;
    }
    return best;
}

/* --- tasks on their way to sleep ----------------------------------------------------------------
 */

/* What the kernel says a task does: 'S' asleep, 'R' running …; see proc(5), stat. */
static HChar state_of(const struct hwm_task *t)
{
    HChar text[256], *end;
    SysRes file;
    Int n;

    VG_(sprintf)(text, "/proc/self/task/%u/stat", t->tid);
    file = VG_(open)(text, VKI_O_RDONLY, 0);
    if (sr_isError(file))
        return 'S';
    n = VG_(read)((Int)sr_Res(file), text, sizeof(text) - 1);
    VG_(close)((Int)sr_Res(file));
    text[n > 0 ? n : 0] = '\0';
    end = VG_(strrchr)(text, ')');
    return end && end[1] ? end[2] : 'S';
}

/* Who is about to wait on a futex gives up Valgrind's lock first. Whether it then sleeps, and
 * before whom, must not depend on how fast the next one gets going: that one waits until it does.
 */
static void let_sleep(struct hwm_task *t)
{
    struct vki_timespec moment = {.tv_nsec = 20000};

    for (UInt i = 0; i < ENTERING_LOOKS && state_of(t) == 'R'; i++)
        VG_(do_syscall)(__NR_nanosleep, (RegWord)&moment, 0, 0, 0, 0, 0, 0, 0);
    t->is_entering = False;
    nr_entering--;
}

static void settle(void)
{
    for (UInt i = 0; nr_entering && i < hwm_tasks_live(); i++)
        if (hwm_task_live(i)->is_entering)
            let_sleep(hwm_task_live(i));
}

/* --- the turn -------------------------------------------------------------------------------- */

static void release(void)
{
    if (turn)
        turn->last_turn = ++turns;
    turn = NULL;
}

/* Nobody has the turn: whose it is now is called, unless it is not parked and on its way already.
 */
static void call_next(void)
{
    struct hwm_task *next = turn ? NULL : first();

    if (next)
        hwm_unpark(next);
}

/* It is thought to be on its way back from the kernel, but doesn't come. */
static Bool is_lost(struct hwm_task *t)
{
    UInt now_ms = VG_(read_millisecond_timer)() | 1;

    if (!t->woken)
        return False;
    if (!t->missed_ms)
        t->missed_ms = now_ms;
    return now_ms - t->missed_ms > WOKEN_MS;
}

Bool hwm_turn_take(struct hwm_task *t)
{
    struct hwm_task *next;

    if (turn == t)
        return True;
    if (turn)
        return False;
    next = first();
    if (next == t) {
        settle();
        turn = t;
        slices = 0;
        return True;
    }
    if (next && is_lost(next))
        hwm_turn_unwake(next);
    call_next();
    return False;
}

/* Tasks that wait in the kernel need Valgrind's lock to come back, so the running one must let go
 * of it for a moment: soon after a system call, which may have woken them, else now and then. */
static Bool somebody_may_return(void)
{
    if (!nr_waiting)
        return False;
    if (may_have_woken) {
        may_have_woken--;
        return True;
    }
    return nr_slices % RETURN_SLICES == 0;
}

Bool hwm_turn_goes_on(Bool spent)
{
    nr_slices++;
    if (turn != hwm_task || hwm_region_is_over())
        return False;
    if (spent || (++slices >= SIBLING_SLICES && hwm_core_is_contended(turn->core))) {
        release();
        call_next();
        return False;
    }
    return !somebody_may_return();
}

/* Where the kernel clears a new thread's number when it ends, and wakes who waits for that: the
 * argument `ctid` of clone(2). */
static UWord exit_futex(const UWord *args)
{
#if defined(VGA_amd64)
    return args[3];
#else
    return args[4];
#endif
}

/* --- system calls ---------------------------------------------------------------------------- */

/* A wait for a value that is no more there ends at once. */
static Bool is_past(const UWord *args)
{
    const UInt *word = (const UInt *)args[0];

    return !VG_(am_is_valid_for_client)(args[0], sizeof(*word), VKI_PROT_READ) ||
           *word != (UInt)args[2];
}

/* System calls that wait for nothing: the task keeps its turn. The others may take any time. */
static Bool is_quick(UInt nr, const UWord *args)
{
    switch (nr) {
    case __NR_futex:
        return hwm_futex_wakes(nr, args) || (hwm_futex_waits(nr, args) && is_past(args));
    case __NR_sched_yield:
    case __NR_clone:
    case __NR_brk:
    case __NR_mmap:
    case __NR_munmap:
    case __NR_mprotect:
    case __NR_mremap:
    case __NR_madvise:
    case __NR_mbind:
    case __NR_set_mempolicy:
    case __NR_get_mempolicy:
    case __NR_move_pages:
    case __NR_getpid:
    case __NR_gettid:
    case __NR_getcpu:
    case __NR_getrandom:
    case __NR_clock_gettime:
    case __NR_gettimeofday:
    case __NR_sched_getaffinity:
    case __NR_sched_setaffinity:
    case __NR_rt_sigprocmask:
    case __NR_rt_sigaction:
    case __NR_sigaltstack:
    case __NR_set_robust_list:
    case __NR_set_tid_address:
    case __NR_prctl:
    case __NR_prlimit64:
    case __NR_tgkill:
        return True;
    default:
        return False;
    }
}

void hwm_turn_wait(struct hwm_task *t, UInt nr, const UWord *args)
{
    t->turns_before = turns;
    t->waits_on = 0;
    if (hwm_futex_waits(nr, args))
        hwm_futex_wait(t, args);
    may_have_woken = 2;
    if (hwm_modelling && (hwm_futex_wakes(nr, args) || nr == __NR_clone))
        hwm_core_settle(t->core);
    if (hwm_futex_wakes(nr, args))
        hwm_futex_wake(t, args);
    if (nr == __NR_clone)
        t->child_exit_futex = exit_futex(args);
    if (is_quick(nr, args))
        return;
    if (turn == t)
        release();
    if (t->waits_on) {
        t->is_entering = True;
        nr_entering++;
    }
    set_blocked(t, True);
    call_next();
    if (nr == __NR_exit_group)
        hwm_unpark_all();
}

/* When a task that waited goes on, if nothing better is known: at the clock of the core that ran
 * last, as what it waited for can't have happened later. */
static ULong latest_time(const struct hwm_task *t)
{
    return hwm_task && hwm_task != t ? hwm_core_clock(hwm_task->core) : 0;
}

static void go_on(struct hwm_task *t, ULong ticks)
{
    if (!t->woken && turns > t->turns_before + 1)
        hwm_core_advance(t->core, ticks);
    if (t->is_entering) {
        t->is_entering = False;
        nr_entering--;
    }
    t->waits_on = 0;
    set_blocked(t, False);
}

void hwm_turn_return(struct hwm_task *t, UInt nr, const UWord *args, SysRes res)
{
    if (hwm_futex_wakes(nr, args))
        hwm_futex_woke(t, args, res);
    if (t->blocked)
        go_on(t, t->waits_on && sr_isError(res) ? 0 : latest_time(t));
}

void hwm_turn_interrupt(struct hwm_task *t)
{
    if (t->blocked)
        go_on(t, latest_time(t));
}

/* --- beginnings and ends -------------------------------------------------------------------------
 */

void hwm_turn_enter(struct hwm_task *t)
{
    t->last_turn = ++turns;
    hwm_core_occupied(t->core, 1);
}

void hwm_turn_leave(struct hwm_task *t)
{
    if (turn == t)
        release();
    set_blocked(t, True);
    nr_waiting--;
    hwm_futex_wake_all(t, t->exit_futex);
    call_next();
}

void hwm_turn_moved(struct hwm_task *t, UInt core)
{
    if (!could_run(t))
        return;
    hwm_core_occupied(t->core, -1);
    hwm_core_occupied(core, 1);
}

void hwm_turns_reset(struct hwm_task *t)
{
    turn = t->blocked ? NULL : t;
}
