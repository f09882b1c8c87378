#include "analysis/cores.h"

#include <string.h>

#include "analysis/hot.h"
#include "base/mem.h"

struct build {
    const struct hwp_run *run;
    const struct hwp_profile *profile;
    const struct hwp_topology *topology;
    struct hwp_symbols *symbols;     /* with a filter */
    const struct hwp_filter *filter; /* NULL: everything */
    struct hwp_cost *all;            /* per event: of all samples */
    struct hwp_cores *cores;
    struct hwp_map by_cpu; /* CPU → index into cores */
    struct hwp_map seen; /* (cpu, pid, tid) hashed → 1, so that a task is listed once per core */
};

static struct hwp_core *core_of(struct build *b, uint32_t cpu)
{
    bool is_new;
    size_t n = b->cores->nr_events;
    uint64_t *at = hwp_map_put(&b->by_cpu, cpu, b->cores->cores.len, &is_new);

    if (!is_new)
        return &b->cores->cores.data[*at];
    const struct hwp_cpu *where = b->topology ? hwp_topology_cpu(b->topology, cpu) : NULL;
    hwp_vec_push(&b->cores->cores, (struct hwp_core){
                                       .cpu = cpu,
                                       .core = where ? where->core : -1,
                                       .node = where ? where->node : -1,
                                       .counts = hwp_calloc(n, sizeof(struct hwp_count)),
                                       .samples = hwp_calloc(n, sizeof(uint64_t)),
                                   });
    return hwp_vec_last(&b->cores->cores);
}

static void add_task(struct build *b, uint32_t cpu, const struct hwp_core_task *task)
{
    uint64_t key =
        hwp_hash_combine(cpu, ((uint64_t)(uint32_t)task->pid << 32) | (uint32_t)task->tid);
    bool is_new;
    struct hwp_core *core = core_of(b, cpu);

    hwp_map_put(&b->seen, key, 1, &is_new);
    if (is_new)
        hwp_vec_push(&core->tasks, *task);
}

static void add_pins(struct build *b)
{
    hwp_vec_foreach (&b->run->pins, pin) {
        if (pin->cpu < 0 || (b->filter && (!hwp_filter_task(b->filter, pin->comm, pin->pid, pin->tid) ||
                                            !hwp_filter_cpu(b->filter, (uint32_t)pin->cpu))))
            continue;
        add_task(b, (uint32_t)pin->cpu,
                 &(struct hwp_core_task){pin->pid, pin->tid, pin->comm, true});
        struct hwp_core *core = core_of(b, (uint32_t)pin->cpu);
        if (core->core < 0)
            core->core = pin->core;
    }
}

/* Makes a row for every CPU that counted something. */
static void add_counting(struct build *b, size_t e)
{
    const struct hwp_event *ev = &b->run->events.data[e];

    for (size_t cpu = 0; cpu < ev->per_cpu.len; cpu++) {
        const struct hwp_count *count = &ev->per_cpu.data[cpu];
        if (hwp_count_known(count) && count->value)
            core_of(b, (uint32_t)cpu);
    }
}

static bool passes(const struct build *b, const struct hwp_cell *cell)
{
    if (!b->filter)
        return true;
    if (cell->loc >= b->profile->locs.len)
        return false;
    const struct hwp_loc *loc = &b->profile->locs.data[cell->loc];
    const struct hwp_module *m = hwp_symbols_module(b->symbols, loc->dso);

    return hwp_filter_cell(b->filter, b->profile, cell, m,
                           hwp_module_symbol(m, hwp_module_vaddr(m, loc->addr)));
}

static void add_samples(struct build *b)
{
    size_t n = b->cores->nr_events;

    hwp_vec_foreach (&b->profile->cells, cell) {
        if (cell->event >= n)
            continue;
        hwp_cost_add(&b->all[cell->event], &(struct hwp_cost){cell->value, cell->samples});
        if (!passes(b, cell))
            continue;
        struct hwp_core *core = core_of(b, cell->cpu);
        core->samples[cell->event] += cell->samples;
        if (b->cores->sampled[cell->event])
            core->counts[cell->event].value += cell->value;
        if (cell->task < b->profile->tasks.len) {
            const struct hwp_task *task = &b->profile->tasks.data[cell->task];
            add_task(b, cell->cpu,
                     &(struct hwp_core_task){task->pid, task->tid, task->comm, false});
        }
    }
}

/* What samples say of a core, marked as the estimate that it is. */
static struct hwp_count sampled_count(const struct build *b, size_t e, const struct hwp_cost *cost)
{
    const struct hwp_event *ev = &b->run->events.data[e];
    struct hwp_count c = hwp_cost_count(b->run, ev, cost);

    if (c.state == HWP_COUNT_COUNTED && !hwp_event_is_complete(b->run, ev))
        c.state = HWP_COUNT_SCALED;
    return c;
}

/* An event counted over the whole run
 * alone, or not at all, is unknown on every core. */
static struct hwp_count count_on(const struct build *b, const struct hwp_core *core, size_t e)
{
    const struct hwp_event *ev = &b->run->events.data[e];

    if (b->cores->sampled[e])
        return sampled_count(b, e, &(struct hwp_cost){core->counts[e].value, core->samples[e]});
    if (core->cpu < ev->per_cpu.len && !b->filter)
        return ev->per_cpu.data[core->cpu];
    if (ev->per_cpu.len || hwp_count_known(&ev->total))
        return (struct hwp_count){.state = HWP_COUNT_NOT_COUNTED};
    return (struct hwp_count){.state = ev->total.state};
}

static void settle(struct build *b, size_t e)
{
    hwp_vec_foreach (&b->cores->cores, core) {
        core->counts[e] = count_on(b, core, e);
        hwp_count_add(&b->cores->totals[e], &core->counts[e]);
    }
    if (b->cores->sampled[e])
        b->cores->totals[e] = sampled_count(b, e, &b->all[e]);
}

static int by_cpu_number(const void *a, const void *b)
{
    const struct hwp_core *x = a, *y = b;

    return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

void hwp_cores_analyse(const struct hwp_run *run, const struct hwp_profile *p,
                       const struct hwp_topology *t, struct hwp_cores *ret)
{
    hwp_cores_analyse_filtered(run, p, t, NULL, &(struct hwp_filter){0}, ret);
}

void hwp_cores_analyse_filtered(const struct hwp_run *run, const struct hwp_profile *p,
                                const struct hwp_topology *t, struct hwp_symbols *s,
                                const struct hwp_filter *filter, struct hwp_cores *ret)
{
    struct build b = {.run = run, .profile = p, .topology = t, .symbols = s, .cores = ret};
    size_t n = run->events.len;

    *ret = (struct hwp_cores){.nr_events = n};
    b.filter = p && hwp_filter_is_set(filter) ? filter : NULL;
    b.all = hwp_calloc(n, sizeof(*b.all));
    ret->totals = hwp_calloc(n, sizeof(*ret->totals));
    ret->sampled = hwp_calloc(n, sizeof(*ret->sampled));
    add_pins(&b);
    for (size_t e = 0; e < n; e++) {
        const struct hwp_event *ev = &run->events.data[e];
        ret->sampled[e] = p && ev->nr_samples && (b.filter || !ev->per_cpu.len);
        if (!b.filter)
            add_counting(&b, e);
    }
    if (p)
        add_samples(&b);
    for (size_t e = 0; e < n; e++)
        settle(&b, e);
    if (ret->cores.len)
        qsort(ret->cores.data, ret->cores.len, sizeof(*ret->cores.data), by_cpu_number);
    hwp_metrics_find(&run->events, true, &ret->metrics);
    free(b.all);
    hwp_map_deinit(&b.by_cpu);
    hwp_map_deinit(&b.seen);
}

void hwp_cores_deinit(struct hwp_cores *cores)
{
    hwp_vec_foreach (&cores->cores, core) {
        hwp_vec_deinit(&core->tasks);
        free(core->counts);
        free(core->samples);
    }
    hwp_vec_deinit(&cores->cores);
    hwp_vec_deinit(&cores->metrics);
    free(cores->totals);
    free(cores->sampled);
    *cores = (struct hwp_cores){0};
}
