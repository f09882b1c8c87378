#include "counters/model_image.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "counters/model_fold.h"

#define MAX_NOTES 20 /* that the tool may leave, all processes together */

struct chain {
    uint32_t parent;
    uint64_t caller, entry;
};

struct code_map {
    uint64_t start;
};

/* An image while its stream is read. */
struct image {
    struct hwp_model_output *o;
    const struct hwp_model_stream *stream;
    struct hwp_model_process process;
    char name[16];     /* of the program, as the kernel would name its tasks */
    bool costs_before; /* the record before was a cost */
    HWP_VEC(struct chain) chains;
    struct hwp_map chain_of;         /* id → index */
    struct hwp_model_fold fold;      /* with call chains: the costs since the last other record */
    uint64_t *values;                /* one per column */
    HWP_VEC(struct code_map) maps;   /* of files */
    struct hwp_cache_line *line;     /* the newest, whose accesses follow */
    uint64_t counters[HWM_NR_COUNTERS];
    uint64_t callers[HWP_MODEL_MAX_CALLERS];
    size_t nr_callers;
    uint32_t callers_of; /* chain id that `callers` has; HWM_NO_CHAIN: none */
};

static const struct hwm_machine *machine_of(const struct image *m)
{
    return &m->o->config->machine->machine;
}

/* --- time ------------------------------------------------------------------------------------ */

static uint64_t ns_of(const struct hwm_machine *machine, uint64_t ticks)
{
    uint64_t per_us = (uint64_t)HWM_TICKS * (machine->mhz ? machine->mhz : 1000);

    return ticks / per_us * 1000 + ticks % per_us * 1000 / per_us;
}

/* When a record happened, for readers that put records in order of time: never before the one that
 * precedes it in the stream, and later than costs that came before something else, as a map made
 * then would seem to be theirs. (Clocks of cores differ, and a tick is less than a nanosecond.) */
static uint64_t stamp(struct image *m, const struct hwm_record *r)
{
    bool is_cost = r->type == HWM_RECORD_COST;
    uint64_t ns = ns_of(machine_of(m), r->ticks) + m->process.shift_ns;
    uint64_t least = m->process.last_ns + (m->costs_before && !is_cost);

    m->process.last_ns = ns > least ? ns : least;
    m->costs_before = is_cost;
    return m->process.last_ns;
}

static struct hwp_model_origin origin_of(struct image *m, const struct hwm_record *r, uint32_t tid)
{
    return (struct hwp_model_origin){m->stream->pid, tid, 0, stamp(m, r)};
}

/* --- tasks and maps -------------------------------------------------------------------------- */

static const struct hwp_model_process *find_process(const struct hwp_model_output *o, uint32_t pid)
{
    const uint64_t *i = hwp_map_get(&o->process_of, pid);

    return i ? &o->processes.data[*i] : NULL;
}

/* A later image of a process comes after the one before, whether the tool's clock went on or began
 * anew; a forked process goes on by its parent's clock. */
static void begin_time(struct image *m, const struct hwp_model_process *before,
                       const struct hwp_model_process *parent)
{
    uint64_t start = ns_of(machine_of(m), m->stream->process->head.ticks);

    if (before) {
        m->process = *before;
        if (start + before->shift_ns <= before->last_ns)
            m->process.shift_ns = before->last_ns + 1 - start;
    } else if (parent) {
        m->process.shift_ns = parent->shift_ns;
    }
}

static struct hwp_error *begin_process(struct image *m)
{
    const struct hwm_record_process *p = m->stream->process;
    const struct hwp_model_process *before = find_process(m->o, m->stream->pid);
    const struct hwp_model_process *parent = find_process(m->o, p->ppid);
    const char *base = strrchr(p->name, '/');

    begin_time(m, before, parent);
    strncat(m->name, base ? base + 1 : p->name, sizeof(m->name) - 1);
    struct hwp_model_origin o = origin_of(m, &p->head, m->stream->pid);
    if (!before && parent)
        HWP_TRY(hwp_model_write_fork(&m->o->writer, &o, p->ppid, p->ppid));
    return p->forked ? NULL : hwp_model_write_comm(&m->o->writer, &o, m->name, true);
}

static void end_process(struct image *m)
{
    bool is_new;
    uint64_t i = *hwp_map_put(&m->o->process_of, m->stream->pid, m->o->processes.len, &is_new);

    if (is_new)
        hwp_vec_push(&m->o->processes, m->process);
    else
        m->o->processes.data[i] = m->process;
}

static void pin_task(struct image *m, const struct hwm_record_task *task, const char *name)
{
    struct hwp_pins *pins = &m->o->run->pins;
    const struct hwp_topology *topology = m->o->config->machine->topology;
    uint32_t cpu = machine_of(m)->cores[task->core].cpu;
    const struct hwp_cpu *place = topology ? hwp_topology_cpu(topology, cpu) : NULL;
    bool is_new;
    uint64_t i = *hwp_map_put(&m->o->pin_of, (uint64_t)m->stream->pid << 32 | task->tid, pins->len,
                              &is_new);

    if (is_new)
        hwp_vec_push(pins, (struct hwp_pin){.pid = (int32_t)m->stream->pid,
                                            .tid = (int32_t)task->tid});
    struct hwp_pin *pin = &pins->data[i];
    free(pin->comm);
    pin->comm = name[0] ? hwp_strdup(name) : NULL;
    pin->cpu = (int32_t)cpu;
    pin->core = place ? place->core : (int32_t)task->core;
}

/* The kernel knows tasks that never named themselves by the tool that runs them. */
static bool is_tools_name(const char *name)
{
    return strcmp(name, "hwprof-amd64-li") == 0 || strcmp(name, "hwprof-arm64-li") == 0;
}

static struct hwp_error *add_task(struct image *m, const struct hwm_record_task *task)
{
    struct hwp_model_origin o = origin_of(m, &task->head, task->tid);
    char name[sizeof(task->name) + 1] = "";

    memcpy(name, task->name, sizeof(task->name));
    if (is_tools_name(name))
        memcpy(name, m->name, sizeof(m->name));
    if (task->tid != m->stream->pid)
        HWP_TRY(hwp_model_write_fork(&m->o->writer, &o, m->stream->pid, m->stream->pid));
    pin_task(m, task, name);
    return name[0] ? hwp_model_write_comm(&m->o->writer, &o, name, false) : NULL;
}

static struct hwp_error *end_task(struct image *m, const struct hwm_record_task *task)
{
    struct hwp_model_origin o = origin_of(m, &task->head, task->tid);

    return hwp_model_write_exit(&m->o->writer, &o);
}

static struct hwp_error *add_map(struct image *m, const struct hwm_record_map *map)
{
    struct hwp_model_origin o = origin_of(m, &map->head, m->stream->pid);

    if (map->name[0] == '/' && map->name[1] != '/')
        hwp_vec_push(&m->maps, (struct code_map){map->start});
    return hwp_model_write_map(&m->o->writer, &o, map);
}

/* --- costs ----------------------------------------------------------------------------------- */

static const struct chain *find_chain(const struct image *m, uint32_t id)
{
    const uint64_t *i = hwp_map_get(&m->chain_of, id);

    return i ? &m->chains.data[*i] : NULL;
}

/* A forked process goes on with its parent's ids, so they may be any; parents come first. */
static bool add_chain(struct image *m, const struct hwm_record_chain *c)
{
    bool is_new;

    if (c->id == HWM_NO_CHAIN || (c->parent != HWM_NO_CHAIN && !find_chain(m, c->parent)))
        return false;
    hwp_map_put(&m->chain_of, c->id, m->chains.len, &is_new);
    if (is_new)
        hwp_vec_push(&m->chains, (struct chain){c->parent, c->caller, c->entry});
    return is_new;
}

/* The callers of a chain, outwards; mostly those of the cost before. */
static void find_callers(struct image *m, uint32_t chain)
{
    if (chain == m->callers_of)
        return;
    m->callers_of = chain;
    m->nr_callers = 0;
    for (const struct chain *c; m->nr_callers < HWP_MODEL_MAX_CALLERS && (c = find_chain(m, chain));
         chain = c->parent)
        m->callers[m->nr_callers++] = c->caller;
}

static void load_counters(struct image *m, const struct hwm_record_cost *cost)
{
    const uint64_t *value = cost->values;

    memset(m->counters, 0, sizeof(m->counters));
    for (uint64_t which = cost->which; which; which &= which - 1)
        m->counters[__builtin_ctzll(which)] = *value++;
}

static struct hwp_error *write_sample(struct image *m, struct hwp_model_sample *sample,
                                      size_t column, uint32_t core, uint64_t value)
{
    if (!value)
        return NULL;
    sample->id = m->o->config->columns->data[column].id;
    sample->period = value;
    m->o->totals[column * machine_of(m)->nr_cores + core] += value;
    return hwp_model_write_sample(&m->o->writer, sample);
}

static struct hwp_error *add_cost(struct image *m, const struct hwm_record_cost *cost)
{
    const struct hwp_model_columns *columns = m->o->config->columns;
    struct hwp_model_sample sample = {
        .origin = {m->stream->pid, cost->tid, machine_of(m)->cores[cost->core].cpu,
                   stamp(m, &cost->head)},
        .ip = cost->ip,
    };

    m->o->has_costs = true;
    load_counters(m, cost);
    for (size_t i = 0; i < columns->len; i++) {
        const struct hwp_model_event *event = columns->data[i].event;
        m->values[i] = event ? hwp_model_event_value(event, m->counters) : 0;
    }
    if (m->o->config->call_chains) {
        const struct chain *chain = find_chain(m, cost->chain);
        hwp_model_fold_add(&m->fold, cost->tid, cost->core, chain ? chain->entry : 0, cost->ip,
                           cost->chain, m->values);
        return NULL;
    }
    for (size_t i = 0; i < columns->len; i++)
        HWP_TRY(write_sample(m, &sample, i, cost->core, m->values[i]));
    return NULL;
}

static struct hwp_error *write_folded(void *ctx, const struct hwp_model_folded *s)
{
    struct image *m = ctx;

    find_callers(m, s->chain);
    struct hwp_model_sample sample = {
        .origin = {m->stream->pid, s->tid, machine_of(m)->cores[s->core].cpu, m->process.last_ns},
        .ip = s->ip,
        .callers = m->callers,
        .nr_callers = m->nr_callers,
    };
    return write_sample(m, &sample, s->column, s->core, s->value);
}

/* --- lines ----------------------------------------------------------------------------------- */

/* Of what lies below the line, the code that begins last: a library's data follow its code. */
static uint64_t anchor_of(const struct image *m, uint64_t address)
{
    uint64_t anchor = 0;

    hwp_vec_foreach (&m->maps, map)
        if (map->start <= address && map->start > anchor)
            anchor = map->start;
    return anchor;
}

static enum hwp_line_object object_of(uint32_t object)
{
    switch (object) {
    case HWM_OBJECT_HEAP:
        return HWP_LINE_HEAP;
    case HWM_OBJECT_STACK:
        return HWP_LINE_STACK;
    case HWM_OBJECT_STATIC:
        return HWP_LINE_STATIC;
    case HWM_OBJECT_THREAD:
        return HWP_LINE_THREAD;
    case HWM_OBJECT_MAPPING:
        return HWP_LINE_MAPPING;
    default:
        return HWP_LINE_UNKNOWN;
    }
}

static void add_line(struct image *m, const struct hwm_record_line *r)
{
    struct hwp_cache_lines *lines = &m->o->run->lines;
    struct hwp_cache_line line = {
        .address = r->address,
        .time_ns = stamp(m, &r->head),
        .pid = (int32_t)m->stream->pid,
        .object = object_of(r->object),
        .transfers = r->transfers,
        .false_transfers = r->false_transfers,
        .invalidations = r->invalidations,
        .contended_atomics = r->contended_atomics,
        .stall_cycles = r->stall_ticks / HWM_TICKS,
        .object_address = r->object_address,
        .object_bytes = r->object_bytes,
        .object_tid = (int32_t)r->object_tid,
        .anchor_loc = HWP_NO_LOC,
        .anchor = anchor_of(m, r->address),
        .first_access = lines->accesses.len,
    };

    _Static_assert(sizeof(line.callers) == sizeof(r->allocator), "as many callers");
    memcpy(line.callers, r->allocator, sizeof(line.callers));
    for (size_t i = 0; i < HWP_LINE_CALLERS; i++)
        line.caller_locs[i] = HWP_NO_LOC;
    lines->nr_seen++;
    lines->transfers += line.transfers;
    lines->false_transfers += line.false_transfers;
    hwp_vec_push(&lines->lines, line);
    m->line = hwp_vec_last(&lines->lines);
}

static bool add_access(struct image *m, const struct hwm_record_access *r)
{
    const struct hwm_machine *machine = machine_of(m);

    if (!m->line || r->line != m->line->address || r->offset >= machine->line_bytes)
        return false;
    m->line->nr_accesses++;
    hwp_vec_push(&m->o->run->lines.accesses,
                 (struct hwp_line_access){
                     .ip = r->ip,
                     .count = r->count,
                     .transfers = r->transfers,
                     .tid = (int32_t)r->tid,
                     .cpu = machine->cores[r->core].cpu,
                     .offset = r->offset,
                     .bytes = r->bytes,
                     .kind = r->kind == HWM_RMW     ? HWP_LINE_ATOMIC
                             : r->kind == HWM_STORE ? HWP_LINE_STORE
                                                    : HWP_LINE_LOAD,
                     .loc = HWP_NO_LOC,
                 });
    return true;
}

/* --- all of it ------------------------------------------------------------------------------- */

static void keep_note(struct image *m, const struct hwm_record_note *note)
{
    if (m->o->nr_notes++ < MAX_NOTES)
        hwp_note_raise(&m->o->run->notes, HWP_NOTE_MODEL_SAYS, note->text);
}

/* The core that a record names; 0 where its type names none. */
static uint32_t core_of(const struct hwm_record *r)
{
    switch (r->type) {
    case HWM_RECORD_TASK:
        return ((const struct hwm_record_task *)r)->core;
    case HWM_RECORD_COST:
        return ((const struct hwm_record_cost *)r)->core;
    case HWM_RECORD_ACCESS:
        return ((const struct hwm_record_access *)r)->core;
    default:
        return 0;
    }
}

/* *ret_ok: the record makes sense. */
static struct hwp_error *take(struct image *m, const struct hwm_record *r, bool *ret_ok)
{
    *ret_ok = core_of(r) < machine_of(m)->nr_cores;
    if (!*ret_ok)
        return NULL;
    /* what comes next may change what addresses mean */
    if (r->type != HWM_RECORD_COST && r->type != HWM_RECORD_CHAIN)
        HWP_TRY(hwp_model_fold_flush(&m->fold, write_folded, m));
    switch (r->type) {
    case HWM_RECORD_MAP:
        return add_map(m, (const struct hwm_record_map *)r);
    case HWM_RECORD_TASK:
        return add_task(m, (const struct hwm_record_task *)r);
    case HWM_RECORD_TASK_END:
        return end_task(m, (const struct hwm_record_task *)r);
    case HWM_RECORD_CHAIN:
        *ret_ok = add_chain(m, (const struct hwm_record_chain *)r);
        return NULL;
    case HWM_RECORD_COST:
        return add_cost(m, (const struct hwm_record_cost *)r);
    case HWM_RECORD_LINE:
        add_line(m, (const struct hwm_record_line *)r);
        return NULL;
    case HWM_RECORD_ACCESS:
        *ret_ok = add_access(m, (const struct hwm_record_access *)r);
        return NULL;
    case HWM_RECORD_NOTE:
        keep_note(m, (const struct hwm_record_note *)r);
        return NULL;
    default:
        return NULL;
    }
}

struct hwp_error *hwp_model_image_read(struct hwp_model_output *o, const struct hwp_model_stream *s,
                                       bool *ret_is_whole)
{
    size_t nr_columns = o->config->columns->len;
    struct image m = {
        .o = o,
        .stream = s,
        .callers_of = HWM_NO_CHAIN,
        .fold.nr_columns = nr_columns,
        .values = hwp_calloc(nr_columns, sizeof(uint64_t)),
    };
    struct hwp_model_cursor at = {0};
    struct hwp_error *err = begin_process(&m);
    const struct hwm_record *r = hwp_model_stream_next(s, &at); /* the process, begun already */
    bool ok = true;

    while (!err && ok && r && (r = hwp_model_stream_next(s, &at)))
        err = take(&m, r, &ok);
    *ret_is_whole = ok && at.ended;
    if (!err)
        err = hwp_model_fold_flush(&m.fold, write_folded, &m);
    if (m.fold.nr_folded)
        hwp_note_raise(&o->run->notes, HWP_NOTE_CHAINS_FOLDED, NULL);
    if (!err)
        end_process(&m);
    hwp_model_fold_deinit(&m.fold);
    free(m.values);
    hwp_vec_deinit(&m.chains);
    hwp_map_deinit(&m.chain_of);
    hwp_vec_deinit(&m.maps);
    return err;
}
