/*
 * Which file was mapped where, in which process, and when.
 *
 * A process has one address space at a time; a fork or an exec begins another. What is mapped in a
 * space at some time is a root of the one tree (map_tree.h), which shares what did not change with
 * the times before and with the parent at the fork. Records of different CPUs stand in the file in
 * no particular order, so they are collected first and applied by time.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "profile/map_tree.h"
#include "profile/reader_internal.h"

#define NO_DSO     UINT32_MAX
#define CACHE_SIZE 65536u /* locations; a power of two */

struct map {
    uint64_t start, pgoff, time;
    uint32_t space;
    uint32_t dso; /* index into the profile; NO_DSO until a sample falls into it */
    struct hwp_record record;
};

/* An address space, from `start` on up to the start of the same pid's next one. */
struct space {
    int32_t pid;
    uint32_t rank;    /* how many the pid had before this one */
    uint32_t place;   /* in by_pid */
    uint32_t inherited, root; /* what it has at first, and now */
    uint64_t start;
    uint64_t settled; /* time of its last map: nothing changes afterwards */
    size_t first, nr_versions;
};

/* What a space had mapped from a time on. */
struct version {
    uint64_t time;
    uint32_t space, root;
    size_t order;
};

/* A record of pass 1, to be applied in order of time. */
struct event {
    uint64_t time;
    size_t order;
    struct hwp_record record;
};

struct cached {
    uint64_t ip;
    uint32_t space;
    uint32_t cpumode; /* + 1, so that a zeroed entry matches nothing */
    uint32_t loc;
};

struct hwp_maps {
    struct hwp_profile *profile;
    struct hwp_dsos dsos;
    HWP_VEC(struct event) events;
    HWP_VEC(struct map) maps;
    HWP_VEC(struct space) spaces;     /* space 0 is the kernel's */
    HWP_VEC(struct version) versions; /* sorted by (space, time) when complete */
    HWP_VEC(uint32_t) by_pid;         /* spaces, those of a pid together and by time */
    struct hwp_map_tree tree;         /* of indexes of maps */
    uint64_t now;                     /* time of the event being applied */
    struct hwp_map space_of_pid;      /* pid → the newest space */
    struct hwp_map comm;              /* pid << 32 | tid → index of the COMM event */
    struct cached *cache;
};

static uint64_t task_key(int32_t pid, int32_t tid)
{
    return (uint64_t)(uint32_t)pid << 32 | (uint32_t)tid;
}

/* --- pass 1: collecting --- */

static void collect(struct hwp_maps *m, struct hwp_reader *r)
{
    struct hwp_cursor at = r->records;
    struct hwp_record rec;
    bool cut;

    while (hwp_record_next(&at, &rec, &cut)) {
        switch (rec.header.type) {
        case PERF_RECORD_MMAP:
        case PERF_RECORD_MMAP2:
        case PERF_RECORD_COMM:
        case PERF_RECORD_FORK:
            hwp_vec_push(&m->events, (struct event){hwp_record_time(r, &rec), m->events.len, rec});
            break;
        case PERF_RECORD_HEADER_BUILD_ID:
            hwp_features_add_build_id(&rec, &m->dsos.build_ids);
            break;
        }
    }
}

static int by_time(const void *a, const void *b)
{
    const struct event *x = a, *y = b;

    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* --- pass 1: applying --- */

static uint32_t add_space(struct hwp_maps *m, int32_t pid, uint32_t root, uint64_t time)
{
    bool is_new;
    uint64_t *newest = hwp_map_put(&m->space_of_pid, (uint32_t)pid, m->spaces.len, &is_new);
    uint32_t rank = is_new ? 0 : m->spaces.data[*newest].rank + 1;
    struct space s = {.pid = pid,
                      .rank = rank,
                      .inherited = root,
                      .root = root,
                      .start = time,
                      .settled = time};

    *newest = m->spaces.len;
    hwp_vec_push(&m->spaces, s);
    return (uint32_t)*newest;
}

static uint32_t newest_space(struct hwp_maps *m, int32_t pid)
{
    const uint64_t *s = hwp_map_get(&m->space_of_pid, (uint32_t)pid);

    return s ? (uint32_t)*s : add_space(m, pid, HWP_MAP_TREE_EMPTY, 0);
}

static void put_map(struct hwp_maps *m, const struct map *map, uint64_t end)
{
    struct space *s = &m->spaces.data[map->space];

    hwp_vec_push(&m->maps, *map);
    uint32_t root =
        hwp_map_tree_put(&m->tree, s->root, map->start, end, (uint32_t)m->maps.len - 1);
    s->nr_versions++;
    hwp_vec_push(&m->versions, (struct version){map->time, map->space, root, m->versions.len});
    s->root = root;
    s->settled = map->time;
}

static void apply_map(struct hwp_maps *m, const struct event *e)
{
    struct hwp_cursor c = e->record.body;
    int32_t pid = (int32_t)hwp_cursor_u32(&c);
    bool kernel =
        (e->record.header.misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL;

    hwp_cursor_u32(&c);
    uint64_t start = hwp_cursor_u64(&c), len = hwp_cursor_u64(&c), pgoff = hwp_cursor_u64(&c);
    uint64_t end;
    if (__builtin_add_overflow(start, len, &end))
        end = UINT64_MAX;
    if (c.bad || end <= start || (e->record.header.misc & PERF_RECORD_MISC_MMAP_DATA))
        return;

    uint32_t space = kernel ? 0 : newest_space(m, pid);
    struct map map = {.start = start,
                      .pgoff = pgoff,
                      .time = e->time,
                      .space = space,
                      .dso = NO_DSO,
                      .record = e->record};
    put_map(m, &map, end);
}

static void apply_comm(struct hwp_maps *m, const struct event *e)
{
    struct hwp_cursor c = e->record.body;
    int32_t pid = (int32_t)hwp_cursor_u32(&c), tid = (int32_t)hwp_cursor_u32(&c);
    uint64_t index = (uint64_t)(e - m->events.data);

    if (c.bad)
        return;
    *hwp_map_put(&m->comm, task_key(pid, tid), index, NULL) = index;
    if (e->record.header.misc & PERF_RECORD_MISC_COMM_EXEC)
        add_space(m, pid, HWP_MAP_TREE_EMPTY, e->time);
}

/* A new task has its creator's name; a new process its creator's maps. */
static void apply_fork(struct hwp_maps *m, const struct event *e)
{
    struct hwp_cursor c = e->record.body;
    int32_t pid = (int32_t)hwp_cursor_u32(&c), ppid = (int32_t)hwp_cursor_u32(&c);
    int32_t tid = (int32_t)hwp_cursor_u32(&c), ptid = (int32_t)hwp_cursor_u32(&c);

    if (c.bad)
        return;
    const uint64_t *comm = hwp_map_get(&m->comm, task_key(ppid, ptid));
    if (comm) {
        uint64_t index = *comm; /* the pointer doesn't outlive a put */
        *hwp_map_put(&m->comm, task_key(pid, tid), index, NULL) = index;
    }
    if (pid != ppid) {
        uint32_t parent = newest_space(m, ppid);
        hwp_map_tree_keep(&m->tree);
        add_space(m, pid, m->spaces.data[parent].root, e->time);
    }
}

static void apply(struct hwp_maps *m)
{
    hwp_vec_foreach (&m->events, e) {
        if (e->time != m->now)
            hwp_map_tree_keep(&m->tree);
        m->now = e->time;
        if (e->record.header.type == PERF_RECORD_COMM)
            apply_comm(m, e);
        else if (e->record.header.type == PERF_RECORD_FORK)
            apply_fork(m, e);
        else
            apply_map(m, e);
    }
}

static int by_space(const void *a, const void *b)
{
    const struct version *x = a, *y = b;

    if (x->space != y->space)
        return x->space < y->space ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* Sorts the versions and tells each space where its own begin. */
static void index_versions(struct hwp_maps *m)
{
    if (m->versions.len)
        qsort(m->versions.data, m->versions.len, sizeof(*m->versions.data), by_space);
    for (size_t i = m->versions.len; i-- > 0;)
        m->spaces.data[m->versions.data[i].space].first = i;
}

/* Puts the spaces of each pid side by side: they were made in order of time. */
static void index_spaces(struct hwp_maps *m)
{
    uint32_t place = 0;

    for (size_t i = 0; i < m->spaces.len; i++)
        hwp_vec_push(&m->by_pid, 0);
    for (uint32_t i = 0; i < m->spaces.len; i++) {
        const uint64_t *newest = hwp_map_get(&m->space_of_pid, (uint32_t)m->spaces.data[i].pid);
        if (!newest || *newest != i)
            continue;
        place += m->spaces.data[i].rank + 1; /* its last comes right before this */
        m->spaces.data[i].place = place - 1;
    }
    for (uint32_t i = 1; i < m->spaces.len; i++) {
        struct space *s = &m->spaces.data[i];
        const struct space *newest =
            &m->spaces.data[*hwp_map_get(&m->space_of_pid, (uint32_t)s->pid)];
        s->place = newest->place - (newest->rank - s->rank);
        m->by_pid.data[s->place] = i;
    }
}

struct hwp_maps *hwp_maps_create(struct hwp_reader *r)
{
    struct hwp_maps *m = hwp_calloc(1, sizeof(*m));

    m->profile = r->profile;
    m->cache = hwp_calloc(CACHE_SIZE, sizeof(*m->cache));
    m->dsos.profile = r->profile;
    hwp_features_read_build_ids(r, &m->dsos.build_ids);
    hwp_vec_push(&m->spaces, (struct space){.pid = -1});
    collect(m, r);
    hwp_dsos_index(&m->dsos);
    if (m->events.len)
        qsort(m->events.data, m->events.len, sizeof(*m->events.data), by_time);
    apply(m);
    index_versions(m);
    index_spaces(m);
    return m;
}

void hwp_maps_destroy(struct hwp_maps *m)
{
    if (!m)
        return;
    hwp_vec_deinit(&m->events);
    hwp_vec_deinit(&m->maps);
    hwp_vec_deinit(&m->spaces);
    hwp_vec_deinit(&m->versions);
    hwp_vec_deinit(&m->by_pid);
    hwp_map_tree_deinit(&m->tree);
    hwp_dsos_deinit(&m->dsos);
    hwp_map_deinit(&m->space_of_pid);
    hwp_map_deinit(&m->comm);
    free(m->cache);
    free(m);
}

/* --- names --- */

static char *text_of(struct hwp_cursor c)
{
    return hwp_strndup((const char *)c.at, (size_t)(c.end - c.at));
}

char *hwp_maps_comm(const struct hwp_maps *m, int32_t pid, int32_t tid)
{
    const uint64_t *index = hwp_map_get(&m->comm, task_key(pid, tid));

    if (!index)
        return NULL;
    struct hwp_cursor c = m->events.data[*index].record.body;
    hwp_cursor_u64(&c); /* pid, tid */
    return text_of(c);
}

/* --- pass 2: lookups --- */

uint32_t hwp_maps_space(struct hwp_maps *m, int32_t pid, uint64_t time)
{
    uint32_t newest = newest_space(m, pid);
    const struct space *s = &m->spaces.data[newest];

    if (!s->rank || s->start <= time)
        return newest;
    const uint32_t *of_pid = m->by_pid.data + s->place - s->rank;
    size_t lo = 0, hi = s->rank; /* the last that began by then, or the first */
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        if (m->spaces.data[of_pid[mid]].start <= time)
            lo = mid;
        else
            hi = mid;
    }
    return of_pid[lo];
}

/* What a space had mapped at a time. */
static uint32_t root_at(const struct hwp_maps *m, const struct space *s, uint64_t time)
{
    const struct version *v = m->versions.data + s->first;
    size_t lo = 0, hi = s->nr_versions;

    while (lo < hi) { /* the first that came later */
        size_t mid = lo + (hi - lo) / 2;
        if (v[mid].time <= time)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo ? v[lo - 1].root : s->inherited;
}

static unsigned guess_mode(unsigned cpumode, uint64_t ip)
{
    if (cpumode != PERF_RECORD_MISC_CPUMODE_UNKNOWN)
        return cpumode;
    return ip >> 63 ? PERF_RECORD_MISC_KERNEL : PERF_RECORD_MISC_USER;
}

static uint32_t find_loc(struct hwp_maps *m, uint32_t space, uint64_t time, unsigned cpumode,
                         uint64_t ip)
{
    uint32_t found = HWP_MAP_TREE_NONE;

    if (cpumode == PERF_RECORD_MISC_USER || cpumode == PERF_RECORD_MISC_KERNEL)
        found = hwp_map_tree_find(&m->tree, root_at(m, &m->spaces.data[space], time), ip);
    if (found == HWP_MAP_TREE_NONE)
        return hwp_profile_loc(m->profile, hwp_dsos_pathless(&m->dsos, cpumode), ip);

    struct map *map = &m->maps.data[found];
    if (map->dso == NO_DSO)
        map->dso = hwp_dsos_mapped(&m->dsos, &map->record, map->space == 0,
                                   m->spaces.data[map->space].pid, map->time);
    enum hwp_dso_kind kind = m->profile->dsos.data[map->dso].kind;
    bool relative = kind == HWP_DSO_USER || kind == HWP_DSO_VDSO;
    return hwp_profile_loc(m->profile, map->dso, relative ? ip - map->start + map->pgoff : ip);
}

uint32_t hwp_maps_loc(struct hwp_maps *m, uint32_t space, uint64_t time, unsigned cpumode,
                      uint64_t ip)
{
    cpumode = guess_mode(cpumode, ip);
    if (cpumode == PERF_RECORD_MISC_KERNEL)
        space = 0;
    struct cached *c = &m->cache[hwp_hash_u64(ip ^ (uint64_t)space << 48) & (CACHE_SIZE - 1)];
    bool settled = time >= m->spaces.data[space].settled;

    if (settled && c->ip == ip && c->space == space && c->cpumode == cpumode + 1)
        return c->loc;
    uint32_t loc = find_loc(m, space, time, cpumode, ip);
    if (settled)
        *c = (struct cached){ip, space, cpumode + 1, loc};
    return loc;
}
