/* What the modelled PMU answers: the table, the names it goes by, and what it can't answer. */
#include "unit.h"

#include <string.h>

#include "counters/generic.h"
#include "counters/model_events.h"

static void test_table_is_sound(void **state)
{
    const uint64_t all = (UINT64_C(1) << HWM_NR_COUNTERS) - 1;

    (void)state;
    for (const struct hwp_model_event *ev = hwp_model_events; ev->name; ev++) {
        assert_true(ev->plus != 0 && (ev->plus & ~all) == 0 && (ev->minus & ~all) == 0);
        assert_int_equal(ev->plus & ev->minus, 0);
        assert_true(ev->description && *ev->description);
        assert_ptr_equal(hwp_model_event_find(ev->name), ev);
        if (ev->papi)
            assert_ptr_equal(hwp_model_event_find(ev->papi), ev);
    }
}

/* Each counter of the model can be asked for by some name. */
static void test_every_counter_can_be_asked_for(void **state)
{
    uint64_t seen = 0;

    (void)state;
    for (const struct hwp_model_event *ev = hwp_model_events; ev->name; ev++)
        seen |= ev->plus;
    assert_int_equal(seen, (UINT64_C(1) << HWM_NR_COUNTERS) - 1);
}

static void test_names(void **state)
{
    static const struct {
        const char *asked, *found; /* NULL: nothing */
    } rows[] = {
        {"cycles", "cycles"},
        {"cpu-cycles", "cycles"},
        {"cycles:u", "cycles"},
        {"branch-instructions:ppp", "branches"},
        {"idle-cycles-backend", "stalled-cycles-backend"},
        {"l1d-miss", "L1-dcache-load-misses"},
        {"LLC-load-misses", "LLC-load-misses"},
        {"L2-loads", "LLC-loads"}, /* as perf reads it */
        {"dTLB-stores", "dTLB-stores"},
        {"PAPI_L2_DCM", "PAPI_L2_DCM"},
        {"PAPI_TOT_CYC", "cycles"},
        {"hitm-remote", "hitm-remote"},
        {"contended-atomics:u", "contended-atomics"},
        {"bus-cycles", NULL},
        {"L1-dcache-prefetches", NULL},
        {"page-faults", NULL},
        {"cpu-clock", NULL},
        {"PAPI_FP_OPS", NULL},
        {"sched:sched_switch", NULL},
        {"no-such-event", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct hwp_model_event *ev = hwp_model_event_find(rows[i].asked);
        if (!ev != !rows[i].found || (ev && strcmp(ev->name, rows[i].found) != 0))
            fail_msg("'%s' is '%s', not '%s'", rows[i].asked, ev ? ev->name : "nothing",
                     rows[i].found ? rows[i].found : "nothing");
    }
}

/* Our own names must mean nothing to perf: there they would count something else. */
static void test_own_names_are_not_perfs(void **state)
{
    struct hwp_generic row;
    bool own = false;

    (void)state;
    for (const struct hwp_model_event *ev = hwp_model_events; ev->name; ev++) {
        own |= strcmp(ev->name, "atomics") == 0;
        own &= strncmp(ev->name, "PAPI_", 5) != 0;
        if (own && hwp_generic_find(ev->name, &row))
            fail_msg("'%s' is an event of perf's", ev->name);
    }
}

static void test_encodings(void **state)
{
    static const struct {
        const char *text, *found, *why; /* `why`: part of the reason */
    } rows[] = {
        {"cycles", "cycles", NULL},
        {"cpu-cycles:u", "cycles", NULL},
        {"cycles:uk", "cycles", NULL},
        {"cycles:k", NULL, "kernel code"},
        {"cycles:G", NULL, "guests"},
        {"L1-dcache-load-misses:u", "L1-dcache-load-misses", NULL},
        {"hitm-local", "hitm-local", NULL},
        {"atomics:u", "atomics", NULL},
        {"atomics:k", NULL, "kernel code"},
        {"page-faults", NULL, "kernel"},
        {"task-clock", NULL, "not time"},
        {"r01c0", NULL, "one kind of CPU"},
        {"mem:0x1000", NULL, "watchpoints"},
        {"bus-cycles", NULL, "no such event"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct hwp_encodings list = {0};
        const char *why = NULL;

        assert_null(hwp_events_resolve(rows[i].text, &list));
        const struct hwp_model_event *ev = hwp_model_event_of(&list.data[0], &why);
        if (!ev != !rows[i].found || (ev && strcmp(ev->name, rows[i].found) != 0))
            fail_msg("%s is %s", rows[i].text, ev ? ev->name : why);
        if (!ev && !strstr(why, rows[i].why))
            fail_msg("%s: %s", rows[i].text, why);
        hwp_encodings_deinit(&list);
    }
}

/* PAPI's own answer here may be one native event, several, or none: the model's is the same. */
static void test_preset_whatever_papi_makes_of_it(void **state)
{
    const struct hwp_encoding part = {.name = (char[]){"PAPI_L1_DCM[L1D:REPLACEMENT]"},
                                      .preset = (char[]){"PAPI_L1_DCM"},
                                      .attr = {.type = PERF_TYPE_RAW}};
    const struct hwp_encoding whole = {.name = (char[]){"PAPI_L1_DCM:u"},
                                       .attr = {.type = PERF_TYPE_RAW}};
    const struct hwp_encoding none = {.name = (char[]){"PAPI_L1_DCM"},
                                      .unavailable = (char[]){"PAPI has none"},
                                      .attr = {.type = PERF_TYPE_RAW}};
    const struct hwp_model_event *want = hwp_model_event_find("PAPI_L1_DCM");
    const char *why;

    (void)state;
    assert_non_null(want);
    assert_ptr_equal(hwp_model_event_of(&part, &why), want);
    assert_ptr_equal(hwp_model_event_of(&whole, &why), want);
    assert_ptr_equal(hwp_model_event_of(&none, &why), want);
}

static void test_own_names_resolve_everywhere(void **state)
{
    struct hwp_encodings list = {0};

    (void)state;
    assert_null(hwp_events_resolve("hitm-remote:u,cycles", &list));
    assert_int_equal(list.len, 2);
    assert_string_equal(list.data[0].name, "hitm-remote:u");
    assert_string_equal(list.data[0].remedy, "--source model");
    assert_non_null(strstr(list.data[0].unavailable, "modelled PMU"));
    hwp_encodings_deinit(&list);
}

static void test_values(void **state)
{
    uint64_t counters[HWM_NR_COUNTERS] = {0};

    (void)state;
    counters[HWM_LLC_LOAD_MISSES] = 5;
    counters[HWM_LLC_STORE_MISSES] = 7;
    counters[HWM_LLC_CODE_MISSES] = 11;
    counters[HWM_BRANCHES] = 100;
    counters[HWM_BRANCH_MISSES] = 3;
    assert_int_equal(hwp_model_event_value(hwp_model_event_find("cache-misses"), counters), 23);
    assert_int_equal(hwp_model_event_value(hwp_model_event_find("LLC-load-misses"), counters), 5);
    assert_int_equal(hwp_model_event_value(hwp_model_event_find("PAPI_BR_PRC"), counters), 97);
    counters[HWM_BRANCHES] = 1; /* a stream cut short between the two */
    assert_int_equal(hwp_model_event_value(hwp_model_event_find("PAPI_BR_PRC"), counters), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_sound),
        cmocka_unit_test(test_every_counter_can_be_asked_for),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_own_names_are_not_perfs),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_preset_whatever_papi_makes_of_it),
        cmocka_unit_test(test_own_names_resolve_everywhere),
        cmocka_unit_test(test_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
