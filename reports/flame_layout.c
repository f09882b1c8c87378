#include <stdlib.h>

#include "base/mem.h"
#include "reports/flame_private.h"

/* What a box costs in the file at most, by what was measured: its rectangle and its numbers. Names
 * come on top. */
#define FILE_BYTES   1900000u
#define BOX_BYTES    90u
#define NUMBER_BYTES 14u

static double width_of(const struct hwp_flame *f, uint32_t node)
{
    const struct hwp_stacks *s = f->stacks;

    if (!f->is_diff)
        return (double)hwp_stacks_total(s, node, f->event)->value;
    /* Both runs count as much as each other: the mean of both shares. */
    return (hwp_cost_percent(hwp_stacks_total(s, node, 0), hwp_stacks_total(s, 0, 0)) +
            hwp_cost_percent(hwp_stacks_total(s, node, 1), hwp_stacks_total(s, 0, 1))) /
           2;
}

struct candidate {
    double width;
    uint32_t node;
};

/* A parent is at least as wide as its children, and comes before them. */
static int widest_first(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->width != y->width)
        return x->width < y->width ? 1 : -1;
    return (x->node > y->node) - (x->node < y->node);
}

static size_t bytes_of(const struct hwp_flame *f, uint32_t node, bool *name_seen)
{
    uint32_t frame = f->stacks->nodes.data[node].frame;
    size_t bytes = BOX_BYTES + NUMBER_BYTES * f->stacks->nr_events;

    if (!name_seen[frame]) {
        name_seen[frame] = true;
        for (const char *p = f->stacks->frames.data[frame].name; *p; p++)
            bytes += *p > ' ' && *p < 0x7f ? 2 : 6; /* in data, and perhaps as a label */
    }
    return bytes;
}

/* Marks the widest nodes, as many as the file has room for; a node's ancestors are always among
 * them. */
static void choose(const struct hwp_flame *f, const double *widths, bool *chosen)
{
    size_t len = f->stacks->nodes.len, bytes = 0;
    struct candidate *all hwp_cleanup(hwp_free_cleanup) = hwp_calloc(len, sizeof(*all));
    bool *name_seen hwp_cleanup(hwp_free_cleanup) =
        hwp_calloc(f->stacks->frames.len, sizeof(*name_seen));

    for (uint32_t i = 0; i < len; i++)
        all[i] = (struct candidate){widths[i], i};
    qsort(all, len, sizeof(*all), widest_first);
    for (size_t i = 0; i < len && all[i].width > 0; i++) {
        bytes += bytes_of(f, all[i].node, name_seen);
        if (bytes > FILE_BYTES || 100 * all[i].width < f->percent_limit * widths[0])
            break;
        chosen[all[i].node] = true;
    }
    chosen[0] = true;
}

static void place(const struct hwp_flame *f, const bool *chosen, struct hwp_flame_layout *l)
{
    size_t len = f->stacks->nodes.len;
    double scale = l->widths[0] > 0 ? HWP_FLAME_PIXELS / l->widths[0] : 0;
    double *next hwp_cleanup(hwp_free_cleanup) = hwp_calloc(len, sizeof(*next));

    for (uint32_t i = 0; i < len; i++) {
        const struct hwp_stack_node *node = &f->stacks->nodes.data[i];
        double x = i ? next[node->parent] : HWP_FLAME_LEFT;

        if (!chosen[i]) {
            l->nr_hidden += l->widths[i] > 0;
            continue;
        }
        double width = i ? l->widths[i] * scale : HWP_FLAME_PIXELS;
        next[i] = x;
        if (i)
            next[node->parent] = x + width;
        l->max_depth = node->depth > l->max_depth ? node->depth : l->max_depth;
        hwp_vec_push(&l->boxes, (struct hwp_flame_box){i, node->depth, x, width});
    }
}

void hwp_flame_lay_out(const struct hwp_flame *f, struct hwp_flame_layout *ret)
{
    size_t len = f->stacks->nodes.len;
    bool *chosen hwp_cleanup(hwp_free_cleanup) = hwp_calloc(len, sizeof(*chosen));

    *ret = (struct hwp_flame_layout){.widths = hwp_calloc(len, sizeof(double))};
    for (uint32_t i = 0; i < len; i++)
        ret->widths[i] = width_of(f, i);
    choose(f, ret->widths, chosen);
    place(f, chosen, ret);
}

void hwp_flame_layout_deinit(struct hwp_flame_layout *l)
{
    hwp_vec_deinit(&l->boxes);
    free(l->widths);
    *l = (struct hwp_flame_layout){0};
}
