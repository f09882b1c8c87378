/*
 * Tags of one cache: sets of ways in order of use, the latest first (true LRU). A tag is the address
 * of the line's first byte with flags in its low bits; 0 is an empty way. Inline, as it is on the
 * path of every miss.
 */
#ifndef HWM_SIM_CACHE_H
#define HWM_SIM_CACHE_H

#include "cost.h"

enum hwm_tag {
    HWM_TAG_WRITABLE = 1,   /* no other core has a copy */
    HWM_TAG_DIRTY = 2,      /* modified here */
    HWM_TAG_CONTESTED = 4,  /* followed by the weave: every access is logged */
    HWM_TAG_FLAGS = 7,
};

struct hwm_cache {
    uint64_t *tags; /* NULL: there is no such cache */
    uint32_t sets, ways, line_bits;
    uint32_t mask;  /* sets - 1 if sets is a power of two, else 0 */
};

static inline void hwm_cache_init(struct hwm_cache *c, const struct hwm_cache_geometry *g,
                                  uint32_t line_bytes)
{
    c->line_bits = (uint32_t)__builtin_ctz(line_bytes);
    c->ways = g->ways;
    c->sets = g->bytes ? g->bytes / line_bytes / g->ways : 0;
    c->mask = c->sets && !(c->sets & (c->sets - 1)) ? c->sets - 1 : 0;
    c->tags = c->sets ? hwm_alloc((size_t)c->sets * c->ways * sizeof(uint64_t)) : NULL;
}

static inline uint64_t *hwm_cache_set(const struct hwm_cache *c, uint64_t line)
{
    uint64_t number = line >> c->line_bits;
    uint64_t set = c->mask || c->sets == 1 ? number & c->mask : number % c->sets;

    return c->tags + set * c->ways;
}

/* Two tags at once, wherever they lie. */
typedef uint64_t hwm_tag_pair __attribute__((vector_size(16), aligned(8), may_alias));

/* The first `n` ways move up by one, over the one behind them. */
static inline void hwm_cache_shift(uint64_t *set, uint32_t n)
{
    for (; n >= 2; n -= 2)
        *(hwm_tag_pair *)(set + n - 1) = *(const hwm_tag_pair *)(set + n - 2);
    if (n)
        set[1] = set[0];
}

/* Finds a line and makes it the latest of its set; the way (the set's first) or NULL. */
static inline uint64_t *hwm_cache_touch(const struct hwm_cache *c, uint64_t line)
{
    uint64_t *set = hwm_cache_set(c, line), tag;
    uint32_t i = 0;

    while ((set[i] ^ line) & ~(uint64_t)HWM_TAG_FLAGS)
        if (++i == c->ways)
            return NULL;
    tag = set[i];
    hwm_cache_shift(set, i);
    set[0] = tag;
    return set;
}

/* Finds a line without touching the order. */
static inline uint64_t *hwm_cache_peek(const struct hwm_cache *c, uint64_t line)
{
    uint64_t *set = hwm_cache_set(c, line);

    for (uint32_t i = 0; i < c->ways; i++)
        if ((set[i] & ~(uint64_t)HWM_TAG_FLAGS) == line)
            return set + i;
    return NULL;
}

/* Puts a line that is not there in as the latest; returns the tag that had to go, or 0. */
static inline uint64_t hwm_cache_insert(const struct hwm_cache *c, uint64_t tag)
{
    uint64_t *set = hwm_cache_set(c, tag & ~(uint64_t)HWM_TAG_FLAGS);
    uint64_t victim = set[c->ways - 1];

    hwm_cache_shift(set, c->ways - 1);
    set[0] = tag;
    return victim;
}

/* Takes a line out; returns its tag, or 0. */
static inline uint64_t hwm_cache_drop(const struct hwm_cache *c, uint64_t line)
{
    uint64_t *way = hwm_cache_peek(c, line);
    uint64_t tag;

    if (!way)
        return 0;
    tag = *way;
    for (uint64_t *end = hwm_cache_set(c, line) + c->ways - 1; way < end; way++)
        *way = way[1];
    *way = 0;
    return tag;
}

#endif
