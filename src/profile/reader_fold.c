/*
 * Pass 2: samples into cells.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "profile/reader_internal.h"

struct folder {
    struct hwp_reader *r;
    struct hwp_maps *maps;
    struct hwp_map last_value; /* event id → its count at its sample before (PERF_SAMPLE_READ) */
    HWP_VEC(uint32_t) frames;  /* locations of the chain at hand, innermost first */
    /* The task of the sample before: mostly the next one's too. */
    int32_t pid, tid;
    uint32_t task;
    uint64_t unknown_ids;
    uint64_t lost_records, lost_samples, throttled;
};

static uint32_t task_of(struct folder *f, int32_t pid, int32_t tid)
{
    struct hwp_profile *p = f->r->profile;

    if (f->task != UINT32_MAX && f->pid == pid && f->tid == tid)
        return f->task;
    f->pid = pid;
    f->tid = tid;
    f->task = hwp_profile_task(p, pid, tid);
    if (p->tasks.data[f->task].comm[0])
        return f->task;

    char *comm hwp_cleanup(hwp_free_cleanup) = hwp_maps_comm(f->maps, pid, tid);
    if (!comm)
        comm = hwp_maps_comm(f->maps, pid, pid);
    if (!comm || !comm[0]) {
        free(comm);
        comm = tid == 0 ? hwp_strdup("swapper") : hwp_asprintf(":%d", tid);
    }
    hwp_profile_task_name(p, f->task, comm);
    return f->task;
}

/* The markers between a chain's parts (enum perf_callchain_context) say whose addresses follow. */
static unsigned mode_of_marker(uint64_t marker)
{
    switch ((int64_t)marker) {
    case (int64_t)PERF_CONTEXT_HV:
        return PERF_RECORD_MISC_HYPERVISOR;
    case (int64_t)PERF_CONTEXT_KERNEL:
        return PERF_RECORD_MISC_KERNEL;
    case (int64_t)PERF_CONTEXT_USER:
        return PERF_RECORD_MISC_USER;
    case (int64_t)PERF_CONTEXT_GUEST:
    case (int64_t)PERF_CONTEXT_GUEST_KERNEL:
        return PERF_RECORD_MISC_GUEST_KERNEL;
    case (int64_t)PERF_CONTEXT_GUEST_USER:
        return PERF_RECORD_MISC_GUEST_USER;
    default:
        return PERF_RECORD_MISC_CPUMODE_UNKNOWN;
    }
}

/* The first address is the sample's own place; where an event leaves the kernel's part of the
 * chain out (exclude_callchain_kernel), it is a caller like the rest. */
static void chain_frames(struct folder *f, const struct hwp_sample *s, uint32_t space,
                         unsigned sample_mode)
{
    struct hwp_cursor c = s->chain;
    unsigned mode = sample_mode;
    bool first = true;

    f->frames.len = 0;
    while (c.at < c.end) {
        uint64_t ip = hwp_cursor_u64(&c);
        if (ip >= (uint64_t)PERF_CONTEXT_MAX) {
            mode = mode_of_marker(ip);
            continue;
        }
        bool own = first && (mode == sample_mode || ip == s->ip);
        first = false;
        if (!own && ip)
            hwp_vec_push(&f->frames, hwp_maps_loc(f->maps, space, s->time, mode, ip - 1));
    }
}

static uint32_t chain_of(struct folder *f, const struct hwp_sample *s, uint32_t space,
                         unsigned mode)
{
    uint32_t chain = HWP_NO_CHAIN;

    if (s->chain.at == s->chain.end)
        return chain;
    chain_frames(f, s, space, mode);
    for (size_t i = f->frames.len; i-- > 0;)
        chain = hwp_profile_chain(f->r->profile, chain, f->frames.data[i]);
    return chain;
}

/* Adds what one event counted since its sample before to the cell's place, as perf does. */
static void add_read_value(struct folder *f, struct hwp_cell *cell, uint64_t id, uint64_t value)
{
    const uint64_t *attr = hwp_map_get(&f->r->attr_of_id, id);
    uint64_t *last = attr ? hwp_map_put(&f->last_value, id, 0, NULL) : NULL;

    if (!last) {
        f->unknown_ids++;
        return;
    }
    /* An inherited event's count may be seen to step back, when another task's is read. */
    cell->value = value > *last ? value - *last : 0;
    *last = value;
    cell->event = f->r->attrs.data[*attr].event;
    if (cell->value)
        hwp_profile_add(f->r->profile, cell);
}

/* A sample that carries counts (leader sampling, "{a,b}:S") stands for a sample of each event in
 * the group. */
static void add_read(struct folder *f, const struct hwp_attr *a, const struct hwp_sample *s,
                     struct hwp_cell *cell)
{
    uint64_t format = a->attr.read_format;
    bool group = format & PERF_FORMAT_GROUP;
    struct hwp_cursor c = s->read;
    uint64_t nr = group ? hwp_cursor_u64(&c) : 1, value = 0;

    if (!group)
        value = hwp_cursor_u64(&c);
    if (format & PERF_FORMAT_TOTAL_TIME_ENABLED)
        hwp_cursor_u64(&c);
    if (format & PERF_FORMAT_TOTAL_TIME_RUNNING)
        hwp_cursor_u64(&c);
    for (; nr && !c.bad; nr--) {
        if (group)
            value = hwp_cursor_u64(&c);
        uint64_t id = format & PERF_FORMAT_ID ? hwp_cursor_u64(&c) : a->first_id;
        if (format & PERF_FORMAT_LOST)
            hwp_cursor_u64(&c);
        add_read_value(f, cell, id, value);
    }
}

static void note_time(struct hwp_reader *r, uint64_t time)
{
    if (time < r->first_time)
        r->first_time = time;
    if (time > r->last_time)
        r->last_time = time;
}

static bool fold_sample(struct folder *f, const struct hwp_record *rec)
{
    const struct hwp_attr *a = hwp_record_attr(f->r, rec);
    unsigned mode = rec->header.misc & PERF_RECORD_MISC_CPUMODE_MASK;
    struct hwp_sample s;

    if (!a) {
        f->unknown_ids++;
        return true;
    }
    if (!hwp_sample_parse(a, rec, &s))
        return false;
    if (s.has_time)
        note_time(f->r, s.time);

    uint32_t space = hwp_maps_space(f->maps, s.pid, s.time);
    struct hwp_cell cell = {
        .event = a->event,
        .loc = hwp_maps_loc(f->maps, space, s.time, mode, s.ip),
        .cpu = s.cpu,
        .task = task_of(f, s.pid, s.tid),
        .chain = chain_of(f, &s, space, mode),
        .samples = 1,
        .value = s.period,
    };
    if (s.has_read)
        add_read(f, a, &s, &cell);
    else
        hwp_profile_add(f->r->profile, &cell);
    return true;
}

/* False where reading can't go on. */
static bool fold_record(struct folder *f, const struct hwp_record *rec)
{
    struct hwp_cursor c = rec->body;

    switch (rec->header.type) {
    case PERF_RECORD_SAMPLE:
        return fold_sample(f, rec);
    case PERF_RECORD_LOST:
        hwp_cursor_u64(&c); /* id */
        f->lost_records += hwp_cursor_u64(&c);
        return true;
    case PERF_RECORD_LOST_SAMPLES:
        f->lost_samples += hwp_cursor_u64(&c);
        return true;
    case PERF_RECORD_THROTTLE:
        f->throttled++;
        return true;
    default:
        return true;
    }
}

static void raise_counted(struct hwp_notes *notes, enum hwp_note_id id, uint64_t n,
                          const char *what)
{
    if (!n)
        return;
    char *detail hwp_cleanup(hwp_free_cleanup) =
        hwp_asprintf("%llu %s", (unsigned long long)n, what);
    hwp_note_raise(notes, id, detail);
}

static void keep_facts(struct folder *f)
{
    struct hwp_run *run = &f->r->profile->run;

    raise_counted(&run->notes, HWP_NOTE_LOST, f->unknown_ids, "samples of events not in the file");
    if (f->r->has_run)
        return;
    run->lost_records = f->lost_records;
    run->lost_samples = f->lost_samples;
    run->throttled = f->throttled;
    raise_counted(&run->notes, HWP_NOTE_LOST, f->lost_records, "records");
    raise_counted(&run->notes, HWP_NOTE_LOST, f->lost_samples, "samples");
    raise_counted(&run->notes, HWP_NOTE_THROTTLED, f->throttled, "times");
}

struct hwp_error *hwp_reader_fold(struct hwp_reader *r, struct hwp_maps *m)
{
    struct folder f = {.r = r, .maps = m, .task = UINT32_MAX};
    struct hwp_cursor at = r->records;
    struct hwp_record rec;
    bool cut = false, ok = true;

    while (ok && hwp_record_next(&at, &rec, &cut))
        ok = fold_record(&f, &rec);
    if (cut || !ok)
        r->truncated = true;
    keep_facts(&f);
    hwp_map_deinit(&f.last_value);
    hwp_vec_deinit(&f.frames);
    return NULL;
}
