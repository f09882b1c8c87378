/*
 * How `struct hwp_stacks` grow: node by node in any order, put in preorder at the end. For the
 * builders of stacks alone: from a profile, from folded text, from two others.
 */
#ifndef HWP_ANALYSIS_STACK_TREE_H
#define HWP_ANALYSIS_STACK_TREE_H

#include "analysis/stacks.h"

struct hwp_growing_node {
    uint32_t frame, parent;
};

struct hwp_stack_tree {
    struct hwp_stacks *out;
    size_t nr_events;
    struct hwp_map by_name;  /* kind, name, module → frame */
    struct hwp_map children; /* node and frame → node */
    HWP_VEC(struct hwp_growing_node) nodes;
    HWP_VEC(struct hwp_cost) self;
};

/* `out` is valid after hwp_stack_tree_finish. Node 0 is the root. */
void hwp_stack_tree_begin(struct hwp_stack_tree *t, size_t nr_events, struct hwp_stacks *out);

/* Find-or-add; names are copied. `module` may be NULL. */
uint32_t hwp_stack_tree_frame(struct hwp_stack_tree *t, enum hwp_frame_kind kind, const char *name,
                              const char *module);
/* Where it is written, unless that is known already; `file` is copied and may be NULL. */
void hwp_stack_tree_locate(struct hwp_stack_tree *t, uint32_t frame, const char *file,
                           unsigned line);
uint32_t hwp_stack_tree_child(struct hwp_stack_tree *t, uint32_t node, uint32_t frame);

/* Adds to what the node costs itself. */
void hwp_stack_tree_add(struct hwp_stack_tree *t, uint32_t node, size_t event,
                        const struct hwp_cost *cost);

void hwp_stack_tree_finish(struct hwp_stack_tree *t);

#endif
