/*
 * Pinning where ptrace or seccomp is refused: /proc is read again and again, and what is new there
 * gets its CPU, late. The first task keeps the plan's whole set, which what it creates inherits, so
 * that nothing crowds on one CPU until it is found, and a runtime that sizes its pool by its
 * affinity sees the whole plan. Known to miss: tasks shorter than the pause between two looks.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "target/session.h"

#define FIRST_PAUSE_MS 1
#define LAST_PAUSE_MS  50

HWP_VEC_TYPE(pids, pid_t);

/* The processes that a thread has started: proc(5), "task/TID/children". */
static void add_children(struct pids *pids, pid_t pid, pid_t tid)
{
    char path[64];
    int child;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)tid);
    FILE *f = fopen(path, "re");
    if (!f)
        return;
    while (fscanf(f, "%d", &child) == 1)
        hwp_vec_push(pids, (pid_t)child);
    fclose(f);
}

void hwp_session_scan(pid_t first, void (*visit)(void *ctx, pid_t pid, pid_t tid), void *ctx)
{
    struct pids pids = {0};

    hwp_vec_push(&pids, first);
    for (size_t i = 0; i < pids.len; i++) {
        char path[64];
        pid_t pid = pids.data[i];
        snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
        DIR *dir = opendir(path);
        if (!dir)
            continue;
        for (struct dirent *entry; (entry = readdir(dir));) {
            pid_t tid = (pid_t)atoi(entry->d_name);
            if (tid <= 0)
                continue;
            add_children(&pids, pid, tid);
            visit(ctx, pid, tid);
        }
        closedir(dir);
    }
    hwp_vec_deinit(&pids);
}

struct look {
    struct hwp_target *t;
    unsigned number;
    bool found_new;
};

static void look_at(void *ctx, pid_t pid, pid_t tid)
{
    struct look *look = ctx;
    struct hwp_task *task = hwp_tasks_add(&look->t->tasks, tid);

    task->seen = look->number;
    if (task->is_started)
        return;
    task->pid = pid;
    look->found_new = true;
    hwp_task_place(&look->t->tasks, task, NULL);
    hwp_task_name(&look->t->tasks, task);
}

static void drop_unseen(void *ctx, struct hwp_task *task)
{
    struct look *look = ctx;

    if (task->seen != look->number)
        hwp_tasks_remove(&look->t->tasks, task);
}

static void place_first(struct hwp_target *t)
{
    struct hwp_task *task = hwp_tasks_add(&t->tasks, t->pid);

    if (hwp_cpuset_apply(t->pid, &t->config.plan->cpus) < 0 && errno != ESRCH) {
        free(t->tasks.error);
        t->tasks.error = hwp_asprintf("the first task: %s", strerror(errno));
    }
    hwp_task_leave(&t->tasks, task);
}

/* Sleeps until the workload's first process ends, or the pause is over. */
static void pause_until_end(const struct hwp_target *t, int ms)
{
    struct pollfd pfd = {.fd = t->pidfd, .events = POLLIN};

    poll(&pfd, t->pidfd >= 0, ms);
}

struct hwp_error *hwp_session_late(struct hwp_target *t)
{
    struct look look = {.t = t};
    int status, pause_ms = FIRST_PAUSE_MS;

    if (t->has_ended)
        return NULL;
    if (t->config.on_exec)
        return hwp_error_hint(hwp_error(HWP_E_DENIED, "can't stop the workload at its exec"),
                              "ptrace must be permitted to watch a variable by its name: see "
                              "kernel.yama.ptrace_scope, or the container's seccomp profile");
    place_first(t);
    hwp_session_order(t, HWP_ORDER_EXEC);
    hwp_session_started(t);
    for (;;) {
        pid_t pid = waitpid(t->pid, &status, WNOHANG);
        if (pid == t->pid) {
            hwp_session_ended(t, status);
            look.number++; /* what is still there is let go */
            hwp_tasks_each(&t->tasks, drop_unseen, &look);
            return NULL;
        }
        if (pid < 0 && errno != EINTR)
            return hwp_error_sys(errno, "can't wait for the workload");
        look.number++;
        look.found_new = false;
        hwp_session_scan(t->pid, look_at, &look);
        hwp_tasks_each(&t->tasks, drop_unseen, &look);
        if (hwp_signals_ticked())
            hwp_session_due(t);
        pause_ms = look.found_new ? FIRST_PAUSE_MS
                                  : pause_ms * 2 < LAST_PAUSE_MS ? pause_ms * 2 : LAST_PAUSE_MS;
        pause_until_end(t, pause_ms);
    }
}
