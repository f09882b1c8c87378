/*
 * Sets of stretches of memory that don't overlap, as they change over time. A set is a tree that
 * is never changed once it is kept: a new map makes a new root, which shares all that is the same
 * with the one before. So each moment of each address space stays to be looked up, a fork is the
 * copy of one number, and all of it takes the time and the memory of the changes' logarithms.
 *
 * Private to src/profile. One thread at a time.
 */
#ifndef HWP_PROFILE_MAP_TREE_H
#define HWP_PROFILE_MAP_TREE_H

#include <stdint.h>

#include "base/vec.h"

#define HWP_MAP_TREE_EMPTY 0u  /* the root of no maps */
#define HWP_MAP_TREE_NONE  UINT32_MAX

struct hwp_map_node {
    uint64_t start, end;
    uint32_t what; /* the caller's index of what is mapped there */
    uint32_t priority, left, right;
};

struct hwp_map_tree {
    HWP_VEC(struct hwp_map_node) nodes;
    size_t kept; /* nodes before this one belong to roots that stay as they are */
};

void hwp_map_tree_deinit(struct hwp_map_tree *t);

/* All roots made so far stay as they are. Without it the
 * next hwp_map_tree_put may change what an earlier root has in place. */
void hwp_map_tree_keep(struct hwp_map_tree *t);

/* The root of what `root` has, with [start, end) replaced. Needs start < end. */
uint32_t hwp_map_tree_put(struct hwp_map_tree *t, uint32_t root, uint64_t start, uint64_t end,
                          uint32_t what);

/* What is mapped at an address, or HWP_MAP_TREE_NONE. */
uint32_t hwp_map_tree_find(const struct hwp_map_tree *t, uint32_t root, uint64_t addr);

#endif
