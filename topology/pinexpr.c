#include "topology/pinexpr.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "topology/pin_private.h"

/* --- all allowed CPUs, in one order or another ------------------------------------------------- */

static struct hwp_error *take_allowed(struct hwp_pin *p, const char *where)
{
    hwp_vec_foreach(&p->t->cpus, c)
        if (hwp_cpuset_has(&p->t->allowed, c->cpu))
            HWP_TRY(hwp_pin_push(p, where, c->cpu));
    return NULL;
}

struct spread {
    unsigned cpu;
    unsigned key[4]; /* thread in its core, core in its L3, L3 in its package, package */
    int core, l3, package;
};

static int by_key(const void *a, const void *b)
{
    const struct spread *x = a, *y = b;

    for (size_t i = 0; i < hwp_array_size(x->key); i++)
        if (x->key[i] != y->key[i])
            return x->key[i] < y->key[i] ? -1 : 1;
    return 0;
}

/* Topology order is depth first, so counting restarts whenever the level above changes. */
static void number(struct spread *s, const struct spread *before)
{
    bool package = before && s->package == before->package;
    bool l3 = package && s->l3 == before->l3;
    bool core = l3 && s->core >= 0 && s->core == before->core;

    s->key[3] = package ? before->key[3] : before ? before->key[3] + 1 : 0;
    s->key[2] = l3 ? before->key[2] : package ? before->key[2] + 1 : 0;
    s->key[1] = core ? before->key[1] : l3 ? before->key[1] + 1 : 0;
    s->key[0] = core ? before->key[0] + 1 : 0;
}

/* Reorders out[from …], which is in topology order: next package first, then next L3, next core. */
static void spread_out(struct hwp_pin *p, size_t from)
{
    size_t n = p->out->len - from;
    struct spread *all hwp_cleanup(hwp_free_cleanup) = hwp_calloc(n + 1, sizeof(*all));

    for (size_t i = 0; i < n; i++) {
        const struct hwp_cpu *c = hwp_topology_cpu(p->t, p->out->data[from + i]);
        all[i] = (struct spread){.cpu = c->cpu, .core = c->core, .l3 = c->l3,
                                 .package = c->package};
        number(&all[i], i ? &all[i - 1] : NULL);
    }
    qsort(all, n, sizeof(*all), by_key);
    for (size_t i = 0; i < n; i++)
        p->out->data[from + i] = all[i].cpu;
}

/* Whether a keyword stood here. */
static struct hwp_error *keyword(struct hwp_pin *p, bool *ret)
{
    const char *where = p->at;
    size_t from = p->out->len;

    *ret = true;
    if (hwp_pin_word(p, "cores")) {
        HWP_TRY(take_allowed(p, where));
        hwp_pin_threads_apart(p->t, p->out, from);
        return NULL;
    }
    if (hwp_pin_word(p, "compact"))
        return take_allowed(p, where);
    if (hwp_pin_word(p, "scatter")) {
        HWP_TRY(take_allowed(p, where));
        spread_out(p, from);
        return NULL;
    }
    *ret = false;
    return NULL;
}

/* --- OS CPU numbers ---------------------------------------------------------------------------- */

static struct hwp_error *os_cpu(struct hwp_pin *p, unsigned *ret)
{
    const char *where = p->at;

    HWP_TRY(hwp_pin_number(p, ret));
    if (hwp_topology_cpu(p->t, *ret))
        return NULL;

    char *online hwp_cleanup(hwp_free_cleanup) = hwp_cpuset_format(&p->t->online);
    return hwp_error_hint(hwp_pin_error(p, where, "there is no CPU %u", *ret),
                          "this machine has CPU %s", online);
}

static struct hwp_error *os_range(struct hwp_pin *p, const char *where, unsigned first,
                                  unsigned last, unsigned stride)
{
    unsigned distance = first <= last ? last - first : first - last;

    for (unsigned i = 0; i <= distance; i += stride) {
        unsigned cpu = first <= last ? first + i : first - i;
        if (!hwp_topology_cpu(p->t, cpu))
            return hwp_pin_error(p, where, "there is no CPU %u (offline?)", cpu);
        if (!hwp_cpuset_has(&p->t->allowed, cpu))
            return hwp_pin_not_allowed(p, where, cpu);
        HWP_TRY(hwp_pin_push(p, where, cpu));
    }
    return NULL;
}

static struct hwp_error *os_item(struct hwp_pin *p)
{
    const char *where = p->at;
    unsigned first, last, stride = 1;

    HWP_TRY(os_cpu(p, &first));
    last = first;
    if (*p->at == '-') {
        p->at++;
        HWP_TRY(os_cpu(p, &last));
        if (*p->at == ':') {
            p->at++;
            HWP_TRY(hwp_pin_number(p, &stride));
            if (!stride)
                return hwp_pin_error(p, p->at - 1, "a stride of 0");
        }
    }
    return os_range(p, where, first, last, stride);
}

static struct hwp_error *os_list(struct hwp_pin *p)
{
    HWP_TRY(os_item(p));
    while (*p->at == ',') {
        p->at++;
        HWP_TRY(os_item(p));
    }
    return NULL;
}

/* --- the whole --------------------------------------------------------------------------------- */

static struct hwp_error *term(struct hwp_pin *p)
{
    bool done;

    HWP_TRY(keyword(p, &done));
    if (done)
        return NULL;
    if (hwp_pin_word(p, "none"))
        return hwp_pin_error(p, p->at - 4, "'none' stands alone");
    if (isdigit((unsigned char)*p->at))
        return os_list(p);
    if (hwp_pin_is_likwid(p))
        return hwp_pin_likwid(p);
    return hwp_pin_hwloc(p);
}

static struct hwp_error *terms(struct hwp_pin *p)
{
    for (;;) {
        HWP_TRY(term(p));
        if (!*p->at)
            return NULL;
        if (!hwp_pin_at_end(p))
            return hwp_error_hint(hwp_pin_error(p, p->at, "expected ',', '+', '@' or the end"),
                                  "join expressions with + as in core:0+core:4");
        p->at++;
    }
}

struct hwp_error *hwp_pinexpr_parse(const struct hwp_topology *t, const char *text,
                                    struct hwp_cpu_list *ret)
{
    struct hwp_cpu_list out = {0};
    struct hwp_pin p = {.t = t, .text = text, .at = text, .out = &out};

    if (hwp_pin_word(&p, "none") && !*p.at) {
        *ret = out;
        return NULL;
    }
    p.at = text;
    struct hwp_error *err = terms(&p);
    if (err) {
        hwp_vec_deinit(&out);
        return err;
    }
    *ret = out;
    return NULL;
}
