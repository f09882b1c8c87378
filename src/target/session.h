/*
 * What the parts of a running target share. Private to src/target. The ways to see a workload
 * through to its end:
 *
 *   wait    no plan: one blocking wait, nothing traced (but the first exec, if someone asked)
 *   follow  a plan: ptrace; each new task is placed before its first instruction
 *   late    a plan where ptrace or seccomp is refused: /proc is looked at again and again
 */
#ifndef HWP_TARGET_SESSION_H
#define HWP_TARGET_SESSION_H

#include "target/child.h"
#include "target/signals.h"
#include "target/target.h"
#include "target/tasks.h"

struct hwp_target {
    struct hwp_target_config config;
    char *path;           /* what is executed */
    pid_t pid;
    int pidfd;            /* -1: the kernel has none */
    int orders, reports;  /* pipes to and from the child; -1 closed */
    bool has_ended;       /* reaped */
    int status;           /* as of wait(2), once it has ended */
    bool is_traced;
    bool has_started;     /* the first exec has been seen (follow) */
    size_t nr_held;       /* tasks that wait for their creator to name them (follow) */
    struct hwp_cpuset affinity;     /* hwprof's own, and so the workload's without a plan */
    struct sigaction old_sigchld;
    struct hwp_run *run;
    struct hwp_tasks tasks;
    struct hwp_signals signals;
    uint64_t tick_at_ns;            /* the first tick, while there are any */
    uint64_t start_ns, end_ns;      /* order to exec, and end; monotonic */
    unsigned timeout_stage;         /* 0: running, 1: SIGTERM sent, 2: SIGKILL sent */
    uint64_t timeout_at_ns;         /* of the next stage; 0: none */
    struct hwp_error *error;        /* of on_exec */
};

/* Each returns when the first process has been reaped. */
struct hwp_error *hwp_session_wait(struct hwp_target *t) hwp_must_use;
struct hwp_error *hwp_session_follow(struct hwp_target *t) hwp_must_use;
struct hwp_error *hwp_session_late(struct hwp_target *t) hwp_must_use;

/* Starts to trace the held child. Returns 0 or an errno. */
int hwp_session_seize(struct hwp_target *t, long options);

/* Undoes it for a child that has not run yet. */
void hwp_session_unseize(struct hwp_target *t);

/* Lets go of what the first process left running, with its affinity put back. */
void hwp_session_let_go(struct hwp_target *t);

/* Sends the order and, for FILTER, waits for the outcome. Returns 0 or an errno. */
int hwp_session_order(struct hwp_target *t, enum hwp_order order);

/* Reads one report; false at the end of the pipe. */
bool hwp_session_report(struct hwp_target *t, struct hwp_child_report *ret);

/* The workload has just executed its program: starts the timeout. (Its own time began with the
 * order to exec: by now a short one may have ended.) */
void hwp_session_started(struct hwp_target *t);

/* The first process has been reaped with this status. */
void hwp_session_ended(struct hwp_target *t, int status);

/* Calls on_exec; its error ends the workload. */
void hwp_session_on_exec(struct hwp_target *t);

/* What is due by the clock: the timeout, names of tasks. To be called after a tick and now and
 * then. */
void hwp_session_due(struct hwp_target *t);

/* Starts ticks if something will be due. */
void hwp_session_schedule(struct hwp_target *t);

/* /proc: every live thread of the process and of its descendants. */
void hwp_session_scan(pid_t pid, void (*visit)(void *ctx, pid_t pid, pid_t tid), void *ctx);

#endif
