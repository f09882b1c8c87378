#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "target/program.h"
#include "target/session.h"
#include "target/signals_hold.h"

struct pipes {
    int orders[2], reports[2];
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void pipes_deinit(struct pipes *p)
{
    for (int i = 0; i < 2; i++) {
        close_fd(&p->orders[i]);
        close_fd(&p->reports[i]);
    }
}

static bool drops_statuses(const struct sigaction *action)
{
    return action->sa_handler == SIG_IGN || (action->sa_flags & SA_NOCLDWAIT);
}

/* With SIGCHLD ignored (hwprof may be started so) the kernel would reap the workload itself and
 * drop its status. */
static void keep_statuses(struct hwp_target *t)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    sigemptyset(&action.sa_mask);
    sigaction(SIGCHLD, NULL, &t->old_sigchld);
    if (drops_statuses(&t->old_sigchld))
        sigaction(SIGCHLD, &action, NULL);
}

/* In hwprof at the end, and in the child, as the workload inherits what hwprof was started with. */
static void put_back_sigchld(const struct hwp_target *t)
{
    if (drops_statuses(&t->old_sigchld))
        sigaction(SIGCHLD, &t->old_sigchld, NULL);
}

static struct hwp_error *fork_child(struct hwp_target *t, struct pipes *pipes)
{
    struct hwp_child child = {.config = &t->config,
                              .path = t->path,
                              .orders = pipes->orders[0],
                              .reports = pipes->reports[1]};
    sigset_t all, before;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    child.mask = before;
    hwp_unheld_mask(&child.mask);
    t->pid = fork();
    int errnum = errno;
    if (t->pid == 0) {
        /* Its own copies of our ends would keep it from noticing that we are gone. */
        close(pipes->orders[1]);
        close(pipes->reports[0]);
        put_back_sigchld(t);
        hwp_child_main(&child);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return t->pid < 0 ? hwp_error_sys(errnum, "can't start a process for the workload") : NULL;
}

bool hwp_session_report(struct hwp_target *t, struct hwp_child_report *ret)
{
    ssize_t n;

    do
        n = read(t->reports, ret, sizeof(*ret));
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(*ret);
}

static struct hwp_error *wait_until_ready(struct hwp_target *t)
{
    struct hwp_child_report report;

    if (!hwp_session_report(t, &report))
        return hwp_error(HWP_E_SYSTEM, "the workload's process ended before it could start");
    if (report.stage == HWP_CHILD_READY)
        return NULL;

    struct hwp_error *err = hwp_error(report.code, "%s", report.msg);
    err->errnum = report.errnum;
    return *report.hint ? hwp_error_hint(err, "%s", report.hint) : err;
}

static struct hwp_error *launch(struct hwp_target *t)
{
    struct pipes pipes hwp_cleanup(pipes_deinit) = {{-1, -1}, {-1, -1}};

    HWP_TRY(hwp_program_find(t->config.argv[0], &t->path));
    /* Orders go through a socket, where a write to a dead child is an error and no SIGPIPE. */
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pipes.orders) < 0 ||
        pipe2(pipes.reports, O_CLOEXEC) < 0)
        return hwp_error_sys(errno, "can't create a pipe to the workload");
    if (hwp_cpuset_of_task(0, &t->affinity) < 0)
        return hwp_error_sys(errno, "can't read hwprof's own CPU affinity");
    keep_statuses(t); /* before the fork: a child that dies at once has a status, too */
    HWP_TRY(fork_child(t, &pipes));

    t->orders = pipes.orders[1];
    t->reports = pipes.reports[0];
    pipes.orders[1] = pipes.reports[0] = -1;
    close_fd(&pipes.reports[1]);
    t->pidfd = (int)syscall(SYS_pidfd_open, t->pid, 0);
    return wait_until_ready(t);
}

struct hwp_error *hwp_target_launch(const struct hwp_target_config *config, struct hwp_target **ret)
{
    struct hwp_target *t hwp_cleanup(hwp_target_cleanup) = hwp_alloc(sizeof(*t));

    *t = (struct hwp_target){.config = *config, .pidfd = -1, .orders = -1, .reports = -1};
    HWP_TRY(launch(t));
    *ret = hwp_steal(&t);
    return NULL;
}

pid_t hwp_target_pid(const struct hwp_target *t)
{
    return t->pid;
}

static void kill_and_reap(struct hwp_target *t)
{
    if (t->pid <= 0 || t->has_ended)
        return;
    kill(t->pid, SIGKILL);
    for (;;) {
        pid_t pid = waitpid(t->pid, &t->status, __WALL);
        if (pid < 0 ? errno != EINTR : !WIFSTOPPED(t->status))
            break;
    }
    t->has_ended = true;
}

void hwp_target_destroy(struct hwp_target *t)
{
    if (!t)
        return;
    kill_and_reap(t);
    put_back_sigchld(t);
    hwp_signals_leave(&t->signals);
    hwp_tasks_deinit(&t->tasks);
    hwp_error_destroy(t->error);
    close_fd(&t->orders);
    close_fd(&t->reports);
    close_fd(&t->pidfd);
    free(t->path);
    free(t);
}
