#include "analysis/stack_tree.h"

#include <string.h>

static uint64_t pair(uint32_t a, uint32_t b)
{
    return (uint64_t)a << 32 | b;
}

void hwp_stack_tree_begin(struct hwp_stack_tree *t, size_t nr_events, struct hwp_stacks *out)
{
    *out = (struct hwp_stacks){.nr_events = nr_events};
    *t = (struct hwp_stack_tree){.out = out, .nr_events = nr_events};
    hwp_stack_tree_child(t, 0, hwp_stack_tree_frame(t, HWP_FRAME_ROOT, "all", NULL));
}

uint32_t hwp_stack_tree_frame(struct hwp_stack_tree *t, enum hwp_frame_kind kind, const char *name,
                              const char *module)
{
    uint32_t id = hwp_intern(&t->out->names, name);
    uint32_t of = module ? hwp_intern(&t->out->names, module) : UINT32_MAX;
    bool is_new;
    uint64_t key = hwp_hash_combine(pair(of, id), (uint64_t)kind);
    uint32_t frame = (uint32_t)*hwp_map_put(&t->by_name, key, t->out->frames.len, &is_new);

    if (is_new)
        hwp_vec_push(&t->out->frames,
                     (struct hwp_stack_frame){kind, t->out->names.strings[id],
                                              module ? t->out->names.strings[of] : NULL, NULL, 0});
    return frame;
}

void hwp_stack_tree_locate(struct hwp_stack_tree *t, uint32_t frame, const char *file,
                           unsigned line)
{
    struct hwp_stack_frame *f = &t->out->frames.data[frame];

    if (f->file || !file)
        return;
    uint32_t id = hwp_intern(&t->out->names, file);
    f->file = t->out->names.strings[id];
    f->line = line;
}

uint32_t hwp_stack_tree_child(struct hwp_stack_tree *t, uint32_t node, uint32_t frame)
{
    bool is_new;
    uint32_t i = (uint32_t)*hwp_map_put(&t->children, pair(node, frame), t->nodes.len, &is_new);

    if (!is_new)
        return i;
    hwp_vec_push(&t->nodes, (struct hwp_growing_node){frame, node});
    for (size_t e = 0; e < t->nr_events; e++)
        hwp_vec_push(&t->self, (struct hwp_cost){0});
    return i;
}

void hwp_stack_tree_add(struct hwp_stack_tree *t, uint32_t node, size_t event,
                        const struct hwp_cost *cost)
{
    hwp_cost_add(&t->self.data[node * t->nr_events + event], cost);
}

/* --- in preorder -------------------------------------------------------------------------------
 */

struct sibling {
    uint32_t parent, node;
    const struct hwp_stack_frame *frame;
};

static int by_parent_and_name(const void *a, const void *b)
{
    const struct sibling *x = a, *y = b;
    int order = (x->parent > y->parent) - (x->parent < y->parent);

    if (!order)
        order = strcmp(x->frame->name, y->frame->name);
    if (!order)
        order = (x->frame->kind > y->frame->kind) - (x->frame->kind < y->frame->kind);
    return order ? order : (x->node > y->node) - (x->node < y->node);
}

struct order {
    struct sibling *siblings; /* by parent */
    uint32_t *first;          /* per node: of its children; one more at the end */
};

static void sort_siblings(const struct hwp_stack_tree *t, struct order *o)
{
    size_t len = t->nodes.len;

    o->siblings = hwp_calloc(len, sizeof(*o->siblings));
    o->first = hwp_calloc(len + 1, sizeof(*o->first));
    for (uint32_t i = 1; i < len; i++) {
        const struct hwp_growing_node *g = &t->nodes.data[i];
        o->siblings[i - 1] = (struct sibling){g->parent, i, &t->out->frames.data[g->frame]};
        o->first[g->parent + 1]++;
    }
    qsort(o->siblings, len - 1, sizeof(*o->siblings), by_parent_and_name);
    for (size_t i = 0; i < len; i++)
        o->first[i + 1] += o->first[i];
}

struct visit {
    uint32_t old, new; /* indexes of the node */
    uint32_t next;     /* of its children */
};

static uint32_t enter(struct hwp_stack_tree *t, uint32_t old, uint32_t parent, uint32_t depth)
{
    struct hwp_stacks *out = t->out;
    uint32_t i = (uint32_t)out->nodes.len;
    const struct hwp_cost *self = &t->self.data[old * t->nr_events];

    hwp_vec_push(&out->nodes, (struct hwp_stack_node){
                                  .frame = t->nodes.data[old].frame,
                                  .parent = parent,
                                  .depth = depth,
                              });
    memcpy(&out->self[i * t->nr_events], self, t->nr_events * sizeof(*self));
    memcpy(&out->total[i * t->nr_events], self, t->nr_events * sizeof(*self));
    return i;
}

static void leave(struct hwp_stacks *out, uint32_t node)
{
    uint32_t parent = out->nodes.data[node].parent;

    out->nodes.data[node].end = (uint32_t)out->nodes.len;
    for (size_t e = 0; node && e < out->nr_events; e++)
        hwp_cost_add(&out->total[parent * out->nr_events + e],
                     &out->total[node * out->nr_events + e]);
}

/* Without recursion: stacks may be as deep as a program's memory allows. */
static void walk(struct hwp_stack_tree *t, const struct order *o)
{
    HWP_VEC(struct visit) stack = {0};

    hwp_vec_push(&stack, (struct visit){0, enter(t, 0, 0, 0), o->first[0]});
    while (stack.len) {
        struct visit *top = hwp_vec_last(&stack);
        if (top->next == o->first[top->old + 1]) {
            leave(t->out, top->new);
            stack.len--;
            continue;
        }
        uint32_t old = o->siblings[top->next++].node;
        uint32_t new = enter(t, old, top->new, (uint32_t)stack.len);
        hwp_vec_push(&stack, (struct visit){old, new, o->first[old]});
    }
    hwp_vec_deinit(&stack);
}

void hwp_stack_tree_finish(struct hwp_stack_tree *t)
{
    struct order o;

    t->out->self = hwp_calloc(t->nodes.len * t->nr_events, sizeof(struct hwp_cost));
    t->out->total = hwp_calloc(t->nodes.len * t->nr_events, sizeof(struct hwp_cost));
    hwp_vec_reserve(&t->out->nodes, t->nodes.len);
    sort_siblings(t, &o);
    walk(t, &o);
    free(o.siblings);
    free(o.first);
    hwp_map_deinit(&t->by_name);
    hwp_map_deinit(&t->children);
    hwp_vec_deinit(&t->nodes);
    hwp_vec_deinit(&t->self);
}

void hwp_stacks_deinit(struct hwp_stacks *stacks)
{
    hwp_vec_deinit(&stacks->frames);
    hwp_vec_deinit(&stacks->nodes);
    hwp_intern_deinit(&stacks->names);
    free(stacks->self);
    free(stacks->total);
    *stacks = (struct hwp_stacks){0};
}
