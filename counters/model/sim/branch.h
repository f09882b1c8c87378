/*
 * A core's branch prediction: a small TAGE for conditional branches (Seznec & Michaud, "A case for
 * (partially) tagged geometric history length branch prediction", JILP 2006), a return-address
 * stack, and a table of targets indexed by address and history for indirect jumps and calls.
 *
 * Every function predicts, compares with what happened, learns, and says whether it was wrong. One
 * unit per core; one thread at a time. The functions are on the model's hottest path: no division,
 * no loop over more than the tagged tables.
 */
#ifndef HWM_SIM_BRANCH_H
#define HWM_SIM_BRANCH_H

#include "cost.h"

struct hwm_branches;

struct hwm_branches *hwm_branches_create(uint64_t seed);

/* A conditional branch at `pc` that was taken or not; true: mispredicted. */
bool hwm_branch_conditional(struct hwm_branches *b, uint64_t pc, bool taken);

/* The same in two halves, for code that does the first itself: an easy branch, one that has long
 * done the same and does it again, changes nothing but the history. It is one whose byte at
 * hwm_branch_easy_offset() of the unit is HWM_EASY, with HWM_EASY_TAKEN added where it was taken. For
 * others hwm_branch_hard(); then for every branch, the word at offset 0 of the unit is shifted left by
 * one and the outcome put into bit 0. */
#define HWM_EASY       124
#define HWM_EASY_TAKEN 3
size_t hwm_branch_easy_offset(uint64_t pc);
bool hwm_branch_hard(struct hwm_branches *b, uint64_t pc, bool taken);

/* An indirect jump or call at `pc`. Direct jumps and calls are never mispredicted. */
bool hwm_branch_indirect(struct hwm_branches *b, uint64_t pc, uint64_t target);

/* A call of any kind that will return to `return_address`. */
void hwm_branch_call(struct hwm_branches *b, uint64_t return_address);
bool hwm_branch_return(struct hwm_branches *b, uint64_t target);

#endif
