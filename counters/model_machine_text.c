/* The modelled machine as text. */
#include "counters/model_machine_private.h"
#include "topology/draw.h"

static void add_cache(struct hwp_str *s, const char *what, struct hwm_cache_geometry c)
{
    hwp_str_addf(s, "%-17s", what);
    if (c.bytes) {
        hwp_topology_add_bytes(s, c.bytes);
        hwp_str_addf(s, ", %u-way, %u cycles", c.ways, c.latency);
    } else {
        hwp_str_add(s, "none");
    }
    hwp_str_addc(s, '\n');
}

static void add_tlb(struct hwp_str *s, const char *what, struct hwm_tlb_geometry t)
{
    hwp_str_addf(s, "%-17s", what);
    if (t.entries)
        hwp_str_addf(s, "%u entries, %u-way", t.entries, t.ways);
    else
        hwp_str_add(s, "none");
    if (t.entries && t.latency)
        hwp_str_addf(s, ", +%u cycles", t.latency);
    hwp_str_addc(s, '\n');
}

static void add_cycles(struct hwp_str *s, const char *what, uint32_t cycles,
                       const struct hwm_machine *m)
{
    hwp_str_addf(s, "%-17s%u cycles, %.1f ns\n", what, cycles, cycles * 1000.0 / m->mhz);
}

static void add_core(struct hwp_str *s, const struct hwm_machine *m)
{
    add_cache(s, "L1I", m->l1i);
    add_cache(s, "L1D", m->l1d);
    add_cache(s, "L2", m->l2);
    add_cache(s, "L3", m->l3);
    add_tlb(s, "ITLB", m->itlb);
    add_tlb(s, "DTLB", m->dtlb);
    add_tlb(s, "STLB", m->stlb);
    hwp_str_addf(s, "%-17s+%u cycles\n", "page walk", m->walk_cycles);
    hwp_str_addf(s, "%-17s%.2f instructions per cycle with everything at hand\n", "core",
                 (double)HWM_TICKS / m->cpi_ticks);
    hwp_str_addf(s, "%-17s%u cycles\n", "misprediction", m->mispredict_cycles);
    hwp_str_addf(s, "%-17s%u cycles\n", "atomic", m->atomic_cycles);
    hwp_str_addf(s, "%-17s%u cycles\n", "store to load", m->forward_cycles);
    hwp_str_addf(s, "%-17s%u entries\n", "store buffer", m->store_buffer);
    hwp_str_addf(s, "%-17s%u %% of a load's latency, %u %% of a store's\n", "not hidden",
                 m->overlap_percent, m->store_overlap_percent);
    hwp_str_addf(s, "%-17sstream %s, adjacent line %s\n", "prefetch",
                 m->flags & HWM_PREFETCH ? "on" : "off", m->flags & HWM_ADJACENT ? "on" : "off");
    hwp_str_addf(s, "%-17s%s\n", "branch predictor", m->flags & HWM_PREDICTOR ? "on" : "off");
}

/* The nearest and the farthest of the latencies between nodes. */
static void add_remote(struct hwp_str *s, const struct hwm_machine *m)
{
    uint32_t least = UINT32_MAX, most = 0;

    for (unsigned from = 0; from < m->nr_nodes; from++)
        for (unsigned to = 0; to < m->nr_nodes; to++) {
            uint32_t cycles = m->dram_cycles[from][to];
            if (from == to)
                continue;
            least = cycles < least ? cycles : least;
            most = cycles > most ? cycles : most;
        }
    add_cycles(s, "remote memory", least, m);
    if (most != least)
        add_cycles(s, "  farthest", most, m);
}

static bool has_nodes_of_many_l3(const struct hwm_machine *m)
{
    for (unsigned i = 1; i < m->nr_cores; i++)
        if (m->cores[i].node == m->cores[i - 1].node && m->cores[i].l3 != m->cores[i - 1].l3)
            return true;
    return false;
}

static void add_transfers(struct hwp_str *s, const struct hwm_machine *m)
{
    if (m->nr_cores > 1)
        add_cycles(s, "line, same L3", m->transfer_l3, m);
    if (has_nodes_of_many_l3(m))
        add_cycles(s, "line, other L3", m->transfer_node, m);
    if (m->nr_nodes > 1)
        add_cycles(s, "line, other node", m->transfer_remote, m);
    add_cycles(s, "memory", m->dram_cycles[0][0], m);
    if (m->nr_nodes > 1)
        add_remote(s, m);
    hwp_str_addf(s, "%-17s%.3g GB/s per node\n", "bandwidth",
                 (double)m->line_bytes * m->mhz / 1000 * HWM_TICKS / m->dram_service_ticks);
}

char *hwp_model_machine_text(const struct hwp_model_machine *machine)
{
    const struct hwm_machine *m = &machine->machine;
    struct hwp_str s = {0};

    hwp_str_addf(&s, "%-17s%u cores, %u L3 domain%s, %u NUMA node%s, %u MHz, lines of %u bytes\n",
                 "modelled", m->nr_cores, m->nr_l3, m->nr_l3 == 1 ? "" : "s", m->nr_nodes,
                 m->nr_nodes == 1 ? "" : "s", m->mhz, m->line_bytes);
    add_core(&s, m);
    add_transfers(&s, m);
    hwp_vec_foreach (&machine->assumed, text)
        hwp_str_addf(&s, "%-17s%s\n", "assumed", *text);
    return hwp_str_steal(&s);
}
