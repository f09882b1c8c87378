/*
 * Cost on atomic instructions, and the skid that hides it.
 *
 * An interrupt that arrives while a locked instruction runs is taken when it has finished, so that
 * a sample of a non-precise event lands on the instruction after it (the kernel's own example: 84 %
 * of a spin lock's samples on the jump behind "lock decl"). Those samples are given back to the
 * atomic, unless the instruction after it is also reached by a jump from elsewhere, where they may
 * be its own. This is the one place that decides so; hot functions and annotations share it.
 *
 * Pure functions over a function's instructions and a matrix of costs: costs[i * nr_events + e] is
 * what instruction i costs in event e.
 */
#ifndef HWP_ANALYSIS_ATOMICS_H
#define HWP_ANALYSIS_ATOMICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/cost.h"
#include "profile/run.h"
#include "symbols/disasm.h"

/* Index of the instruction that covers `vaddr`, or -1. */
ptrdiff_t hwp_insns_find(const struct hwp_insns *insns, uint64_t vaddr);

/* targets[i] is set for instructions that a direct jump of the function goes to. */
void hwp_insns_targets(const struct hwp_insns *insns, bool *targets);

/* Whether samples of the event are taken by interrupt, and so may skid: not for precise events,
 * modelled ones, faults and other software events, tracepoints or breakpoints. */
bool hwp_event_skids(const struct hwp_event *ev);

/* Moves what skidded back onto the atomics. moved[e] (may be NULL) is what was moved of event e. */
void hwp_atomics_unskid(const struct hwp_insns *insns, const struct hwp_events *events,
                        struct hwp_cost *costs, struct hwp_cost *moved);

/* ret[e]: what atomic instructions cost in event e. */
void hwp_atomics_sum(const struct hwp_insns *insns, size_t nr_events, const struct hwp_cost *costs,
                     struct hwp_cost *ret);

#endif
