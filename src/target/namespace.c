#include "target/namespace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A task's place: its namespace, how deep that lies below ours, and its number there. */
struct place {
    ino_t space;
    unsigned depth; /* 0: in ours */
    pid_t number;
};

/* "NSpid: 4711 17 1" in /proc/TID/status: the number in our namespace first, then those further
 * down (proc(5); Linux 4.1). */
static void read_numbers(const char *list, struct place *ret)
{
    const char *at = list;
    char *end;

    for (ret->depth = 0;; ret->depth++, at = end) {
        long number = strtol(at, &end, 10);
        if (end == at)
            break;
        ret->number = (pid_t)number;
    }
    if (ret->depth)
        ret->depth--;
}

static struct place place_of(pid_t tid)
{
    struct place ret = {.number = tid};
    char path[64], line[256];
    struct stat st;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, "NSpid:", 6) == 0) {
            read_numbers(line + 6, &ret);
            break;
        }
    if (f)
        fclose(f);
    snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)tid);
    if (ret.depth && stat(path, &st) == 0)
        ret.space = st.st_ino;
    return ret;
}

struct search {
    struct place wanted;
    struct hwp_task *found;
};

static void compare(void *ctx, struct hwp_task *task)
{
    struct search *search = ctx;

    if (search->found)
        return;
    struct place place = place_of(task->tid);
    if (place.depth == search->wanted.depth && place.number == search->wanted.number &&
        place.space == search->wanted.space)
        search->found = task;
}

struct hwp_task *hwp_namespace_task(struct hwp_tasks *t, pid_t asker, pid_t tid)
{
    if (tid == 0 || tid == asker)
        return hwp_tasks_find(t, asker);

    struct search search = {.wanted = place_of(asker)};
    if (search.wanted.depth == 0)
        return hwp_tasks_find(t, tid);
    if (search.wanted.number == tid)
        return hwp_tasks_find(t, asker);
    search.wanted.number = tid;
    hwp_tasks_each(t, compare, &search);
    return search.found;
}
