/*
 * LIKWID's affinity domains: N (all), S (sockets), D (dies), C (last level caches), M (NUMA nodes).
 * As there, a domain holds the allowed CPUs alone; lists count first hardware threads of cores
 * first, while E: expressions count core by core (so that a stride can skip threads).
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "topology/pin_private.h"

static bool is_domain_letter(char c)
{
    return c && strchr("NSDCM", toupper((unsigned char)c));
}

bool hwp_pin_is_likwid(const struct hwp_pin *p)
{
    const char *s = p->at;

    if (!*s || (!is_domain_letter(*s) && toupper((unsigned char)*s) != 'E'))
        return false;
    for (s++; isdigit((unsigned char)*s);)
        s++;
    return *s == ':';
}

/* Which domain of its kind a CPU is in. A machine that names no packages is one socket; one that
 * names no dies has one per socket. */
static int domain_of(const struct hwp_topology *t, const struct hwp_cpu *c, char letter)
{
    int socket = c->package >= 0 ? c->package : 0;

    switch (letter) {
    case 'S':
        return socket;
    case 'D':
        return c->die >= 0 ? c->die : socket;
    case 'C':
        return t->nr_l3 ? c->l3 : t->nr_l2 ? c->l2 : c->l1;
    case 'M':
        return c->node;
    default:
        return 0;
    }
}

/* How many domains of a kind there are, those without CPUs included. */
static unsigned nr_domains(const struct hwp_topology *t, char letter)
{
    int last = letter == 'M' ? (int)t->nodes.len - 1 : -1;

    hwp_vec_foreach(&t->cpus, c) {
        int i = domain_of(t, c, letter);
        last = i > last ? i : last;
    }
    return (unsigned)(last + 1);
}

static void members(const struct hwp_topology *t, char letter, unsigned domain,
                    struct hwp_cpu_list *ret)
{
    hwp_vec_foreach(&t->cpus, c)
        if (hwp_cpuset_has(&t->allowed, c->cpu) && domain_of(t, c, letter) == (int)domain)
            hwp_vec_push(ret, c->cpu);
}

/* "S0", "N": its CPUs in topology order, and its name for errors. */
static struct hwp_error *read_domain(struct hwp_pin *p, char name[16], struct hwp_cpu_list *ret)
{
    const char *where = p->at;
    char letter = (char)toupper((unsigned char)*p->at);
    unsigned domain = 0, nr = nr_domains(p->t, letter);

    if (!is_domain_letter(letter))
        return hwp_error_hint(hwp_pin_error(p, where, "expected a LIKWID domain"),
                              "one of N, S0, D0, C0, M0");
    p->at++;
    if (letter != 'N')
        HWP_TRY(hwp_pin_number(p, &domain));
    snprintf(name, 16, letter == 'N' ? "%c" : "%c%u", letter, domain);
    if (domain >= nr) {
        struct hwp_error *err = hwp_pin_error(p, where, "there is no domain %s", name);
        if (nr == 0)
            return hwp_error_hint(err, "this machine has no %c domains", letter);
        if (nr == 1)
            return hwp_error_hint(err, "this machine has %c0 alone", letter);
        return hwp_error_hint(err, "this machine has %c0-%c%u", letter, letter, nr - 1);
    }
    members(p->t, letter, domain, ret);
    if (ret->len)
        return NULL;
    char *allowed hwp_cleanup(hwp_free_cleanup) = hwp_cpuset_format(&p->t->allowed);
    return hwp_pin_error(p, where, "domain %s has no CPU that is allowed here; allowed: %s", name,
                         allowed);
}

static struct hwp_error *expect_colon(struct hwp_pin *p)
{
    if (*p->at != ':')
        return hwp_pin_error(p, p->at, "expected ':'");
    p->at++;
    return NULL;
}

/* "S:scatter": the first CPU of each domain, then the second of each … */
static struct hwp_error *scatter(struct hwp_pin *p, const char *where, char letter)
{
    unsigned nr = nr_domains(p->t, letter);
    struct hwp_cpu_list *domains = hwp_calloc(nr + 1, sizeof(*domains));
    struct hwp_error *err = NULL;
    bool more = true;

    for (unsigned d = 0; d < nr; d++) {
        members(p->t, letter, d, &domains[d]);
        hwp_pin_threads_apart(p->t, &domains[d], 0);
    }
    for (size_t i = 0; more && !err; i++) {
        more = false;
        for (unsigned d = 0; d < nr && !err; d++) {
            if (i >= domains[d].len)
                continue;
            more = true;
            err = hwp_pin_push(p, where, domains[d].data[i]);
        }
    }
    for (unsigned d = 0; d < nr; d++)
        hwp_vec_deinit(&domains[d]);
    free(domains);
    if (!err && nr == 0)
        err = hwp_pin_error(p, where, "this machine has no %c domains", letter);
    return err;
}

/* COUNT[:CHUNK:STRIDE] after the domain: CHUNK CPUs out of every STRIDE, from the start again
 * after the end, until there are COUNT. */
static struct hwp_error *take_strided(struct hwp_pin *p, const struct hwp_cpu_list *cpus)
{
    unsigned count, chunk = 1, stride = 1;
    const char *where = p->at;

    HWP_TRY(hwp_pin_number(p, &count));
    if (*p->at == ':') {
        p->at++;
        HWP_TRY(hwp_pin_number(p, &chunk));
        HWP_TRY(expect_colon(p));
        HWP_TRY(hwp_pin_number(p, &stride));
    }
    if (!count || !chunk || !stride)
        return hwp_pin_error(p, where, "count, chunk and stride must be 1 or more");
    for (size_t start = 0; count; start = start + stride < cpus->len ? start + stride : 0)
        for (size_t i = start; i < start + chunk && i < cpus->len && count; i++, count--)
            HWP_TRY(hwp_pin_push(p, where, cpus->data[i]));
    return NULL;
}

static struct hwp_error *expression(struct hwp_pin *p)
{
    struct hwp_cpu_list cpus = {0};
    char name[16];

    struct hwp_error *err = read_domain(p, name, &cpus);
    if (!err)
        err = expect_colon(p);
    if (!err)
        err = take_strided(p, &cpus);
    hwp_vec_deinit(&cpus);
    return err;
}

static struct hwp_error *take_listed(struct hwp_pin *p, const char *name,
                                     struct hwp_cpu_list *cpus)
{
    struct hwp_cpu_list which = {0};
    const char *where = p->at;

    hwp_pin_threads_apart(p->t, cpus, 0);
    struct hwp_error *err = hwp_pin_indexes(p, name, ":", (unsigned)cpus->len, &which, NULL);
    for (size_t i = 0; !err && i < which.len; i++)
        err = hwp_pin_push(p, where, cpus->data[which.data[i]]);
    hwp_vec_deinit(&which);
    return err;
}

static struct hwp_error *domain_list(struct hwp_pin *p)
{
    struct hwp_cpu_list cpus = {0};
    char name[16];

    struct hwp_error *err = read_domain(p, name, &cpus);
    if (!err)
        err = expect_colon(p);
    if (!err)
        err = take_listed(p, name, &cpus);
    hwp_vec_deinit(&cpus);
    return err;
}

struct hwp_error *hwp_pin_likwid(struct hwp_pin *p)
{
    const char *where = p->at;
    char letter = (char)toupper((unsigned char)*where);

    if (where[1] == ':') {
        p->at += 2;
        if (letter == 'E')
            return expression(p);
        if (hwp_pin_word(p, "scatter"))
            return scatter(p, where, letter);
        p->at = where;
    }
    return domain_list(p);
}
