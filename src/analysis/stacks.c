#include "analysis/stack_tree.h"
#include "symbols/symbols.h"

struct frames_of { /* a location's frames: first … first + len - 1 of `lists`, outermost first */
    uint32_t first, len;
};

struct build {
    const struct hwp_profile *p;
    struct hwp_symbols *symbols;
    const struct hwp_stacks_options *options;
    struct hwp_stack_tree tree;
    struct hwp_map chains; /* task's node and chain → node */
    HWP_VEC(uint32_t) lists;
    HWP_VEC(uint32_t) path; /* chains on the way to the outermost */
    struct frames_of *of_loc;
};

static uint64_t pair(uint32_t a, uint32_t b)
{
    return (uint64_t)a << 32 | b;
}

static void list_inlined(struct build *b, const struct hwp_module *m, uint64_t vaddr)
{
    struct hwp_inline_frames inlined = {0};

    hwp_module_inlines(m, vaddr, &inlined);
    for (size_t i = inlined.len; i-- > 1;) /* the last is the function itself */
        hwp_vec_push(&b->lists, hwp_stack_tree_frame(&b->tree, HWP_FRAME_INLINED,
                                                     inlined.data[i - 1].function, m->short_name));
    hwp_vec_deinit(&inlined);
}

static const struct frames_of *frames_of(struct build *b, uint32_t loc)
{
    struct frames_of *f = &b->of_loc[loc];
    const struct hwp_loc *l = &b->p->locs.data[loc];

    if (f->len)
        return f;
    const struct hwp_module *m = hwp_symbols_module(b->symbols, l->dso);
    uint64_t vaddr = hwp_module_vaddr(m, l->addr);

    f->first = (uint32_t)b->lists.len;
    hwp_vec_push(&b->lists, hwp_stack_tree_frame(&b->tree, HWP_FRAME_FUNCTION,
                                                 hwp_module_symbol(m, vaddr)->name, m->short_name));
    if (!b->options->no_inline)
        list_inlined(b, m, vaddr);
    f->len = (uint32_t)b->lists.len - f->first;
    return f;
}

static uint32_t descend(struct build *b, uint32_t node, uint32_t loc)
{
    if (loc >= b->p->locs.len)
        return node;
    const struct frames_of f = *frames_of(b, loc);
    for (uint32_t i = 0; i < f.len; i++)
        node = hwp_stack_tree_child(&b->tree, node, b->lists.data[f.first + i]);
    return node;
}

/* The node of a chain below a task's: up to the first that is known, then down again. */
static uint32_t node_of_chain(struct build *b, uint32_t task, uint32_t chain)
{
    uint32_t node = task;

    b->path.len = 0;
    for (; chain != HWP_NO_CHAIN && chain < b->p->chains.len;
         chain = b->p->chains.data[chain].caller) {
        const uint64_t *known = hwp_map_get(&b->chains, pair(task, chain));
        if (known) {
            node = (uint32_t)*known;
            break;
        }
        hwp_vec_push(&b->path, chain);
    }
    while (b->path.len) {
        chain = b->path.data[--b->path.len];
        node = descend(b, node, b->p->chains.data[chain].loc);
        hwp_map_put(&b->chains, pair(task, chain), node, NULL);
    }
    return node;
}

static bool passes(struct build *b, const struct hwp_cell *cell)
{
    if (!hwp_filter_is_set(&b->options->filter))
        return true;
    const struct hwp_loc *l = &b->p->locs.data[cell->loc];
    const struct hwp_module *m = hwp_symbols_module(b->symbols, l->dso);
    return hwp_filter_cell(&b->options->filter, b->p, cell, m,
                           hwp_module_symbol(m, hwp_module_vaddr(m, l->addr)));
}

static uint32_t task_node(struct build *b, uint32_t task)
{
    const char *comm = task < b->p->tasks.len ? b->p->tasks.data[task].comm : NULL;

    return hwp_stack_tree_child(
        &b->tree, 0,
        hwp_stack_tree_frame(&b->tree, HWP_FRAME_TASK, comm && *comm ? comm : "[unknown]", NULL));
}

static void add_cells(struct build *b)
{
    hwp_vec_foreach (&b->p->cells, cell) {
        if (cell->event >= b->tree.nr_events || cell->loc >= b->p->locs.len || !passes(b, cell))
            continue;
        uint32_t node = node_of_chain(b, task_node(b, cell->task), cell->chain);
        node = descend(b, node, cell->loc);
        hwp_stack_tree_add(&b->tree, node, cell->event,
                           &(struct hwp_cost){cell->value, cell->samples});
    }
}

void hwp_stacks_build(const struct hwp_profile *p, struct hwp_symbols *s,
                      const struct hwp_stacks_options *options, struct hwp_stacks *ret)
{
    struct build b = {
        .p = p,
        .symbols = s,
        .options = options,
        .of_loc = hwp_calloc(p->locs.len, sizeof(*b.of_loc)),
    };

    hwp_stack_tree_begin(&b.tree, p->run.events.len, ret);
    ret->has_chains = p->chains.len > 1;
    add_cells(&b);
    hwp_stack_tree_finish(&b.tree);
    hwp_map_deinit(&b.chains);
    hwp_vec_deinit(&b.lists);
    hwp_vec_deinit(&b.path);
    free(b.of_loc);
}
