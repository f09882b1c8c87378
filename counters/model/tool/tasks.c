#include "tasks.h"

#include "pub_tool_libcfile.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_machine.h"
#include "pub_tool_threadstate.h"

#include "core.h"
#include "syscalls.h"

struct hwm_task *hwm_task;

static ULong nr_switches; /* from one task to another */
static struct hwm_task **tasks;   /* by index */
static struct hwm_task **running; /* by Valgrind's thread number */
static UInt nr_tasks, max_tasks, nr_live;
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

/* --- what the stream is told ------------------------------------------------------------------- */

static void task_name(HChar *ret, SizeT size)
{
    HChar path[64];
    SysRes file;
    Int n;

    VG_(memset)(ret, 0, size);
    VG_(sprintf)(path, "/proc/self/task/%d/comm", VG_(gettid)());
    file = VG_(open)(path, VKI_O_RDONLY, 0);
    if (sr_isError(file))
        return;
    n = VG_(read)((Int)sr_Res(file), ret, (Int)size - 1);
    VG_(close)((Int)sr_Res(file));
    if (n > 0 && ret[n - 1] == '\n')
        ret[n - 1] = '\0';
}

static void tell_task(struct hwm_task *t)
{
    struct hwm_record_task record = {
        .head = {.type = HWM_RECORD_TASK, .ticks = hwm_core_clock(t->core)},
        .tid = t->tid,
        .core = t->core,
    };

    task_name(record.name, sizeof(record.name));
    hwm_stream_write(&record.head, sizeof(record));
}

static void tell_end(const struct hwm_task *t)
{
    struct hwm_record_task record = {
        .head = {.type = HWM_RECORD_TASK_END, .ticks = hwm_core_clock(t->core)},
        .tid = t->tid,
        .core = t->core,
    };

    hwm_stream_write(&record.head, sizeof(record));
}

/* --- Valgrind's threads ------------------------------------------------------------------------- */

static void set_blocked(struct hwm_task *t, Bool blocked)
{
    if (t->blocked == blocked)
        return;
    t->blocked = blocked;
    hwm_core_occupied(t->core, blocked ? -1 : 1);
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
    tell_end(t);
    if (!t->blocked)
        hwm_core_occupied(t->core, -1);
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

/* --- system calls ---------------------------------------------------------------------------- */

static void on_syscall(ThreadId thread, UInt nr, UWord *args, UInt nr_args)
{
    struct hwm_task *t = running[thread];

    if (!t)
        return;
    hwm_syscall_before(t, nr, args, nr_args);
    t->switches = nr_switches;
    set_blocked(t, True);
}

/* The latest clock among cores that went on meanwhile: what woke it can't have been later. */
static ULong waking_time(const struct hwm_task *t)
{
    struct hwm_task *last = hwm_task;

    return last && last != t ? hwm_core_clock(last->core) : 0;
}

static void on_syscall_done(ThreadId thread, UInt nr, UWord *args, UInt nr_args, SysRes res)
{
    struct hwm_task *t = running[thread];

    if (!t)
        return;
    if (t->switches != nr_switches)
        hwm_core_advance(t->core, waking_time(t));
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
        if (!t->blocked)
            hwm_core_occupied(t->core, -1);
        t->alive = False;
        live_on[t->slot]--;
        running[t->thread] = NULL;
        nr_live--;
    }
}
