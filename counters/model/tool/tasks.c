#include "tasks.h"

#include "pub_tool_libcfile.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_machine.h"
#include "pub_tool_threadstate.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums_asm.h"

#include "core.h"
#include "syscalls.h"

struct hwm_task *hwm_task;

static ULong nr_switches; /* from one task to another */
static struct hwm_task **tasks;   /* by index */
static struct hwm_task **running; /* by Valgrind's thread number */
static UInt nr_tasks, max_tasks, nr_live, nr_waiting;
static UInt live_on[HWM_MAX_SLOTS]; /* tasks that each slot was given to */

/* --- where tasks go ------------------------------------------------------------------------------ */

/* The slot with the fewest live tasks, the first of equals. */
static UInt choose_slot(void)
{
    UInt best = 0;

    for (UInt i = 1; i < hwm_machine.nr_slots; i++)
        if (live_on[i] < live_on[best])
            best = i;
    return best;
}

static struct hwm_task *task_create(ThreadId thread)
{
    struct hwm_task *t = VG_(calloc)("hwm.task", 1, sizeof(*t));

    if (nr_tasks == max_tasks) {
        max_tasks = max_tasks ? 2 * max_tasks : 64;
        tasks = VG_(realloc)("hwm.tasks", tasks, max_tasks * sizeof(*tasks));
    }
    t->thread = thread;
    t->index = nr_tasks;
    t->slot = choose_slot();
    t->core = hwm_machine.slots[t->slot];
    t->alive = True;
    t->context = hwm_context_root(t->index);
    live_on[t->slot]++;
    tasks[nr_tasks++] = t;
    running[thread] = t;
    nr_live++;
    return t;
}

struct hwm_task *hwm_task_of(ThreadId thread)
{
    return running[thread];
}

struct hwm_task *hwm_task_at(UInt index)
{
    return tasks[index];
}

UInt hwm_tasks_count(void)
{
    return nr_tasks;
}

UInt hwm_tasks_live(void)
{
    return nr_live;
}

Bool hwm_tasks_waiting(void)
{
    return nr_waiting > 0;
}

/* --- what the stream is told ------------------------------------------------------------------- */

static void tell(const struct hwm_task *t, enum hwm_record_type type)
{
    struct hwm_record_task record = {
        .head = {.type = type, .ticks = hwm_core_clock(t->core)},
        .tid = t->tid,
        .core = t->core,
    };

    VG_(memcpy)(record.name, t->name, sizeof(record.name));
    hwm_stream_write(&record.head, sizeof(record));
}

/* Its name is what the kernel calls the thread that runs, which is its own. */
static void tell_task(struct hwm_task *t)
{
    VG_(prctl)(VKI_PR_GET_NAME, (ULong)(Addr)t->name, 0, 0, 0);
    tell(t, HWM_RECORD_TASK);
}

/* --- Valgrind's threads ------------------------------------------------------------------------- */

/* A task that has been woken counts as one that runs from then on, although Valgrind's lock is not
 * its yet: others must not run ahead of it, nor what they do be played as if it was not there. */
static void wake(struct hwm_task *t, ULong ticks)
{
    hwm_core_advance(t->core, ticks);
    hwm_core_occupied(t->core, 1);
    t->woken = True;
    t->woken_slices = 0;
}

static void unwake(struct hwm_task *t)
{
    if (!t->woken)
        return;
    hwm_core_occupied(t->core, -1);
    t->woken = False;
}

static void set_blocked(struct hwm_task *t, Bool blocked)
{
    unwake(t);
    if (t->blocked == blocked)
        return;
    t->blocked = blocked;
    nr_waiting += blocked ? 1u : -1u;
    hwm_core_occupied(t->core, blocked ? -1 : 1);
}

/* The kernel may have woken another of those that waited, or none. */
#define WOKEN_SLICES 1000

void hwm_tasks_review(void)
{
    for (UInt i = 0; nr_waiting && i < nr_tasks; i++)
        if (tasks[i]->woken && ++tasks[i]->woken_slices > WOKEN_SLICES)
            unwake(tasks[i]);
}

/* A new thread begins where its creator is. */
static void on_create(ThreadId parent, ThreadId child)
{
    struct hwm_task *creator = running[parent], *t = task_create(child);

    hwm_core_occupied(t->core, 1);
    if (creator)
        hwm_core_advance(t->core, hwm_core_clock(creator->core));
}

static void on_exit(ThreadId thread)
{
    struct hwm_task *t = running[thread];

    if (!t)
        return;
    hwm_core_leave();
    tell(t, HWM_RECORD_TASK_END);
    set_blocked(t, True);
    nr_waiting--;
    t->alive = False;
    live_on[t->slot]--;
    nr_live--;
    running[thread] = NULL;
    hwm_task = NULL;
}

static void on_start(ThreadId thread, ULong blocks)
{
    struct hwm_task *t = running[thread];

    (void)blocks;
    if (!t) { /* the first one */
        t = task_create(thread);
        hwm_core_occupied(t->core, 1);
    }
    if (!t->tid) {
        t->tid = (UInt)VG_(gettid)();
        t->stack = VG_(get_SP)(thread);
        tell_task(t);
    }
    if (hwm_task != t)
        nr_switches++;
    hwm_task = t;
    hwm_core_enter(t->core);
}

static void on_stop(ThreadId thread, ULong blocks)
{
    (void)thread, (void)blocks;
    hwm_core_leave();
}

void hwm_task_move(struct hwm_task *t, UInt core)
{
    ULong now = hwm_core_clock(t->core);

    if (t->core == core)
        return;
    hwm_core_leave();
    if (!t->blocked) {
        hwm_core_occupied(t->core, -1);
        hwm_core_occupied(core, 1);
    }
    t->core = core;
    hwm_core_advance(core, now);
}

/* --- signals --------------------------------------------------------------------------------- */

/* A handler may run on another stack: what it interrupts is out of the unwinder's reach until it
 * returns. One that is left by longjmp never gives it back, which costs its callers' names alone. */
static void on_signal(ThreadId thread, Int signal, Bool other_stack)
{
    struct hwm_task *t = running[thread];

    (void)signal, (void)other_stack;
    if (!t)
        return;
    if (t->nr_handlers < HWM_MAX_HANDLERS) {
        t->handlers[t->nr_handlers].base = t->base;
        t->handlers[t->nr_handlers].nr_frames = t->nr_frames;
        t->handlers[t->nr_handlers].context = t->context;
        t->base = t->nr_frames;
    }
    t->nr_handlers++;
}

static void on_signal_return(ThreadId thread, Int signal)
{
    struct hwm_task *t = running[thread];

    (void)signal;
    if (!t || !t->nr_handlers || --t->nr_handlers >= HWM_MAX_HANDLERS)
        return;
    t->base = t->handlers[t->nr_handlers].base;
    t->nr_frames = t->handlers[t->nr_handlers].nr_frames;
    t->context = t->handlers[t->nr_handlers].context;
}

/* The command without its flags (futex(2)). */
#define FUTEX_COMMAND 127

/* --- futexes ---------------------------------------------------------------------------------- */

static Bool is_futex_wake(UInt nr, const UWord *args)
{
    UWord op = args[1] & FUTEX_COMMAND;

    return nr == __NR_futex && (op == VKI_FUTEX_WAKE || op == VKI_FUTEX_WAKE_BITSET ||
                                op == VKI_FUTEX_WAKE_OP || op == VKI_FUTEX_REQUEUE ||
                                op == VKI_FUTEX_CMP_REQUEUE || op == VKI_FUTEX_UNLOCK_PI);
}

static Bool is_futex_wait(UInt nr, const UWord *args)
{
    UWord op = args[1] & FUTEX_COMMAND;

    return nr == __NR_futex && (op == VKI_FUTEX_WAIT || op == VKI_FUTEX_WAIT_BITSET);
}

/* Wakes as many of the tasks that wait there as the system call asks for. */
static void wake_waiters(const struct hwm_task *waker, const UWord *args)
{
    Int left = (Int)args[2];

    for (UInt i = 0; left > 0 && i < nr_tasks; i++) {
        struct hwm_task *t = tasks[i];
        if (!t->alive || !t->blocked || t->woken || t->waits_on != args[0])
            continue;
        wake(t, hwm_core_clock(waker->core));
        left--;
    }
}

/* --- system calls ---------------------------------------------------------------------------- */

static void on_syscall(ThreadId thread, UInt nr, UWord *args, UInt nr_args)
{
    struct hwm_task *t = running[thread];

    if (!t)
        return;
    hwm_syscall_before(t, nr, args, nr_args);
    t->switches = nr_switches;
    if (is_futex_wake(nr, args))
        wake_waiters(t, args);
    t->waits_on = is_futex_wait(nr, args) ? args[0] : 0;
    hwm_core_woke();
    set_blocked(t, True);
}

/* When a task that waited goes on, if nothing better is known: at the clock of the core that ran
 * last, as what it waited for can't have happened later. */
static ULong waking_time(const struct hwm_task *t, SysRes res)
{
    struct hwm_task *last = hwm_task;

    if (t->waits_on && sr_isError(res))
        return 0;
    return last && last != t ? hwm_core_clock(last->core) : 0;
}

static void on_syscall_done(ThreadId thread, UInt nr, UWord *args, UInt nr_args, SysRes res)
{
    struct hwm_task *t = running[thread];

    if (!t)
        return;
    if (t->switches != nr_switches && !t->woken)
        hwm_core_advance(t->core, waking_time(t, res));
    t->waits_on = 0;
    set_blocked(t, False);
    hwm_syscall_after(t, nr, args, nr_args, res);
}

/* --- making and resetting ---------------------------------------------------------------------- */

void hwm_tasks_init(void)
{
    running = VG_(calloc)("hwm.running", VG_N_THREADS, sizeof(*running));
    VG_(track_pre_thread_ll_create)(on_create);
    VG_(track_pre_thread_ll_exit)(on_exit);
    VG_(track_start_client_code)(on_start);
    VG_(track_stop_client_code)(on_stop);
    VG_(track_pre_deliver_signal)(on_signal);
    VG_(track_post_deliver_signal)(on_signal_return);
    VG_(needs_syscall_wrapper)(on_syscall, on_syscall_done);
}

void hwm_tasks_reset(void)
{
    for (UInt i = 0; i < nr_tasks; i++) {
        struct hwm_task *t = tasks[i];
        if (!t->alive)
            continue;
        if (t == hwm_task) {
            t->tid = (UInt)VG_(gettid)();
            tell_task(t);
            continue;
        }
        set_blocked(t, True);
        nr_waiting--;
        t->alive = False;
        live_on[t->slot]--;
        running[t->thread] = NULL;
        nr_live--;
    }
}
