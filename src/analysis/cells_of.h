/*
 * A profile's cells by function, so that annotating many functions reads each cell once. Borrows
 * profile and symbols, which must outlive it; read-only once built.
 */
#ifndef HWP_ANALYSIS_CELLS_OF_H
#define HWP_ANALYSIS_CELLS_OF_H

#include "base/map.h"
#include "profile/profile.h"
#include "symbols/symbols.h"

struct hwp_cells_of {
    struct hwp_map first; /* symbol pointer → 1 + its first cell */
    uint32_t *next;       /* per cell: 1 + the next of the same symbol; 0: none */
};

void hwp_cells_of_build(const struct hwp_profile *p, struct hwp_symbols *s,
                        struct hwp_cells_of *ret);
void hwp_cells_of_deinit(struct hwp_cells_of *c);

/* 1 + the index of a symbol's first cell; 0: it has none. */
uint32_t hwp_cells_of_first(const struct hwp_cells_of *c, const struct hwp_symbol *symbol);

#endif
