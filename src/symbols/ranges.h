/*
 * Ranges of addresses, by binary search. Ranges that nest are flattened to segments, each of which
 * knows the innermost range around it.
 */
#ifndef HWP_SYMBOLS_RANGES_H
#define HWP_SYMBOLS_RANGES_H

#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

struct hwp_range {
    uint64_t start, end;
    size_t what; /* the caller's index of what lies there */
};
HWP_VEC_TYPE(hwp_ranges, struct hwp_range);

void hwp_ranges_sort(struct hwp_ranges *ranges);

/* The innermost of sorted ranges that holds `vaddr`, or NULL. */
const struct hwp_range *hwp_ranges_find(const struct hwp_ranges *ranges, uint64_t vaddr);

struct hwp_segment { /* up to the next segment's start */
    uint64_t start;
    int what; /* of the innermost range; -1: none */
};
HWP_VEC_TYPE(hwp_segments, struct hwp_segment);

/* Fills empty segments from ranges in the order outer before inner. */
void hwp_segments_paint(struct hwp_segments *segments, const struct hwp_ranges *ranges);

/* What lies at `vaddr`, or -1. */
int hwp_segments_at(const struct hwp_segments *segments, uint64_t vaddr);

#endif
