/* Latencies beyond the caches of one core, in cycles of the modelled clock. */
#include "counters/model_machine_private.h"

/* What firmware says of a node in the same package (Linux shows 12 for AMD's NPS modes, 11 or 12
 * for Intel's sub-NUMA clusters). */
#define SLIT_LOCAL   10
#define SLIT_PACKAGE 12

uint32_t hwp_model_cycles(const struct hwm_machine *m, double ns)
{
    return (uint32_t)(ns * m->mhz / 1000 + 0.5);
}

/* Firmware's distances overstate: latencies of two-socket servers are 1.5 to 1.9 times the local
 * one where it says 20 to 21. */
static double slit_ratio(unsigned slit)
{
    double ratio = 1 + 0.07 * ((double)slit - SLIT_LOCAL);

    return ratio < 1 ? 1 : ratio > 2 ? 2 : ratio;
}

static int package_of(const struct hwp_topology *t, size_t node)
{
    int cpu = t->nodes.len ? hwp_cpuset_next(&t->nodes.data[node].cpus, 0) : -1;
    const struct hwp_cpu *c = cpu < 0 ? NULL : hwp_topology_cpu(t, (unsigned)cpu);

    return c ? c->package : -1;
}

static double dram_ns(const struct hwp_model_build *b, unsigned from, unsigned to)
{
    const struct hwp_topology *t = b->topology;

    if (from == to)
        return b->uarch->dram_ns;
    unsigned slit = hwp_topology_distance(t, (int)from, (int)to);
    if (slit > 0)
        return b->uarch->dram_ns * slit_ratio(slit);
    int package = package_of(t, from);
    if (package >= 0 && package == package_of(t, to))
        return b->uarch->dram_ns * slit_ratio(SLIT_PACKAGE);
    return b->uarch->dram_remote_ns;
}

static void fill_dram(const struct hwp_model_build *b)
{
    struct hwm_machine *m = b->machine;
    double line_ns = m->line_bytes / b->uarch->dram_gb_per_s;
    uint32_t ticks = hwp_model_cycles(m, line_ns * HWM_TICKS);

    m->dram_service_ticks = ticks ? ticks : 1;
    for (unsigned from = 0; from < m->nr_nodes; from++)
        for (unsigned to = 0; to < m->nr_nodes; to++)
            m->dram_cycles[from][to] = hwp_model_cycles(m, dram_ns(b, from, to));
}

void hwp_model_build_times(const struct hwp_model_build *b)
{
    struct hwm_machine *m = b->machine;

    m->transfer_l3 = hwp_model_cycles(m, b->uarch->transfer_l3_ns);
    m->transfer_node = hwp_model_cycles(m, b->uarch->transfer_node_ns);
    m->transfer_remote = hwp_model_cycles(m, b->uarch->transfer_remote_ns);
    fill_dram(b);
    hwp_model_assume(b, "latencies and TLBs of %s at %u MHz", b->uarch->name, m->mhz);
}
