/*
 * The tasks of a workload that live now, by thread id, and the pin list of the run that they leave
 * behind. The table owns its tasks; the pins belong to the run. One thread at a time.
 */
#ifndef HWP_TARGET_TASKS_H
#define HWP_TARGET_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "profile/run.h"
#include "topology/plan.h"
#include "topology/topology.h"

/* A run that creates tasks without end keeps the first ones only. */
#define HWP_PINS_MAX 10000

struct hwp_task {
    pid_t tid, pid;
    int cpu;           /* what we gave it; -1: left alone */
    bool has_creator;  /* the next two are known */
    pid_t creator;
    int creator_cpu;
    bool is_started;   /* placed, and let run */
    bool is_held;      /* stopped before its first instruction, with hold_signal */
    int hold_signal;
    size_t pin;        /* index in the run's pins; SIZE_MAX: not listed */
    unsigned seen;     /* the last scan that saw it (late pinning) */
    struct hwp_task *next; /* of its hash bucket */
};

struct hwp_tasks {
    struct hwp_task **buckets;
    size_t nr_buckets, len;
    unsigned max_live; /* the most tasks pinned at one time */
    unsigned live;
    struct hwp_plan *plan;
    const struct hwp_topology *topology;
    struct hwp_run *run;
    HWP_VEC(struct hwp_unnamed { pid_t tid; uint64_t born_ns; }) unnamed;
    size_t nr_named;   /* elements at the front of `unnamed` that are done */
    char *error;       /* why some task could not be pinned, or NULL */
};

void hwp_tasks_deinit(struct hwp_tasks *t);

/* NULL if there is none. */
struct hwp_task *hwp_tasks_find(const struct hwp_tasks *t, pid_t tid);

/* The task of that id, created (not started, in no pin list) if it is new. */
struct hwp_task *hwp_tasks_add(struct hwp_tasks *t, pid_t tid);
void hwp_tasks_remove(struct hwp_tasks *t, struct hwp_task *task);

/* The thread `task` of a process has become its leader `pid` by an exec; the old leader is gone. */
struct hwp_task *hwp_tasks_become_leader(struct hwp_tasks *t, pid_t former, pid_t pid);

/* Calls `visit` for each task; it may remove the one that it is called for. */
void hwp_tasks_each(struct hwp_tasks *t, void (*visit)(void *ctx, struct hwp_task *task),
                    void *ctx);

/* Gives the task its CPU of the plan (unless it has been given an affinity by the workload) and
 * lists it in the run's pins under `comm` (NULL: not known yet). As ours counts its creator's CPU,
 * or any of the plan's if the creator is not known; and all of the plan's, which is no choice. */
void hwp_task_place(struct hwp_tasks *t, struct hwp_task *task, const char *comm);

/* The workload itself sets the task's affinity: its CPU of the plan is free again. */
void hwp_task_disown(struct hwp_tasks *t, struct hwp_task *task);

/* Lists a task that is left alone. */
void hwp_task_leave(struct hwp_tasks *t, struct hwp_task *task);

/* Reads the task's name from /proc into its pin. */
void hwp_task_name(struct hwp_tasks *t, struct hwp_task *task);

/* Reads the names of the tasks that were placed before `before_ns` (they take their names soon
 * after they start). False when no task is left without one. */
bool hwp_tasks_name_pending(struct hwp_tasks *t, uint64_t before_ns);

uint64_t hwp_monotonic_ns(void);

#endif
