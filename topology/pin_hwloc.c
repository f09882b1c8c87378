/* hwloc's syntax: TYPE:INDEXES, nested with '.' as in numa:1.core:0-3. Indexes are logical, counted
 * within what stands before the dot. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/suggest.h"
#include "topology/pin_private.h"

enum type { PU, CORE, L1, L2, L3, DIE, NODE, PACKAGE, MACHINE };

static const struct {
    const char *name;
    enum type type;
} names[] = {
    {"core", CORE},    {"pu", PU},          {"cpu", PU},         {"node", NODE},
    {"numa", NODE},    {"numanode", NODE},  {"package", PACKAGE}, {"pack", PACKAGE},
    {"socket", PACKAGE}, {"die", DIE},      {"L1", L1},          {"L1d", L1},
    {"L1cache", L1},   {"L1dcache", L1},    {"L2", L2},          {"L2cache", L2},
    {"L3", L3},        {"L3cache", L3},     {"machine", MACHINE},
};

static int index_of(const struct hwp_cpu *c, enum type type)
{
    switch (type) {
    case PU:
        return c->logical;
    case CORE:
        return c->core;
    case L1:
        return c->l1;
    case L2:
        return c->l2;
    case L3:
        return c->l3;
    case DIE:
        return c->die;
    case PACKAGE:
        return c->package;
    case NODE: /* through the nodes' own sets: a CPU may be local to several */
    case MACHINE:
        break;
    }
    return 0;
}

HWP_VEC_TYPE(sets, struct hwp_cpuset);

/* The CPUs of each object of a type that has some in `within`, in logical order. */
static void objects_within(const struct hwp_topology *t, const struct hwp_cpuset *within,
                           enum type type, struct sets *ret)
{
    int before = -1;

    if (type == NODE) {
        /* Memory-only nodes keep their index at the top level, so that it is the machine's. */
        bool whole = hwp_cpuset_equal(within, &t->online);
        hwp_vec_foreach(&t->nodes, node) {
            struct hwp_cpuset set = node->cpus;
            hwp_cpuset_and(&set, within);
            if (whole || hwp_cpuset_count(&set))
                hwp_vec_push(ret, set);
        }
        return;
    }
    hwp_vec_foreach(&t->cpus, c) {
        int i = index_of(c, type);
        if (i < 0 || !hwp_cpuset_has(within, c->cpu))
            continue;
        if (i != before)
            hwp_vec_push(ret, (struct hwp_cpuset){0});
        before = i;
        hwp_cpuset_add(hwp_vec_last(ret), c->cpu);
    }
}

static struct hwp_error *unknown_type(const struct hwp_pin *p, const char *start, size_t len)
{
    char *name hwp_cleanup(hwp_free_cleanup) = hwp_strndup(start, len);
    struct hwp_suggest s = {.wanted = name};
    static const char *const keywords[] = {"cores", "none", "compact", "scatter"};

    for (size_t i = 0; i < hwp_array_size(names); i++)
        hwp_suggest_offer(&s, names[i].name);
    for (size_t i = 0; i < hwp_array_size(keywords); i++)
        hwp_suggest_offer(&s, keywords[i]);

    char *near hwp_cleanup(hwp_free_cleanup) = len ? hwp_suggest_text(&s) : NULL;
    struct hwp_error *err =
        len ? hwp_pin_error(p, start, "'%s' is nothing to pin to", name)
            : hwp_pin_error(p, start, "expected CPUs");
    hwp_suggest_deinit(&s);
    if (near)
        return hwp_error_hint(err, "did you mean %s?", near);
    return hwp_error_hint(err, "write cores, none, CPU numbers as in 0-3, objects as in core:0-3 "
                               "or numa:1, or LIKWID domains as in S0:0-3");
}

static struct hwp_error *read_type(struct hwp_pin *p, enum type *ret, const char **ret_name)
{
    const char *start = p->at;

    while (isalnum((unsigned char)*p->at))
        p->at++;
    size_t len = (size_t)(p->at - start);
    for (size_t i = 0; i < hwp_array_size(names); i++) {
        if (strlen(names[i].name) != len || strncasecmp(names[i].name, start, len) != 0)
            continue;
        *ret = names[i].type;
        *ret_name = names[i].name;
        if (*p->at != ':')
            return hwp_error_hint(hwp_pin_error(p, p->at, "expected ':' and an index"),
                                  "as in %s:0 or %s:all", names[i].name, names[i].name);
        p->at++;
        return NULL;
    }
    p->at = start;
    return unknown_type(p, start, len);
}

/* All allowed CPUs of an object; the first of them that exists must be allowed, unless objects
 * were not picked one by one. */
static struct hwp_error *push_object(struct hwp_pin *p, const char *where,
                                     const struct hwp_cpuset *set, bool picked)
{
    size_t before = p->out->len;

    hwp_vec_foreach(&p->t->cpus, c)
        if (hwp_cpuset_has(set, c->cpu) && hwp_cpuset_has(&p->t->allowed, c->cpu))
            HWP_TRY(hwp_pin_push(p, where, c->cpu));
    if (p->out->len > before || !picked)
        return NULL;

    int cpu = hwp_cpuset_next(set, 0);
    if (cpu < 0)
        return hwp_error_hint(hwp_pin_error(p, where, "this NUMA node has memory but no CPUs"),
                              "pin to another node; --membind places memory");
    return hwp_pin_not_allowed(p, where, (unsigned)cpu);
}

static struct hwp_error *chain(struct hwp_pin *p, const struct hwp_cpuset *within, bool picked);

static struct hwp_error *each_object(struct hwp_pin *p, const char *where,
                                     const struct sets *objects, const struct hwp_cpu_list *which,
                                     bool picked)
{
    if (*p->at != '.') {
        hwp_vec_foreach(which, i)
            HWP_TRY(push_object(p, where, &objects->data[*i], picked));
        return NULL;
    }

    /* The rest is read anew inside each object, as each may have other things in it. */
    const char *rest = p->at + 1;
    if (++p->depth > HWP_PIN_MAX_DEPTH)
        return hwp_pin_error(p, rest, "nested too deep");
    hwp_vec_foreach(which, i) {
        p->at = rest;
        if (++p->steps > HWP_PIN_MAX)
            return hwp_pin_error(p, rest, "more than %d objects", HWP_PIN_MAX);
        HWP_TRY(chain(p, &objects->data[*i], picked));
    }
    p->depth--;
    return NULL;
}

/* TYPE:INDEXES within a set of CPUs, and what is nested in it. `picked`: the user named each object
 * so far, and is told where one can't be used. */
static struct hwp_error *chain(struct hwp_pin *p, const struct hwp_cpuset *within, bool picked)
{
    struct sets objects = {0};
    struct hwp_cpu_list which = {0};
    enum type type = PU;
    const char *name = "", *where = p->at;
    bool all;

    HWP_TRY(read_type(p, &type, &name));
    objects_within(p->t, within, type, &objects);
    struct hwp_error *err = hwp_pin_indexes(p, name, ":", (unsigned)objects.len, &which, &all);
    if (!err)
        err = each_object(p, where, &objects, &which, picked && !all);
    hwp_vec_deinit(&which);
    hwp_vec_deinit(&objects);
    return err;
}

struct hwp_error *hwp_pin_hwloc(struct hwp_pin *p)
{
    size_t from = p->out->len;
    const char *where = p->at;

    HWP_TRY(chain(p, &p->t->online, true));
    if (p->out->len == from)
        return hwp_pin_error(p, where, "none of these CPUs is allowed here");
    hwp_pin_threads_apart(p->t, p->out, from);
    return NULL;
}
