#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "target/program.h"
#include "target/session.h"

#define MS 1000000u

/* From SIGTERM to SIGKILL after a timeout. */
#define GRACE_NS (2000ull * MS)

/* Tasks name themselves soon after they start; reading their names waits that long. */
#define NAME_DELAY_NS (20ull * MS)
#define TICK_NS       (20ull * MS)

/* --- the clock --- */

static void kill_task(void *ctx, pid_t pid, pid_t tid)
{
    int sig = *(const int *)ctx;

    if (pid == tid)
        kill(pid, sig);
}

static void kill_listed(void *ctx, struct hwp_task *task)
{
    kill_task(ctx, task->pid, task->tid);
}

/* Every process of the workload that is known; a stopped one must go on to die of a SIGTERM. */
static void kill_all(struct hwp_target *t, int sig)
{
    int wake = SIGCONT;

    if (t->is_traced) {
        hwp_tasks_each(&t->tasks, kill_listed, &sig);
        hwp_tasks_each(&t->tasks, kill_listed, &wake);
    } else {
        hwp_session_scan(t->pid, kill_task, &sig);
        hwp_session_scan(t->pid, kill_task, &wake);
    }
}

void hwp_session_due(struct hwp_target *t)
{
    uint64_t now = hwp_monotonic_ns();

    if (t->timeout_at_ns && now >= t->timeout_at_ns) {
        kill_all(t, t->timeout_stage == 0 ? SIGTERM : SIGKILL);
        t->timeout_stage++;
        t->timeout_at_ns = now + GRACE_NS;
    }
    bool is_unnamed = hwp_tasks_name_pending(&t->tasks, now - NAME_DELAY_NS);
    hwp_signals_stop_ticks(&t->signals);
    if (is_unnamed || t->timeout_at_ns)
        hwp_session_schedule(t);
}

void hwp_session_schedule(struct hwp_target *t)
{
    uint64_t now = hwp_monotonic_ns(), at = t->timeout_at_ns ? t->timeout_at_ns : UINT64_MAX;

    if (t->tasks.unnamed.len && at > now + NAME_DELAY_NS)
        at = now + NAME_DELAY_NS;
    if (at == UINT64_MAX || (t->signals.is_ticking && t->tick_at_ns <= at))
        return;
    t->tick_at_ns = at;
    hwp_signals_tick(&t->signals, at > now ? at - now : 1, TICK_NS);
}

/* --- events of the first process --- */

void hwp_session_started(struct hwp_target *t)
{
    if (t->config.timeout_ns)
        t->timeout_at_ns = hwp_monotonic_ns() + t->config.timeout_ns;
    hwp_session_schedule(t);
}

void hwp_session_ended(struct hwp_target *t, int status)
{
    t->end_ns = hwp_monotonic_ns();
    t->has_ended = true;
    t->status = status;
    hwp_signals_forget();
}

void hwp_session_on_exec(struct hwp_target *t)
{
    if (!t->config.on_exec)
        return;
    t->error = t->config.on_exec(t->config.ctx, t->pid);
    if (t->error)
        kill(t->pid, SIGKILL);
}

/* --- orders to the child --- */

/* A child that is traced may have been stopped by someone's SIGSTOP, and would never answer. */
static void unstick(struct hwp_target *t)
{
    int status;

    if (t->is_traced && waitpid(t->pid, &status, WNOHANG | __WALL | WUNTRACED) == t->pid) {
        if (WIFSTOPPED(status))
            ptrace(PTRACE_CONT, t->pid, NULL, NULL);
        else
            hwp_session_ended(t, status);
    }
}

int hwp_session_order(struct hwp_target *t, enum hwp_order order)
{
    char byte = (char)order;
    struct hwp_child_report report;
    struct pollfd pfd = {.fd = t->reports, .events = POLLIN};

    if (order == HWP_ORDER_EXEC)
        t->start_ns = hwp_monotonic_ns();
    if (send(t->orders, &byte, 1, MSG_NOSIGNAL) < 0)
        return errno;
    if (order != HWP_ORDER_FILTER)
        return 0;
    while (poll(&pfd, 1, 100) <= 0)
        unstick(t);
    return hwp_session_report(t, &report) && report.stage == HWP_CHILD_FILTERED ? report.errnum
                                                                                : ESRCH;
}

/* --- the whole --- */

/* Whether the held child has been killed: its end of the report pipe is closed. */
static bool is_gone(const struct hwp_target *t)
{
    struct pollfd pfd = {.fd = t->reports, .events = POLLIN};

    return poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLHUP);
}

static struct hwp_error *see_through(struct hwp_target *t)
{
    bool has_plan = t->config.plan && t->config.plan->slots.len;
    long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                   PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP;

    if (is_gone(t))
        t->config.on_exec = NULL;
    if (!has_plan || is_gone(t))
        return hwp_session_wait(t);
    int errnum = hwp_session_seize(t, options);
    if (!errnum)
        errnum = hwp_session_order(t, HWP_ORDER_FILTER);
    if (t->is_traced && (errnum == ESRCH || errnum == EPIPE))
        errnum = 0; /* killed just now: there is only its end to see */
    if (errnum && t->is_traced)
        hwp_session_unseize(t);
    if (!errnum)
        return hwp_session_follow(t);
    t->tasks.error = hwp_asprintf("following them is not permitted here: %s", strerror(errnum));
    return hwp_session_late(t);
}

static uint64_t to_ns(struct timeval after, struct timeval before)
{
    int64_t us = (int64_t)(after.tv_sec - before.tv_sec) * 1000000 + after.tv_usec - before.tv_usec;

    return us > 0 ? (uint64_t)us * 1000 : 0;
}

static void fill_fate(struct hwp_target *t, const struct rusage *before)
{
    struct rusage after;
    struct hwp_run *run = t->run;

    /* The first process is the only one that is hwprof's own child: what it has waited for
     * itself is in there too. */
    getrusage(RUSAGE_CHILDREN, &after);
    run->user_ns = to_ns(after.ru_utime, before->ru_utime);
    run->system_ns = to_ns(after.ru_stime, before->ru_stime);
    run->duration_ns = t->end_ns - t->start_ns;
    run->has_exit = true;
    run->exit_status =
        WIFSIGNALED(t->status) ? 128 + WTERMSIG(t->status) : WEXITSTATUS(t->status);
}

static void fill_notes(struct hwp_target *t)
{
    const struct hwp_plan *plan = t->config.plan;

    if (t->tasks.error)
        hwp_note_raise(&t->run->notes, HWP_NOTE_PIN_LATE, t->tasks.error);
    if (plan && plan->was_oversubscribed) {
        char *detail hwp_cleanup(hwp_free_cleanup) =
            hwp_asprintf("up to %u tasks on %zu CPU%s", t->tasks.max_live, plan->slots.len,
                         plan->slots.len == 1 ? "" : "s");
        hwp_note_raise(&t->run->notes, HWP_NOTE_OVERSUBSCRIBED, detail);
    }
}

struct hwp_error *hwp_target_run(struct hwp_target *t, struct hwp_run *run)
{
    struct rusage before;
    struct hwp_child_report report;

    getrusage(RUSAGE_CHILDREN, &before);
    t->run = run;
    t->tasks.run = run;
    t->tasks.plan = t->config.plan;
    t->tasks.topology = t->config.topology;
    hwp_signals_enter(&t->signals, t->pid, t->pidfd);
    struct hwp_error *err = see_through(t);
    if (!err && t->is_traced)
        hwp_session_let_go(t);
    hwp_signals_leave(&t->signals);
    if (err)
        return err;
    if (t->error)
        return hwp_steal(&t->error);
    /* The workload has ended, so this can't block, unless no exec has happened and something else
     * holds the pipe. */
    fcntl(t->reports, F_SETFL, O_NONBLOCK);
    if (hwp_session_report(t, &report) && report.stage == HWP_CHILD_EXEC)
        return hwp_program_exec_error(t->path, report.errnum);
    fill_fate(t, &before);
    fill_notes(t);
    return NULL;
}
