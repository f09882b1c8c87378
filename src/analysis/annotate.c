#include "analysis/annotate.h"

#include <string.h>

#include "analysis/annotate_rows.h"
#include "analysis/atomics.h"
#include "analysis/code.h"
#include "base/mem.h"
#include "base/suggest.h"

/* A function's sampled addresses with their costs, summed over CPUs, tasks and chains. */
struct place {
    uint64_t vaddr;
    struct hwp_cost *costs;
};
struct places {
    HWP_VEC(struct place) list;
    struct hwp_map by_vaddr;
};

static struct place *place_at(struct places *places, uint64_t vaddr, size_t nr_events)
{
    bool is_new;
    uint64_t *at = hwp_map_put(&places->by_vaddr, vaddr, places->list.len, &is_new);

    if (is_new)
        hwp_vec_push(&places->list,
                     (struct place){vaddr, hwp_calloc(nr_events, sizeof(struct hwp_cost))});
    return &places->list.data[*at];
}

static int by_vaddr(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return (x->vaddr > y->vaddr) - (x->vaddr < y->vaddr);
}

static void add_cell(const struct hwp_profile *p, const struct hwp_annotation *a,
                     const struct hwp_filter *filter, const struct hwp_cell *cell,
                     struct places *places)
{
    struct hwp_cost cost = {cell->value, cell->samples};

    if (cell->event >= a->nr_events || cell->loc >= p->locs.len)
        return;
    const struct hwp_loc *loc = &p->locs.data[cell->loc];
    if (loc->dso != a->dso)
        return;
    uint64_t vaddr = hwp_module_vaddr(a->module, loc->addr);
    if (hwp_module_symbol(a->module, vaddr) == a->symbol &&
        hwp_filter_cell(filter, p, cell, a->module, a->symbol))
        hwp_cost_add(&place_at(places, vaddr, a->nr_events)->costs[cell->event], &cost);
}

static void collect(const struct hwp_profile *p, const struct hwp_annotation *a,
                    const struct hwp_annotate_options *options, struct places *places)
{
    const struct hwp_cells_of *cells = options->cells;

    if (cells)
        for (uint32_t i = hwp_cells_of_first(cells, a->symbol); i; i = cells->next[i - 1])
            add_cell(p, a, &options->filter, &p->cells.data[i - 1], places);
    else
        hwp_vec_foreach (&p->cells, cell)
            add_cell(p, a, &options->filter, cell, places);
    if (places->list.len)
        qsort(places->list.data, places->list.len, sizeof(*places->list.data), by_vaddr);
}

static void places_deinit(struct places *places)
{
    hwp_vec_foreach (&places->list, place)
        free(place->costs);
    hwp_vec_deinit(&places->list);
    hwp_map_deinit(&places->by_vaddr);
}

/* Without code the addresses stand for themselves. */
static void use_addresses(struct hwp_function_code *code, const struct places *places, size_t n)
{
    hwp_insns_deinit(&code->insns);
    free(code->costs);
    code->insns = (struct hwp_insns){0};
    code->costs = hwp_calloc(places->list.len * n, sizeof(*code->costs));
    hwp_vec_foreach (&places->list, place) {
        memcpy(&code->costs[code->insns.len * n], place->costs, n * sizeof(*place->costs));
        hwp_vec_push(&code->insns, (struct hwp_insn){.addr = place->vaddr, .len = 1, .bad = true});
    }
}

/* False if a sample lies outside the code there is (a file cut short). */
static bool place_all(struct hwp_function_code *code, const struct places *places, size_t n)
{
    bool all = code->has_code;

    hwp_vec_foreach (&places->list, place)
        all = all && hwp_code_place(code, place->vaddr, n, place->costs);
    return all;
}

static void sum_up(struct hwp_annotation *a)
{
    for (size_t i = 0; i < a->insns.len; i++)
        for (size_t e = 0; e < a->nr_events; e++)
            hwp_cost_add(&a->totals[e], &a->costs[i * a->nr_events + e]);
    hwp_atomics_sum(&a->insns, a->nr_events, a->costs, a->atomic);
}

/* Of the instructions that are shown: most of a big function is folded. */
static void add_texts(struct hwp_annotation *a, const struct hwp_annotate_options *options)
{
    bool *shown hwp_cleanup(hwp_free_cleanup) = hwp_calloc(a->insns.len, sizeof(*shown));

    hwp_vec_foreach (&a->rows, row)
        if (row->kind == HWP_ANNOTATE_INSN)
            shown[row->first] = true;
    hwp_code_texts(a->module, a->symbol, options->syntax, options->all_texts ? NULL : shown,
                   &a->insns);
}

void hwp_annotate(const struct hwp_profile *p, struct hwp_symbols *s, uint32_t dso,
                  const struct hwp_symbol *symbol, const struct hwp_annotate_options *options,
                  struct hwp_annotation *ret)
{
    size_t n = p->run.events.len;
    struct hwp_annotation a = {
        .dso = dso, .module = hwp_symbols_module(s, dso), .symbol = symbol, .nr_events = n};
    struct places places = {0};
    struct hwp_function_code code;

    collect(p, &a, options, &places);
    hwp_code_load(a.module, symbol, n, &code);
    a.has_code = place_all(&code, &places, n);
    if (!a.has_code)
        use_addresses(&code, &places, n);
    places_deinit(&places);
    if (a.has_code && !options->no_skid)
        hwp_atomics_unskid(&code.insns, &p->run.events, code.costs, code.moved);

    a.insns = code.insns;
    a.costs = hwp_steal(&code.costs);
    a.moved = hwp_steal(&code.moved);
    a.targets = hwp_calloc(a.insns.len, sizeof(*a.targets));
    a.totals = hwp_calloc(n, sizeof(*a.totals));
    a.atomic = hwp_calloc(n, sizeof(*a.atomic));
    hwp_insns_targets(&a.insns, a.targets);
    sum_up(&a);
    hwp_annotate_rows_build(&a, s, options);
    if (a.has_code)
        add_texts(&a, options);
    *ret = a;
}

void hwp_annotation_deinit(struct hwp_annotation *a)
{
    hwp_insns_deinit(&a->insns);
    hwp_vec_deinit(&a->rows);
    free(a->targets);
    free(a->costs);
    free(a->totals);
    free(a->atomic);
    free(a->moved);
    *a = (struct hwp_annotation){0};
}

void hwp_annotations_deinit(struct hwp_annotations *all)
{
    hwp_vec_foreach (all, a)
        hwp_annotation_deinit(a);
    hwp_vec_deinit(all);
}

static bool is_named(const struct hwp_symbol *symbol, const char *name)
{
    size_t n = strlen(name);

    return strcmp(symbol->name, name) == 0 ||
           (symbol->raw_name && strcmp(symbol->raw_name, name) == 0) ||
           (strncmp(symbol->name, name, n) == 0 && symbol->name[n] == '(');
}

struct candidate {
    struct hwp_found_symbol found;
    uint64_t value;
};
HWP_VEC_TYPE(candidates, struct candidate);

static int hottest_first(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    return (x->value < y->value) - (x->value > y->value);
}

static void add_candidate(struct candidates *list, uint32_t dso, const struct hwp_symbol *symbol,
                          uint64_t value)
{
    hwp_vec_foreach (list, c) {
        if (c->found.symbol == symbol) {
            c->value += value;
            return;
        }
    }
    hwp_vec_push(list, (struct candidate){{dso, symbol}, value});
}

static bool has_frame(const struct hwp_inline_frames *frames, const char *name)
{
    hwp_vec_foreach (frames, f) {
        size_t n = strlen(name);
        if (f->function && strncmp(f->function, name, n) == 0 &&
            (!f->function[n] || f->function[n] == '('))
            return true;
    }
    return false;
}

/* A function with samples into which one of that name was inlined; NULL: there is none. */
static const struct hwp_symbol *inlined_into(const struct hwp_profile *p, struct hwp_symbols *s,
                                             const char *name)
{
    struct hwp_inline_frames frames = {0};
    const struct hwp_symbol *found = NULL;

    for (size_t i = 0; i < p->locs.len && !found; i++) {
        const struct hwp_module *m = hwp_symbols_module(s, p->locs.data[i].dso);
        uint64_t vaddr = hwp_module_vaddr(m, p->locs.data[i].addr);
        frames.len = 0;
        hwp_module_inlines(m, vaddr, &frames);
        if (has_frame(&frames, name))
            found = hwp_module_symbol(m, vaddr);
    }
    hwp_vec_deinit(&frames);
    return found;
}

static struct hwp_error *not_found(const struct hwp_profile *p, struct hwp_symbols *s,
                                   const char *name, const struct hwp_suggest *near)
{
    char *names hwp_cleanup(hwp_free_cleanup) = hwp_suggest_text(near);
    const struct hwp_symbol *outer = inlined_into(p, s, name);
    struct hwp_error *err = hwp_error(HWP_E_NOT_FOUND, "no samples in a function named '%s'", name);

    if (outer)
        return hwp_error_hint(err, "it was inlined into %s: hwprof annotate '%s'", outer->name,
                              outer->name);
    if (names)
        return hwp_error_hint(err, "did you mean %s?", names);
    return hwp_error_hint(err, "'hwprof report' lists the functions that have samples");
}

static uint32_t first_sampled(const struct hwp_profile *p)
{
    for (uint32_t e = 0; e < p->run.events.len; e++)
        if (p->run.events.data[e].nr_samples)
            return e;
    return 0;
}

struct hwp_error *hwp_annotate_find(const struct hwp_profile *p, struct hwp_symbols *s,
                                    const char *name, struct hwp_found_symbols *ret)
{
    struct hwp_suggest near = {.wanted = name};
    struct hwp_map offered = {0};
    struct candidates list = {0};
    uint32_t event = first_sampled(p);

    hwp_vec_foreach (&p->cells, cell) {
        if (cell->loc >= p->locs.len)
            continue;
        const struct hwp_loc *loc = &p->locs.data[cell->loc];
        const struct hwp_module *m = hwp_symbols_module(s, loc->dso);
        const struct hwp_symbol *symbol = hwp_module_symbol(m, hwp_module_vaddr(m, loc->addr));
        bool is_new;
        hwp_map_put(&offered, (uintptr_t)symbol, 1, &is_new);
        if (is_named(symbol, name))
            add_candidate(&list, loc->dso, symbol, cell->event == event ? cell->value : 0);
        else if (is_new)
            hwp_suggest_offer(&near, symbol->name);
    }
    struct hwp_error *err = list.len ? NULL : not_found(p, s, name, &near);
    if (list.len)
        qsort(list.data, list.len, sizeof(*list.data), hottest_first);
    hwp_vec_foreach (&list, c)
        hwp_vec_push(ret, c->found);
    hwp_vec_deinit(&list);
    hwp_map_deinit(&offered);
    hwp_suggest_deinit(&near);
    return err;
}

void hwp_annotation_notes(const struct hwp_annotation *a, struct hwp_notes *notes)
{
    uint64_t moved = 0;

    for (size_t e = 0; e < a->nr_events; e++)
        moved += a->moved[e].samples;
    if (moved)
        hwp_note_raise(notes, HWP_NOTE_SKID, NULL);
    if (a->has_code && !a->has_lines)
        hwp_note_raise(notes, HWP_NOTE_NO_SOURCE, a->module->short_name);
}
