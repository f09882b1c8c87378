#include "analysis/hot.h"

#include <string.h>

#include "analysis/atomics.h"
#include "analysis/code.h"
#include "analysis/filter.h"
#include "base/mem.h"
#include "base/str.h"

#define FEW_SAMPLES 100 /* below, a share of 10 % has an error of more than ±6 % (2σ, binomial) */

struct build {
    const struct hwp_profile *p;
    struct hwp_symbols *symbols;
    const struct hwp_hot_options *options;
    struct hwp_filter filter;
    struct hwp_hot *hot;
    size_t n;                 /* events */
    struct hwp_map by_symbol; /* symbol pointer → index into all */
    struct hwp_hot_functions all;
    uint32_t *function_of_loc; /* UINT32_MAX: not looked up yet */
    uint64_t *seen;            /* per function: 1 + the last cell that was added to its total */
    size_t seen_len;
    struct hwp_cost *loc_costs; /* [loc × n + event] of what passed the filters */
    bool *touched;              /* per loc */
};

static uint32_t function_of(struct build *b, uint32_t loc)
{
    uint32_t *known = &b->function_of_loc[loc];

    if (*known != UINT32_MAX)
        return *known;
    const struct hwp_loc *l = &b->p->locs.data[loc];
    const struct hwp_module *m = hwp_symbols_module(b->symbols, l->dso);
    const struct hwp_symbol *symbol = hwp_module_symbol(m, hwp_module_vaddr(m, l->addr));
    bool is_new;
    uint64_t *at = hwp_map_put(&b->by_symbol, (uintptr_t)symbol, b->all.len, &is_new);

    *known = (uint32_t)*at;
    if (is_new)
        hwp_vec_push(
            &b->all,
            (struct hwp_hot_function){
                .dso = l->dso,
                .module = m,
                .symbol = symbol,
                .self = hwp_calloc(b->n, sizeof(struct hwp_cost)),
                .total = b->hot->has_total ? hwp_calloc(b->n, sizeof(struct hwp_cost)) : NULL,
            });
    return *known;
}

static bool passes(const struct build *b, const struct hwp_cell *cell, uint32_t function)
{
    const struct hwp_hot_function *all = b->all.data;

    return all &&
           hwp_filter_cell(&b->filter, b->p, cell, all[function].module, all[function].symbol);
}

static bool first_visit(struct build *b, uint32_t function, uint64_t stamp)
{
    if (function >= b->seen_len) {
        size_t len = b->all.len * 2;
        b->seen = hwp_realloc(b->seen, len, sizeof(*b->seen));
        memset(b->seen + b->seen_len, 0, (len - b->seen_len) * sizeof(*b->seen));
        b->seen_len = len;
    }
    bool first = b->seen[function] != stamp;
    b->seen[function] = stamp;
    return first;
}

/* Adds a cell to the inclusive cost of its function and of every caller, each once (recursion). */
static void add_totals(struct build *b, const struct hwp_cell *cell, uint32_t function,
                       uint64_t stamp)
{
    struct hwp_cost cost = {cell->value, cell->samples};
    uint32_t chain = cell->chain;

    first_visit(b, function, stamp);
    hwp_cost_add(&b->all.data[function].total[cell->event], &cost);
    while (chain != HWP_NO_CHAIN && chain < b->p->chains.len) {
        uint32_t caller = function_of(b, b->p->chains.data[chain].loc);
        if (first_visit(b, caller, stamp))
            hwp_cost_add(&b->all.data[caller].total[cell->event], &cost);
        chain = b->p->chains.data[chain].caller;
    }
}

static void add_cells(struct build *b)
{
    uint64_t stamp = 0;

    hwp_vec_foreach (&b->p->cells, cell) {
        struct hwp_cost cost = {cell->value, cell->samples};
        if (cell->event >= b->n || cell->loc >= b->p->locs.len)
            continue;
        uint32_t function = function_of(b, cell->loc);
        hwp_cost_add(&b->hot->totals[cell->event], &cost);
        if (!passes(b, cell, function)) {
            hwp_cost_add(&b->hot->filtered[cell->event], &cost);
            continue;
        }
        hwp_cost_add(&b->all.data[function].self[cell->event], &cost);
        hwp_cost_add(&b->loc_costs[cell->loc * b->n + cell->event], &cost);
        b->touched[cell->loc] = true;
        if (b->hot->has_total)
            add_totals(b, cell, function, ++stamp);
    }
}

struct sort_key {
    uint64_t value;
    uint64_t all; /* breaks ties: what it costs in all events together */
    const char *name;
    uint32_t function;
};

static int hottest_first(const void *a, const void *b)
{
    const struct sort_key *x = a, *y = b;

    if (x->value != y->value)
        return x->value < y->value ? 1 : -1;
    if (x->all != y->all)
        return x->all < y->all ? 1 : -1;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->function > y->function) - (x->function < y->function);
}

static struct sort_key key_of(const struct build *b, uint32_t function)
{
    const struct hwp_hot_function *f = &b->all.data[function];
    const struct hwp_cost *costs = b->options->sort_total ? f->total : f->self;
    struct sort_key key = {
        .value = costs[b->hot->sort_event].value, .name = f->symbol->name, .function = function};

    for (size_t e = 0; e < b->n; e++)
        key.all += costs[e].samples;
    return key;
}

static void drop(struct build *b, struct hwp_hot_function *f)
{
    for (size_t e = 0; e < b->n; e++)
        hwp_cost_add(&b->hot->others[e], &f->self[e]);
    free(f->self);
    free(f->total);
}

/* Splits all functions into rows and others. A function that only calls is a row where rows are
 * sorted by inclusive cost, and costs nothing elsewhere. */
static void choose_rows(struct build *b)
{
    size_t len = b->all.len;
    struct sort_key *keys hwp_cleanup(hwp_free_cleanup) = hwp_calloc(len, sizeof(*keys));
    double whole = (double)b->hot->totals[b->hot->sort_event].value;

    for (uint32_t i = 0; i < len; i++)
        keys[i] = key_of(b, i);
    qsort(keys, len, sizeof(*keys), hottest_first);
    for (size_t i = 0; i < len; i++) {
        struct hwp_hot_function *f = &b->all.data[keys[i].function];
        bool below = whole > 0 && 100 * (double)keys[i].value / whole < b->options->percent_limit;
        bool full = b->options->top && b->hot->functions.len >= b->options->top;
        if (keys[i].all && !below && !full) {
            hwp_vec_push(&b->hot->functions, *f);
        } else {
            b->hot->nr_others += keys[i].all != 0;
            drop(b, f);
        }
    }
}

/* Locations grouped by function: locs[start[f]] … locs[start[f + 1] - 1]. */
struct grouped {
    uint32_t *start, *locs;
};

static struct grouped group_locs(const struct build *b)
{
    size_t nr_locs = b->p->locs.len;
    struct grouped g = {hwp_calloc(b->all.len + 2, sizeof(uint32_t)),
                        hwp_calloc(nr_locs, sizeof(uint32_t))};

    for (size_t i = 0; i < nr_locs; i++)
        if (b->touched[i])
            g.start[b->function_of_loc[i] + 2]++;
    for (size_t f = 2; f < b->all.len + 2; f++)
        g.start[f] += g.start[f - 1];
    for (uint32_t i = 0; i < nr_locs; i++)
        if (b->touched[i])
            g.locs[g.start[b->function_of_loc[i] + 1]++] = i;
    return g;
}

static void measure_atomics(struct build *b, const struct grouped *g, struct hwp_hot_function *f)
{
    uint32_t index = (uint32_t)*hwp_map_get(&b->by_symbol, (uintptr_t)f->symbol);
    struct hwp_function_code code;

    hwp_code_load(f->module, f->symbol, b->n, &code);
    if (code.has_code) {
        for (uint32_t i = g->start[index]; i < g->start[index + 1]; i++) {
            uint32_t loc = g->locs[i];
            hwp_code_place(&code, hwp_module_vaddr(f->module, b->p->locs.data[loc].addr), b->n,
                           &b->loc_costs[loc * b->n]);
        }
        if (!b->options->no_skid)
            hwp_atomics_unskid(&code.insns, &b->p->run.events, code.costs, b->hot->moved);
        f->atomic = hwp_calloc(b->n, sizeof(*f->atomic));
        hwp_atomics_sum(&code.insns, b->n, code.costs, f->atomic);
    }
    hwp_code_deinit(&code);
}

static struct hwp_error *unknown_event(const struct hwp_run *run, const char *name)
{
    struct hwp_str names = {0};

    hwp_vec_foreach (&run->events, ev)
        hwp_str_addf(&names, "%s%s", names.len ? ", " : "", ev->name ? ev->name : "?");
    struct hwp_error *err =
        hwp_error_hint(hwp_error(HWP_E_INVALID, "event '%s' is not in this recording", name),
                       "it has: %s", names.data ? names.data : "none");
    hwp_str_deinit(&names);
    return err;
}

/* Cycles are what code costs; a few hundred misses of a program's start are not. */
static uint32_t default_event(const struct hwp_events *events)
{
    uint32_t first = UINT32_MAX;

    for (uint32_t e = 0; e < events->len; e++) {
        const struct hwp_event *ev = &events->data[e];
        if (!ev->nr_samples)
            continue;
        if (ev->name && hwp_role_find(ev->name).role == HWP_ROLE_CYCLES)
            return e;
        first = first == UINT32_MAX ? e : first;
    }
    return first == UINT32_MAX ? 0 : first;
}

struct hwp_error *hwp_event_choose(const struct hwp_run *run, const char *name, uint32_t *ret)
{
    if (!name) {
        *ret = default_event(&run->events);
        return NULL;
    }
    for (uint32_t e = 0; e < run->events.len; e++) {
        const struct hwp_event *ev = &run->events.data[e];
        if (ev->name && strcmp(ev->name, name) == 0) {
            *ret = e;
            return NULL;
        }
    }
    return unknown_event(run, name);
}

static void begin(struct build *b)
{
    size_t nr_locs = b->p->locs.len;
    struct hwp_hot *hot = b->hot;

    hot->nr_events = b->n;
    hot->totals = hwp_calloc(b->n, sizeof(*hot->totals));
    hot->others = hwp_calloc(b->n, sizeof(*hot->others));
    hot->filtered = hwp_calloc(b->n, sizeof(*hot->filtered));
    hot->moved = hwp_calloc(b->n, sizeof(*hot->moved));
    hot->has_filter = hwp_filter_is_set(&b->filter);
    b->function_of_loc = hwp_alloc(nr_locs * sizeof(*b->function_of_loc));
    memset(b->function_of_loc, 0xff, nr_locs * sizeof(*b->function_of_loc));
    b->loc_costs = hwp_calloc(nr_locs * b->n, sizeof(*b->loc_costs));
    b->touched = hwp_calloc(nr_locs, sizeof(*b->touched));
}

static void end(struct build *b)
{
    hwp_map_deinit(&b->by_symbol);
    hwp_vec_deinit(&b->all); /* its functions went to the rows, or were dropped */
    free(b->function_of_loc);
    free(b->seen);
    free(b->loc_costs);
    free(b->touched);
}

struct hwp_error *hwp_hot_analyse(const struct hwp_profile *p, struct hwp_symbols *s,
                                  const struct hwp_hot_options *options, struct hwp_hot *ret)
{
    struct hwp_hot hot = {0};
    struct build b = {
        .p = p,
        .symbols = s,
        .options = options,
        .filter = options->filter,
        .hot = &hot,
        .n = p->run.events.len,
    };

    HWP_TRY(hwp_event_choose(&p->run, options->sort_event, &hot.sort_event));
    /* Chain 0 is the empty one. */
    hot.has_total = p->chains.len > 1;
    if (options->sort_total && !hot.has_total)
        return hwp_error_hint(hwp_error(HWP_E_INVALID, "the recording has no call chains, which "
                                                       "inclusive costs are made of"),
                              "record again with -g");
    begin(&b);
    add_cells(&b);
    if (b.all.len)
        choose_rows(&b);
    if (!options->no_atomics) {
        struct grouped g = group_locs(&b);
        hwp_vec_foreach (&hot.functions, f)
            measure_atomics(&b, &g, f);
        free(g.start);
        free(g.locs);
    }
    hwp_metrics_find(&p->run.events, true, &hot.metrics);
    end(&b);
    *ret = hot;
    return NULL;
}

void hwp_hot_deinit(struct hwp_hot *hot)
{
    hwp_vec_foreach (&hot->functions, f) {
        free(f->self);
        free(f->total);
        free(f->atomic);
    }
    hwp_vec_deinit(&hot->functions);
    hwp_vec_deinit(&hot->metrics);
    free(hot->others);
    free(hot->filtered);
    free(hot->totals);
    free(hot->moved);
    *hot = (struct hwp_hot){0};
}

bool hwp_event_has_costs(const struct hwp_event *ev)
{
    return ev->nr_samples || (ev->sampled && hwp_count_known(&ev->total));
}

bool hwp_event_is_complete(const struct hwp_run *run, const struct hwp_event *ev)
{
    return ev->period == 1 && !run->lost_records && !run->lost_samples && !run->throttled &&
           !run->truncated;
}

struct hwp_count hwp_cost_count(const struct hwp_run *run, const struct hwp_event *ev,
                                const struct hwp_cost *cost)
{
    struct hwp_count c = ev->total;

    if (!hwp_event_has_costs(ev))
        return (struct hwp_count){.state = HWP_COUNT_UNSUPPORTED};
    if (!cost->samples && !hwp_event_is_complete(run, ev))
        return (struct hwp_count){.state = HWP_COUNT_NOT_COUNTED};
    if (c.state != HWP_COUNT_SCALED || c.time_running_ns >= c.time_enabled_ns)
        return hwp_count_exact(cost->value);
    c.value = cost->value;
    return c;
}

uint64_t hwp_cost_value(const struct hwp_run *run, const struct hwp_event *ev,
                        const struct hwp_cost *cost)
{
    struct hwp_count c = hwp_cost_count(run, ev, cost);

    return hwp_count_known(&c) ? hwp_count_value(&c) : 0;
}

struct hwp_value hwp_cost_metric(const struct hwp_run *run, const struct hwp_cost *costs,
                                 const struct hwp_metric_use *use)
{
    const struct hwp_events *events = &run->events;
    struct hwp_count *counts hwp_cleanup(hwp_free_cleanup) =
        hwp_calloc(events->len, sizeof(*counts));

    for (size_t e = 0; e < events->len; e++)
        counts[e] = hwp_cost_count(run, &events->data[e], &costs[e]);
    return hwp_metric_evaluate(use, events, counts, 0);
}

void hwp_hot_notes(const struct hwp_profile *p, const struct hwp_hot *hot, struct hwp_notes *notes)
{
    uint64_t moved = 0;

    for (size_t e = 0; e < hot->nr_events; e++) {
        const struct hwp_event *ev = &p->run.events.data[e];
        /* a modelled event leaves one sample per place, with all that happened there */
        if (ev->nr_samples && ev->nr_samples < FEW_SAMPLES && ev->origin != HWP_ORIGIN_MODELLED) {
            char *detail = hwp_asprintf("%s: %llu sample%s", ev->name ? ev->name : "?",
                                        (unsigned long long)ev->nr_samples,
                                        ev->nr_samples == 1 ? "" : "s");
            hwp_note_raise(notes, HWP_NOTE_FEW_SAMPLES, detail);
            free(detail);
        }
        moved += hot->moved[e].samples;
    }
    if (moved)
        hwp_note_raise(notes, HWP_NOTE_SKID, NULL);
}
