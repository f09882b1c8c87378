/*
 * Where the model's counters add up: one struct per instruction, task and call chain that ever
 * missed, waited or was mispredicted. What can be had from how often code ran (instructions, loads,
 * base cycles) is not counted here. CYCLES and STALLED_* are in ticks until they are written out.
 *
 * Nothing under sim/ uses libc, Valgrind or an operating system: it is linked into the tool and into
 * unit tests alike, which both provide the functions of memory below.
 */
#ifndef HWM_SIM_COST_H
#define HWM_SIM_COST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../protocol.h"

struct hwm_cost {
    uint64_t n[HWM_NR_COUNTERS];
};

/* Zeroed; never fails (the process ends instead). Big blocks cost nothing until touched. */
void *hwm_alloc(size_t bytes);
void hwm_free(void *p, size_t bytes);

/* Waiting, charged to an instruction: a stall of the back end. */
static inline void hwm_cost_wait(struct hwm_cost *cost, uint64_t ticks)
{
    cost->n[HWM_STALLED_BACKEND] += ticks;
    cost->n[HWM_CYCLES] += ticks;
}

/* The same for the front end. */
static inline void hwm_cost_refill(struct hwm_cost *cost, uint64_t ticks)
{
    cost->n[HWM_STALLED_FRONTEND] += ticks;
    cost->n[HWM_CYCLES] += ticks;
}

#endif
