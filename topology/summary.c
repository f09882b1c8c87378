/* The machine in one line. */
#include <inttypes.h>

#include "base/str.h"
#include "topology/draw.h"
#include "topology/topology.h"

void hwp_topology_add_bytes(struct hwp_str *s, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    size_t unit = 0;
    double n = (double)bytes;

    for (; n >= 1024 && unit + 1 < hwp_array_size(units); unit++)
        n /= 1024;
    /* One decimal, and only where it says something: 1.5 MiB, but 32 MiB and 251 GiB. */
    bool whole = n >= 100 || n - (double)(uint64_t)n < 0.05;
    hwp_str_addf(s, "%.*f %s", whole ? 0 : 1, n, units[unit]);
}

static void add_count(struct hwp_str *s, size_t n, const char *noun)
{
    if (n)
        hwp_str_addf(s, "%s%zu %s%s", s->len ? ", " : "", n, noun, n == 1 ? "" : "s");
}

static void add_caches(struct hwp_str *s, unsigned n, const char *level, uint64_t bytes)
{
    if (!n)
        return;
    hwp_str_add(s, ", ");
    if (n > 1)
        hwp_str_addf(s, "%u × ", n);
    hwp_str_add(s, level);
    if (bytes) {
        hwp_str_addc(s, ' ');
        hwp_topology_add_bytes(s, bytes);
    }
}

char *hwp_topology_summary(const struct hwp_topology *t)
{
    struct hwp_str s = {0};

    if (t->cpu_model)
        hwp_str_add(&s, t->cpu_model);
    add_count(&s, t->nr_packages, "package");
    add_count(&s, t->nr_cores, "core");
    add_count(&s, t->cpus.len, "CPU");
    /* Machines without an L3 share their L2. */
    if (t->nr_l3)
        add_caches(&s, t->nr_l3, "L3", t->l3_bytes);
    else
        add_caches(&s, t->nr_l2, "L2", t->l2_bytes);
    add_count(&s, t->nodes.len, "NUMA node");
    return hwp_str_steal(&s);
}
