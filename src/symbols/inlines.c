/*
 * The inline stack at an address. Of a unit, the functions are listed once; of a function, the
 * tree of what was inlined into it is flattened once to segments of code, each with its innermost
 * inlined function. An annotation asks for every instruction, and each is a binary search.
 */
#include "symbols/dwarf.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/demangle.h"

#define MAX_DEPTH   200       /* of nested DIEs */
#define MAX_DIES    20000000u /* of a unit: a broken file must end, too */
#define MAX_NODES   1000000u  /* of a function */
#define MAX_PAINTED 100000000u

/* --- the functions of a unit -------------------------------------------------------------------
 */

struct walk {
    struct hwp_unit *unit;
    size_t budget;
};

static void list_functions(struct walk *w, Dwarf_Die *parent, int depth)
{
    Dwarf_Die die;

    if (depth > MAX_DEPTH || dwarf_child(parent, &die) != 0)
        return;
    do {
        if (!w->budget--) {
            w->budget = 0;
            return;
        }
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_subprogram) {
            size_t before = w->unit->ranges.len;
            hwp_dwarf_add_ranges(&die, w->unit->functions.len, &w->unit->ranges);
            if (w->unit->ranges.len != before)
                hwp_vec_push(&w->unit->functions, (struct hwp_dwarf_function){.die = die});
        }
        /* Types hold member functions (Rust), functions hold nested ones (Ada, lambdas). */
        if (tag == DW_TAG_namespace || tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block ||
            tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_module)
            list_functions(w, &die, depth + 1);
    } while (dwarf_siblingof(&die, &die) == 0);
}

static struct hwp_dwarf_function *function_at(struct hwp_unit *u, uint64_t vaddr)
{
    if (!u->functions_listed) {
        struct walk w = {u, MAX_DIES};
        u->functions_listed = true;
        list_functions(&w, &u->full, 0);
        hwp_dwarf_sort_ranges(&u->ranges);
    }
    const struct hwp_range *r = hwp_dwarf_find_range(&u->ranges, vaddr);
    return r ? &u->functions.data[r->what] : NULL;
}

/* --- names and call sites ----------------------------------------------------------------------
 */

static const char *function_name(struct hwp_dwarf *d, Dwarf_Die *die)
{
    static const unsigned linkage[] = {DW_AT_linkage_name, DW_AT_MIPS_linkage_name};
    Dwarf_Attribute attr;

    for (size_t i = 0; i < hwp_array_size(linkage); i++) {
        const char *raw = dwarf_formstring(dwarf_attr_integrate(die, linkage[i], &attr));
        if (!raw)
            continue;
        if (d->no_demangle)
            return hwp_dwarf_keep(d, raw);
        hwp_cleanup(hwp_free_cleanup) char *name = hwp_demangle(raw);
        return hwp_dwarf_keep(d, name);
    }
    const char *plain = dwarf_diename(die);
    hwp_cleanup(hwp_free_cleanup) char *name = hwp_demangle(plain ? plain : "[unknown]");
    return hwp_dwarf_keep(d, name);
}

static struct hwp_line call_site(struct hwp_dwarf *d, struct hwp_unit *u, Dwarf_Die *die)
{
    Dwarf_Attribute attr;
    Dwarf_Word file = 0, line = 0;
    struct hwp_line found = {NULL, 0};

    if (!u->files_tried) {
        u->files_tried = true;
        if (dwarf_getsrcfiles(&u->die, &u->files, &u->nr_files) != 0)
            u->files = NULL;
    }
    if (!u->files || dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attr), &file) != 0 ||
        dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attr), &line) != 0 ||
        file >= u->nr_files || !line || line > UINT32_MAX)
        return found;
    found.file = hwp_dwarf_path(d, u, dwarf_filesrc(u->files, file, NULL, NULL));
    found.line = found.file ? (unsigned)line : 0;
    return found;
}

/* --- flattening a function ---------------------------------------------------------------------
 */

struct flatten {
    struct hwp_dwarf *dwarf;
    struct hwp_unit *unit;
    struct hwp_dwarf_function *function;
    struct hwp_ranges ranges; /* of nodes, outer before inner */
    size_t budget;
};

static int add_node(struct flatten *f, Dwarf_Die *die, int parent)
{
    struct hwp_inline_node node = {function_name(f->dwarf, die), {NULL, 0}, parent};

    if (parent >= 0)
        node.call = call_site(f->dwarf, f->unit, die);
    hwp_vec_push(&f->function->nodes, node);
    hwp_dwarf_add_ranges(die, f->function->nodes.len - 1, &f->ranges);
    return (int)f->function->nodes.len - 1;
}

static void collect(struct flatten *f, Dwarf_Die *parent, int node, int depth)
{
    Dwarf_Die die;

    if (depth > MAX_DEPTH || dwarf_child(parent, &die) != 0)
        return;
    do {
        if (f->ranges.len > MAX_NODES || !f->budget--) {
            f->budget = 0;
            return;
        }
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_inlined_subroutine)
            collect(f, &die, add_node(f, &die, node), depth + 1);
        else if (tag == DW_TAG_lexical_block || tag == DW_TAG_try_block ||
                 tag == DW_TAG_catch_block)
            collect(f, &die, node, depth + 1);
    } while (dwarf_siblingof(&die, &die) == 0);
}

static int compare_segments(const void *a, const void *b)
{
    const struct hwp_segment *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

static size_t segment_of(const struct hwp_dwarf_function *fn, uint64_t vaddr)
{
    size_t low = 0, high = fn->segments.len;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (fn->segments.data[mid].start <= vaddr)
            low = mid + 1;
        else
            high = mid;
    }
    return low; /* one past it */
}

/* Every boundary starts a segment; ranges then paint theirs, the inner over the outer. */
static void paint(struct flatten *f)
{
    struct hwp_dwarf_function *fn = f->function;
    size_t kept = 0;

    hwp_vec_foreach (&f->ranges, r) {
        hwp_vec_push(&fn->segments, (struct hwp_segment){r->start, -1});
        hwp_vec_push(&fn->segments, (struct hwp_segment){r->end, -1});
    }
    if (fn->segments.len)
        qsort(fn->segments.data, fn->segments.len, sizeof(*fn->segments.data), compare_segments);
    for (size_t i = 0; i < fn->segments.len; i++)
        if (!kept || fn->segments.data[kept - 1].start != fn->segments.data[i].start)
            fn->segments.data[kept++] = fn->segments.data[i];
    fn->segments.len = kept;
    size_t budget = MAX_PAINTED;
    hwp_vec_foreach (&f->ranges, r)
        for (size_t i = segment_of(fn, r->start) - 1; budget && fn->segments.data[i].start < r->end;
             i++, budget--)
            fn->segments.data[i].node = (int)r->what;
}

static void load_function(struct hwp_dwarf *d, struct hwp_unit *u, struct hwp_dwarf_function *fn)
{
    struct flatten f = {.dwarf = d, .unit = u, .function = fn, .budget = MAX_NODES};

    fn->loaded = true;
    int outermost = add_node(&f, &fn->die, -1);
    collect(&f, &fn->die, outermost, 0);
    paint(&f);
    hwp_vec_deinit(&f.ranges);
}

void hwp_dwarf_inlines(struct hwp_dwarf *d, uint64_t vaddr, struct hwp_inline_frames *ret)
{
    struct hwp_unit *u = hwp_dwarf_unit(d, vaddr);
    struct hwp_dwarf_function *fn = u ? function_at(u, vaddr) : NULL;

    if (!fn)
        return;
    if (!fn->loaded)
        load_function(d, u, fn);
    size_t at = segment_of(fn, vaddr);
    int node = at ? fn->segments.data[at - 1].node : -1;
    for (; node >= 0; node = fn->nodes.data[node].parent)
        hwp_vec_push(
            ret, (struct hwp_inline_frame){fn->nodes.data[node].name, fn->nodes.data[node].call});
}
