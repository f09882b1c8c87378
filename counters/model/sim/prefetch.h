/*
 * A core's L2 stream prefetcher: after three sequential lines of a page (up or down) it asks for
 * the next ones, up to the page's end. It sees the demand accesses that miss L1D.
 */
#ifndef HWM_SIM_PREFETCH_H
#define HWM_SIM_PREFETCH_H

#include "cost.h"

#define HWM_PREFETCH_MAX 4 /* lines asked for at once */

struct hwm_prefetcher;

struct hwm_prefetcher *hwm_prefetcher_create(uint32_t line_bytes);

/* A demand access of L2 at `address` (any byte of the line). Returns how many line addresses it put
 * to `ret`: lines to bring into L2, nearest first, never one that was asked for just before. */
unsigned hwm_prefetch_observe(struct hwm_prefetcher *p, uint64_t address,
                              uint64_t ret[HWM_PREFETCH_MAX]);

#endif
