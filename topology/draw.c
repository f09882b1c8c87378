#include "topology/draw.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define DEFAULT_WIDTH 100

/* Task numbers of one CPU that a cell has room for. */
#define MAX_TURNS 3

struct drawing {
    const struct hwp_topology *t;
    const struct hwp_plan *plan;
    struct hwp_out *out;
    unsigned width;
    size_t cell; /* columns of the widest cell */
};

/* --- one cell: a core with its CPUs ------------------------------------------------------------- */

/* "←1,5": the turns at which tasks get this CPU. */
static void add_turns(const struct drawing *d, unsigned cpu, struct hwp_str *s)
{
    unsigned shown = 0;

    if (!d->plan || !hwp_cpuset_has(&d->plan->cpus, cpu))
        return;
    for (size_t i = 0; i < d->plan->slots.len; i++) {
        if (d->plan->slots.data[i].cpu != cpu)
            continue;
        if (shown == MAX_TURNS) {
            hwp_str_add(s, "…");
            return;
        }
        hwp_str_addf(s, "%s%zu", shown++ ? "," : "←", i + 1);
    }
}

static bool same_core(const struct hwp_cpu *a, const struct hwp_cpu *b)
{
    return a->core >= 0 && a->core == b->core;
}

/* Draws the core that starts at cpus[i] ("[0←1 4]") and returns where the next one starts. */
static size_t add_cell(const struct drawing *d, size_t i, struct hwp_str *s)
{
    const struct hwp_cpus *cpus = &d->t->cpus;
    size_t first = i;

    hwp_str_addc(s, '[');
    do {
        unsigned cpu = cpus->data[i].cpu;
        hwp_str_add(s, i > first ? " " : "");
        hwp_str_addf(s, hwp_cpuset_has(&d->t->allowed, cpu) ? "%u" : "(%u)", cpu);
        add_turns(d, cpu, s);
        i++;
    } while (i < cpus->len && same_core(&cpus->data[first], &cpus->data[i]));
    hwp_str_addc(s, ']');
    return i;
}

static size_t widest_cell(const struct drawing *d)
{
    size_t widest = 0;

    for (size_t i = 0; i < d->t->cpus.len;) {
        struct hwp_str s = {0};
        i = add_cell(d, i, &s);
        size_t width = hwp_display_width(s.data);
        widest = width > widest ? width : widest;
        hwp_str_deinit(&s);
    }
    return widest;
}

/* --- headings and rows of cells ----------------------------------------------------------------- */

static void indent(const struct drawing *d, unsigned depth)
{
    hwp_out_printf(d->out, "%*s", (int)depth * 2, "");
}

static void heading(const struct drawing *d, unsigned depth, const char *what, int index,
                    uint64_t bytes)
{
    struct hwp_str s = {0};

    hwp_str_addf(&s, "%s %d", what, index);
    if (bytes) {
        hwp_str_add(&s, ", ");
        hwp_topology_add_bytes(&s, bytes);
    }
    indent(d, depth);
    hwp_out_printf(d->out, "%s\n", s.data);
    hwp_str_deinit(&s);
}

static bool same_stretch(const struct hwp_cpu *a, const struct hwp_cpu *b)
{
    return a->package == b->package && a->node == b->node && a->l3 == b->l3 && a->kind == b->kind;
}

static const struct hwp_numa_node *node_of(const struct hwp_topology *t, int node)
{
    return &t->nodes.data[node];
}

/* Whether some NUMA node holds several packages, and so belongs above them. */
static bool nodes_outside(const struct hwp_topology *t)
{
    for (size_t i = 1; i < t->cpus.len; i++) {
        const struct hwp_cpu *a = &t->cpus.data[i - 1], *b = &t->cpus.data[i];
        if (a->node >= 0 && a->node == b->node && a->package != b->package)
            return true;
    }
    return false;
}

struct level {
    const char *what;
    int index, before; /* -1: this CPU, or the CPU before, is in none */
    uint64_t bytes;
};

static unsigned kind_heading(const struct drawing *d, unsigned depth, int kind)
{
    const char *note = kind == 0                           ? " (most efficient)"
                       : kind + 1 == (int)d->t->nr_kinds ? " (fastest)"
                                                           : "";

    if (kind < 0)
        return depth;
    indent(d, depth);
    hwp_out_printf(d->out, "kind %d%s\n", kind, note);
    return depth + 1;
}

/* The headings that differ from those of the CPU before; returns how deep the cells go. */
static unsigned headings(const struct drawing *d, const struct hwp_cpu *before,
                         const struct hwp_cpu *c)
{
    struct level package = {"Package", c->package, before ? before->package : -1, 0};
    struct level node = {"NUMA node", c->node, before ? before->node : -1,
                         c->node >= 0 ? node_of(d->t, c->node)->bytes : 0};
    struct level l3 = {"L3", c->l3, before ? before->l3 : -1, d->t->l3_bytes};
    bool outside = nodes_outside(d->t), fresh = !before;
    const struct level *levels[] = {outside ? &node : &package, outside ? &package : &node, &l3};
    unsigned depth = 0;

    for (size_t i = 0; i < hwp_array_size(levels); i++) {
        fresh = fresh || levels[i]->index != levels[i]->before;
        if (levels[i]->index < 0)
            continue;
        if (fresh)
            heading(d, depth, levels[i]->what, levels[i]->index, levels[i]->bytes);
        depth++;
    }
    return kind_heading(d, depth, c->kind);
}

/* The cores from cpus[i] that share their headings, as many in a row as fit. */
static size_t cells(const struct drawing *d, size_t i, unsigned depth)
{
    const struct hwp_cpus *cpus = &d->t->cpus;
    size_t first = i, column = 0, room = d->width > depth * 2 ? d->width - depth * 2 : 1;
    size_t per_row = (room + 1) / (d->cell + 1);

    while (i < cpus->len && same_stretch(&cpus->data[first], &cpus->data[i])) {
        struct hwp_str s = {0};
        i = add_cell(d, i, &s);
        bool last = i >= cpus->len || !same_stretch(&cpus->data[first], &cpus->data[i]);
        bool ends_row = last || column + 1 >= per_row;

        if (column == 0)
            indent(d, depth);
        hwp_out_puts(d->out, s.data);
        int pad = ends_row ? 0 : (int)(d->cell - hwp_display_width(s.data) + 1);
        hwp_out_printf(d->out, "%*s%s", pad, "", ends_row ? "\n" : "");
        column = ends_row ? 0 : column + 1;
        hwp_str_deinit(&s);
    }
    return i;
}

static void memory_only_nodes(const struct drawing *d)
{
    hwp_vec_foreach(&d->t->nodes, node) {
        struct hwp_str s = {0};
        if (hwp_cpuset_next(&node->cpus, 0) >= 0)
            continue;
        if (node->bytes) {
            hwp_str_add(&s, ", ");
            hwp_topology_add_bytes(&s, node->bytes);
        }
        hwp_out_printf(d->out, "NUMA node %d%s, memory without CPUs\n", node->node,
                       s.data ? s.data : "");
        hwp_str_deinit(&s);
    }
}

/* --- what the marks mean ------------------------------------------------------------------------ */

static void legend(const struct drawing *d)
{
    unsigned allowed = hwp_cpuset_count(&d->t->allowed);

    hwp_out_puts(d->out, "\n[ ] is a core with its CPUs");
    if (allowed < d->t->cpus.len)
        hwp_out_printf(d->out, "; (n) is not allowed here (%u of %zu CPUs are)", allowed,
                       d->t->cpus.len);
    hwp_out_puts(d->out, "\n");
    if (!d->plan)
        return;
    if (!d->plan->slots.len) {
        hwp_out_printf(d->out, "--pin %s: tasks are not pinned\n", d->plan->text);
        return;
    }
    unsigned first = d->plan->slots.data[0].cpu;
    hwp_out_printf(d->out, "--pin %s: n←1 gets the 1st task", d->plan->text);
    if (d->plan->slots.len > 1)
        hwp_out_printf(d->out, " (CPU %u), n←2 the 2nd (CPU %u); after %zu", first,
                       d->plan->slots.data[1].cpu, d->plan->slots.len);
    else
        hwp_out_printf(d->out, " (CPU %u); after it", first);
    hwp_out_puts(d->out, ", CPUs are shared\n");
}

void hwp_topology_draw(const struct hwp_topology *t, const struct hwp_plan *plan,
                       struct hwp_out *out)
{
    struct drawing d = {t, plan, out, out->width ? out->width : DEFAULT_WIDTH, 0};
    char *summary hwp_cleanup(hwp_free_cleanup) = hwp_topology_summary(t);
    const struct hwp_cpu *before = NULL;

    d.cell = widest_cell(&d);
    hwp_out_printf(out, "%s\n\n", summary);
    for (size_t i = 0; i < t->cpus.len;) {
        const struct hwp_cpu *c = &t->cpus.data[i];
        i = cells(&d, i, headings(&d, before, c));
        before = c;
    }
    memory_only_nodes(&d);
    legend(&d);
}
