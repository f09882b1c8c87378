#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "analysis/metrics.h"
#include "base/attr.h"
#include "base/mem.h"

static void roles_follow_from_names(void **state)
{
    static const struct {
        int line;
        const char *name;
        enum hwp_role role;
        const char *pmu, *levels;
    } rows[] = {
        {__LINE__, "cycles", HWP_ROLE_CYCLES, "", ""},
        {__LINE__, "cpu-cycles", HWP_ROLE_CYCLES, "", ""},
        {__LINE__, "cycles:u", HWP_ROLE_CYCLES, "", "u"},
        {__LINE__, "cycles:ppp", HWP_ROLE_CYCLES, "", ""},
        {__LINE__, "cycles:ukp", HWP_ROLE_CYCLES, "", "ku"},
        {__LINE__, "PAPI_TOT_CYC", HWP_ROLE_CYCLES, "", ""},
        {__LINE__, "papi_tot_ins:u", HWP_ROLE_INSTRUCTIONS, "", "u"},
        {__LINE__, "cpu/cycles/", HWP_ROLE_CYCLES, "", ""},
        {__LINE__, "cpu_core/cycles/", HWP_ROLE_CYCLES, "cpu_core", ""},
        {__LINE__, "cpu_atom/instructions/uk", HWP_ROLE_INSTRUCTIONS, "cpu_atom", "ku"},
        {__LINE__, "cpu/event=0xc0,name=instructions/u", HWP_ROLE_INSTRUCTIONS, "", "u"},
        {__LINE__, "cpu/event=0xc0/", HWP_ROLE_NONE, "", ""},
        {__LINE__, "skx::INST_RETIRED:ANY_P:u", HWP_ROLE_INSTRUCTIONS, "", "u"},
        {__LINE__, "skx::INST_RETIRED:ANY_P:u:k", HWP_ROLE_INSTRUCTIONS, "", "ku"},
        {__LINE__, "LLC-load-misses", HWP_ROLE_LLC_LOAD_MISSES, "", ""},
        {__LINE__, "branch-instructions:k", HWP_ROLE_BRANCHES, "", "k"},
        {__LINE__, "task-clock", HWP_ROLE_CPU_TIME, "", ""},
        {__LINE__, "cpu-clock:u", HWP_ROLE_CPU_TIME, "", "u"},
        {__LINE__, "sched:sched_switch", HWP_ROLE_NONE, "", ""},
        {__LINE__, "cyclesx", HWP_ROLE_NONE, "", ""},
        {__LINE__, "", HWP_ROLE_NONE, "", ""},
        {__LINE__, ":", HWP_ROLE_NONE, "", ""},
        {__LINE__, "/", HWP_ROLE_NONE, "", ""},
        {__LINE__, "//", HWP_ROLE_NONE, "", ""},
        {__LINE__, "cycles:", HWP_ROLE_NONE, "", ""},
        {__LINE__, "a_pmu_with_a_name_that_is_far_too_long_to_keep/cycles/", HWP_ROLE_CYCLES, "",
         ""},
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_role_match m = hwp_role_find(rows[i].name);
        if (m.role != rows[i].role || strcmp(m.pmu, rows[i].pmu) != 0 ||
            strcmp(m.levels, rows[i].levels) != 0)
            fail_msg("line %d: %s is role %d, pmu '%s', levels '%s'", rows[i].line, rows[i].name,
                     m.role, m.pmu, m.levels);
    }
}

/* Names of their own, one per role, to build events from. */
static const char *name_of_role(enum hwp_role role)
{
    static const struct {
        const char *name;
        enum hwp_role role;
    } names[] = {
#define HWP_ROLE_NAME(id, name) {name, HWP_ROLE_##id},
#include "analysis/roles.def"
    };

    for (size_t i = 0; i < hwp_array_size(names); i++)
        if (names[i].role == role)
            return names[i].name;
    return NULL;
}

static struct hwp_event event(const char *name, struct hwp_count total)
{
    union {
        const char *in;
        char *out;
    } n = {name};

    return (struct hwp_event){.name = n.out, .total = total, .leader = -1, .sampled = true};
}

static void every_metric_evaluates(void **state)
{
    (void)state;
    for (int id = 0; id < HWP_METRIC_COUNT_; id++) {
        const struct hwp_metric_info *info = hwp_metric_info((enum hwp_metric)id);
        bool of_wall = info->denominator == HWP_ROLE_WALL_TIME;
        struct hwp_event pair[2];
        struct hwp_events events = {pair, of_wall ? 1 : 2, 2};
        struct hwp_metric_uses uses = {0};

        assert_true(*info->key && *info->title && *info->column && *info->limits);
        pair[0] = event(name_of_role(info->numerator), hwp_count_exact(300));
        if (!of_wall)
            pair[1] = event(name_of_role(info->denominator), hwp_count_exact(1200));
        hwp_metrics_find(&events, false, &uses);

        bool found = false;
        hwp_vec_foreach (&uses, use) {
            if (use->metric != (enum hwp_metric)id)
                continue;
            struct hwp_count counts[2] = {pair[0].total,
                                          of_wall ? (struct hwp_count){0} : pair[1].total};
            struct hwp_value v = hwp_metric_evaluate(use, &events, counts, 1200);
            assert_true(v.known && !v.estimate);
            assert_true(fabs(v.value - info->scale * 0.25) < 1e-9 * info->scale);
            found = true;
        }
        if (!found)
            fail_msg("metric %s can't be made of its own events", info->key);
        hwp_vec_deinit(&uses);
    }
}

static void keys_are_unique(void **state)
{
    (void)state;
    for (int a = 0; a < HWP_METRIC_COUNT_; a++)
        for (int b = a + 1; b < HWP_METRIC_COUNT_; b++)
            assert_string_not_equal(hwp_metric_info((enum hwp_metric)a)->key,
                                    hwp_metric_info((enum hwp_metric)b)->key);
}

static bool has_ipc(const struct hwp_events *events, struct hwp_value *ret)
{
    struct hwp_metric_uses uses = {0};
    struct hwp_count counts[4];
    bool found = false;

    for (size_t i = 0; i < events->len; i++)
        counts[i] = events->data[i].total;
    hwp_metrics_find(events, true, &uses);
    hwp_vec_foreach (&uses, use) {
        if (use->metric == HWP_METRIC_IPC) {
            *ret = hwp_metric_evaluate(use, events, counts, 0);
            found = true;
        }
    }
    hwp_vec_deinit(&uses);
    return found;
}

/* Only counters that looked at the same thing make a ratio; only those that ran together an exact
 * one. */
static void ipc_is_honest(void **state)
{
    struct hwp_count half = hwp_count_make(500, 1000, 500);
    struct hwp_count third = hwp_count_make(500, 900, 300);
    struct hwp_count none = hwp_count_make(0, 1000, 0);
    struct hwp_count full = hwp_count_make(1000, 1000, 1000);
    struct {
        int line;
        const char *a, *b;
        struct hwp_count ca, cb;
        int leader_b;
        bool found, known, estimate;
        double value;
    } rows[] = {
        {__LINE__, "instructions", "cycles", full, full, -1, true, true, false, 1},
        {__LINE__, "instructions:u", "cycles", full, full, -1, false, false, false, 0},
        {__LINE__, "instructions:u", "cycles:u", full, full, -1, true, true, false, 1},
        {__LINE__, "cpu_core/instructions/", "cpu_atom/cycles/", full, full, -1, false, false,
         false, 0},
        {__LINE__, "instructions", "cycles", half, full, -1, true, true, true, 1},
        {__LINE__, "instructions", "cycles", half, third, -1, true, true, true, 1000.0 / 1500},
        {__LINE__, "instructions", "cycles", half, half, -1, true, true, true, 1},
        {__LINE__, "instructions", "cycles", half, half, 0, true, true, false, 1},
        {__LINE__, "instructions", "cycles", none, full, -1, true, false, false, 0},
        {__LINE__, "instructions", "cycles", full, none, -1, true, false, false, 0},
        {__LINE__, "instructions", "cycles", full, {0}, -1, false, false, false, 0},
        {__LINE__, "instructions", "cycles", full, hwp_count_exact(0), -1, true, false, false, 0},
        {__LINE__, "instructions", "cycles", hwp_count_exact(0), full, -1, true, true, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_event pair[2] = {event(rows[i].a, rows[i].ca), event(rows[i].b, rows[i].cb)};
        struct hwp_events events = {pair, 2, 2};
        struct hwp_value v = {0};

        pair[1].leader = rows[i].leader_b;
        bool found = has_ipc(&events, &v);
        if (found != rows[i].found || v.known != rows[i].known || v.estimate != rows[i].estimate ||
            fabs(v.value - rows[i].value) > 1e-9)
            fail_msg("line %d: found %d, known %d, estimate %d, value %g", rows[i].line, found,
                     v.known, v.estimate, v.value);
    }
}

static void hybrid_machines_get_one_per_pmu(void **state)
{
    struct hwp_event list[] = {
        event("cpu_core/instructions/", hwp_count_exact(4)),
        event("cpu_atom/instructions/", hwp_count_exact(9)),
        event("cpu_core/cycles/", hwp_count_exact(2)),
        event("cpu_atom/cycles/", hwp_count_exact(3)),
    };
    struct hwp_events events = {list, 4, 4};
    struct hwp_metric_uses uses = {0};
    size_t n = 0;

    (void)state;
    hwp_metrics_find(&events, true, &uses);
    hwp_vec_foreach (&uses, use) {
        if (use->metric != HWP_METRIC_IPC)
            continue;
        struct hwp_count counts[] = {list[0].total, list[1].total, list[2].total, list[3].total};
        struct hwp_value v = hwp_metric_evaluate(use, &events, counts, 0);
        assert_true(v.value == (use->numerator == 0 ? 2 : 3));
        n++;
    }
    assert_int_equal(n, 2);
    hwp_vec_deinit(&uses);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_follow_from_names),
        cmocka_unit_test(every_metric_evaluates),
        cmocka_unit_test(keys_are_unique),
        cmocka_unit_test(ipc_is_honest),
        cmocka_unit_test(hybrid_machines_get_one_per_pmu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
