/* The parts of pin expressions that all syntaxes have. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "topology/pin_private.h"

struct hwp_error *hwp_pin_error(const struct hwp_pin *p, const char *where, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *what hwp_cleanup(hwp_free_cleanup) = hwp_vasprintf(fmt, ap);
    va_end(ap);
    return hwp_error(HWP_E_INVALID, "pin expression: %s, at ^ in %.*s^%s", what,
                     (int)(where - p->text), p->text, where);
}

struct hwp_error *hwp_pin_number(struct hwp_pin *p, unsigned *ret)
{
    const char *start = p->at;
    unsigned n = 0;

    if (!isdigit((unsigned char)*start))
        return hwp_pin_error(p, start, "expected a number");
    for (; isdigit((unsigned char)*p->at); p->at++) {
        n = n * 10 + (unsigned)(*p->at - '0');
        if (n > HWP_PIN_MAX)
            return hwp_pin_error(p, start, "the number is too large");
    }
    *ret = n;
    return NULL;
}

bool hwp_pin_word(struct hwp_pin *p, const char *word)
{
    size_t n = strlen(word);

    if (strncasecmp(p->at, word, n) != 0 || isalnum((unsigned char)p->at[n]))
        return false;
    p->at += n;
    return true;
}

bool hwp_pin_at_end(const struct hwp_pin *p)
{
    return *p->at == '\0' || *p->at == '+' || *p->at == '@';
}

struct index_list {
    const char *whose, *sep;
    unsigned nr;
    struct hwp_cpu_list *ret;
};

static struct hwp_error *no_such_index(const struct hwp_pin *p, const char *where,
                                       const struct index_list *l, unsigned i)
{
    struct hwp_error *err =
        hwp_pin_error(p, where, "there is no %s%s%u", l->whose, l->sep, i);

    if (l->nr == 0)
        return hwp_error_hint(err, "this machine has no %s here", l->whose);
    if (l->nr == 1)
        return hwp_error_hint(err, "this machine has %s%s0 alone", l->whose, l->sep);
    return hwp_error_hint(err, "this machine has %s%s0-%u", l->whose, l->sep, l->nr - 1);
}

static struct hwp_error *one_index(struct hwp_pin *p, const struct index_list *l, unsigned *ret)
{
    const char *where = p->at;

    HWP_TRY(hwp_pin_number(p, ret));
    return *ret < l->nr ? NULL : no_such_index(p, where, l, *ret);
}

static void push_range(struct index_list *l, unsigned first, unsigned last)
{
    for (unsigned i = first;; i += first <= last ? 1 : -1u) {
        hwp_vec_push(l->ret, i);
        if (i == last)
            return;
    }
}

static void push_every(struct index_list *l, unsigned first, unsigned step)
{
    for (unsigned i = first; i < l->nr; i += step)
        hwp_vec_push(l->ret, i);
}

/* What follows a first index: "-LAST", "-" for the rest, ":COUNT" (which wraps, as in hwloc). */
static struct hwp_error *index_tail(struct hwp_pin *p, struct index_list *l, unsigned first)
{
    unsigned last = 0;

    if (*p->at == '-') {
        p->at++;
        if (hwp_pin_at_end(p) || *p->at == ',' || *p->at == '.') {
            push_range(l, first, l->nr - 1);
            return NULL;
        }
        HWP_TRY(one_index(p, l, &last));
        push_range(l, first, last);
        return NULL;
    }
    if (*p->at != ':') {
        hwp_vec_push(l->ret, first);
        return NULL;
    }
    p->at++;
    const char *where = p->at;
    unsigned amount = 0;
    HWP_TRY(hwp_pin_number(p, &amount));
    if (amount == 0 || amount > l->nr)
        return hwp_error_hint(hwp_pin_error(p, where, "there are not %u %s", amount, l->whose),
                              "this machine has %u here", l->nr);
    for (unsigned i = 0; i < amount; i++)
        hwp_vec_push(l->ret, (first + i) % l->nr);
    return NULL;
}

static struct hwp_error *index_item(struct hwp_pin *p, struct index_list *l, bool *all)
{
    const char *where = p->at;
    size_t before = l->ret->len;
    unsigned first = 0;

    *all = true;
    if (hwp_pin_word(p, "all"))
        push_every(l, 0, 1);
    else if (hwp_pin_word(p, "even"))
        push_every(l, 0, 2);
    else if (hwp_pin_word(p, "odd"))
        push_every(l, 1, 2);
    else {
        *all = false;
        HWP_TRY(one_index(p, l, &first));
        HWP_TRY(index_tail(p, l, first));
    }
    if (l->ret->len == before)
        return hwp_error_hint(hwp_pin_error(p, where, "there is none of these %s", l->whose),
                              "this machine has %u here", l->nr);
    if (l->ret->len > HWP_PIN_MAX)
        return hwp_pin_error(p, where, "more than %d entries", HWP_PIN_MAX);
    return NULL;
}

struct hwp_error *hwp_pin_indexes(struct hwp_pin *p, const char *whose, const char *sep,
                                  unsigned nr, struct hwp_cpu_list *ret, bool *ret_all)
{
    struct index_list l = {whose, sep, nr, ret};
    bool all, every = true;

    for (;;) {
        HWP_TRY(index_item(p, &l, &all));
        every = every && all;
        if (*p->at != ',')
            break;
        p->at++;
    }
    if (ret_all)
        *ret_all = every;
    return NULL;
}

struct ranked {
    unsigned cpu, rank, place;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

void hwp_pin_threads_apart(const struct hwp_topology *t, struct hwp_cpu_list *list, size_t from)
{
    size_t n = list->len - from;
    struct ranked *order hwp_cleanup(hwp_free_cleanup) = hwp_calloc(n + 1, sizeof(*order));
    unsigned *seen hwp_cleanup(hwp_free_cleanup) =
        hwp_calloc(t->nr_cores + t->cpus.len + 1, sizeof(*seen));

    /* A CPU's rank: how many of its core come before it. Where the machine names no cores, each
     * CPU is one. */
    for (size_t i = 0; i < n; i++) {
        unsigned cpu = list->data[from + i];
        const struct hwp_cpu *c = hwp_topology_cpu(t, cpu);
        size_t core = c->core >= 0 ? (size_t)c->core : t->nr_cores + (size_t)c->logical;
        order[i] = (struct ranked){cpu, seen[core]++, (unsigned)i};
    }
    qsort(order, n, sizeof(*order), by_rank);
    for (size_t i = 0; i < n; i++)
        list->data[from + i] = order[i].cpu;
}

struct hwp_error *hwp_pin_not_allowed(const struct hwp_pin *p, const char *where, unsigned cpu)
{
    char *allowed hwp_cleanup(hwp_free_cleanup) = hwp_cpuset_format(&p->t->allowed);
    struct hwp_error *err =
        hwp_pin_error(p, where, "CPU %u exists but is not allowed here; allowed: %s", cpu, allowed);

    return hwp_error_hint(err, "pin to allowed CPUs, or widen the affinity or the cgroup's cpuset");
}

struct hwp_error *hwp_pin_push(struct hwp_pin *p, const char *where, unsigned cpu)
{
    if (p->out->len >= HWP_PIN_MAX)
        return hwp_pin_error(p, where, "more than %d CPUs", HWP_PIN_MAX);
    hwp_vec_push(p->out, cpu);
    return NULL;
}
