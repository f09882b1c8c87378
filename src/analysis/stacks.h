/*
 * Call stacks as one tree: the whole, then tasks by name, then functions from the outermost caller
 * in; what the compiler inlined is a frame of its own. Every node has its cost in every event,
 * alone and with all that it calls. What flame graphs and folded stacks are made of.
 *
 * Nodes are in preorder, siblings by name: the subtree of node i is i … end - 1. Frames are told
 * apart by kind, name and module. The result owns all it points to. Pure functions.
 */
#ifndef HWP_ANALYSIS_STACKS_H
#define HWP_ANALYSIS_STACKS_H

#include "analysis/cost.h"
#include "analysis/filter.h"
#include "base/map.h"
#include "base/vec.h"

enum hwp_frame_kind {
    HWP_FRAME_ROOT,
    HWP_FRAME_TASK, /* all tasks of one name */
    HWP_FRAME_FUNCTION,
    HWP_FRAME_INLINED, /* into the function below it */
};

struct hwp_stack_frame {
    enum hwp_frame_kind kind;
    const char *name;
    const char *module; /* short name; NULL: the root, tasks, and where text doesn't say */
    const char *file;   /* where it is written, if lines were asked for; NULL: unknown */
    unsigned line;      /* in that file; 0: unknown */
};

struct hwp_stack_node {
    uint32_t frame;
    uint32_t parent; /* the root's is 0 */
    uint32_t end;    /* behind its subtree */
    uint32_t depth;  /* 0: the root */
};

struct hwp_stacks_options {
    struct hwp_filter filter; /* by the innermost function, as in all reports */
    bool no_inline;
    bool lines; /* say where functions are written */
};

struct hwp_stacks {
    size_t nr_events;
    HWP_VEC(struct hwp_stack_frame) frames;
    HWP_VEC(struct hwp_stack_node) nodes; /* never empty: the root is the first */
    struct hwp_cost *self, *total;        /* [node × nr_events + event] */
    struct hwp_intern names;
    bool has_chains; /* else functions have no callers */
};

/* One column of costs per event of the profile. */
void hwp_stacks_build(const struct hwp_profile *p, struct hwp_symbols *s,
                      const struct hwp_stacks_options *options, struct hwp_stacks *ret);
/* Folded text, as stackcollapse scripts and hwp_folded_print write it: "task;outer;inner 17" a
 * line, in one column. Lines that aren't such are skipped and counted in *ret_skipped. */
void hwp_stacks_parse(const char *text, size_t len, struct hwp_stacks *ret, size_t *ret_skipped);

/* Two trees as one of two columns: event `event_a` of `a`, `event_b` of `b`. */
void hwp_stacks_join(const struct hwp_stacks *a, size_t event_a, const struct hwp_stacks *b,
                     size_t event_b, struct hwp_stacks *ret);

void hwp_stacks_deinit(struct hwp_stacks *stacks);

static inline const struct hwp_cost *hwp_stacks_self(const struct hwp_stacks *s, uint32_t node,
                                                     size_t event)
{
    return &s->self[node * s->nr_events + event];
}

static inline const struct hwp_cost *hwp_stacks_total(const struct hwp_stacks *s, uint32_t node,
                                                      size_t event)
{
    return &s->total[node * s->nr_events + event];
}

#endif
