#include "tasks.h"

#include "pub_tool_libcfile.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_machine.h"
#include "pub_tool_threadstate.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums_asm.h"

#include "core.h"
#include "guest.h"
#include "handover.h"
#include "objects.h"
#include "park.h"
#include "slots.h"
#include "syscalls.h"
#include "turns.h"

struct hwm_task *hwm_task;
static struct hwm_task **tasks;   /* by index */
static struct hwm_task **running; /* by Valgrind's thread number */
static struct hwm_task **live;    /* in no order */
static UInt nr_tasks, max_tasks, nr_live;

/* What a task takes over from the one that made it, or the first from the image before. */
static void inherit(struct hwm_task *t, struct hwm_task *creator)
{
    if (!creator) {
        hwm_handover_take(t);
        return;
    }
    t->is_bound = creator->is_bound;
    VG_(memcpy)(t->cores, creator->cores, sizeof(t->cores));
    t->exit_futex = creator->child_exit_futex;
    creator->clone = t;
}

/* Takes a slot; returns the core to be on. */
static UInt place(struct hwm_task *t)
{
    UInt core;

    t->slot = hwm_slot_take(t->is_bound ? t->cores : NULL);
    core = hwm_machine.slots[t->slot];
    /* The program may have asked for cores that the plan doesn't have. */
    for (UInt i = 0; !hwm_task_may_use(t, core) && i < hwm_machine.nr_cores; i++)
        if (hwm_task_may_use(t, i))
            core = i;
    return core;
}

static struct hwm_task *task_create(ThreadId thread, struct hwm_task *creator)
{
    struct hwm_task *t = VG_(calloc)("hwm.task", 1, sizeof(*t));

    if (nr_tasks == max_tasks) {
        max_tasks = max_tasks ? 2 * max_tasks : 64;
        tasks = VG_(realloc)("hwm.tasks", tasks, max_tasks * sizeof(*tasks));
        live = VG_(realloc)("hwm.live", live, max_tasks * sizeof(*live));
    }
    t->thread = thread;
    t->index = nr_tasks;
    inherit(t, creator);
    t->core = place(t);
    t->alive = True;
    t->root = t->context = hwm_context_root(t->index);
    tasks[nr_tasks++] = t;
    live[nr_live++] = t;
    running[thread] = t;
    hwm_turn_enter(t);
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

struct hwm_task *hwm_task_live(UInt i)
{
    return live[i];
}

/* --- what the stream is told -------------------------------------------------------------------
 */

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

/* --- Valgrind's threads -------------------------------------------------------------------------
 */

/* A new thread begins where its creator is. */
static void on_create(ThreadId parent, ThreadId child)
{
    struct hwm_task *creator = running[parent], *t = task_create(child, creator);

    if (creator)
        hwm_core_advance(t->core, hwm_core_clock(creator->core));
}

/* It takes part in nothing any more; what it cost stays. */
static void retire(struct hwm_task *t)
{
    UInt i = 0;

    hwm_turn_leave(t);
    t->alive = False;
    running[t->thread] = NULL;
    while (live[i] != t)
        i++;
    live[i] = live[--nr_live];
}

/* What tasks have cost is told, and forgotten, some of them at a time: for that all that was logged must be
 * woven, and each time this is done is a small disorder. */
static void bury(struct hwm_task *t)
{
    static struct hwm_task *ended[16];
    static UInt nr_ended;

    VG_(free)(t->frames);
    t->frames = NULL;
    t->nr_frames = t->max_frames = t->base = 0;
    t->context = NULL;
    ended[nr_ended++] = t;
    if (nr_ended < sizeof ended / sizeof *ended)
        return;
    hwm_cores_settle();
    while (nr_ended) {
        t = ended[--nr_ended];
        hwm_context_end(t->root);
        t->root = NULL;
    }
}

static void on_exit(ThreadId thread)
{
    struct hwm_task *t = running[thread];

    if (!t)
        return;
    hwm_core_leave();
    tell(t, HWM_RECORD_TASK_END);
    hwm_slot_give(t->slot);
    retire(t);
    hwm_task = NULL;
    bury(t);
}

void hwm_tasks_give_slots(void)
{
    for (UInt i = 0; i < nr_live; i++)
        hwm_slot_give(live[i]->slot);
}

void hwm_tasks_take_slots(void)
{
    for (UInt i = 0; i < nr_live; i++)
        live[i]->slot = hwm_slot_take(live[i]->is_bound ? live[i]->cores : NULL);
}

static void begin(struct hwm_task *t)
{
    t->tid = (UInt)VG_(gettid)();
    t->stack = VG_(get_SP)(t->thread);
    hwm_stack_find(t);
    tell_task(t);
    t->is_told = True;
}

static void on_start(ThreadId thread, ULong blocks)
{
    struct hwm_task *t = running[thread];

    (void)blocks;
    if (!t) /* the first one */
        t = task_create(thread, NULL);
    if (!t->is_told)
        begin(t);
    hwm_turn_interrupt(t); /* it runs, so it waits for nothing, however that ended */
    if (hwm_modelling && !hwm_turn_take(t)) {
        t->passed = hwm_core_pass(t);
        return;
    }
    hwm_task = t;
    hwm_core_enter(t->core);
}

static void on_stop(ThreadId thread, ULong blocks)
{
    struct hwm_task *t = running[thread];

    (void)blocks;
    hwm_core_leave();
    hwm_region_check();
    if (t && t->passed && hwm_modelling)
        hwm_park(t);
}

/* --- moving ---------------------------------------------------------------------------------- */

static void change_core(struct hwm_task *t, UInt core)
{
    ULong now = hwm_core_clock(t->core);

    hwm_turn_moved(t, core);
    t->core = core;
    hwm_core_advance(core, now);
}

Bool hwm_task_may_use(const struct hwm_task *t, UInt core)
{
    return !t->is_bound || (t->cores[core / 64] >> core % 64 & 1);
}

void hwm_task_bind(struct hwm_task *t, const ULong cores[HWM_MAX_CORES / 64])
{
    t->is_bound = True;
    VG_(memcpy)(t->cores, cores, sizeof(t->cores));
    if (hwm_task_may_use(t, t->core))
        return;
    /* What it has cost so far, it cost the core that it leaves. */
    if (hwm_modelling) {
        hwm_cores_settle();
        hwm_blocks_dump();
    }
    hwm_slot_give(t->slot);
    change_core(t, place(t));
}

/* --- signals --------------------------------------------------------------------------------- */

/* A handler may run on another stack: what it interrupts is out of the unwinder's reach until it
 * returns, or until the stack pointer is back where it was (branches.c): it was left by longjmp. */
static void on_signal(ThreadId thread, Int signal, Bool other_stack)
{
    struct hwm_task *t = running[thread];

    (void)signal, (void)other_stack;
    if (!t)
        return;
    hwm_turn_interrupt(t);
    if (t->nr_handlers < HWM_MAX_HANDLERS) {
        t->handlers[t->nr_handlers].base = t->base;
        t->handlers[t->nr_handlers].nr_frames = t->nr_frames;
        t->handlers[t->nr_handlers].context = t->context;
        t->handlers[t->nr_handlers].stack = VG_(get_SP)(thread);
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
    hwm_turn_wait(t, nr, args);
}

static void on_syscall_done(ThreadId thread, UInt nr, UWord *args, UInt nr_args, SysRes res)
{
    struct hwm_task *t = running[thread];

    if (!t)
        return;
    /* It may be spoken of by its number before it has run. */
    if (nr == __NR_clone && t->clone && !sr_isError(res) && !t->clone->tid)
        t->clone->tid = (UInt)sr_Res(res);
    hwm_turn_return(t, nr, args, res);
    hwm_syscall_after(t, nr, args, nr_args, res);
}

/* --- making and resetting ----------------------------------------------------------------------
 */

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
    for (UInt i = nr_live; i-- > 0;)
        if (live[i] != hwm_task)
            retire(live[i]);
    hwm_turns_reset(hwm_task);
    change_core(hwm_task, place(hwm_task)); /* the parent keeps its own slot */
    hwm_task->tid = (UInt)VG_(gettid)();
    tell_task(hwm_task);
}
