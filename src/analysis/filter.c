#include "analysis/filter.h"

#include <stdlib.h>
#include <string.h>

#include "topology/cpuset.h"

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

/* "0-3,8"; checked before. */
static bool in_ranges(const char *list, unsigned long n)
{
    for (const char *p = list; *p;) {
        char *end;
        unsigned long first = strtoul(p, &end, 10), last = first;
        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
        if (n >= first && n <= last)
            return true;
        p = *end == ',' ? end + 1 : end + strlen(end);
    }
    return false;
}

bool hwp_filter_is_set(const struct hwp_filter *f)
{
    return f->comms || f->tids || f->cpus || f->dsos || f->symbols;
}

struct hwp_error *hwp_filter_check(const struct hwp_filter *f)
{
    struct hwp_cpuset cpus;

    if (f->tids && (!*f->tids || strspn(f->tids, "0123456789,") != strlen(f->tids)))
        return hwp_error_hint(hwp_error(HWP_E_INVALID, "--tids %s: not a list of numbers", f->tids),
                              "as in --tids 4242,4250");
    return f->cpus ? hwp_cpuset_parse(f->cpus, &cpus) : NULL;
}

bool hwp_filter_task(const struct hwp_filter *f, const char *comm, int32_t pid, int32_t tid)
{
    if (f->comms && !(comm && in_list(f->comms, comm)))
        return false;
    return !f->tids || (pid >= 0 && in_ranges(f->tids, (unsigned long)pid)) ||
           (tid >= 0 && in_ranges(f->tids, (unsigned long)tid));
}

bool hwp_filter_cpu(const struct hwp_filter *f, uint32_t cpu)
{
    return !f->cpus || (cpu != HWP_NO_CPU && in_ranges(f->cpus, cpu));
}

static bool passes_task(const struct hwp_filter *f, const struct hwp_profile *p, uint32_t task)
{
    static const struct hwp_task nobody = {.pid = -1, .tid = -1};
    const struct hwp_task *t = task < p->tasks.len ? &p->tasks.data[task] : &nobody;

    return hwp_filter_task(f, t->comm, t->pid, t->tid);
}

bool hwp_filter_cell(const struct hwp_filter *f, const struct hwp_profile *p,
                     const struct hwp_cell *cell, const struct hwp_module *m,
                     const struct hwp_symbol *symbol)
{
    if (!passes_task(f, p, cell->task) || !hwp_filter_cpu(f, cell->cpu))
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
