/*
 * Following by ptrace(2). Each new task takes two stops: its creator's, which names it, and its
 * own first one, before any of its code, where it gets its CPU. They come in either order.
 *
 * The tasks are seized (PTRACE_SEIZE), so job control keeps working: a task that a signal has
 * stopped is left listening (PTRACE_LISTEN) until the workload is continued.
 *
 * The option EXITKILL is not used: a SIGKILL of hwprof should not take the workload down with it.
 * The price is that sched_getaffinity(2) and sched_setaffinity(2) then fail there with ENOSYS, as the
 * filter has nobody to ask; C libraries then go by the number of online CPUs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "target/filter.h"
#include "target/namespace.h"
#include "target/session.h"

#define EVENT(status) ((status) >> 16)

/* How long let_go waits for tasks that can't be stopped, as one that waits for its vfork's child.
 * They are freed when hwprof ends. */
#define LET_GO_NS 500000000ull

static bool is_stop_signal(int sig)
{
    return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/* ESRCH, here and below: the task was killed in its stop; its end will be reported. */
static void resume(pid_t tid, int sig)
{
    ptrace(PTRACE_CONT, tid, NULL, (void *)(intptr_t)sig);
}

/* Goes on from a PTRACE_EVENT_STOP with that signal. */
static void resume_from_stop(pid_t tid, int sig)
{
    if (is_stop_signal(sig))
        ptrace(PTRACE_LISTEN, tid, NULL, NULL);
    else
        resume(tid, 0);
}

static const char *comm_of(const struct hwp_target *t, const struct hwp_task *task)
{
    return task && task->pin != SIZE_MAX ? t->run->pins.data[task->pin].comm : NULL;
}

static void start_task(struct hwp_target *t, struct hwp_task *task, int sig, const char *comm)
{
    task->is_held = false;
    hwp_task_place(&t->tasks, task, comm);
    hwp_session_schedule(t);
    resume_from_stop(task->tid, sig);
}

/* The process of a thread whose creator is not known (proc(5)). */
static pid_t process_of(pid_t tid)
{
    char path[64], line[128];
    int pid = tid;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "Tgid: %d", &pid) == 1)
            break;
    if (f)
        fclose(f);
    return pid;
}

static void start_held(void *ctx, struct hwp_task *task)
{
    struct hwp_target *t = ctx;

    if (!task->is_held)
        return;
    task->pid = process_of(task->tid);
    start_task(t, task, task->hold_signal, NULL);
}

/* A creator that is killed right after the creation never names its child. So when some task has
 * ended, nobody is held any longer. */
static void start_all_held(struct hwp_target *t)
{
    if (t->nr_held == 0)
        return;
    hwp_tasks_each(&t->tasks, start_held, t);
    t->nr_held = 0;
}

/* Whether `tid` lives, and if it is a thread of the process `pid`. */
static bool child_kind(pid_t pid, pid_t tid, int event, bool *ret_is_thread)
{
    *ret_is_thread =
        event == PTRACE_EVENT_CLONE && syscall(SYS_tgkill, pid, tid, 0) == 0;
    return *ret_is_thread || kill(tid, 0) == 0 || errno == EPERM;
}

static void on_creation(struct hwp_target *t, pid_t creator_tid, int event)
{
    struct hwp_task *creator = hwp_tasks_find(&t->tasks, creator_tid);
    unsigned long child_tid = 0;
    bool is_thread;

    if (ptrace(PTRACE_GETEVENTMSG, creator_tid, NULL, &child_tid) == 0 && creator &&
        child_kind(creator->pid, (pid_t)child_tid, event, &is_thread)) {
        struct hwp_task *child = hwp_tasks_add(&t->tasks, (pid_t)child_tid);
        child->has_creator = true;
        child->creator_cpu = creator->cpu;
        if (!child->is_started) {
            child->creator = creator_tid;
            child->pid = is_thread ? creator->pid : child->tid;
        }
        if (child->is_held) {
            t->nr_held--;
            start_task(t, child, child->hold_signal, comm_of(t, creator));
        }
    }
    resume(creator_tid, 0);
}

/* A PTRACE_EVENT_STOP: a task's first stop, or one of job control. */
static void on_stop(struct hwp_target *t, pid_t tid, int sig)
{
    struct hwp_task *task = hwp_tasks_find(&t->tasks, tid);

    if (!task) {
        task = hwp_tasks_add(&t->tasks, tid);
        task->is_held = true;
        task->hold_signal = sig;
        t->nr_held++;
    } else if (task->is_held) {
        /* The second stop before its creator has named it: a stop signal has come meanwhile. */
        task->hold_signal = sig;
    } else if (!task->is_started) {
        start_task(t, task, sig, comm_of(t, hwp_tasks_find(&t->tasks, task->creator)));
    } else {
        resume_from_stop(tid, sig);
    }
}

static void on_exec(struct hwp_target *t, pid_t tid)
{
    unsigned long former = (unsigned long)tid;

    ptrace(PTRACE_GETEVENTMSG, tid, NULL, &former);
    struct hwp_task *task = hwp_tasks_become_leader(&t->tasks, (pid_t)former, tid);
    if (task)
        hwp_task_name(&t->tasks, task);
    start_all_held(t);
    if (tid == t->pid && !t->has_started) {
        t->has_started = true;
        hwp_session_on_exec(t);
        hwp_session_started(t);
    }
    resume(tid, 0);
}

static void on_question(struct hwp_target *t, pid_t tid)
{
    struct hwp_affinity_question q;

    if (hwp_affinity_question(tid, &q)) {
        struct hwp_task *task = hwp_namespace_task(&t->tasks, tid, q.tid);
        if (task && q.is_set)
            hwp_task_disown(&t->tasks, task);
        else if (task && task->cpu >= 0)
            hwp_affinity_answer(tid, &q, task->tid, task->cpu, &t->config.plan->cpus);
    }
    resume(tid, 0);
}

static void on_end(struct hwp_target *t, pid_t tid, int status)
{
    struct hwp_task *task = hwp_tasks_find(&t->tasks, tid);

    if (task && task->is_held)
        t->nr_held--;
    if (task)
        hwp_tasks_remove(&t->tasks, task);
    start_all_held(t);
    if (tid == t->pid)
        hwp_session_ended(t, status);
}

static void on_status(struct hwp_target *t, pid_t tid, int status)
{
    if (!WIFSTOPPED(status)) {
        on_end(t, tid, status);
        return;
    }
    switch (EVENT(status)) {
    case 0:
        resume(tid, WSTOPSIG(status));
        break;
    case PTRACE_EVENT_CLONE:
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
        on_creation(t, tid, EVENT(status));
        break;
    case PTRACE_EVENT_STOP:
        on_stop(t, tid, WSTOPSIG(status));
        break;
    case PTRACE_EVENT_EXEC:
        on_exec(t, tid);
        break;
    case PTRACE_EVENT_SECCOMP:
        on_question(t, tid);
        break;
    default:
        resume(tid, 0);
    }
}

/* The first task: as if its creator had had the plan's whole set. */
static void place_first(struct hwp_target *t)
{
    struct hwp_task *task = hwp_tasks_add(&t->tasks, t->pid);

    if (hwp_cpuset_apply(t->pid, &t->config.plan->cpus) < 0 && errno != ESRCH)
        t->tasks.error = hwp_asprintf("the first task: %s", strerror(errno));
    hwp_task_place(&t->tasks, task, NULL);
}

struct hwp_error *hwp_session_follow(struct hwp_target *t)
{
    int status;

    place_first(t);
    hwp_session_order(t, HWP_ORDER_EXEC);
    while (!t->has_ended) {
        pid_t tid = waitpid(-1, &status, __WALL);
        if (tid > 0)
            on_status(t, tid, status);
        else if (errno != EINTR)
            return hwp_error_sys(errno, "can't wait for the workload");
        if (hwp_signals_ticked() && !t->has_ended)
            hwp_session_due(t);
    }
    return NULL;
}

/* --- the beginning and the end --- */

int hwp_session_seize(struct hwp_target *t, long options)
{
    if (ptrace(PTRACE_SEIZE, t->pid, NULL, (void *)options) < 0)
        return errno;
    t->is_traced = true;
    return 0;
}

void hwp_session_unseize(struct hwp_target *t)
{
    int status;

    if (!t->has_ended && ptrace(PTRACE_INTERRUPT, t->pid, NULL, NULL) == 0 &&
        waitpid(t->pid, &status, __WALL) == t->pid) {
        if (WIFSTOPPED(status))
            ptrace(PTRACE_DETACH, t->pid, NULL,
                   (void *)(intptr_t)(EVENT(status) ? 0 : WSTOPSIG(status)));
        else
            hwp_session_ended(t, status);
    }
    t->is_traced = false;
}

static void give_back_affinity(struct hwp_target *t, pid_t tid)
{
    const struct hwp_task *task = hwp_tasks_find(&t->tasks, tid);
    struct hwp_cpuset actual, given = {0};

    if (!task || task->cpu < 0)
        return;
    hwp_cpuset_add(&given, (unsigned)task->cpu);
    if (hwp_cpuset_of_task(tid, &actual) == 0 && hwp_cpuset_equal(&actual, &given))
        hwp_cpuset_apply(tid, &t->affinity);
}

static void interrupt(void *ctx, struct hwp_task *task)
{
    struct hwp_target *t = ctx;

    hwp_task_name(&t->tasks, task);
    /* A held one is in its stop already, and reports no other. */
    if (!task->is_held) {
        ptrace(PTRACE_INTERRUPT, task->tid, NULL, NULL);
        return;
    }
    hwp_cpuset_apply(task->tid, &t->affinity);
    ptrace(PTRACE_DETACH, task->tid, NULL, NULL);
}

static void release(struct hwp_target *t, pid_t tid, int status)
{
    struct hwp_task *task = hwp_tasks_find(&t->tasks, tid);

    if (WIFSTOPPED(status)) {
        if (task)
            give_back_affinity(t, tid);
        else /* created a moment ago, with its creator's CPU */
            hwp_cpuset_apply(tid, &t->affinity);
        ptrace(PTRACE_DETACH, tid, NULL, (void *)(intptr_t)(EVENT(status) ? 0 : WSTOPSIG(status)));
    }
    if (task)
        hwp_tasks_remove(&t->tasks, task);
}

void hwp_session_let_go(struct hwp_target *t)
{
    uint64_t deadline = hwp_monotonic_ns() + LET_GO_NS;
    useconds_t pause_us = 20;
    int status;

    hwp_tasks_each(&t->tasks, interrupt, t);
    for (;;) {
        pid_t tid = waitpid(-1, &status, __WALL | WNOHANG);
        if (tid > 0)
            release(t, tid, status);
        else if ((tid < 0 && errno == ECHILD) || hwp_monotonic_ns() > deadline)
            return; /* nothing is traced any more, or it does not stop in time */
        else if (tid == 0) {
            usleep(pause_us);
            pause_us = pause_us < 1000 ? pause_us * 2 : 1000;
        }
    }
}
