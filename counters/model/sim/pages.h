/*
 * The modelled machine's memory: which node each page lives on, and who owns each line of it.
 *
 * A page gets its home at its first use by the program, by the policy in force: that of a range
 * (mbind(2)) or of the process (set_mempolicy(2), --membind, --interleave), else the node of the
 * core that touched it. One thread at a time.
 */
#ifndef HWM_SIM_PAGES_H
#define HWM_SIM_PAGES_H

#include "cost.h"

/* Who has a line in private caches. */
enum hwm_line_state {
    HWM_LINE_FREE,     /* nobody has used it */
    HWM_LINE_PRIVATE,  /* one core alone; `who` is the core */
    HWM_LINE_READ,     /* several cores have read it, none writes */
    HWM_LINE_CONTESTED /* followed by the weave; `who` is an index of the caller's */
};

struct hwm_page {
    uint64_t number;     /* address >> HWM_PAGE_BITS */
    struct hwm_page *next; /* of the same bucket */
    uint32_t home;       /* node */
    uint32_t lines[];    /* one per cache line: state in the low 2 bits, `who` above */
};

struct hwm_pages;

struct hwm_pages *hwm_pages_create(const struct hwm_machine *machine);

/* The page of an address, made (and given a home) if this is its first use. `node`: of the core
 * that uses it. Never NULL. */
struct hwm_page *hwm_pages_use(struct hwm_pages *p, uint64_t address, unsigned node);

/* NULL if it was never used. */
struct hwm_page *hwm_pages_find(struct hwm_pages *p, uint64_t address);

/* munmap(2), madvise(MADV_DONTNEED): pages wholly in the range lose their homes. Lines keep their
 * state, as the addresses may come back. */
void hwm_pages_forget(struct hwm_pages *p, uint64_t start, uint64_t length);

/* set_mempolicy(2) */
void hwm_pages_policy(struct hwm_pages *p, struct hwm_memory_policy policy);

/* mbind(2): the policy of pages of the range used from now on; with `move` also those used already. A
 * later range wins over an earlier one. */
void hwm_pages_bind(struct hwm_pages *p, uint64_t start, uint64_t length,
                    struct hwm_memory_policy policy, bool move);

/* move_pages(2) for one page. */
void hwm_pages_move(struct hwm_pages *p, uint64_t address, unsigned node);

#endif
