/* A treap whose nodes are copied before they change (path copying). */
#include "profile/map_tree.h"

#include "base/map.h"

static uint32_t add_node(struct hwp_map_tree *t, uint64_t start, uint64_t end, uint32_t what)
{
    if (!t->nodes.len) /* index 0 stands for no node */
        hwp_vec_push(&t->nodes, (struct hwp_map_node){0});
    uint32_t priority = (uint32_t)hwp_hash_u64(t->nodes.len);
    hwp_vec_push(&t->nodes, (struct hwp_map_node){start, end, what, priority, 0, 0});
    return (uint32_t)t->nodes.len - 1;
}

/* A node that may be changed: itself, if no kept root has it. */
static uint32_t own(struct hwp_map_tree *t, uint32_t n)
{
    if (n >= t->kept)
        return n;
    struct hwp_map_node copy = t->nodes.data[n];
    hwp_vec_push(&t->nodes, copy);
    return (uint32_t)t->nodes.len - 1;
}

/* Into what starts before `at` and the rest. */
static void split(struct hwp_map_tree *t, uint32_t n, uint64_t at, uint32_t *ret_before,
                  uint32_t *ret_rest)
{
    uint32_t part;

    if (!n) {
        *ret_before = *ret_rest = 0;
        return;
    }
    n = own(t, n);
    if (t->nodes.data[n].start < at) {
        split(t, t->nodes.data[n].right, at, &part, ret_rest);
        t->nodes.data[n].right = part;
        *ret_before = n;
    } else {
        split(t, t->nodes.data[n].left, at, ret_before, &part);
        t->nodes.data[n].left = part;
        *ret_rest = n;
    }
}

/* All of `a` lies before all of `b`. */
static uint32_t merge(struct hwp_map_tree *t, uint32_t a, uint32_t b)
{
    if (!a || !b)
        return a ? a : b;
    if (t->nodes.data[a].priority > t->nodes.data[b].priority) {
        a = own(t, a);
        uint32_t right = merge(t, t->nodes.data[a].right, b);
        t->nodes.data[a].right = right;
        return a;
    }
    b = own(t, b);
    uint32_t left = merge(t, a, t->nodes.data[b].left);
    t->nodes.data[b].left = left;
    return b;
}

static uint32_t last_of(const struct hwp_map_tree *t, uint32_t n)
{
    while (n && t->nodes.data[n].right)
        n = t->nodes.data[n].right;
    return n;
}

/* Ends the last of `n` at `end`, if it reaches further. */
static uint32_t end_at(struct hwp_map_tree *t, uint32_t n, uint64_t end)
{
    struct hwp_map_node last = t->nodes.data[last_of(t, n)];
    uint32_t before, dropped;

    if (last.end <= end)
        return n;
    split(t, n, last.start, &before, &dropped);
    return merge(t, before, add_node(t, last.start, end, last.what));
}

uint32_t hwp_map_tree_put(struct hwp_map_tree *t, uint32_t root, uint64_t start, uint64_t end,
                          uint32_t what)
{
    uint32_t before, hidden, behind;
    uint32_t own_node = add_node(t, start, end, what);

    split(t, root, start, &before, &behind);
    split(t, behind, end, &hidden, &behind);
    /* The last that starts before the end may reach behind it. */
    struct hwp_map_node last = t->nodes.data[last_of(t, hidden ? hidden : before)];
    if (last.end > end)
        behind = merge(t, add_node(t, end, last.end, last.what), behind);
    if (before)
        before = end_at(t, before, start);
    return merge(t, merge(t, before, own_node), behind);
}

uint32_t hwp_map_tree_find(const struct hwp_map_tree *t, uint32_t root, uint64_t addr)
{
    while (root) {
        const struct hwp_map_node *n = &t->nodes.data[root];
        if (addr < n->start)
            root = n->left;
        else if (addr < n->end)
            return n->what;
        else
            root = n->right;
    }
    return HWP_MAP_TREE_NONE;
}

void hwp_map_tree_keep(struct hwp_map_tree *t)
{
    t->kept = t->nodes.len;
}

void hwp_map_tree_deinit(struct hwp_map_tree *t)
{
    hwp_vec_deinit(&t->nodes);
}
