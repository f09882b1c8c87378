/*
 * DWARF by address. The units' ranges are listed once from the units themselves (.debug_aranges is
 * optional, and clang leaves it out); a unit's lines are decoded once, when first asked for.
 */
#include "symbols/dwarf.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

const char *hwp_dwarf_keep(struct hwp_dwarf *d, const char *s)
{
    if (!s)
        return NULL;
    uint32_t id = hwp_intern(&d->names, s); /* first: it may move the array */
    return d->names.strings[id];
}

void hwp_dwarf_add_ranges(Dwarf_Die *die, size_t what, struct hwp_ranges *ret)
{
    Dwarf_Addr base, start, end;
    ptrdiff_t at = 0;

    while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0)
        /* Linkers leave discarded functions behind at address 0. */
        if (start && start < end)
            hwp_vec_push(ret, (struct hwp_range){start, end, what});
}

static int compare_ranges(const void *a, const void *b)
{
    const struct hwp_range *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (x->end < y->end) - (x->end > y->end);
}

void hwp_dwarf_sort_ranges(struct hwp_ranges *ranges)
{
    if (ranges->len)
        qsort(ranges->data, ranges->len, sizeof(*ranges->data), compare_ranges);
}

/* Ranges are disjoint in sound files; a few steps back find the enclosing one in others. */
const struct hwp_range *hwp_dwarf_find_range(const struct hwp_ranges *ranges, uint64_t vaddr)
{
    enum { STEPS_BACK = 16 };
    size_t low = 0, high = ranges->len;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (ranges->data[mid].start <= vaddr)
            low = mid + 1;
        else
            high = mid;
    }
    for (size_t i = low; i > 0 && low - i < STEPS_BACK; i--)
        if (vaddr < ranges->data[i - 1].end)
            return &ranges->data[i - 1];
    return NULL;
}

static void list_units(struct hwp_dwarf *d)
{
    Dwarf_CU *cu = NULL;
    Dwarf_Die die, sub;
    uint8_t type;

    while (dwarf_get_units(d->dwarf, cu, &cu, NULL, &type, &die, &sub) == 0) {
        if (type != DW_UT_compile && type != DW_UT_skeleton)
            continue;
        bool split = type == DW_UT_skeleton && dwarf_tag(&sub) == DW_TAG_compile_unit;
        hwp_vec_push(&d->units, (struct hwp_unit){.die = die, .full = split ? sub : die});
        hwp_dwarf_add_ranges(&die, d->units.len - 1, &d->ranges);
    }
    hwp_dwarf_sort_ranges(&d->ranges);
}

struct hwp_dwarf *hwp_dwarf_open(const struct hwp_elf *e, bool no_demangle)
{
    Dwarf *dwarf = dwarf_begin_elf(e->elf, DWARF_C_READ, NULL);

    if (!dwarf)
        return NULL;
    struct hwp_dwarf *d = hwp_calloc(1, sizeof(*d));
    d->dwarf = dwarf;
    d->no_demangle = no_demangle;
    list_units(d);
    if (d->units.len)
        return d;
    hwp_dwarf_close(d);
    return NULL;
}

static void free_unit(struct hwp_unit *u)
{
    hwp_vec_foreach (&u->functions, f) {
        hwp_vec_deinit(&f->nodes);
        hwp_vec_deinit(&f->segments);
    }
    hwp_vec_deinit(&u->functions);
    hwp_vec_deinit(&u->ranges);
}

void hwp_dwarf_close(struct hwp_dwarf *d)
{
    if (!d)
        return;
    hwp_vec_foreach (&d->units, u)
        free_unit(u);
    hwp_vec_deinit(&d->units);
    hwp_vec_deinit(&d->ranges);
    hwp_intern_deinit(&d->names);
    dwarf_end(d->dwarf);
    free(d);
}

struct hwp_unit *hwp_dwarf_unit(struct hwp_dwarf *d, uint64_t vaddr)
{
    const struct hwp_range *r = hwp_dwarf_find_range(&d->ranges, vaddr);

    return r ? &d->units.data[r->what] : NULL;
}

/* A relative path is relative to the directory of the compilation. */
const char *hwp_dwarf_path(struct hwp_dwarf *d, struct hwp_unit *u, const char *file)
{
    Dwarf_Attribute attr;

    if (!file || !*file)
        return NULL;
    const char *dir =
        file[0] == '/' ? NULL : dwarf_formstring(dwarf_attr(&u->die, DW_AT_comp_dir, &attr));
    if (!dir)
        return hwp_dwarf_keep(d, file);
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/%s", dir, file);
    return hwp_dwarf_keep(d, path);
}

struct hwp_line hwp_dwarf_line(struct hwp_dwarf *d, uint64_t vaddr)
{
    struct hwp_unit *u = hwp_dwarf_unit(d, vaddr);
    Dwarf_Line *line = u ? dwarf_getsrc_die(&u->die, vaddr) : NULL;
    struct hwp_line found = {NULL, 0};
    int number = 0;

    if (!line || dwarf_lineno(line, &number) != 0 || number <= 0)
        return found;
    found.file = hwp_dwarf_path(d, u, dwarf_linesrc(line, NULL, NULL));
    found.line = found.file ? (unsigned)number : 0;
    return found;
}
