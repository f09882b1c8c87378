#include "analysis/filter.h"

#include <string.h>

static bool in_list(const char *list, const char *name)
{
    size_t len = strlen(name);

    for (const char *p = list;;) {
        size_t n = strcspn(p, ",");
        if (n == len && strncmp(p, name, n) == 0)
            return true;
        if (!p[n])
            return false;
        p += n + 1;
    }
}

bool hwp_filter_is_set(const struct hwp_filter *f)
{
    return f->comms || f->dsos || f->symbols;
}

bool hwp_filter_comm(const struct hwp_filter *f, const char *comm)
{
    return !f->comms || (comm && in_list(f->comms, comm));
}

bool hwp_filter_cell(const struct hwp_filter *f, const struct hwp_profile *p,
                     const struct hwp_cell *cell, const struct hwp_module *m,
                     const struct hwp_symbol *symbol)
{
    if (!hwp_filter_comm(f, cell->task < p->tasks.len ? p->tasks.data[cell->task].comm : NULL))
        return false;
    if (f->dsos && !in_list(f->dsos, m->short_name) && !in_list(f->dsos, m->dso->path))
        return false;
    return !f->symbols || in_list(f->symbols, symbol->name) ||
           (symbol->raw_name && in_list(f->symbols, symbol->raw_name));
}

bool hwp_filter_sample(const struct hwp_filter *f, const struct hwp_profile *p,
                       struct hwp_symbols *s, const struct hwp_cell *cell)
{
    if (!hwp_filter_is_set(f))
        return true;
    const struct hwp_loc *l = &p->locs.data[cell->loc];
    const struct hwp_module *m = hwp_symbols_module(s, l->dso);
    return hwp_filter_cell(f, p, cell, m, hwp_module_symbol(m, hwp_module_vaddr(m, l->addr)));
}
