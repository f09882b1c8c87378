#include "analysis/places.h"
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
    struct hwp_place_options places;
    struct hwp_place place; /* the newest looked up */
};

static uint64_t pair(uint32_t a, uint32_t b)
{
    return (uint64_t)a << 32 | b;
}

static void add_frame(struct build *b, const struct hwp_place *place, size_t i)
{
    const struct hwp_place_frame *f = &place->frames.data[i];
    enum hwp_frame_kind kind = f->symbol ? HWP_FRAME_FUNCTION : HWP_FRAME_INLINED;
    uint32_t frame = hwp_stack_tree_frame(&b->tree, kind, f->function, place->module->short_name);

    hwp_stack_tree_locate(&b->tree, frame, f->decl.file ? f->decl.file : f->line.file,
                          f->decl.line);
    hwp_vec_push(&b->lists, frame);
}

static const struct frames_of *frames_of(struct build *b, uint32_t loc)
{
    struct frames_of *f = &b->of_loc[loc];

    if (f->len)
        return f;
    hwp_place_find(b->p, b->symbols, loc, &b->places, &b->place);
    f->first = (uint32_t)b->lists.len;
    f->len = (uint32_t)b->place.frames.len;
    for (size_t i = f->len; i-- > 0;)
        add_frame(b, &b->place, i);
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
        if (cell->event >= b->tree.nr_events || cell->loc >= b->p->locs.len ||
            !hwp_filter_sample(&b->options->filter, b->p, b->symbols, cell))
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
        .places = {.no_inline = options->no_inline, .lines = options->lines},
        .of_loc = hwp_calloc(p->locs.len, sizeof(*b.of_loc)),
    };

    hwp_stack_tree_begin(&b.tree, p->run.events.len, ret);
    ret->has_chains = p->chains.len > 1;
    add_cells(&b);
    hwp_stack_tree_finish(&b.tree);
    hwp_map_deinit(&b.chains);
    hwp_vec_deinit(&b.lists);
    hwp_vec_deinit(&b.path);
    hwp_place_deinit(&b.place);
    free(b.of_loc);
}
