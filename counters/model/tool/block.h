/*
 * Code as the model sees it. A block is a run of instructions that Valgrind translates at once; it is cut
 * into segments where control may leave in between. How often each segment ran, per context,
 * gives instructions, loads, stores, branches and base cycles without counting them one by one; what
 * can't be had so (misses, waits, mispredictions) goes to an instruction's cost.
 */
#ifndef HWM_TOOL_BLOCK_H
#define HWM_TOOL_BLOCK_H

#include "tool.h"

struct hwm_instr {
    Addr address;
    UInt ticks;     /* base cost; per time round where it repeats */
    UChar segment;  /* in which it begins */
    UChar body;     /* in which its accesses are (differs where it repeats) */
    UChar loads, stores, atomics; /* that happen each time */
    Bool is_branch;
    Bool repeats;   /* a string instruction: `segment` counts its rounds and its end */
};

struct hwm_tally { /* what a block cost in one context */
    struct hwm_block *block;
    struct hwm_context *context;
    struct hwm_tally *next, **link; /* of the block; what points to this one */
    struct hwm_tally *next_of_context, **link_of_context;
    struct hwm_tally *same_hash;
    struct hwm_cost **costs; /* per instruction, made when needed; NULL: none yet */
    ULong counts[];          /* per segment */
};

struct hwm_code_line {
    Addr line;
    UShort instr; /* the first on it */
};

struct hwm_block {
    struct hwm_context *context; /* of `tally`, the one in use */
    struct hwm_tally *tally;
    struct hwm_tally *tallies;
    struct hwm_block *next; /* of the same bucket */
    Addr address;
    UShort nr_instrs;
    UChar nr_segments, nr_lines;
    struct hwm_code_line *lines; /* all that its instructions touch */
    struct hwm_site *sites;
    struct hwm_instr *instrs;
    UInt nr_sites;
};

struct hwm_site { /* a memory access or branch of an instruction */
    struct hwm_block *block;
    UShort instr;
    UShort bytes;
    UChar kind;      /* enum hwm_access */
    UChar dependent; /* its address comes from the load before it: nothing hides its latency */
    UChar clears;    /* stores a zero that is known at translation */
    UChar guarded;   /* doesn't happen each time: counted when it does */
};

struct hwm_block *hwm_block_create(Addr address, UInt nr_instrs, UInt nr_sites);

/* Makes `tally` that of the context. */
void hwm_block_select(struct hwm_block *block, struct hwm_context *context);

/* An atomic did not succeed and is executed again, in a block of its own: from it to the end of its
 * segment nothing was. Happens where another process changes the same memory. */
VG_REGPARM(1) void hwm_block_retries(const struct hwm_site *site);

/* The cost of a site's instruction in the block's current context. */
struct hwm_cost *hwm_cost_make(struct hwm_tally *tally, UInt instr);
static inline struct hwm_cost *hwm_cost_at(const struct hwm_block *block, UInt instr)
{
    struct hwm_tally *t = block->tally;

    if (LIKELY(t->costs && t->costs[instr]))
        return t->costs[instr];
    return hwm_cost_make(t, instr);
}

#endif
