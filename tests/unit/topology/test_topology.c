/* Machines of many shapes, as tables and as a line of text. */
#include "load.h"

#include <stdlib.h>
#include <unistd.h>

static void test_summary(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *what, *summary;
    } rows[] = {
        {__LINE__, SMT, "2 packages, 8 cores, 16 CPUs, 2 × L3 32 MiB, 2 NUMA nodes"},
        {__LINE__, "pack:1 l3:1(size=33554432) core:2 pu:1",
         "1 package, 2 cores, 2 CPUs, L3 32 MiB, 1 NUMA node"},
        {__LINE__, "pu:1", "1 CPU, 1 NUMA node"},
        {__LINE__, "pack:1 l2:2(size=1572864) core:2 pu:1",
         "1 package, 4 cores, 4 CPUs, 2 × L2 1.5 MiB, 1 NUMA node"},
        {__LINE__, "pack:8 [numa] core:2 pu:1", "8 packages, 16 cores, 16 CPUs, 8 NUMA nodes"},
        {__LINE__, HYBRID, "Example Hybrid 1240P, 1 package, 6 cores, 8 CPUs, L3 12 MiB, "
                           "1 NUMA node"},
        {__LINE__, OFFLINE, "2 packages, 4 cores, 6 CPUs, 2 NUMA nodes"},
        {__LINE__, MEMORY, "1 package, 4 cores, 4 CPUs, 2 NUMA nodes"},
    };

    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_topology *t = load(rows[i].what, NULL);
        char *text = hwp_topology_summary(t);
        if (strcmp(text, rows[i].summary) != 0)
            fail_msg("row at line %d: %s", rows[i].line, text);
        free(text);
        hwp_topology_destroy(t);
    }
}

static void test_cpus(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *what;
        unsigned cpu;
        int logical, core, l3, node, package, smt, kind;
    } rows[] = {
        {__LINE__, SMT, 0, 0, 0, 0, 0, 0, 0, -1},
        {__LINE__, SMT, 9, 9, 4, 1, 1, 1, 1, -1},
        {__LINE__, SMT, 15, 15, 7, 1, 1, 1, 1, -1},
        {__LINE__, "pu:1", 0, 0, -1, -1, 0, -1, 0, -1},
        {__LINE__, "pack:1 core:2 pu:1", 1, 1, 1, -1, 0, 0, 0, -1},
        {__LINE__, HYBRID, 1, 1, 0, 0, 0, 0, 1, 1},
        {__LINE__, HYBRID, 7, 7, 5, 0, 0, 0, 0, 0},
        {__LINE__, OFFLINE, 4, 3, 2, -1, 1, 1, 0, -1},
        {__LINE__, OFFLINE, 7, 5, 3, -1, 1, 1, 0, -1},
        {__LINE__, MEMORY, 3, 3, 3, -1, 0, 0, 0, -1},
    };

    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_topology *t = load(rows[i].what, NULL);
        const struct hwp_cpu *c = hwp_topology_cpu(t, rows[i].cpu);
        if (!c || c->cpu != rows[i].cpu || c->logical != rows[i].logical ||
            c->core != rows[i].core || c->l3 != rows[i].l3 || c->node != rows[i].node ||
            c->package != rows[i].package || c->smt != rows[i].smt || c->kind != rows[i].kind)
            fail_msg("row at line %d", rows[i].line);
        hwp_topology_destroy(t);
    }
}

static void test_offline_and_memory_only(void **state)
{
    (void)state;
    struct hwp_topology *t = load(OFFLINE, NULL);
    char *online = hwp_cpuset_format(&t->online);

    assert_string_equal(online, "0-2,4-5,7");
    free(online);
    assert_null(hwp_topology_cpu(t, 3));
    assert_null(hwp_topology_cpu(t, 4000));
    assert_null(hwp_topology_cpu(t, 5000));
    assert_false(t->is_this_system);
    hwp_topology_destroy(t);

    t = load(MEMORY, NULL);
    assert_int_equal(t->nodes.len, 2);
    assert_int_equal(t->nodes.data[1].os, 4);
    assert_int_equal(hwp_cpuset_count(&t->nodes.data[0].cpus), 4);
    assert_int_equal(hwp_cpuset_count(&t->nodes.data[1].cpus), 0);
    assert_true(t->nodes.data[1].bytes == UINT64_C(64) << 30);
    hwp_topology_destroy(t);
}

static void test_xml_keeps_what_is_allowed(void **state)
{
    (void)state;
    struct hwp_topology *t = load(SMT, "2-5,4000"), *again = NULL;
    char *xml;

    assert_null(hwp_topology_to_xml(t, &xml));
    assert_null(hwp_topology_load(HWP_TOPOLOGY_XML_TEXT, xml, NULL, &again));
    char *allowed = hwp_cpuset_format(&again->allowed);
    assert_string_equal(allowed, "2-5");
    assert_true(hwp_cpuset_equal(&again->online, &t->online));
    assert_int_equal(again->cpus.len, 16);
    assert_true(again->l3_bytes == 33554432);
    free(allowed);
    free(xml);
    hwp_topology_destroy(again);
    hwp_topology_destroy(t);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        int line;
        enum hwp_topology_from from;
        const char *spec, *error;
    } rows[] = {
        {__LINE__, HWP_TOPOLOGY_SYNTHETIC, "", "not an hwloc synthetic topology"},
        {__LINE__, HWP_TOPOLOGY_SYNTHETIC, "zork:2", "'zork:2' is not"},
        {__LINE__, HWP_TOPOLOGY_SYNTHETIC, "pack:2 core:", "is not an hwloc synthetic"},
        {__LINE__, HWP_TOPOLOGY_SYNTHETIC, "pack:4000 core:4000", "too many CPUs"},
        {__LINE__, HWP_TOPOLOGY_SYNTHETIC, "pu:99999999999999999999999", "too many CPUs"},
        {__LINE__, HWP_TOPOLOGY_SYNTHETIC, "pu:0x7fffffff", "too many CPUs"},
        {__LINE__, HWP_TOPOLOGY_XML, "/nonexistent/x", "No such file"},
        {__LINE__, HWP_TOPOLOGY_XML, "/dev/null", "/dev/null is not hwloc XML"},
        {__LINE__, HWP_TOPOLOGY_XML, "/proc/self/status", "is not hwloc XML"},
        {__LINE__, HWP_TOPOLOGY_XML, "-", "standard input"},
        {__LINE__, HWP_TOPOLOGY_XML_TEXT, "", "is not hwloc XML"},
        {__LINE__, HWP_TOPOLOGY_XML_TEXT, "<topology", "is not hwloc XML"},
        {__LINE__, HWP_TOPOLOGY_XML_TEXT, "<topology version=\"2.0\"></topology>",
         "is not hwloc XML"},
    };

    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_topology *t = NULL;
        struct hwp_error *err = hwp_topology_load(rows[i].from, rows[i].spec, NULL, &t);
        if (!err || !strstr(err->msg, rows[i].error) || t)
            fail_msg("row at line %d: %s", rows[i].line, err ? err->msg : "no error");
        hwp_error_destroy(err);
    }
}

static void test_nothing_allowed(void **state)
{
    (void)state;
    struct hwp_topology *t = NULL;
    struct hwp_cpuset none = {0};
    struct hwp_error *err = hwp_topology_load(HWP_TOPOLOGY_SYNTHETIC, "pu:4", &none, &t);

    assert_non_null(err);
    assert_non_null(strstr(err->msg, "no CPU of this topology is allowed"));
    hwp_error_destroy(err);
}

static void test_this_machine(void **state)
{
    (void)state;
    struct hwp_topology *t = NULL;
    struct hwp_cpuset mine, allowed;

    unsetenv("HWLOC_XMLFILE");
    unsetenv("HWLOC_SYNTHETIC");
    assert_null(hwp_topology_load(HWP_TOPOLOGY_THIS, NULL, NULL, &t));
    assert_true(t->is_this_system);
    assert_int_equal(t->cpus.len, sysconf(_SC_NPROCESSORS_ONLN));
    assert_int_equal(hwp_cpuset_of_task(0, &mine), 0);
    allowed = t->allowed;
    hwp_cpuset_and(&allowed, &mine);
    assert_true(hwp_cpuset_equal(&allowed, &t->allowed));
    assert_null(getenv("HWLOC_HIDE_ERRORS"));
    hwp_topology_destroy(t);

    /* hwloc's own variables replace the machine. */
    setenv("HWLOC_SYNTHETIC", "pack:3 core:1 pu:1", 1);
    assert_null(hwp_topology_load(HWP_TOPOLOGY_THIS, NULL, NULL, &t));
    unsetenv("HWLOC_SYNTHETIC");
    assert_int_equal(t->nr_packages, 3);
    assert_false(t->is_this_system);
    hwp_topology_destroy(t);
    hwp_topology_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_cpus),
        cmocka_unit_test(test_offline_and_memory_only),
        cmocka_unit_test(test_xml_keeps_what_is_allowed),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_nothing_allowed),
        cmocka_unit_test(test_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
