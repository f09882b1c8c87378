#include "analysis/lines_owner.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "symbols/variables.h"

#define MAX_NAMES 4 /* variables of a line that are named */

struct hwp_owners {
    const struct hwp_profile *p;
    struct hwp_symbols *symbols;
    struct hwp_variables **variables; /* by DSO; NULL: not read yet */
};

struct hwp_owners *hwp_owners_create(const struct hwp_profile *p, struct hwp_symbols *s)
{
    struct hwp_owners *o = hwp_calloc(1, sizeof(*o));

    o->p = p;
    o->symbols = s;
    o->variables = hwp_calloc(p->dsos.len + 1, sizeof(struct hwp_variables *));
    return o;
}

void hwp_owners_destroy(struct hwp_owners *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->p->dsos.len; i++)
        hwp_variables_destroy(o->variables[i]);
    free(o->variables);
    free(o);
}

/* --- code ------------------------------------------------------------------------------------ */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

char *hwp_place_text(const struct hwp_profile *p, struct hwp_symbols *s, uint32_t loc, uint64_t ip)
{
    if (loc >= p->locs.len)
        return hwp_asprintf("0x%llx", (unsigned long long)ip);
    const struct hwp_loc *l = &p->locs.data[loc];
    const struct hwp_module *m = hwp_symbols_module(s, l->dso);
    uint64_t vaddr = hwp_module_vaddr(m, l->addr);
    const struct hwp_symbol *symbol = hwp_module_symbol(m, vaddr);
    struct hwp_line line = hwp_module_line(m, vaddr);

    if (line.file && line.line)
        return hwp_asprintf("%s %s:%u", symbol->name, base_name(line.file), line.line);
    return hwp_strdup(symbol->name);
}

/* --- owners ---------------------------------------------------------------------------------- */

static bool is_c_library(const char *module)
{
    return strncmp(module, "libc.so", 7) == 0 || strncmp(module, "libc-", 5) == 0 ||
           strncmp(module, "ld-", 3) == 0;
}

/* The allocators' own frames say nothing of who wanted the memory, and they mostly come without
 * source lines: the first caller that has one, else the innermost. Not of the C library, which may
 * have lines, but allocates for others and calls main. */
static uint32_t allocation_site(const struct hwp_owners *o, const struct hwp_cache_line *line)
{
    uint32_t first = HWP_NO_LOC;

    for (size_t i = 0; i < HWP_LINE_CALLERS && line->callers[i]; i++) {
        uint32_t loc = line->caller_locs[i];
        if (loc >= o->p->locs.len)
            continue;
        const struct hwp_loc *l = &o->p->locs.data[loc];
        const struct hwp_module *m = hwp_symbols_module(o->symbols, l->dso);
        if (is_c_library(m->short_name))
            continue;
        if (hwp_module_line(m, hwp_module_vaddr(m, l->addr)).line)
            return loc;
        first = first == HWP_NO_LOC ? loc : first;
    }
    return first == HWP_NO_LOC && line->callers[0] ? line->caller_locs[0] : first;
}

static void heap_owner(const struct hwp_owners *o, struct hwp_line_row *row)
{
    const struct hwp_cache_line *line = row->line;
    uint32_t site = allocation_site(o, line);
    struct hwp_str text = {0};

    if (line->object_bytes)
        hwp_str_addf(&text, "%llu bytes", (unsigned long long)line->object_bytes);
    else
        hwp_str_add(&text, "heap");
    if (line->object_bytes && line->address > line->object_address)
        hwp_str_addf(&text, " + 0x%llx", (unsigned long long)(line->address - line->object_address));
    if (line->callers[0]) {
        char *place hwp_cleanup(hwp_free_cleanup) =
            hwp_place_text(o->p, o->symbols, site, line->callers[0] - 1);
        hwp_str_addf(&text, " from %s", place);
    }
    row->owner = hwp_str_steal(&text);
}

static void task_owner(struct hwp_line_row *row, const char *what, const char *comm)
{
    if (row->line->object_tid)
        row->owner = hwp_asprintf("%s of %s/%d", what, comm, row->line->object_tid);
    else
        row->owner = hwp_strdup(what);
}

static void mapping_owner(struct hwp_line_row *row)
{
    const struct hwp_cache_line *line = row->line;

    row->owner = hwp_asprintf("mapping of %llu bytes + 0x%llx",
                              (unsigned long long)line->object_bytes,
                              (unsigned long long)(line->address - line->object_address));
}

static const struct hwp_variables *variables_of(struct hwp_owners *o, uint32_t dso,
                                                const struct hwp_module *m)
{
    if (!o->variables[dso])
        o->variables[dso] =
            m->state == HWP_MODULE_OK ? hwp_variables_load(m->path, m->debug_path)
                                      : hwp_variables_load(NULL, NULL);
    return o->variables[dso];
}

/* The variables that words of the line belong to, in order, each once. */
static void add_names(const struct hwp_variables *v, uint64_t vaddr, const struct hwp_line_row *row,
                      struct hwp_str *out)
{
    const struct hwp_named_variable *last = NULL;
    size_t nr = 0;

    hwp_vec_foreach (&row->words, word) {
        const struct hwp_named_variable *at = hwp_variables_at(v, vaddr + word->offset);
        if (!at || at == last)
            continue;
        last = at;
        if (++nr > MAX_NAMES)
            continue;
        hwp_str_addf(out, "%s%s", out->len ? ", " : "", at->name);
        if (at->start < vaddr)
            hwp_str_addf(out, " + 0x%llx", (unsigned long long)(vaddr - at->start));
    }
    if (nr > MAX_NAMES)
        hwp_str_addf(out, ", %zu more", nr - MAX_NAMES);
}

/* A file's data lie as far from its code in memory as they were linked. */
static void variable_owner(struct hwp_owners *o, struct hwp_line_row *row)
{
    const struct hwp_cache_line *line = row->line;
    struct hwp_str names = {0};

    if (line->anchor_loc >= o->p->locs.len)
        return;
    const struct hwp_loc *anchor = &o->p->locs.data[line->anchor_loc];
    const struct hwp_module *m = hwp_symbols_module(o->symbols, anchor->dso);
    uint64_t vaddr = hwp_module_vaddr(m, anchor->addr) + (line->address - line->anchor);

    add_names(variables_of(o, anchor->dso, m), vaddr, row, &names);
    if (names.len) {
        row->owner = hwp_str_steal(&names);
        row->module = hwp_strdup(m->short_name);
    } else if (line->object == HWP_LINE_STATIC) {
        row->owner = hwp_strdup("data");
        row->module = hwp_strdup(m->short_name);
    }
}

void hwp_owner_of(struct hwp_owners *o, struct hwp_line_row *row, const char *comm)
{
    if (row->line->object == HWP_LINE_HEAP)
        heap_owner(o, row);
    else if (row->line->object == HWP_LINE_STACK)
        task_owner(row, "stack", comm);
    else if (row->line->object == HWP_LINE_THREAD)
        task_owner(row, "thread-local data", comm);
    else
        variable_owner(o, row);
    if (!row->owner && row->line->object == HWP_LINE_MAPPING)
        mapping_owner(row);
}
