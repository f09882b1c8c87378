#include "analysis/stack_tree.h"

static void add(struct hwp_stack_tree *t, size_t column, const struct hwp_stacks *s, size_t event)
{
    uint32_t *as hwp_cleanup(hwp_free_cleanup) = hwp_calloc(s->nodes.len, sizeof(*as));

    for (uint32_t i = 0; i < s->nodes.len; i++) {
        const struct hwp_stack_node *node = &s->nodes.data[i];
        const struct hwp_stack_frame *f = &s->frames.data[node->frame];
        if (i)
            as[i] = hwp_stack_tree_child(t, as[node->parent],
                                         hwp_stack_tree_frame(t, f->kind, f->name, f->module));
        hwp_stack_tree_add(t, as[i], column, hwp_stacks_self(s, i, event));
    }
}

void hwp_stacks_join(const struct hwp_stacks *a, size_t event_a, const struct hwp_stacks *b,
                     size_t event_b, struct hwp_stacks *ret)
{
    struct hwp_stack_tree t;

    hwp_stack_tree_begin(&t, 2, ret);
    ret->has_chains = a->has_chains || b->has_chains;
    add(&t, 0, a, event_a);
    add(&t, 1, b, event_b);
    hwp_stack_tree_finish(&t);
}
