/*
 * What a place costs in one event: the sum of its samples' periods, and how many samples that is.
 * Results keep one per event, in the order of the run's events.
 */
#ifndef HWP_ANALYSIS_COST_H
#define HWP_ANALYSIS_COST_H

#include <stddef.h>
#include <stdint.h>

struct hwp_cost {
    uint64_t value;
    uint64_t samples;
};

static inline void hwp_cost_add(struct hwp_cost *into, const struct hwp_cost *other)
{
    into->value += other->value;
    into->samples += other->samples;
}

/* 100 × part / whole; 0 of nothing. */
static inline double hwp_cost_percent(const struct hwp_cost *part, const struct hwp_cost *whole)
{
    return whole->value ? 100.0 * (double)part->value / (double)whole->value : 0;
}

#endif
