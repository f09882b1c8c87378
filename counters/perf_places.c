/* On which tasks and CPUs events are opened. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "counters/perf_session.h"

static struct hwp_error *online_cpus(const struct hwp_topology *topology, struct hwp_cpuset *ret)
{
    if (topology && topology->is_this_system) {
        *ret = topology->online;
        return NULL;
    }
    hwp_cleanup(hwp_free_cleanup) char *text =
        hwp_file_read("/sys/devices/system/cpu/online", HWP_FILE_SMALL, NULL);
    return hwp_cpuset_parse(text ? text : "0", ret);
}

/* Fewer CPUs than asked for would look like all of them. */
static struct hwp_error *check_online(const struct hwp_cpuset *asked,
                                      const struct hwp_cpuset *online)
{
    struct hwp_cpuset offline = *asked, both = *asked;

    hwp_cpuset_and(&both, online);
    hwp_cpuset_foreach(&both, cpu)
        hwp_cpuset_remove(&offline, (unsigned)cpu);
    if (hwp_cpuset_next(&offline, 0) < 0)
        return NULL;
    hwp_cleanup(hwp_free_cleanup) char *missing = hwp_cpuset_format(&offline);
    hwp_cleanup(hwp_free_cleanup) char *there = hwp_cpuset_format(online);
    return hwp_error_hint(hwp_error(HWP_E_INVALID, "CPU %s is not online", missing),
                          "the CPUs that are: %s", there);
}

/* Calls fn for each thread of a process until it returns false. */
static void each_thread(pid_t pid, bool (*fn)(void *ctx, pid_t tid), void *ctx)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (const struct dirent *de; (de = readdir(dir));) {
        pid_t tid = (pid_t)strtol(de->d_name, NULL, 10);
        if (tid > 0 && !fn(ctx, tid))
            break;
    }
    closedir(dir);
}

static bool add_task(void *ctx, pid_t tid)
{
    struct hwp_perf_session *s = ctx;

    hwp_vec_push(&s->tasks, tid);
    return true;
}

static struct hwp_error *choose_tasks(struct hwp_perf_session *s)
{
    s->tasks.len = 0;
    if (s->config.pid == -1)
        return NULL;
    if (!s->config.attach) {
        hwp_vec_push(&s->tasks, s->config.pid);
        return NULL;
    }
    each_thread(s->config.pid, add_task, s);
    if (!s->tasks.len)
        return hwp_error(HWP_E_NOT_FOUND, "no process %d to attach to", s->config.pid);
    return NULL;
}

/* A hybrid machine's core PMU counts on its own kind of core only. Elsewhere its event does not run,
 * which only counting by CPU tells from sharing a counter. */
static bool has_hybrid(const struct hwp_encodings *events)
{
    hwp_vec_foreach(events, enc)
        if (!enc->per_cpu_only && hwp_cpuset_next(&enc->cpus, 0) >= 0)
            return true;
    return false;
}

struct hwp_error *hwp_perf_choose_places(struct hwp_perf_session *s)
{
    struct hwp_cpuset online;

    HWP_TRY(online_cpus(s->config.topology, &online));
    HWP_TRY(check_online(&s->config.cpus, &online));
    s->cpus = hwp_cpuset_next(&s->config.cpus, 0) < 0 ? online : s->config.cpus;

    HWP_TRY(choose_tasks(s));
    s->scope = s->config.pid == -1 ? HWP_SCOPE_SYSTEM
               : s->config.attach  ? HWP_SCOPE_ATTACH
                                   : HWP_SCOPE_OWN;
    s->by_cpu = s->config.pid == -1 || s->config.per_cpu || hwp_perf_samples(s) ||
                hwp_cpuset_next(&s->config.cpus, 0) >= 0 || has_hybrid(s->config.events);
    return NULL;
}

static void add_cpus(struct hwp_places *ret, pid_t tid, const struct hwp_cpuset *cpus)
{
    hwp_cpuset_foreach(cpus, cpu)
        hwp_vec_push(ret, (struct hwp_place){.tid = tid, .cpu = cpu, .fd = -1});
}

void hwp_perf_places_of(const struct hwp_perf_session *s, const struct hwp_counter *c,
                        struct hwp_places *ret)
{
    struct hwp_cpuset cpus = s->cpus;

    if (c->enc && hwp_cpuset_next(&c->enc->cpus, 0) >= 0)
        hwp_cpuset_and(&cpus, &c->enc->cpus);
    /* An uncore PMU is read on the CPUs that its mask names, whatever CPUs were asked for. */
    if (c->whole_cpu && c->enc && hwp_cpuset_next(&c->enc->cpus, 0) >= 0)
        cpus = c->enc->cpus;
    ret->len = 0;
    if (c->whole_cpu || !s->tasks.len) {
        add_cpus(ret, -1, &cpus);
        return;
    }
    for (size_t i = 0; i < s->tasks.len; i++) {
        if (s->by_cpu)
            add_cpus(ret, s->tasks.data[i], &cpus);
        else
            hwp_vec_push(ret, (struct hwp_place){.tid = s->tasks.data[i], .cpu = -1, .fd = -1});
    }
}

struct news {
    const struct hwp_perf_session *s;
    bool found;
};

static bool look_for_new(void *ctx, pid_t tid)
{
    struct news *news = ctx;

    for (size_t i = 0; i < news->s->tasks.len; i++)
        if (news->s->tasks.data[i] == tid)
            return true;
    news->found = true;
    return false;
}

bool hwp_perf_has_new_tasks(const struct hwp_perf_session *s)
{
    struct news news = {.s = s};

    if (s->config.attach && s->config.pid != -1)
        each_thread(s->config.pid, look_for_new, &news);
    return news.found;
}
