/*
 * One level of a TLB: page numbers in sets in order of use, the latest first. Inline, as it is on
 * the path of every miss.
 */
#ifndef HWM_SIM_TLB_H
#define HWM_SIM_TLB_H

#include "cost.h"

#define HWM_NO_PAGE (~(uint64_t)0)

struct hwm_tlb {
    uint64_t *pages; /* NULL: there is no such TLB */
    uint32_t sets, ways;
};

static inline void hwm_tlb_init(struct hwm_tlb *t, const struct hwm_tlb_geometry *g)
{
    t->ways = g->ways;
    t->sets = g->entries ? g->entries / g->ways : 0;
    t->pages = t->sets ? hwm_alloc((size_t)g->entries * sizeof(uint64_t)) : NULL;
    for (uint32_t i = 0; t->pages && i < t->sets * t->ways; i++)
        t->pages[i] = HWM_NO_PAGE;
}

static inline uint64_t *hwm_tlb_set(const struct hwm_tlb *t, uint64_t page)
{
    uint32_t set = (uint32_t)(t->sets & (t->sets - 1) ? page % t->sets : page & (t->sets - 1));

    return t->pages + (size_t)set * t->ways;
}

/* Whether a page is the latest of its set: using it again would change nothing. */
static inline bool hwm_tlb_is_latest(const struct hwm_tlb *t, uint64_t page)
{
    return *hwm_tlb_set(t, page) == page;
}

/* Looks a page up and makes it the latest; puts it in if it wasn't there. True: it was. *ret_victim
 * is the page that had to go, or HWM_NO_PAGE. */
static inline bool hwm_tlb_use(struct hwm_tlb *t, uint64_t page, uint64_t *ret_victim)
{
    uint64_t *set = hwm_tlb_set(t, page);
    uint32_t i = 0;

    *ret_victim = HWM_NO_PAGE;
    while (set[i] != page && ++i < t->ways)
        ;
    bool hit = i < t->ways;
    if (!hit)
        *ret_victim = set[--i];
    for (; i > 0; i--)
        set[i] = set[i - 1];
    set[0] = page;
    return hit;
}

#endif
