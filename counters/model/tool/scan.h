/*
 * Reading a block before it is rewritten: its instructions, what they cost, which accesses they make
 * and which of them depend on a load.
 */
#ifndef HWM_TOOL_SCAN_H
#define HWM_TOOL_SCAN_H

#include "block.h"

/* Whether a new segment begins behind the exit at statement `at`, which belongs to the instruction
 * at `self`: control may leave there, and something that counts comes after. `has_cas`: the
 * instruction has a compare-and-swap, whose retry never happens (one task runs at a time). */
Bool hwm_scan_cuts(const IRSB *in, Int at, Addr self, Bool has_cas);

/* Makes the block's description from its IR: instructions, segments, lines of code. Sites are
 * added while it is rewritten. `first`: index of the first IMark. */
struct hwm_block *hwm_scan(const IRSB *in);

/* Lengthens the base costs of a block that loops to itself where each time round waits for a word that
 * the one before has stored. scan_chain.c */
void hwm_scan_chains(const IRSB *in, struct hwm_block *block);

/* Whether the load `st` (a WrTmp of an Iex_Load at statement `at`) takes its address from a register
 * that a load of this block leaves there: a walk along pointers. */
Bool hwm_scan_is_dependent(const IRSB *in, Int at);

#endif
