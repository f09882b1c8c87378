#include "target/tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"

#define COMM_MAX 64

uint64_t hwp_monotonic_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* --- the table --- */

static struct hwp_task **bucket_of(const struct hwp_tasks *t, pid_t tid)
{
    return &t->buckets[hwp_hash_u64((uint64_t)tid) & (t->nr_buckets - 1)];
}

static void grow(struct hwp_tasks *t)
{
    struct hwp_task **old = t->buckets;
    size_t nr_old = t->nr_buckets;

    t->nr_buckets = nr_old ? nr_old * 2 : 64;
    t->buckets = hwp_calloc(t->nr_buckets, sizeof(struct hwp_task *));
    for (size_t i = 0; i < nr_old; i++)
        for (struct hwp_task *task = old[i], *next; task; task = next) {
            struct hwp_task **bucket = bucket_of(t, task->tid);
            next = task->next;
            task->next = *bucket;
            *bucket = task;
        }
    free(old);
}

struct hwp_task *hwp_tasks_find(const struct hwp_tasks *t, pid_t tid)
{
    if (!t->nr_buckets)
        return NULL;
    struct hwp_task *task = *bucket_of(t, tid);
    while (task && task->tid != tid)
        task = task->next;
    return task;
}

static void link_task(struct hwp_tasks *t, struct hwp_task *task)
{
    if (t->len >= t->nr_buckets)
        grow(t);
    struct hwp_task **bucket = bucket_of(t, task->tid);
    task->next = *bucket;
    *bucket = task;
    t->len++;
}

static void unlink_task(struct hwp_tasks *t, struct hwp_task *task)
{
    struct hwp_task **at = bucket_of(t, task->tid);

    while (*at != task)
        at = &(*at)->next;
    *at = task->next;
    t->len--;
}

struct hwp_task *hwp_tasks_add(struct hwp_tasks *t, pid_t tid)
{
    struct hwp_task *task = hwp_tasks_find(t, tid);

    if (task)
        return task;
    task = hwp_alloc(sizeof(*task));
    *task = (struct hwp_task){.tid = tid, .pid = tid, .cpu = -1, .pin = SIZE_MAX};
    link_task(t, task);
    return task;
}

static void release_cpu(struct hwp_tasks *t, struct hwp_task *task)
{
    if (task->cpu < 0)
        return;
    hwp_plan_release(t->plan, task->cpu);
    task->cpu = -1;
    t->live--;
}

void hwp_tasks_remove(struct hwp_tasks *t, struct hwp_task *task)
{
    release_cpu(t, task);
    unlink_task(t, task);
    free(task);
}

struct hwp_task *hwp_tasks_become_leader(struct hwp_tasks *t, pid_t former, pid_t pid)
{
    struct hwp_task *task = hwp_tasks_find(t, former);
    struct hwp_task *leader = former == pid ? NULL : hwp_tasks_find(t, pid);

    if (leader && task)
        hwp_tasks_remove(t, leader);
    if (!task || former == pid)
        return task ? task : leader;
    unlink_task(t, task);
    task->tid = task->pid = pid;
    link_task(t, task);
    return task;
}

void hwp_tasks_each(struct hwp_tasks *t, void (*visit)(void *ctx, struct hwp_task *task), void *ctx)
{
    for (size_t i = 0; i < t->nr_buckets; i++)
        for (struct hwp_task *task = t->buckets[i], *next; task; task = next) {
            next = task->next;
            visit(ctx, task);
        }
}

static void free_task(void *ctx, struct hwp_task *task)
{
    (void)ctx;
    free(task);
}

void hwp_tasks_deinit(struct hwp_tasks *t)
{
    hwp_tasks_each(t, free_task, NULL);
    free(t->buckets);
    free(t->error);
    hwp_vec_deinit(&t->unnamed);
    *t = (struct hwp_tasks){0};
}

/* --- pins --- */

static int core_of(const struct hwp_topology *topology, int cpu)
{
    const struct hwp_cpu *row = topology && cpu >= 0 ? hwp_topology_cpu(topology, (unsigned)cpu)
                                                     : NULL;
    return row ? row->core : -1;
}

static void list_pin(struct hwp_tasks *t, struct hwp_task *task, const char *comm)
{
    if (t->run->pins.len >= HWP_PINS_MAX)
        return;
    task->pin = t->run->pins.len;
    hwp_vec_push(&t->run->pins, (struct hwp_pin){.pid = task->pid,
                                                 .tid = task->tid,
                                                 .comm = hwp_strdup(comm),
                                                 .cpu = task->cpu,
                                                 .core = core_of(t->topology, task->cpu)});
    hwp_vec_push(&t->unnamed, (struct hwp_unnamed){task->tid, hwp_monotonic_ns()});
}

/* Whether its affinity is what it got by us: its creator's one CPU, or the plan's whole set. */
static bool affinity_is_ours(const struct hwp_tasks *t, const struct hwp_task *task,
                             const struct hwp_cpuset *actual)
{
    if (hwp_cpuset_equal(actual, &t->plan->cpus))
        return true;
    if (hwp_cpuset_count(actual) != 1)
        return false;
    int cpu = hwp_cpuset_next(actual, 0);
    return task->has_creator ? cpu == task->creator_cpu
                             : hwp_cpuset_has(&t->plan->cpus, (unsigned)cpu);
}

static void give_cpu(struct hwp_tasks *t, struct hwp_task *task)
{
    struct hwp_cpuset one = {0};

    task->cpu = hwp_plan_assign(t->plan);
    if (task->cpu < 0)
        return;
    if (++t->live > t->max_live)
        t->max_live = t->live;
    hwp_cpuset_add(&one, (unsigned)task->cpu);
    if (hwp_cpuset_apply(task->tid, &one) == 0)
        return;
    if (errno != ESRCH && !t->error)
        t->error = hwp_asprintf("task %d on CPU %d: %s", (int)task->tid, task->cpu,
                                strerror(errno));
    release_cpu(t, task);
}

void hwp_task_place(struct hwp_tasks *t, struct hwp_task *task, const char *comm)
{
    struct hwp_cpuset actual;

    task->is_started = true;
    if (hwp_cpuset_of_task(task->tid, &actual) == 0 && affinity_is_ours(t, task, &actual))
        give_cpu(t, task);
    list_pin(t, task, comm);
}

void hwp_task_disown(struct hwp_tasks *t, struct hwp_task *task)
{
    release_cpu(t, task);
    if (task->pin != SIZE_MAX)
        t->run->pins.data[task->pin].cpu = t->run->pins.data[task->pin].core = -1;
}

void hwp_task_leave(struct hwp_tasks *t, struct hwp_task *task)
{
    task->is_started = true;
    list_pin(t, task, NULL);
}

/* --- names --- */

void hwp_task_name(struct hwp_tasks *t, struct hwp_task *task)
{
    char path[64], comm[COMM_MAX];

    if (task->pin == SIZE_MAX)
        return;
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)task->tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = read(fd, comm, sizeof(comm) - 1);
    close(fd);
    if (n <= 0)
        return;
    comm[comm[n - 1] == '\n' ? n - 1 : n] = '\0';

    struct hwp_pin *pin = &t->run->pins.data[task->pin];
    if (pin->comm && strcmp(pin->comm, comm) == 0)
        return;
    free(pin->comm);
    pin->comm = hwp_strdup(comm);
}

bool hwp_tasks_name_pending(struct hwp_tasks *t, uint64_t before_ns)
{
    for (; t->nr_named < t->unnamed.len; t->nr_named++) {
        const struct hwp_unnamed *next = &t->unnamed.data[t->nr_named];
        if (next->born_ns > before_ns)
            return true;
        struct hwp_task *task = hwp_tasks_find(t, next->tid);
        if (task)
            hwp_task_name(t, task);
    }
    t->nr_named = t->unnamed.len = 0;
    return false;
}
