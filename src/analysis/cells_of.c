#include "analysis/cells_of.h"

#include <stdlib.h>

#include "base/mem.h"

static const struct hwp_symbol *symbol_at(const struct hwp_profile *p, struct hwp_symbols *s,
                                          uint32_t loc)
{
    const struct hwp_loc *l = &p->locs.data[loc];
    const struct hwp_module *m = hwp_symbols_module(s, l->dso);

    return hwp_module_symbol(m, hwp_module_vaddr(m, l->addr));
}

/* From the last to the first, so that lists are in the order of the cells. */
void hwp_cells_of_build(const struct hwp_profile *p, struct hwp_symbols *s,
                        struct hwp_cells_of *ret)
{
    const struct hwp_symbol **at hwp_cleanup(hwp_free_cleanup) =
        hwp_calloc(p->locs.len, sizeof(struct hwp_symbol *));

    *ret = (struct hwp_cells_of){.next = hwp_calloc(p->cells.len, sizeof(*ret->next))};
    for (uint32_t i = (uint32_t)p->cells.len; i-- > 0;) {
        uint32_t loc = p->cells.data[i].loc;
        if (loc >= p->locs.len)
            continue;
        if (!at[loc])
            at[loc] = symbol_at(p, s, loc);
        uint64_t *first = hwp_map_put(&ret->first, (uintptr_t)at[loc], 0, NULL);
        ret->next[i] = (uint32_t)*first;
        *first = (uint64_t)i + 1;
    }
}

void hwp_cells_of_deinit(struct hwp_cells_of *c)
{
    hwp_map_deinit(&c->first);
    free(c->next);
    *c = (struct hwp_cells_of){0};
}

uint32_t hwp_cells_of_first(const struct hwp_cells_of *c, const struct hwp_symbol *symbol)
{
    const uint64_t *first = hwp_map_get(&c->first, (uintptr_t)symbol);

    return first ? (uint32_t)*first : 0;
}
