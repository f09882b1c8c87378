/*
 * A modelled core: its caches, TLBs, predictor, clock, and the filters through which generated code
 * decides that an access needs no further thought.
 *
 * A filter entry is the address of a line that is the latest of its set in L1, on a page that the
 * first TLB holds, and that may be read (written, fetched) without anyone having to know: so such an
 * access changes nothing in the model and generated code skips it. All else comes to
 * access.c. (The filter caches of ZSim, ISCA 2013.) Entries: for reads, then for writes, then for
 * fetches.
 */
#ifndef HWM_TOOL_CORE_H
#define HWM_TOOL_CORE_H

#include "../sim/branch.h"
#include "../sim/cache.h"
#include "../sim/pages.h"
#include "../sim/prefetch.h"
#include "../sim/tlb.h"
#include "../sim/weave.h"
#include "tool.h"

#define HWM_NO_LINE (~(ULong)0)

struct hwm_core {
    UInt index;
    Bool used; /* a task has ever been on it */
    UInt runnable; /* tasks on it that could run */
    ULong *filters;
    struct hwm_cache l1i, l1d, l2;
    struct hwm_tlb itlb, dtlb, stlb;
    struct hwm_branches *branches;
    struct hwm_prefetcher *prefetcher;
    /* clock = limit - budget; while it runs the budget is in hwm_now */
    ULong limit;
    Long budget;
    ULong delay_seen; /* of hwm_weave_delay, contained in limit */
    ULong idle_ticks, instructions;
};

/* What generated code reads and writes. */
struct hwm_now {
    ULong *filters;              /* of the running core */
    Long budget;                 /* ticks until hwm_slice_end */
    struct hwm_branches *branches; /* of the running core */
    ULong instructions;          /* since the task began to run */
    struct hwm_context *context; /* of the running task */
};

extern struct hwm_now hwm_now;
extern struct hwm_core *hwm_core; /* the running one */
extern struct hwm_core hwm_cores[HWM_MAX_CORES];
extern struct hwm_weave *hwm_weave;
extern struct hwm_pages *hwm_pages;
extern Bool hwm_is_shared; /* more than one core has been used: lines have to be watched */

/* Geometry that generated code and the slow paths share. */
extern UInt hwm_line_bits, hwm_data_filters, hwm_code_filters;

static inline UInt hwm_data_slot(Addr line)
{
    return (line >> hwm_line_bits) & (hwm_data_filters - 1);
}

static inline UInt hwm_code_slot(Addr line)
{
    return (line >> hwm_line_bits) & (hwm_code_filters - 1);
}

static inline ULong *hwm_read_filter(const struct hwm_core *c, Addr line)
{
    return c->filters + hwm_data_slot(line);
}

static inline ULong *hwm_write_filter(const struct hwm_core *c, Addr line)
{
    return c->filters + hwm_data_filters + hwm_data_slot(line);
}

static inline ULong *hwm_fetch_filter(const struct hwm_core *c, Addr line)
{
    return c->filters + 2 * hwm_data_filters + hwm_code_slot(line);
}

/* The clock of the running core. */
static inline ULong hwm_clock_now(void)
{
    return hwm_core->limit - (ULong)hwm_now.budget;
}

/* The running core spends time beyond the base cost of its instructions. */
static inline void hwm_spend(ULong ticks)
{
    hwm_now.budget -= (Long)ticks;
}

/* Ends the running slice after this block of code (full log, blocked weave). */
void hwm_slice_cut(void);

/* From generated code, when the budget is spent. */
void hwm_slice_end(void);

/* From generated code until it has been called once: the running task's registers. */
VG_REGPARM(1) void hwm_registers_found(void *guest_state);
void hwm_registers_here(void); /* arm64 */
extern Bool hwm_registers_known;

/* Lines that cores contend for: lines.c. */

/* Lines that have fallen quiet go back to being private. */
void hwm_contest_review(void);
/* Contended lines, to the stream. */
void hwm_lines_dump(void);

#endif
