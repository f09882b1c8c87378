#include "counters/model_records.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "counters/model_output.h"
#include "counters/synthesize.h"

#define BUFFER_SIZE ((size_t)4 << 20)
#define MAX_NAME    4096

void hwp_model_sample_attr(struct perf_event_attr *attr, bool call_chains)
{
    attr->size = sizeof(*attr);
    attr->sample_period = 1;
    attr->freq = 0;
    attr->sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
                        PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD;
    if (call_chains)
        attr->sample_type |= PERF_SAMPLE_CALLCHAIN;
    attr->sample_max_stack = HWP_MODEL_MAX_CALLERS + 1;
    attr->sample_id_all = 1;
    attr->disabled = attr->inherit = 1;
    attr->mmap = attr->mmap2 = attr->comm = attr->comm_exec = attr->task = 1;
    /* nothing is known of the kernel's part */
    attr->exclude_kernel = attr->exclude_hv = 1;
}

/* --- gathering ------------------------------------------------------------------------------- */

struct hwp_error *hwp_model_write_flush(struct hwp_model_writer *w)
{
    size_t size = w->used;

    w->used = 0;
    return w->recording && size ? hwp_recording_append(w->recording, w->buffer, size) : NULL;
}

void hwp_model_writer_deinit(struct hwp_model_writer *w)
{
    free(w->buffer);
    *w = (struct hwp_model_writer){0};
}

/* Room for a record; its header is filled in. */
static struct hwp_error *begin(struct hwp_model_writer *w, uint32_t type, uint16_t misc,
                               size_t size, unsigned char **ret)
{
    struct perf_event_header header = {.type = type, .misc = misc, .size = (uint16_t)size};

    if (!w->buffer)
        w->buffer = hwp_alloc(BUFFER_SIZE);
    if (w->used + size > BUFFER_SIZE)
        HWP_TRY(hwp_model_write_flush(w));
    *ret = w->buffer + w->used;
    w->used += size;
    memcpy(*ret, &header, sizeof(header));
    *ret += sizeof(header);
    return NULL;
}

/* What stands behind every record that isn't a sample (sample_id_all). */
struct trailer {
    uint32_t pid, tid;
    uint64_t time;
    uint32_t cpu, reserved;
    uint64_t id;
};
_Static_assert(sizeof(struct trailer) == HWP_TRAILER_SIZE, "as in other records");

/* A record: its body, a name (or NULL) padded with NULs to 8 bytes, the trailer. */
static struct hwp_error *emit(struct hwp_model_writer *w, uint32_t type, uint16_t misc,
                              const struct hwp_model_origin *o, const void *body, size_t body_size,
                              const char *name)
{
    struct trailer trailer = {o->pid, o->tid, o->time_ns, o->cpu, 0, w->id};
    size_t name_len = name ? strnlen(name, MAX_NAME - 8) : 0;
    size_t name_size = name ? (name_len + 8) / 8 * 8 : 0;
    unsigned char *at;

    if (!w->recording)
        return NULL;
    HWP_TRY(begin(w, type, misc,
                  sizeof(struct perf_event_header) + body_size + name_size + sizeof(trailer), &at));
    memcpy(at, body, body_size);
    if (name) {
        memset(at + body_size, 0, name_size);
        memcpy(at + body_size, name, name_len);
    }
    memcpy(at + body_size + name_size, &trailer, sizeof(trailer));
    return NULL;
}

/* --- tasks and maps -------------------------------------------------------------------------- */

struct hwp_error *hwp_model_write_comm(struct hwp_model_writer *w, const struct hwp_model_origin *o,
                                       const char *name, bool exec)
{
    uint32_t body[] = {o->pid, o->tid};

    return emit(w, PERF_RECORD_COMM, exec ? PERF_RECORD_MISC_COMM_EXEC : 0, o, body, sizeof(body),
                name);
}

struct task_body {
    uint32_t pid, ppid, tid, ptid;
    uint64_t time;
};

struct hwp_error *hwp_model_write_fork(struct hwp_model_writer *w, const struct hwp_model_origin *o,
                                       uint32_t parent_pid, uint32_t parent_tid)
{
    struct task_body body = {o->pid, parent_pid, o->tid, parent_tid, o->time_ns};

    return emit(w, PERF_RECORD_FORK, 0, o, &body, sizeof(body), NULL);
}

struct hwp_error *hwp_model_write_exit(struct hwp_model_writer *w, const struct hwp_model_origin *o)
{
    struct task_body body = {o->pid, o->pid, o->tid, o->pid, o->time_ns};

    return emit(w, PERF_RECORD_EXIT, 0, o, &body, sizeof(body), NULL);
}

struct map_body {
    uint32_t pid, tid;
    uint64_t start, length, offset;
    uint32_t major, minor;
    uint64_t inode, inode_generation;
    uint32_t protection, flags;
};

struct hwp_error *hwp_model_write_map(struct hwp_model_writer *w, const struct hwp_model_origin *o,
                                      const struct hwm_record_map *map)
{
    struct map_body body = {
        .pid = o->pid,
        .tid = o->tid,
        .start = map->start,
        .length = map->length,
        .offset = map->offset,
        .major = map->device_major,
        .minor = map->device_minor,
        .inode = map->inode,
        .protection = PROT_READ | PROT_EXEC,
        .flags = MAP_PRIVATE,
    };

    return emit(w, PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER, o, &body, sizeof(body),
                map->name[0] ? map->name : "//anon");
}

/* --- samples --------------------------------------------------------------------------------- */

struct sample_body {
    uint64_t id, ip;
    uint32_t pid, tid;
    uint64_t time;
    uint32_t cpu, reserved;
    uint64_t period;
};

/* How many, whose, the sample's own place, its callers. */
static void put_chain(unsigned char *at, const struct hwp_model_sample *s)
{
    uint64_t head[] = {2 + s->nr_callers, (uint64_t)PERF_CONTEXT_USER, s->ip};

    memcpy(at, head, sizeof(head));
    if (s->nr_callers)
        memcpy(at + sizeof(head), s->callers, s->nr_callers * sizeof(*s->callers));
}

struct hwp_error *hwp_model_write_sample(struct hwp_model_writer *w,
                                         const struct hwp_model_sample *s)
{
    const struct sample_body body = {
        .id = s->id,
        .ip = s->ip,
        .pid = s->origin.pid,
        .tid = s->origin.tid,
        .time = s->origin.time_ns,
        .cpu = s->origin.cpu,
        .period = s->period,
    };
    size_t chain_size = w->call_chains ? (3 + s->nr_callers) * sizeof(uint64_t) : 0;
    unsigned char *at;

    if (!w->recording)
        return NULL;
    HWP_TRY(begin(w, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER,
                  sizeof(struct perf_event_header) + sizeof(body) + chain_size, &at));
    memcpy(at, &body, sizeof(body));
    if (chain_size)
        put_chain(at + sizeof(body), s);
    return NULL;
}
