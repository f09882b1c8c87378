/*
 * The modelled machine's memory: which node each page lives on, and who owns each line of it.
 *
 * A page gets its home at its first use by the program, by the policy in force: that of a range
 * (mbind(2)) or of the process (set_mempolicy(2), --membind, --interleave), else the node of the
 * core that touched it. Nodes of a policy that the machine does not have are ignored; a policy that
 * is left with none is the default one. The machine must outlive the pages. One thread at a time.
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
    uint32_t placed;     /* whether the home is in force; 0: the next use chooses another */
    uint32_t lines[];    /* one per cache line: state in the low 2 bits, `who` above */
};

struct hwm_pages;

struct hwm_pages *hwm_pages_create(const struct hwm_machine *machine);

/* The page of an address, made (and given a home) if this is its first use. `node`: of the core
 * that uses it. Never NULL. */
struct hwm_page *hwm_pages_use(struct hwm_pages *p, uint64_t address, unsigned node);

/* NULL if it was never used. After hwm_pages_forget its home is the former one. */
struct hwm_page *hwm_pages_find(struct hwm_pages *p, uint64_t address);

/* munmap(2), madvise(MADV_DONTNEED): pages wholly in the range lose their homes. Lines keep their
 * state, as the addresses may come back. A policy of the range stays; munmap(2) ends it by
 * hwm_pages_bind() with the default policy. */
void hwm_pages_forget(struct hwm_pages *p, uint64_t start, uint64_t length);

/* set_mempolicy(2) */
void hwm_pages_policy(struct hwm_pages *p, struct hwm_memory_policy policy);

/* mbind(2): the policy of pages of the range (bytes; whole pages are bound) used from now on; with
 * `move` those used already go to its nodes, too, but as with Linux stay where they are if that is
 * one of them. A later range wins over an earlier one; the default policy takes the range back to
 * the process's. Bind means the nearest of the nodes, preferred the lowest, interleave the page's
 * number modulo how many they are. */
void hwm_pages_bind(struct hwm_pages *p, uint64_t start, uint64_t length,
                    struct hwm_memory_policy policy, bool move);

/* move_pages(2) for one page. */
void hwm_pages_move(struct hwm_pages *p, uint64_t address, unsigned node);

#endif
