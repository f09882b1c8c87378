/*
 * One level of a TLB: page numbers in sets, of which the one used longest ago goes (true LRU). Sets
 * may be as big as the TLB, as AMD's and Arm's are, so nothing here walks through one but a miss:
 * where a page is, is guessed by a hash and then compared, and the order of use is a ring per set.
 * Inline, as it is on the path of every miss.
 */
#ifndef HWM_SIM_TLB_H
#define HWM_SIM_TLB_H

#include "cost.h"

#define HWM_NO_PAGE (~(uint64_t)0)

struct hwm_tlb_entry {
    uint64_t page;
    uint32_t newer, older; /* entries of the set, in a ring: the latest's newer one is the oldest */
};

struct hwm_tlb {
    struct hwm_tlb_entry *pages; /* NULL: there is no such TLB */
    uint32_t *latest;            /* of each set: an entry */
    uint32_t *guesses;           /* by hash of the page: the entry that last held one of that hash */
    uint32_t sets, ways, guess_shift;
};

static inline void hwm_tlb_init(struct hwm_tlb *t, const struct hwm_tlb_geometry *g)
{
    uint32_t bits = 1;

    t->ways = g->ways;
    t->sets = g->entries ? g->entries / g->ways : 0;
    if (!t->sets)
        return;
    while (1u << bits < 4 * g->entries)
        bits++;
    t->guess_shift = 64 - bits;
    t->guesses = hwm_alloc(sizeof(uint32_t) << bits);
    t->latest = hwm_alloc(t->sets * sizeof(uint32_t));
    t->pages = hwm_alloc((size_t)t->sets * t->ways * sizeof(*t->pages));
    for (uint32_t set = 0; set < t->sets; set++) {
        uint32_t first = set * t->ways;

        t->latest[set] = first;
        for (uint32_t i = 0; i < t->ways; i++)
            t->pages[first + i] =
                (struct hwm_tlb_entry){.page = HWM_NO_PAGE,
                                       .newer = first + (i + t->ways - 1) % t->ways,
                                       .older = first + (i + 1) % t->ways};
    }
}

static inline uint32_t hwm_tlb_set(const struct hwm_tlb *t, uint64_t page)
{
    return (uint32_t)(t->sets & (t->sets - 1) ? page % t->sets : page & (t->sets - 1));
}

/* Whether a page is the latest of its set: using it again would change nothing. */
static inline bool hwm_tlb_is_latest(const struct hwm_tlb *t, uint64_t page)
{
    return t->pages[t->latest[hwm_tlb_set(t, page)]].page == page;
}

static inline uint32_t *hwm_tlb_guess(const struct hwm_tlb *t, uint64_t page)
{
    return &t->guesses[page * UINT64_C(0x9e3779b97f4a7c15) >> t->guess_shift];
}

/* The entry that has the page, or UINT32_MAX. */
static inline uint32_t hwm_tlb_find(const struct hwm_tlb *t, uint32_t set, uint64_t page)
{
    uint32_t entry = *hwm_tlb_guess(t, page), end = (set + 1) * t->ways;

    if (t->pages[entry].page == page)
        return entry;
    for (entry = end - t->ways; entry < end; entry++)
        if (t->pages[entry].page == page)
            return entry;
    return UINT32_MAX;
}

/* Makes an entry the latest of its set. The oldest one already lies where the latest belongs. */
static inline void hwm_tlb_renew(struct hwm_tlb *t, uint32_t set, uint32_t entry)
{
    struct hwm_tlb_entry *pages = t->pages, *e = &pages[entry];
    uint32_t latest = t->latest[set];

    if (entry == latest)
        return;
    t->latest[set] = entry;
    if (entry == pages[latest].newer)
        return;
    pages[e->newer].older = e->older;
    pages[e->older].newer = e->newer;
    e->older = latest;
    e->newer = pages[latest].newer;
    pages[e->newer].older = entry;
    pages[latest].newer = entry;
}

/* Looks a page up and makes it the latest; puts it in if it wasn't there. True: it was. *ret_victim
 * is the page that had to go, or HWM_NO_PAGE. */
static inline bool hwm_tlb_use(struct hwm_tlb *t, uint64_t page, uint64_t *ret_victim)
{
    uint32_t set = hwm_tlb_set(t, page), entry = hwm_tlb_find(t, set, page);
    bool hit = entry != UINT32_MAX;

    *ret_victim = HWM_NO_PAGE;
    if (!hit) {
        entry = t->pages[t->latest[set]].newer;
        *ret_victim = t->pages[entry].page;
        t->pages[entry].page = page;
    }
    *hwm_tlb_guess(t, page) = entry;
    hwm_tlb_renew(t, set, entry);
    return hit;
}

#endif
