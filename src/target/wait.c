#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "target/session.h"

/* Traces the child up to its exec, calls on_exec, and lets it go untraced. */
static struct hwp_error *stop_at_exec(struct hwp_target *t)
{
    int status, errnum = hwp_session_seize(t, PTRACE_O_TRACEEXEC);

    if (errnum)
        return hwp_error_hint(hwp_error_sys(errnum, "can't stop the workload at its exec"),
                              "ptrace must be permitted to watch a variable by its name: see "
                              "kernel.yama.ptrace_scope, or the container's seccomp profile");
    hwp_session_order(t, HWP_ORDER_EXEC);
    for (;;) {
        if (waitpid(t->pid, &status, __WALL) < 0) {
            if (errno == EINTR)
                continue;
            return hwp_error_sys(errno, "can't wait for the workload");
        }
        if (!WIFSTOPPED(status)) {
            hwp_session_ended(t, status);
            return NULL;
        }
        if (status >> 16 == PTRACE_EVENT_EXEC)
            break;
        ptrace(PTRACE_CONT, t->pid, NULL,
               (void *)(intptr_t)(status >> 16 ? 0 : WSTOPSIG(status)));
    }
    hwp_session_on_exec(t);
    ptrace(PTRACE_DETACH, t->pid, NULL, NULL);
    t->is_traced = false;
    hwp_session_started(t);
    return NULL;
}

struct hwp_error *hwp_session_wait(struct hwp_target *t)
{
    int status;

    if (t->config.on_exec) {
        HWP_TRY(stop_at_exec(t));
    } else {
        /* Nobody waits for the exec itself: being woken by it would take the CPU away from the
         * workload at its first instruction, a context switch in its counts. */
        hwp_session_order(t, HWP_ORDER_EXEC);
        hwp_session_started(t);
    }
    while (!t->has_ended) {
        if (waitpid(t->pid, &status, 0) == t->pid)
            hwp_session_ended(t, status);
        else if (errno != EINTR)
            return hwp_error_sys(errno, "can't wait for the workload");
        if (hwp_signals_ticked() && !t->has_ended)
            hwp_session_due(t);
    }
    return NULL;
}
