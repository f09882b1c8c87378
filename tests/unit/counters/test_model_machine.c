/* The modelled machine: presets, this machine, files and shapes, settings, placement. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "counters/model_machine.h"

static struct hwp_model_machine load(const char *name, const char *settings)
{
    struct hwp_model_machine m = {0};
    struct hwp_error *err = hwp_model_machine_load(name, settings, &m);

    if (err)
        fail_msg("%s %s: %s", name, settings ? settings : "", err->msg);
    return m;
}

static struct hwp_model_machine load_file(const char *file)
{
    char *path hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s/topology/%s", HWP_TEST_DATA, file);

    return load(path, NULL);
}

/* --- what must hold for every machine --------------------------------------------------------- */

static void check_cache(const char *name, const char *what, uint32_t line,
                        struct hwm_cache_geometry c)
{
    if (c.bytes == 0 || c.ways == 0 || c.ways > 64 || c.latency == 0 || c.bytes % line != 0 ||
        c.bytes / line % c.ways != 0)
        fail_msg("%s: %s %u/%u/%u", name, what, c.bytes, c.ways, c.latency);
}

static void check_tlb(const char *name, struct hwm_tlb_geometry t)
{
    if (t.entries == 0 || t.ways == 0 || t.entries % t.ways != 0)
        fail_msg("%s: TLB %u/%u", name, t.entries, t.ways);
}

static void check_cores(const char *name, const struct hwm_machine *m)
{
    bool domains[HWM_MAX_CORES] = {0};
    unsigned nr_domains = 0;

    for (unsigned i = 0; i < m->nr_cores; i++) {
        const struct hwm_core_place *c = &m->cores[i];
        if (c->l3 >= m->nr_l3 || c->node >= m->nr_nodes || c->package >= m->nr_packages)
            fail_msg("%s: core %u", name, i);
        nr_domains += !domains[c->l3];
        domains[c->l3] = true;
    }
    assert_int_equal(nr_domains, m->nr_l3);
}

static void check_times(const char *name, const struct hwm_machine *m)
{
    assert_in_range(m->mhz, 1000, 6000);
    assert_true(m->l1d.latency < m->l2.latency && m->l2.latency < m->l3.latency);
    assert_true(m->transfer_l3 <= m->transfer_node && m->transfer_node < m->transfer_remote);
    assert_true(m->cpi_ticks > 0 && m->dram_service_ticks > 0 && m->store_buffer > 0);
    for (unsigned from = 0; from < m->nr_nodes; from++)
        for (unsigned to = 0; to < m->nr_nodes; to++)
            if (m->dram_cycles[from][to] <= m->l3.latency ||
                (from != to && m->dram_cycles[from][to] <= m->dram_cycles[from][from]))
                fail_msg("%s: memory %u to %u", name, from, to);
}

static void check(const struct hwp_model_machine *machine)
{
    const struct hwm_machine *m = &machine->machine;

    assert_int_equal(m->magic, HWM_MAGIC);
    assert_int_equal(m->size, sizeof(*m));
    assert_in_range(m->nr_cores, 1, HWM_MAX_CORES);
    assert_in_range(m->nr_nodes, 1, HWM_MAX_NODES);
    check_cores(machine->name, m);
    check_cache(machine->name, "L1I", m->line_bytes, m->l1i);
    check_cache(machine->name, "L1D", m->line_bytes, m->l1d);
    check_cache(machine->name, "L2", m->line_bytes, m->l2);
    check_cache(machine->name, "L3", m->line_bytes, m->l3);
    check_tlb(machine->name, m->itlb);
    check_tlb(machine->name, m->dtlb);
    check_tlb(machine->name, m->stlb);
    check_times(machine->name, m);
}

/* --- machines --------------------------------------------------------------------------------- */

static void test_presets(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned cores, l3s, nodes, l1d, l2, l3, ways;
    } rows[] = {
        {"hsw", 4, 1, 1, 32 << 10, 256 << 10, 8 << 20, 16},
        {"skx2", 56, 2, 2, 32 << 10, 1 << 20, 40370176, 11},
        {"icx2", 80, 2, 2, 48 << 10, 1280 << 10, 60 << 20, 12},
        {"spr2", 112, 2, 2, 48 << 10, 2 << 20, 105 << 20, 15},
        {"zen4", 96, 12, 1, 32 << 10, 1 << 20, 32 << 20, 16},
        {"zen4x2", 192, 24, 2, 32 << 10, 1 << 20, 32 << 20, 16},
        {"zen4-2ccx", 16, 2, 1, 32 << 10, 1 << 20, 32 << 20, 16},
        {"n1", 80, 1, 1, 64 << 10, 1 << 20, 32 << 20, 16},
    };
    size_t nr_presets = 0;

    while (hwp_model_presets()[nr_presets].name)
        nr_presets++;
    assert_int_equal(nr_presets, hwp_array_size(rows));
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_model_machine p = load(rows[i].name, NULL);
        const struct hwm_machine *m = &p.machine;
        check(&p);
        if (m->nr_cores != rows[i].cores || m->nr_l3 != rows[i].l3s ||
            m->nr_nodes != rows[i].nodes || m->l1d.bytes != rows[i].l1d ||
            m->l2.bytes != rows[i].l2 || m->l3.bytes != rows[i].l3 || m->l3.ways != rows[i].ways)
            fail_msg("%s", rows[i].name);
        assert_non_null(p.topology->cpu_model);
        assert_int_equal(p.assumed.len, 0);
        hwp_model_machine_deinit(&p);
    }
}

/* In ns, whatever the clock: Skylake-SP as it was measured. */
static void test_latencies_of_a_preset(void **state)
{
    (void)state;
    struct hwp_model_machine skx = load("skx2", NULL), slow = load("skx2", "mhz=1000");

    assert_int_equal(skx.machine.dram_cycles[0][0], 256); /* 80 ns at 3.2 GHz */
    assert_int_equal(skx.machine.dram_cycles[1][0], 472);
    assert_int_equal(skx.machine.transfer_l3, 152);
    assert_int_equal(skx.machine.dram_service_ticks, 410); /* 64 B at 128 GB/s: 0.5 ns */
    assert_int_equal(slow.machine.dram_cycles[0][0], 80);
    assert_int_equal(slow.machine.dram_cycles[1][0], 148);
    assert_int_equal(slow.machine.dram_service_ticks, 128);
    assert_int_equal(slow.machine.l2.latency, skx.machine.l2.latency);
    hwp_model_machine_deinit(&skx);
    hwp_model_machine_deinit(&slow);
}

static bool was_assumed(const struct hwp_model_machine *m, const char *what)
{
    hwp_vec_foreach (&m->assumed, text)
        if (strstr(*text, what))
            return true;
    return false;
}

static void test_this(void **state)
{
    (void)state;
    struct hwp_model_machine a = load(NULL, NULL), b = load("this", NULL);

    check(&a);
    assert_true(a.topology->is_this_system);
    assert_memory_equal(&a.machine, &b.machine, sizeof(a.machine));
    assert_true(was_assumed(&a, "latencies"));
    if (a.topology->l2_bytes && a.topology->nr_l2 == a.topology->nr_cores)
        assert_int_equal(a.machine.l2.bytes, a.topology->l2_bytes);
    hwp_model_machine_deinit(&a);
    hwp_model_machine_deinit(&b);
}

static void test_files(void **state)
{
    (void)state;
    struct hwp_model_machine m = load_file("hybrid.xml");

    check(&m);
    assert_int_equal(m.machine.nr_cores, 6); /* of 8 CPUs */
    assert_int_equal(m.machine.l3.bytes, 12 << 20);
    assert_int_equal(m.machine.l3.ways, 8);
    assert_int_equal(m.machine.l2.bytes, 1280 << 10);
    assert_true(was_assumed(&m, "like the first"));
    assert_true(was_assumed(&m, "generic"));
    hwp_model_machine_deinit(&m);

    m = load_file("offline.xml");
    check(&m);
    assert_int_equal(m.machine.nr_cores, 4);
    assert_int_equal(m.machine.cores[2].cpu, 4);
    assert_int_equal(m.machine.nr_l3, 2); /* none is told: one for each package */
    assert_true(was_assumed(&m, "L3 4 MiB 16-way"));
    hwp_model_machine_deinit(&m);

    m = load_file("memory-only.xml");
    assert_int_equal(m.machine.nr_nodes, 2);
    assert_int_equal(m.machine.cores[3].node, 0);
    hwp_model_machine_deinit(&m);
}

/* A server as its firmware describes it: processor, ways and distances between nodes. */
static void test_processor_and_distances(void **state)
{
    (void)state;
    struct hwp_model_machine m = load_file("rome-distances.xml");

    check(&m);
    assert_true(was_assumed(&m, "Zen 2"));
    assert_int_equal(m.machine.mhz, 3200);
    assert_int_equal(m.machine.l1i.ways, 8);
    assert_int_equal(m.machine.l1i.bytes, 32 << 10);
    assert_int_equal(m.machine.l2.ways, 8);
    assert_false(was_assumed(&m, "L2"));
    assert_int_equal(m.machine.dram_cycles[0][0], 304); /* 95 ns */
    assert_int_equal(m.machine.dram_cycles[0][1], 347); /* 12: × 1.14 */
    assert_int_equal(m.machine.dram_cycles[0][2], 608); /* 32: × 2 at most */
    assert_int_equal(hwp_topology_distance(m.topology, 2, 0), 32);
    assert_int_equal(hwp_topology_distance(m.topology, 0, 9), 0);
    hwp_model_machine_deinit(&m);
}

/* Virtual machines often show CPUs and nothing else. */
static void test_small_vm(void **state)
{
    (void)state;
    struct hwp_model_machine m = load("pu:3", NULL);

    check(&m);
    assert_int_equal(m.machine.nr_cores, 3);
    assert_int_equal(m.machine.nr_l3, 1);
    assert_int_equal(m.machine.l1d.bytes, 32 << 10);
    assert_int_equal(m.machine.l2.bytes, 1 << 20);
    assert_int_equal(m.machine.l3.bytes, 6 << 20);
    assert_true(was_assumed(&m, "L1D 32 KiB 8-way"));
    assert_true(was_assumed(&m, "L2 1 MiB 16-way"));
    assert_true(was_assumed(&m, "L3 6 MiB 16-way"));
    hwp_model_machine_deinit(&m);

    m = load("pu:3", "l2=512K"); /* what is said is not assumed */
    assert_true(was_assumed(&m, "L1D 32 KiB 8-way"));
    assert_false(was_assumed(&m, "L2"));
    assert_true(was_assumed(&m, "L3 6 MiB 16-way"));
    hwp_model_machine_deinit(&m);
}

static void test_shapes(void **state)
{
    (void)state;
    /* Two hardware threads a core; an L2 for four cores; ways that don't divide. */
    struct hwp_model_machine m =
        load("pack:2 [numa] l3:2(size=12582912) l2:2(size=2097152) core:4 pu:2", NULL);

    check(&m);
    assert_int_equal(m.machine.nr_cores, 32);
    assert_int_equal(m.machine.nr_l3, 4);
    assert_int_equal(m.machine.l2.bytes, 512 << 10);
    assert_true(was_assumed(&m, "L2"));
    assert_int_equal(m.machine.cores[31].cpu, 62);
    assert_int_equal(m.machine.cores[31].node, 1);
    hwp_model_machine_deinit(&m);

    /* 36 lines are no whole sets of 8, but of 9. */
    m = load("l3:1 l2:1 l1d:1(size=2304) core:1 pu:1", NULL);
    assert_int_equal(m.machine.l1d.bytes, 2304);
    assert_int_equal(m.machine.l1d.ways, 9);
    hwp_model_machine_deinit(&m);

    /* Nodes of one package are near each other. */
    m = load("pack:2 l3:2 [numa] core:2 pu:1", NULL);
    check(&m);
    assert_true(m.machine.dram_cycles[0][1] < m.machine.dram_cycles[0][2]);
    hwp_model_machine_deinit(&m);
}

/* --- settings --------------------------------------------------------------------------------- */

static void test_settings(void **state)
{
    (void)state;
    struct hwp_model_machine s =
        load("skx2", "l1d=48K/12/5,l2=2m,l3=0,dtlb=96/6,stlb=0,walk=10ns,ipc=4,overlap=100,"
                     "store-buffer=8,transfer-l3=33,dram=100ns,dram-remote=999,"
                     "dram-bandwidth=64,mhz=2000,prefetch=off,adjacent=off,branches=off,"
                     "slice=500,seed=18446744073709551615,mispredict=0");
    const struct hwm_machine *m = &s.machine;

    assert_int_equal(m->l1d.bytes, 48 << 10);
    assert_int_equal(m->l1d.ways, 12);
    assert_int_equal(m->l1d.latency, 5);
    assert_int_equal(m->l2.bytes, 2 << 20);
    assert_int_equal(m->l2.ways, 16);
    assert_int_equal(m->l3.bytes, 0);
    assert_int_equal(m->dtlb.entries, 96);
    assert_int_equal(m->stlb.entries, 0);
    assert_int_equal(m->walk_cycles, 20);
    assert_int_equal(m->cpi_ticks, HWM_TICKS / 4);
    assert_int_equal(m->overlap_percent, 100);
    assert_int_equal(m->store_buffer, 8);
    assert_int_equal(m->transfer_l3, 33);
    assert_int_equal(m->dram_cycles[1][1], 200);
    assert_int_equal(m->dram_cycles[1][0], 999);
    assert_int_equal(m->dram_service_ticks, 512); /* 1 ns at 2 GHz */
    assert_int_equal(m->mhz, 2000);
    assert_int_equal(m->flags & (HWM_PREFETCH | HWM_ADJACENT | HWM_PREDICTOR), 0);
    assert_int_equal(m->slice_cycles, 500);
    assert_true(m->seed == UINT64_MAX);
    assert_int_equal(m->mispredict_cycles, 0);
    hwp_model_machine_deinit(&s);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *name, *settings, *msg, *hint;
    } rows[] = {
        {__LINE__, "skx3", NULL, "no machine 'skx3'", "skx2"},
        {__LINE__, "ENIAC", NULL, "no machine 'ENIAC'", "a preset (hsw, skx2"},
        {__LINE__, "/no/such.xml", NULL, "No such file", "lstopo"},
        {__LINE__, "pack:x core:2", NULL, "synthetic", "outermost first"},
        {__LINE__, "core:257 pu:1", NULL, "257 cores", "up to 256"},
        {__LINE__, "numa:17 pu:1", NULL, "17 NUMA nodes", "up to 16"},
        {__LINE__, "skx2", "l4=1M/8", "no machine setting 'l4'", "l2"},
        {__LINE__, "skx2", "overlp=1", "no machine setting 'overlp'", "overlap"},
        {__LINE__, "skx2", "l2", "'l2' has no value", "KEY=VALUE"},
        {__LINE__, "skx2", "l2=", "l2=: not a cache", "BYTES"},
        {__LINE__, "skx2", "l2=1M/7", "ways don't divide", "l2=BYTES"},
        {__LINE__, "skx2", "l2=1M/0", "1 to 64 ways", "l2=BYTES"},
        {__LINE__, "skx2", "l2=1M/16/0", "latency", "CYCLES"},
        {__LINE__, "skx2", "l2=1M/16/14/2", "not a cache", "BYTES"},
        {__LINE__, "skx2", "l1d=0", "caches of its own", "BYTES"},
        {__LINE__, "skx2", "l2=1M ", "not a cache", "BYTES"},
        {__LINE__, "skx2", "l2=100/1", "ways don't divide", "BYTES"},
        {__LINE__, "skx2", "l3=2G/16", "largest cache", "BYTES"},
        {__LINE__, "skx2", "l3=99999999999999999999G/16", "not a cache", "BYTES"},
        {__LINE__, "skx2", "dtlb=64/5", "ways don't divide", "ENTRIES"},
        {__LINE__, "skx2", "dtlb=8/16", "ways don't divide", "ENTRIES"},
        {__LINE__, "skx2", "walk=fast", "not a latency", "CYCLES"},
        {__LINE__, "skx2", "dram=-5", "not a latency", "CYCLES"},
        {__LINE__, "skx2", "dram=1e9ns", "up to 100000", "CYCLES"},
        {__LINE__, "skx2", "ipc=0", "0.01 to 16", "NUMBER"},
        {__LINE__, "skx2", "ipc=nan", "0.01 to 16", "NUMBER"},
        {__LINE__, "skx2", "overlap=101", "0 to 100", "PERCENT"},
        {__LINE__, "skx2", "dram-bandwidth=0", "0.01 to", "GB/s"},
        {__LINE__, "skx2", "prefetch=yes", "neither on nor off", "on|off"},
        {__LINE__, "skx2", "mhz=1", "100 to 10000", "mhz=NUMBER"},
        {__LINE__, "skx2", "l2=1M/16,", "'' has no value", "KEY=VALUE"},
    };

    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_model_machine m = {.name = NULL};
        struct hwp_error *err = hwp_model_machine_load(rows[i].name, rows[i].settings, &m);
        if (!err)
            fail_msg("line %d: no error", rows[i].line);
        if (!strstr(err->msg, rows[i].msg) || !err->hint || !strstr(err->hint, rows[i].hint))
            fail_msg("line %d: %s (%s)", rows[i].line, err->msg, err->hint ? err->hint : "");
        assert_null(m.topology);
        hwp_error_destroy(err);
    }
}

/* --- tasks, pages, text ----------------------------------------------------------------------- */

static void place(struct hwp_model_machine *m, const char *text)
{
    struct hwp_plan *plan hwp_cleanup(hwp_plan_cleanup) = NULL;

    assert_null(hwp_plan_create(m->topology, text, &plan));
    hwp_model_machine_place(m, plan);
}

static void test_place(void **state)
{
    (void)state;
    struct hwp_model_machine m = load("pack:2 [numa] l3:1 core:4 pu:2", NULL);

    place(&m, "15,2,3");
    assert_int_equal(m.machine.nr_slots, 3);
    assert_int_equal(m.machine.slots[0], 7);
    assert_int_equal(m.machine.slots[1], 1);
    assert_int_equal(m.machine.slots[2], 1);
    place(&m, "none");
    assert_int_equal(m.machine.nr_slots, 8);
    assert_int_equal(m.machine.slots[7], 7);
    place(&m, "cores");
    assert_int_equal(m.machine.nr_slots, 16);
    assert_int_equal(m.machine.slots[1], 1);
    assert_int_equal(m.machine.slots[8], 0);
    hwp_model_machine_deinit(&m);
}

static void test_memory(void **state)
{
    (void)state;
    struct hwp_model_machine m = load_file("memory-only.xml"); /* nodes 0 and 4 */
    struct hwp_mempolicy policy;
    struct hwp_mempolicy none = {0};

    hwp_model_machine_memory(&m, &none);
    assert_int_equal(m.machine.policy.kind, HWM_POLICY_DEFAULT);
    assert_int_equal(m.machine.policy.nodes, 0);
    assert_null(hwp_mempolicy_parse(m.topology, HWP_MEMPOLICY_BIND, "1", &policy));
    hwp_model_machine_memory(&m, &policy);
    assert_int_equal(m.machine.policy.kind, HWM_POLICY_BIND);
    assert_int_equal(m.machine.policy.nodes, 2);
    assert_null(hwp_mempolicy_parse(m.topology, HWP_MEMPOLICY_INTERLEAVE, "all", &policy));
    hwp_model_machine_memory(&m, &policy);
    assert_int_equal(m.machine.policy.kind, HWM_POLICY_INTERLEAVE);
    assert_int_equal(m.machine.policy.nodes, 3);
    hwp_model_machine_deinit(&m);
}

static void test_text(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "56 cores, 2 L3 domains, 2 NUMA nodes, 3200 MHz",
        "38.5 MiB, 11-way, 66 cycles",
        "1536 entries, 12-way, +9 cycles",
        "472 cycles, 147.5 ns",
        "128 GB/s per node",
        "L2               none\n",
    };
    struct hwp_model_machine m = load("skx2", "l2=0");
    char *text = hwp_model_machine_text(&m);

    for (size_t i = 0; i < hwp_array_size(wanted); i++)
        if (!strstr(text, wanted[i]))
            fail_msg("no '%s' in:\n%s", wanted[i], text);
    free(text);
    hwp_model_machine_deinit(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_presets),
        cmocka_unit_test(test_latencies_of_a_preset),
        cmocka_unit_test(test_this),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_processor_and_distances),
        cmocka_unit_test(test_small_vm),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
