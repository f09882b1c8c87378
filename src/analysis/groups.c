#include "analysis/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "symbols/symbols.h"

/* The first is the name; perf's follow. */
static const char *const key_names[][3] = {
    [HWP_GROUP_SYMBOL] = {"symbol", "sym", "function"},
    [HWP_GROUP_MODULE] = {"module", "dso", NULL},
    [HWP_GROUP_LINE] = {"line", "srcline", NULL},
    [HWP_GROUP_TASK] = {"task", "tid", "thread"},
    [HWP_GROUP_COMM] = {"comm", NULL, NULL},
    [HWP_GROUP_CPU] = {"cpu", NULL, NULL},
    [HWP_GROUP_CORE] = {"core", NULL, NULL},
    [HWP_GROUP_NODE] = {"node", NULL, NULL},
};

enum hwp_group_key hwp_group_key_find(const char *name, size_t len)
{
    for (unsigned k = 0; k < HWP_GROUP_COUNT_; k++)
        for (size_t i = 0; i < 3 && key_names[k][i]; i++)
            if (strlen(key_names[k][i]) == len && memcmp(key_names[k][i], name, len) == 0)
                return (enum hwp_group_key)k;
    return HWP_GROUP_COUNT_;
}

const char *hwp_group_key_name(enum hwp_group_key key)
{
    return key_names[key][0];
}

#define UNKNOWN 0u /* text ids are 1 + those of the interner */

/* A location's part of a group: the same for every sample there. */
struct place {
    bool known;
    uint32_t symbol, module, line;
};

struct build {
    const struct hwp_profile *p;
    struct hwp_symbols *symbols;
    const struct hwp_topology *topology;
    const struct hwp_groups_options *options;
    struct hwp_groups *out;
    struct place *places;    /* per location */
    struct hwp_map by_texts; /* hash of the tuple → 1 + the newest group that has it */
    HWP_VEC(uint32_t) tuples; /* [group × keys + key] */
    HWP_VEC(uint32_t) next;  /* per group: the one before with the same hash */
    HWP_VEC(struct hwp_cost) costs; /* [group × events + event] */
};

static uint32_t text_id(struct build *b, const char *text)
{
    return text ? 1 + hwp_intern(&b->out->texts, text) : UNKNOWN;
}

static uint32_t number_id(struct build *b, long number)
{
    char text[24];

    if (number < 0)
        return UNKNOWN;
    snprintf(text, sizeof(text), "%ld", number);
    return text_id(b, text);
}

static bool wants(const struct build *b, enum hwp_group_key key)
{
    for (size_t i = 0; i < b->options->nr_keys; i++)
        if (b->options->keys[i] == key)
            return true;
    return false;
}

static uint32_t line_id(struct build *b, const struct hwp_module *m, uint64_t vaddr)
{
    struct hwp_line line = hwp_module_line(m, vaddr);

    if (!line.file || !line.line)
        return UNKNOWN;
    char *text hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s:%u", line.file, line.line);
    return text_id(b, text);
}

static const struct place *place_of(struct build *b, uint32_t loc)
{
    struct place *place = &b->places[loc];
    const struct hwp_loc *l = &b->p->locs.data[loc];

    if (place->known)
        return place;
    const struct hwp_module *m = hwp_symbols_module(b->symbols, l->dso);
    uint64_t vaddr = hwp_module_vaddr(m, l->addr);
    place->known = true;
    place->module = text_id(b, m->short_name);
    if (wants(b, HWP_GROUP_SYMBOL))
        place->symbol = text_id(b, hwp_module_symbol(m, vaddr)->name);
    if (wants(b, HWP_GROUP_LINE))
        place->line = line_id(b, m, vaddr);
    return place;
}

static uint32_t task_id(struct build *b, uint32_t task, bool with_tid)
{
    const struct hwp_task *t = task < b->p->tasks.len ? &b->p->tasks.data[task] : NULL;

    if (!t)
        return UNKNOWN;
    if (!with_tid)
        return text_id(b, t->comm);
    char *text hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s/%d", t->comm, (int)t->tid);
    return text_id(b, text);
}

static uint32_t text_of(struct build *b, const struct hwp_cell *cell, enum hwp_group_key key)
{
    const struct hwp_cpu *cpu =
        b->topology && cell->cpu != HWP_NO_CPU ? hwp_topology_cpu(b->topology, cell->cpu) : NULL;

    switch (key) {
    case HWP_GROUP_SYMBOL:
        return place_of(b, cell->loc)->symbol;
    case HWP_GROUP_MODULE:
        return place_of(b, cell->loc)->module;
    case HWP_GROUP_LINE:
        return place_of(b, cell->loc)->line;
    case HWP_GROUP_TASK:
        return task_id(b, cell->task, true);
    case HWP_GROUP_COMM:
        return task_id(b, cell->task, false);
    case HWP_GROUP_CPU:
        return number_id(b, cell->cpu == HWP_NO_CPU ? -1 : (long)cell->cpu);
    case HWP_GROUP_CORE:
        return number_id(b, cpu ? cpu->core : -1);
    default:
        return number_id(b, cpu ? cpu->node : -1);
    }
}

static size_t add_group(struct build *b, const uint32_t *tuple)
{
    size_t n = b->options->nr_keys;

    for (size_t k = 0; k < n; k++)
        hwp_vec_push(&b->tuples, tuple[k]);
    for (size_t e = 0; e < b->out->nr_events; e++)
        hwp_vec_push(&b->costs, (struct hwp_cost){0});
    return b->tuples.len / n - 1;
}

static size_t group_of(struct build *b, const struct hwp_cell *cell)
{
    size_t n = b->options->nr_keys;
    uint32_t tuple[HWP_GROUP_COUNT_];
    uint64_t hash = 0;

    for (size_t k = 0; k < n; k++) {
        tuple[k] = text_of(b, cell, b->options->keys[k]);
        hash = hwp_hash_combine(hash, tuple[k]);
    }
    uint64_t *newest = hwp_map_put(&b->by_texts, hash, 0, NULL);
    for (uint64_t i = *newest; i; i = b->next.data[i - 1])
        if (memcmp(&b->tuples.data[(i - 1) * n], tuple, n * sizeof(*tuple)) == 0)
            return i - 1;
    hwp_vec_push(&b->next, (uint32_t)*newest);
    *newest = b->next.len;
    return add_group(b, tuple);
}

static void add_cells(struct build *b)
{
    size_t n = b->out->nr_events;

    hwp_vec_foreach (&b->p->cells, cell) {
        struct hwp_cost cost = {cell->value, cell->samples};
        if (cell->event >= n || cell->loc >= b->p->locs.len)
            continue;
        hwp_cost_add(&b->out->totals[cell->event], &cost);
        if (!hwp_filter_sample(&b->options->filter, b->p, b->symbols, cell)) {
            hwp_cost_add(&b->out->filtered[cell->event], &cost);
            continue;
        }
        size_t group = group_of(b, cell); /* may move the costs */
        hwp_cost_add(&b->costs.data[group * n + cell->event], &cost);
    }
}

/* --- rows ------------------------------------------------------------------------------------ */

struct ranked {
    uint64_t value, samples; /* of the sort event; of all */
    size_t group;            /* in order of appearance, which breaks ties */
};

static int costliest_first(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->value != y->value)
        return x->value < y->value ? 1 : -1;
    if (x->samples != y->samples)
        return x->samples < y->samples ? 1 : -1;
    return (x->group > y->group) - (x->group < y->group);
}

static void add_row(struct build *b, size_t group)
{
    size_t nr_keys = b->options->nr_keys, n = b->out->nr_events;
    struct hwp_group row = {hwp_calloc(nr_keys, sizeof(char *)), hwp_calloc(n, sizeof(*row.costs))};

    for (size_t k = 0; k < nr_keys; k++) {
        uint32_t id = b->tuples.data[group * nr_keys + k];
        row.texts[k] = id == UNKNOWN ? NULL : b->out->texts.strings[id - 1];
    }
    memcpy(row.costs, &b->costs.data[group * n], n * sizeof(*row.costs));
    hwp_vec_push(&b->out->rows, row);
}

static void choose_rows(struct build *b)
{
    size_t n = b->out->nr_events, len = b->next.len;
    const struct hwp_groups_options *o = b->options;
    const struct hwp_cost *whole = &b->out->totals[o->sort_event];
    struct ranked *ranks hwp_cleanup(hwp_free_cleanup) = hwp_calloc(len, sizeof(*ranks));

    for (size_t i = 0; i < len; i++) {
        ranks[i] = (struct ranked){.value = b->costs.data[i * n + o->sort_event].value, .group = i};
        for (size_t e = 0; e < n; e++)
            ranks[i].samples += b->costs.data[i * n + e].samples;
    }
    qsort(ranks, len, sizeof(*ranks), costliest_first);
    for (size_t i = 0; i < len; i++) {
        const struct hwp_cost *costs = &b->costs.data[ranks[i].group * n];
        bool full = o->top && b->out->rows.len >= o->top;
        if (!full && hwp_cost_percent(&costs[o->sort_event], whole) >= o->percent_limit) {
            add_row(b, ranks[i].group);
            continue;
        }
        b->out->nr_others++;
        for (size_t e = 0; e < n; e++)
            hwp_cost_add(&b->out->others[e], &costs[e]);
    }
}

static void end(struct build *b)
{
    free(b->places);
    hwp_map_deinit(&b->by_texts);
    hwp_vec_deinit(&b->tuples);
    hwp_vec_deinit(&b->next);
    hwp_vec_deinit(&b->costs);
}

void hwp_groups_analyse(const struct hwp_profile *p, struct hwp_symbols *s,
                        const struct hwp_topology *t, const struct hwp_groups_options *options,
                        struct hwp_groups *ret)
{
    size_t n = p->run.events.len;
    struct build b = {
        .p = p,
        .symbols = s,
        .topology = t,
        .options = options,
        .out = ret,
        .places = hwp_calloc(p->locs.len, sizeof(*b.places)),
    };

    *ret = (struct hwp_groups){
        .nr_keys = options->nr_keys,
        .nr_events = n,
        .sort_event = options->sort_event,
        .others = hwp_calloc(n, sizeof(struct hwp_cost)),
        .filtered = hwp_calloc(n, sizeof(struct hwp_cost)),
        .totals = hwp_calloc(n, sizeof(struct hwp_cost)),
        .has_filter = hwp_filter_is_set(&options->filter),
    };
    memcpy(ret->keys, options->keys, sizeof(ret->keys));
    add_cells(&b);
    if (n)
        choose_rows(&b);
    hwp_metrics_find(&p->run.events, true, &ret->metrics);
    end(&b);
}

void hwp_groups_deinit(struct hwp_groups *groups)
{
    hwp_vec_foreach (&groups->rows, row) {
        free(row->texts);
        free(row->costs);
    }
    hwp_vec_deinit(&groups->rows);
    hwp_vec_deinit(&groups->metrics);
    hwp_intern_deinit(&groups->texts);
    free(groups->others);
    free(groups->filtered);
    free(groups->totals);
    *groups = (struct hwp_groups){0};
}
