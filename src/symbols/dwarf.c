/*
 * DWARF by address; libdw's adapter. The units' ranges are listed once from the units themselves
 * (.debug_aranges is optional, and clang leaves it out); a unit's lines are decoded once, when
 * first asked for.
 *
 * Of a unit, the functions are listed once; of a function, the tree of what was inlined into it is
 * flattened once to segments of code, each with its innermost inlined function. An annotation asks
 * for every instruction, and each is a binary search.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/demangle.h"
#include "symbols/internal.h"
#include "symbols/ranges.h"

#define MAX_DEPTH  200       /* of nested DIEs */
#define MAX_DIES   20000000u /* of a unit: a broken file must end, too */
#define MAX_RANGES 4000000u  /* of a unit's functions: many may share one long list */
#define MAX_NODES  1000000u  /* of a function */

struct inline_node { /* a concrete function, or a function inlined into one */
    const char *name;
    struct hwp_line call, decl;
    int parent; /* index of the node it was inlined into; -1: none */
};

struct function {
    Dwarf_Die die;
    bool loaded;
    HWP_VEC(struct inline_node) nodes;
    struct hwp_segments segments; /* of node indexes */
};

struct unit {
    Dwarf_Die die;  /* with the lines; a skeleton where the rest is in a .dwo file */
    Dwarf_Die full; /* with the functions */
    bool functions_listed, files_tried;
    Dwarf_Files *files;
    size_t nr_files;
    HWP_VEC(struct function) functions;
    struct hwp_ranges ranges; /* of the functions, sorted */
};

struct hwp_dwarf {
    Dwarf *dwarf;
    bool no_demangle;
    HWP_VEC(struct unit) units;
    struct hwp_ranges ranges; /* of the units, sorted */
    struct hwp_intern names;
};

static const char *keep(struct hwp_dwarf *d, const char *s)
{
    if (!s)
        return NULL;
    uint32_t id = hwp_intern(&d->names, s); /* first: it may move the array */
    return d->names.strings[id];
}

static void add_ranges(Dwarf_Die *die, size_t what, struct hwp_ranges *ret)
{
    Dwarf_Addr base, start, end;
    ptrdiff_t at = 0;

    while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0)
        /* Linkers leave discarded functions behind at address 0. */
        if (start && start < end)
            hwp_vec_push(ret, (struct hwp_range){start, end, what});
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
        hwp_vec_push(&d->units, (struct unit){.die = die, .full = split ? sub : die});
        add_ranges(&die, d->units.len - 1, &d->ranges);
    }
    hwp_ranges_sort(&d->ranges);
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

static void free_unit(struct unit *u)
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

static struct unit *unit_at(struct hwp_dwarf *d, uint64_t vaddr)
{
    const struct hwp_range *r = hwp_ranges_find(&d->ranges, vaddr);

    return r ? &d->units.data[r->what] : NULL;
}

/* A relative path is relative to the directory of the compilation. */
static const char *path_of(struct hwp_dwarf *d, struct unit *u, const char *file)
{
    Dwarf_Attribute attr;

    if (!file || !*file)
        return NULL;
    const char *dir =
        file[0] == '/' ? NULL : dwarf_formstring(dwarf_attr(&u->die, DW_AT_comp_dir, &attr));
    if (!dir)
        return keep(d, file);
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/%s", dir, file);
    return keep(d, path);
}

struct hwp_line hwp_dwarf_line(struct hwp_dwarf *d, uint64_t vaddr)
{
    struct unit *u = unit_at(d, vaddr);
    Dwarf_Line *line = u ? dwarf_getsrc_die(&u->die, vaddr) : NULL;
    struct hwp_line found = {NULL, 0};
    int number = 0;

    if (!line || dwarf_lineno(line, &number) != 0 || number <= 0)
        return found;
    found.file = path_of(d, u, dwarf_linesrc(line, NULL, NULL));
    found.line = found.file ? (unsigned)number : 0;
    return found;
}

/* --- the functions of a unit -------------------------------------------------------------------
 */

struct walk {
    struct unit *unit;
    size_t budget;
};

static void list_functions(struct walk *w, Dwarf_Die *parent, int depth)
{
    Dwarf_Die die;

    if (depth > MAX_DEPTH || dwarf_child(parent, &die) != 0)
        return;
    do {
        if (w->unit->ranges.len > MAX_RANGES || !w->budget--) {
            w->budget = 0;
            return;
        }
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_subprogram) {
            size_t before = w->unit->ranges.len;
            add_ranges(&die, w->unit->functions.len, &w->unit->ranges);
            if (w->unit->ranges.len != before)
                hwp_vec_push(&w->unit->functions, (struct function){.die = die});
        }
        /* Types hold member functions (Rust), functions hold nested ones (Ada, lambdas). */
        if (tag == DW_TAG_namespace || tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block ||
            tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_module)
            list_functions(w, &die, depth + 1);
    } while (dwarf_siblingof(&die, &die) == 0);
}

static struct function *function_at(struct unit *u, uint64_t vaddr)
{
    if (!u->functions_listed) {
        struct walk w = {u, MAX_DIES};
        u->functions_listed = true;
        list_functions(&w, &u->full, 0);
        hwp_ranges_sort(&u->ranges);
    }
    const struct hwp_range *r = hwp_ranges_find(&u->ranges, vaddr);
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
            return keep(d, raw);
        hwp_cleanup(hwp_free_cleanup) char *name = hwp_demangle(raw);
        return keep(d, name);
    }
    const char *plain = dwarf_diename(die);
    hwp_cleanup(hwp_free_cleanup) char *name = hwp_demangle(plain ? plain : "[unknown]");
    return keep(d, name);
}

static void load_files(struct unit *u)
{
    if (u->files_tried)
        return;
    u->files_tried = true;
    if (dwarf_getsrcfiles(&u->die, &u->files, &u->nr_files) != 0)
        u->files = NULL;
}

static struct hwp_line call_site(struct hwp_dwarf *d, struct unit *u, Dwarf_Die *die)
{
    Dwarf_Attribute attr;
    Dwarf_Word file = 0, line = 0;
    struct hwp_line found = {NULL, 0};

    load_files(u);
    if (!u->files || dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attr), &file) != 0 ||
        dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attr), &line) != 0 ||
        file >= u->nr_files || !line || line > UINT32_MAX)
        return found;
    found.file = path_of(d, u, dwarf_filesrc(u->files, file, NULL, NULL));
    found.line = found.file ? (unsigned)line : 0;
    return found;
}

/* The file of that number in the unit that an attribute is in: after link-time optimisation it is
 * not always the die's own. (libdw's dwarf_decl_file() aborts on split units.) */
static const char *file_of(struct hwp_dwarf *d, struct unit *u, Dwarf_Attribute *attr)
{
    Dwarf_Files *files = NULL;
    Dwarf_Word file = 0;
    size_t nr_files = 0;
    Dwarf_Die die;

    if (dwarf_formudata(attr, &file) != 0)
        return NULL;
    if (attr->cu == u->full.cu) {
        load_files(u);
        files = u->files;
        nr_files = u->nr_files;
    } else if (dwarf_cu_info(attr->cu, NULL, NULL, &die, NULL, NULL, NULL, NULL) != 0 ||
               dwarf_getsrcfiles(&die, &files, &nr_files) != 0) {
        return NULL;
    }
    return files && file < nr_files ? path_of(d, u, dwarf_filesrc(files, file, NULL, NULL)) : NULL;
}

static struct hwp_line declared_at(struct hwp_dwarf *d, struct unit *u, Dwarf_Die *die)
{
    struct hwp_line found = {NULL, 0};
    Dwarf_Attribute attr;
    Dwarf_Word line = 0;

    if (dwarf_attr_integrate(die, DW_AT_decl_file, &attr))
        found.file = file_of(d, u, &attr);
    if (found.file && dwarf_attr_integrate(die, DW_AT_decl_line, &attr) &&
        dwarf_formudata(&attr, &line) == 0 && line <= UINT32_MAX)
        found.line = (unsigned)line;
    return found;
}

/* --- flattening a function ---------------------------------------------------------------------
 */

struct flatten {
    struct hwp_dwarf *dwarf;
    struct unit *unit;
    struct function *function;
    struct hwp_ranges ranges; /* of nodes, outer before inner */
    size_t budget;
};

static int add_node(struct flatten *f, Dwarf_Die *die, int parent)
{
    struct inline_node node = {
        .name = function_name(f->dwarf, die),
        .decl = declared_at(f->dwarf, f->unit, die),
        .parent = parent,
    };

    if (parent >= 0)
        node.call = call_site(f->dwarf, f->unit, die);
    hwp_vec_push(&f->function->nodes, node);
    add_ranges(die, f->function->nodes.len - 1, &f->ranges);
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

static void load_function(struct hwp_dwarf *d, struct unit *u, struct function *fn)
{
    struct flatten f = {.dwarf = d, .unit = u, .function = fn, .budget = MAX_NODES};

    fn->loaded = true;
    int outermost = add_node(&f, &fn->die, -1);
    collect(&f, &fn->die, outermost, 0);
    hwp_segments_paint(&fn->segments, &f.ranges);
    hwp_vec_deinit(&f.ranges);
}

void hwp_dwarf_inlines(struct hwp_dwarf *d, uint64_t vaddr, struct hwp_inline_frames *ret)
{
    struct unit *u = unit_at(d, vaddr);
    struct function *fn = u ? function_at(u, vaddr) : NULL;

    if (!fn)
        return;
    if (!fn->loaded)
        load_function(d, u, fn);
    int node = hwp_segments_at(&fn->segments, vaddr);
    for (; node >= 0; node = fn->nodes.data[node].parent) {
        const struct inline_node *n = &fn->nodes.data[node];
        hwp_vec_push(ret, (struct hwp_inline_frame){n->name, n->call, n->decl});
    }
}
