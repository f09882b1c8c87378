/* What dwarf.c (units, lines) and inlines.c share; the only files that include libdw.h. */
#ifndef HWP_SYMBOLS_DWARF_H
#define HWP_SYMBOLS_DWARF_H

#include <elfutils/libdw.h>

#include "symbols/internal.h"

struct hwp_inline_node { /* a concrete function, or a function inlined into one */
    const char *name;
    struct hwp_line call;
    int parent; /* index of the node it was inlined into; -1: none */
};

struct hwp_segment { /* [start, next segment's start) is `node`'s own code */
    uint64_t start;
    int node; /* -1: not the function's */
};

struct hwp_dwarf_function {
    Dwarf_Die die;
    bool loaded;
    HWP_VEC(struct hwp_inline_node) nodes;
    HWP_VEC(struct hwp_segment) segments;
};

struct hwp_range {
    uint64_t start, end;
    size_t what; /* a unit or a function, by index */
};
HWP_VEC_TYPE(hwp_ranges, struct hwp_range);

struct hwp_unit {
    Dwarf_Die die;  /* with the lines; a skeleton where the rest is in a .dwo file */
    Dwarf_Die full; /* with the functions */
    bool functions_listed, files_tried;
    Dwarf_Files *files;
    size_t nr_files;
    HWP_VEC(struct hwp_dwarf_function) functions;
    struct hwp_ranges ranges; /* of the functions, sorted */
};

struct hwp_dwarf {
    Dwarf *dwarf;
    bool no_demangle;
    HWP_VEC(struct hwp_unit) units;
    struct hwp_ranges ranges; /* of the units, sorted */
    struct hwp_intern names;
};

struct hwp_unit *hwp_dwarf_unit(struct hwp_dwarf *d, uint64_t vaddr);

/* Adds the code ranges of a DIE as `what`. */
void hwp_dwarf_add_ranges(Dwarf_Die *die, size_t what, struct hwp_ranges *ret);
void hwp_dwarf_sort_ranges(struct hwp_ranges *ranges);

/* The smallest index range that holds `vaddr`, or NULL. */
const struct hwp_range *hwp_dwarf_find_range(const struct hwp_ranges *ranges, uint64_t vaddr);
const char *hwp_dwarf_path(struct hwp_dwarf *d, struct hwp_unit *u, const char *file);
const char *hwp_dwarf_keep(struct hwp_dwarf *d, const char *s);

#endif
