#include "counters/model_stream.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"

/* --- records --------------------------------------------------------------------------------- */

/* The least that a record of each type has. 0: unknown, which is skipped. */
static size_t least_size(uint32_t type)
{
    switch (type) {
    case HWM_RECORD_PROCESS:
        return sizeof(struct hwm_record_process) + 1;
    case HWM_RECORD_MAP:
        return sizeof(struct hwm_record_map) + 1;
    case HWM_RECORD_TASK:
        return sizeof(struct hwm_record_task);
    case HWM_RECORD_CHAIN:
        return sizeof(struct hwm_record_chain);
    case HWM_RECORD_COST:
        return sizeof(struct hwm_record_cost);
    case HWM_RECORD_LINE:
        return sizeof(struct hwm_record_line);
    case HWM_RECORD_ACCESS:
        return sizeof(struct hwm_record_access);
    case HWM_RECORD_CORE:
        return sizeof(struct hwm_record_core);
    case HWM_RECORD_END:
        return sizeof(struct hwm_record);
    case HWM_RECORD_TASK_END:
        return offsetof(struct hwm_record_task, name);
    case HWM_RECORD_NOTE:
        return sizeof(struct hwm_record_note) + 1;
    default:
        return 0;
    }
}

static bool has_text(const struct hwm_record *r, size_t offset)
{
    return memchr((const char *)r + offset, 0, r->size - offset) != NULL;
}

static bool has_values(const struct hwm_record_cost *cost)
{
    unsigned nr = (unsigned)__builtin_popcountll(cost->which);
    uint64_t known = HWM_NR_COUNTERS < 64 ? (UINT64_C(1) << HWM_NR_COUNTERS) - 1 : UINT64_MAX;

    return !(cost->which & ~known) && (cost->head.size - sizeof(*cost)) / 8 >= nr;
}

static bool is_whole(const struct hwm_record *r)
{
    if (r->size < least_size(r->type))
        return false;
    switch (r->type) {
    case HWM_RECORD_PROCESS:
        return has_text(r, offsetof(struct hwm_record_process, name));
    case HWM_RECORD_MAP:
        return has_text(r, offsetof(struct hwm_record_map, name));
    case HWM_RECORD_NOTE:
        return has_text(r, offsetof(struct hwm_record_note, text));
    case HWM_RECORD_COST:
        return has_values((const struct hwm_record_cost *)r);
    default:
        return true;
    }
}

const struct hwm_record *hwp_model_stream_next(const struct hwp_model_stream *s,
                                               struct hwp_model_cursor *c)
{
    while (!c->ended && s->size - c->at >= sizeof(struct hwm_record)) {
        const struct hwm_record *r = (const struct hwm_record *)(const void *)(s->bytes + c->at);

        if (r->size < sizeof(*r) || r->size % 8 || r->size > s->size - c->at || !is_whole(r))
            return NULL;
        c->at += r->size;
        c->ended = r->type == HWM_RECORD_END;
        if (!c->ended && least_size(r->type))
            return r;
    }
    return NULL;
}

/* --- files ----------------------------------------------------------------------------------- */

static void unmap(struct hwp_model_stream *s)
{
    if (s->bytes)
        munmap((void *)(uintptr_t)s->bytes, s->size);
    free(s->path);
}

/* The file's bytes; none if it is empty or can't be read. */
static void map(struct hwp_model_stream *s)
{
    struct stat st;
    int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        void *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes != MAP_FAILED) {
            s->bytes = bytes;
            s->size = (uint64_t)st.st_size;
            madvise(bytes, s->size, MADV_SEQUENTIAL);
        }
    }
    close(fd);
}

static bool open_stream(struct hwp_model_stream *s)
{
    struct hwp_model_cursor c = {0};

    map(s);
    const struct hwm_record *first = s->bytes ? hwp_model_stream_next(s, &c) : NULL;
    if (!first || first->type != HWM_RECORD_PROCESS)
        return false;
    s->process = (const struct hwm_record_process *)first;
    return true;
}

static bool parse_name(const char *name, struct hwp_model_stream *ret)
{
    int end = 0;

    return sscanf(name, "stream.%u.%u%n", &ret->pid, &ret->image, &end) == 2 && !name[end];
}

static int by_process(const void *a, const void *b)
{
    const struct hwp_model_stream *x = a, *y = b;

    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    return (x->image > y->image) - (x->image < y->image);
}

/* Takes the streams of process `pid`, those of its parent before. `taken` has what was taken (or is
 * being, where the parents go round in a circle). */
static void take(struct hwp_model_streams *from, struct hwp_map *first_of, uint32_t pid,
                 unsigned depth, struct hwp_model_streams *ret)
{
    uint64_t *first = hwp_map_get(first_of, pid);

    if (!first || *first == UINT64_MAX)
        return;
    size_t i = *first;
    *first = UINT64_MAX;
    if (depth < 1000)
        take(from, first_of, from->data[i].process->ppid, depth + 1, ret);
    for (; i < from->len && from->data[i].pid == pid; i++)
        hwp_vec_push(ret, from->data[i]);
}

static void parents_first(struct hwp_model_streams *streams)
{
    struct hwp_model_streams ret = {0};
    struct hwp_map first_of = {0};

    if (streams->len)
        qsort(streams->data, streams->len, sizeof(*streams->data), by_process);
    for (size_t i = 0; i < streams->len; i++)
        hwp_map_put(&first_of, streams->data[i].pid, i, NULL);
    for (size_t i = 0; i < streams->len; i++)
        take(streams, &first_of, streams->data[i].pid, 0, &ret);
    hwp_map_deinit(&first_of);
    hwp_vec_deinit(streams);
    *streams = ret;
}

struct hwp_error *hwp_model_streams_open(const char *directory, struct hwp_model_streams *ret,
                                         size_t *ret_nr_bad)
{
    DIR *dir = opendir(directory);

    *ret = (struct hwp_model_streams){0};
    *ret_nr_bad = 0;
    if (!dir)
        return hwp_error_sys(errno, "can't read %s", directory);
    for (const struct dirent *de; (de = readdir(dir));) {
        struct hwp_model_stream s = {0};

        if (!parse_name(de->d_name, &s))
            continue;
        s.path = hwp_asprintf("%s/%s", directory, de->d_name);
        if (open_stream(&s)) {
            hwp_vec_push(ret, s);
        } else {
            unmap(&s);
            ++*ret_nr_bad;
        }
    }
    closedir(dir);
    parents_first(ret);
    return NULL;
}

void hwp_model_streams_close(struct hwp_model_streams *streams)
{
    hwp_vec_foreach (streams, s)
        unmap(s);
    hwp_vec_deinit(streams);
}
