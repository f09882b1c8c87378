/*
 * Which file was mapped where, in which process, and when.
 *
 * A process has one address space at a time; a fork or an exec begins another. A forked space
 * refers to its parent's as it was at the fork, instead of copying it, so that thousands of forks
 * cost nothing. Records of different CPUs stand in the file in no particular order, so they are
 * collected first and applied by time.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "profile/reader_internal.h"

#define NO_SPACE   UINT32_MAX
#define NO_DSO     UINT32_MAX
#define CACHE_SIZE 65536u /* locations; a power of two */

struct map {
    uint64_t start, end, pgoff, time, max_end; /* max_end: of this and all maps before it */
    uint32_t space;
    uint32_t dso; /* index into the profile; NO_DSO until a sample falls into it */
    struct hwp_record record;
    uint32_t order; /* as applied; the later of two maps hides the earlier */
};

struct space {
    int32_t pid;
    uint32_t parent;   /* NO_SPACE: none */
    uint32_t earlier;  /* the same pid's space before this one */
    uint64_t start;    /* when it came to be; also up to when the parent's maps count */
    uint64_t settled;  /* time of its last map: nothing changes afterwards */
    size_t first, len; /* its maps */
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
    HWP_VEC(struct event) events;
    HWP_VEC(struct map) maps;       /* sorted by (space, start, order) when complete */
    HWP_VEC(struct space) spaces;   /* space 0 is the kernel's */
    struct hwp_map space_of_pid;    /* pid → the newest space */
    struct hwp_map comm;            /* pid << 32 | tid → index of the COMM event */
    struct hwp_build_ids build_ids; /* by path, for maps that don't carry their own */
    struct hwp_map build_id_of;     /* hash of the path → 1 + index */
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

static uint32_t add_space(struct hwp_maps *m, int32_t pid, uint32_t parent, uint64_t time)
{
    bool is_new;
    uint64_t *newest = hwp_map_put(&m->space_of_pid, (uint32_t)pid, m->spaces.len, &is_new);
    struct space s = {pid, parent, is_new ? NO_SPACE : (uint32_t)*newest, time, time, 0, 0};

    *newest = m->spaces.len;
    hwp_vec_push(&m->spaces, s);
    return (uint32_t)*newest;
}

static uint32_t newest_space(struct hwp_maps *m, int32_t pid)
{
    const uint64_t *s = hwp_map_get(&m->space_of_pid, (uint32_t)pid);

    return s ? (uint32_t)*s : add_space(m, pid, NO_SPACE, 0);
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
    if (c.bad || len == 0 || (e->record.header.misc & PERF_RECORD_MISC_MMAP_DATA))
        return;

    uint32_t space = kernel ? 0 : newest_space(m, pid);
    struct map map = {.start = start,
                      .end = end,
                      .pgoff = pgoff,
                      .time = e->time,
                      .space = space,
                      .dso = NO_DSO,
                      .record = e->record,
                      .order = (uint32_t)m->maps.len};
    hwp_vec_push(&m->maps, map);
    if (m->spaces.data[space].settled < e->time)
        m->spaces.data[space].settled = e->time;
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
        add_space(m, pid, NO_SPACE, e->time);
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
        add_space(m, pid, parent, e->time);
    }
}

static void apply(struct hwp_maps *m)
{
    hwp_vec_foreach (&m->events, e) {
        if (e->record.header.type == PERF_RECORD_COMM)
            apply_comm(m, e);
        else if (e->record.header.type == PERF_RECORD_FORK)
            apply_fork(m, e);
        else
            apply_map(m, e);
    }
}

static int by_place(const void *a, const void *b)
{
    const struct map *x = a, *y = b;

    if (x->space != y->space)
        return x->space < y->space ? -1 : 1;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* Sorts the maps and tells each space where its own begin. */
static void index_maps(struct hwp_maps *m)
{
    if (m->maps.len)
        qsort(m->maps.data, m->maps.len, sizeof(*m->maps.data), by_place);
    for (size_t i = 0; i < m->maps.len; i++) {
        struct map *map = &m->maps.data[i];
        struct space *s = &m->spaces.data[map->space];

        if (s->len++ == 0)
            s->first = i;
        map->max_end = map->end;
        if (s->len > 1 && map[-1].max_end > map->end)
            map->max_end = map[-1].max_end;
    }
}

struct hwp_maps *hwp_maps_create(struct hwp_reader *r)
{
    struct hwp_maps *m = hwp_calloc(1, sizeof(*m));

    m->profile = r->profile;
    m->cache = hwp_calloc(CACHE_SIZE, sizeof(*m->cache));
    hwp_features_read_build_ids(r, &m->build_ids);
    for (size_t i = 0; i < m->build_ids.len; i++)
        *hwp_map_put(&m->build_id_of, hwp_hash_str(m->build_ids.data[i].path), 0, NULL) = i + 1;
    hwp_vec_push(&m->spaces, (struct space){-1, NO_SPACE, NO_SPACE, 0, 0, 0, 0});
    collect(m, r);
    if (m->events.len)
        qsort(m->events.data, m->events.len, sizeof(*m->events.data), by_time);
    apply(m);
    index_maps(m);
    return m;
}

void hwp_maps_destroy(struct hwp_maps *m)
{
    if (!m)
        return;
    hwp_vec_deinit(&m->events);
    hwp_vec_deinit(&m->maps);
    hwp_vec_deinit(&m->spaces);
    hwp_map_deinit(&m->space_of_pid);
    hwp_map_deinit(&m->comm);
    hwp_vec_deinit(&m->build_ids);
    hwp_map_deinit(&m->build_id_of);
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

/* --- DSOs --- */

/* perf names a module by its file ("/lib/modules/…/nf-nat.ko.xz"), the kernel by its name with
 * underscores, "[nf_nat]", which is what kallsyms has. */
static char *module_name(const char *path)
{
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    const char *ko = strstr(base, ".ko");

    if (path[0] == '[' || !ko)
        return hwp_strdup(path);
    char *name = hwp_asprintf("[%.*s]", (int)(ko - base), base);
    for (char *p = name; *p; p++)
        if (*p == '-')
            *p = '_';
    return name;
}

static enum hwp_dso_kind kind_of(const struct map *map, const char *path)
{
    if (map->space == 0)
        return hwp_starts_with(path, "[kernel.") || hwp_starts_with(path, "[guest.kernel.")
                   ? HWP_DSO_KERNEL
                   : HWP_DSO_MODULE;
    if (strcmp(path, "[vdso]") == 0)
        return HWP_DSO_VDSO;
    if (path[0] != '/' || hwp_starts_with(path, "//") || hwp_starts_with(path, "/memfd:") ||
        hwp_starts_with(path, "/dev/zero") || hwp_starts_with(path, "/anon_hugepage") ||
        hwp_starts_with(path, "/SYSV"))
        return HWP_DSO_ANON;
    return HWP_DSO_USER;
}

static void find_build_id(const struct hwp_maps *m, const char *path, struct hwp_build_id *ret)
{
    const uint64_t *index = hwp_map_get(&m->build_id_of, hwp_hash_str(path));

    if (index && strcmp(m->build_ids.data[*index - 1].path, path) == 0)
        *ret = m->build_ids.data[*index - 1];
}

/* Tails of the two kinds of map record, behind pid, tid, start, len and pgoff: MMAP2 has four more
 * words, which hold either device and inode or the build id, and protection and flags. */
static char *map_path(const struct map *map, struct hwp_build_id *ret_id)
{
    struct hwp_cursor c = map->record.body;

    hwp_cursor_bytes(&c, 32);
    if (map->record.header.type == PERF_RECORD_MMAP2) {
        const uint8_t *p = hwp_cursor_bytes(&c, 32);
        if (p && (map->record.header.misc & PERF_RECORD_MISC_MMAP_BUILD_ID)) {
            ret_id->len = p[0] > HWP_BUILD_ID_MAX ? HWP_BUILD_ID_MAX : p[0];
            ret_id->id = p + 4;
        }
    }
    return text_of(c);
}

static uint32_t dso_of(struct hwp_maps *m, struct map *map)
{
    static const char deleted[] = " (deleted)";
    struct hwp_build_id id = {0};

    if (map->dso != NO_DSO)
        return map->dso;
    char *path hwp_cleanup(hwp_free_cleanup) = map_path(map, &id);
    enum hwp_dso_kind kind = kind_of(map, path);
    char *module hwp_cleanup(hwp_free_cleanup) =
        kind == HWP_DSO_MODULE ? module_name(path) : NULL;
    const char *shown = path;

    if (!id.len)
        find_build_id(m, kind == HWP_DSO_KERNEL ? "[kernel.kallsyms]" : path, &id);
    if (kind == HWP_DSO_USER && hwp_ends_with(path, deleted))
        path[strlen(path) - strlen(deleted)] = '\0';
    if (kind == HWP_DSO_KERNEL)
        shown = "[kernel]";
    else if (module)
        shown = module;
    else if (kind == HWP_DSO_ANON && !path[0])
        shown = "//anon";
    map->dso =
        hwp_profile_dso(m->profile, kind, shown, m->spaces.data[map->space].pid, id.id, id.len);
    return map->dso;
}

static uint32_t pathless_dso(struct hwp_maps *m, unsigned cpumode)
{
    struct hwp_build_id id = {0};

    switch (cpumode) {
    case PERF_RECORD_MISC_KERNEL:
        find_build_id(m, "[kernel.kallsyms]", &id);
        return hwp_profile_dso(m->profile, HWP_DSO_KERNEL, "[kernel]", 0, id.id, id.len);
    case PERF_RECORD_MISC_HYPERVISOR:
        return hwp_profile_dso(m->profile, HWP_DSO_UNKNOWN, "[hypervisor]", 0, NULL, 0);
    case PERF_RECORD_MISC_GUEST_KERNEL:
    case PERF_RECORD_MISC_GUEST_USER:
        return hwp_profile_dso(m->profile, HWP_DSO_UNKNOWN, "[guest]", 0, NULL, 0);
    default:
        return hwp_profile_dso(m->profile, HWP_DSO_UNKNOWN, "[unknown]", 0, NULL, 0);
    }
}

/* --- pass 2: lookups --- */

uint32_t hwp_maps_space(struct hwp_maps *m, int32_t pid, uint64_t time)
{
    uint32_t s = newest_space(m, pid);

    while (m->spaces.data[s].start > time && m->spaces.data[s].earlier != NO_SPACE)
        s = m->spaces.data[s].earlier;
    return s;
}

/* The newest map of one space, as of `time`, that covers the address. */
static struct map *find_map(struct hwp_maps *m, const struct space *s, uint64_t time, uint64_t ip)
{
    struct map *maps = m->maps.data + s->first, *best = NULL;
    size_t lo = 0, hi = s->len;

    while (lo < hi) { /* the first that begins behind ip */
        size_t mid = lo + (hi - lo) / 2;
        if (maps[mid].start <= ip)
            lo = mid + 1;
        else
            hi = mid;
    }
    while (lo-- > 0 && maps[lo].max_end > ip)
        if (maps[lo].end > ip && maps[lo].time <= time && (!best || maps[lo].order > best->order))
            best = &maps[lo];
    return best;
}

static struct map *find_inherited(struct hwp_maps *m, uint32_t space, uint64_t time, uint64_t ip)
{
    while (space != NO_SPACE) {
        const struct space *s = &m->spaces.data[space];
        struct map *map = s->len ? find_map(m, s, time, ip) : NULL;
        if (map)
            return map;
        if (s->start < time)
            time = s->start;
        space = s->parent;
    }
    return NULL;
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
    struct map *map = NULL;

    if (cpumode == PERF_RECORD_MISC_USER || cpumode == PERF_RECORD_MISC_KERNEL)
        map = find_inherited(m, space, time, ip);
    if (!map)
        return hwp_profile_loc(m->profile, pathless_dso(m, cpumode), ip);

    uint32_t dso = dso_of(m, map);
    enum hwp_dso_kind kind = m->profile->dsos.data[dso].kind;
    bool relative = kind == HWP_DSO_USER || kind == HWP_DSO_VDSO;
    return hwp_profile_loc(m->profile, dso, relative ? ip - map->start + map->pgoff : ip);
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
