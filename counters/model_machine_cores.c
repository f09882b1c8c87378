/* Cores, L3 domains and nodes of the modelled machine, and where tasks and pages go on them. */
#include "counters/model_machine_private.h"

/* A machine whose topology has no cores, only CPUs, has one core for each. The hardware threads of
 * a core are one modelled core. */
static unsigned core_of(const struct hwp_topology *t, const struct hwp_cpu *c)
{
    return (unsigned)(t->nr_cores ? c->core : c->logical);
}

static unsigned or_first(int index)
{
    return index < 0 ? 0 : (unsigned)index;
}

/* Without L3s, each package has one (of an assumed size). CPUs outside of all L3s (low-power
 * clusters) share one more. */
static unsigned domain_of(const struct hwp_topology *t, const struct hwp_cpu *c)
{
    if (t->nr_l3 == 0)
        return or_first(c->package);
    return c->l3 < 0 ? t->nr_l3 : (unsigned)c->l3;
}

static struct hwp_error *check_size(const struct hwp_topology *t, unsigned nr_cores)
{
    if (nr_cores > HWM_MAX_CORES)
        return hwp_error_hint(
            hwp_error(HWP_E_UNSUPPORTED, "%u cores are more than can be modelled", nr_cores),
            "up to %d cores: export and cut the topology with hwloc (lstopo --restrict), or "
            "name a preset",
            HWM_MAX_CORES);
    if (t->nodes.len > HWM_MAX_NODES)
        return hwp_error_hint(hwp_error(HWP_E_UNSUPPORTED,
                                        "%zu NUMA nodes are more than can be modelled",
                                        t->nodes.len),
                              "up to %d nodes", HWM_MAX_NODES);
    return NULL;
}

static void add_core(const struct hwp_model_build *b, const struct hwp_cpu *c)
{
    struct hwm_machine *m = b->machine;
    struct hwm_core_place place = {
        .l3 = (uint16_t)domain_of(b->topology, c),
        .node = (uint16_t)or_first(c->node),
        .package = (uint16_t)or_first(c->package),
        .cpu = (uint16_t)c->cpu,
    };

    m->cores[core_of(b->topology, c)] = place;
    if (place.l3 >= m->nr_l3)
        m->nr_l3 = place.l3 + 1u;
    if (place.package >= m->nr_packages)
        m->nr_packages = place.package + 1u;
}

struct hwp_error *hwp_model_build_cores(const struct hwp_model_build *b)
{
    const struct hwp_topology *t = b->topology;
    unsigned nr_cores = t->nr_cores ? t->nr_cores : (unsigned)t->cpus.len;

    HWP_TRY(check_size(t, nr_cores));
    b->machine->nr_cores = nr_cores;
    b->machine->nr_nodes = t->nodes.len ? (uint32_t)t->nodes.len : 1;
    hwp_vec_foreach (&t->cpus, c)
        if (c->smt == 0 && core_of(t, c) < nr_cores)
            add_core(b, c);
    if (t->nr_kinds > 1)
        hwp_model_assume(b, "all cores are like the first");
    return NULL;
}

/* --- tasks and pages -------------------------------------------------------------------------- */

void hwp_model_machine_place(struct hwp_model_machine *m, const struct hwp_plan *plan)
{
    struct hwm_machine *machine = &m->machine;
    uint32_t n = 0;

    for (size_t i = 0; i < plan->slots.len && n < HWM_MAX_SLOTS; i++) {
        const struct hwp_cpu *c = hwp_topology_cpu(m->topology, plan->slots.data[i].cpu);
        if (c && core_of(m->topology, c) < machine->nr_cores)
            machine->slots[n++] = (uint16_t)core_of(m->topology, c);
    }
    if (n == 0)
        for (; n < machine->nr_cores; n++)
            machine->slots[n] = (uint16_t)n;
    machine->nr_slots = n;
}

static const enum hwm_policy kinds[] = {
    [HWP_MEMPOLICY_DEFAULT] = HWM_POLICY_DEFAULT,
    [HWP_MEMPOLICY_BIND] = HWM_POLICY_BIND,
    [HWP_MEMPOLICY_INTERLEAVE] = HWM_POLICY_INTERLEAVE,
};

void hwp_model_machine_memory(struct hwp_model_machine *m, const struct hwp_mempolicy *policy)
{
    struct hwm_memory_policy ret = {.kind = kinds[policy->kind]};

    hwp_vec_foreach (&m->topology->nodes, node)
        if (hwp_cpuset_has(&policy->nodes, node->os))
            ret.nodes |= UINT32_C(1) << node->node;
    m->machine.policy = ret;
}
