#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "analysis/stat.h"
#include "base/mem.h"

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1 + fabs(b));
}

static void moments_are_those_of_the_textbook(void **state)
{
    static const double values[] = {2, 4, 4, 4, 5, 5, 7, 9};
    struct hwp_moments m = {0};

    (void)state;
    assert_true(near(hwp_moments_stddev(&m), 0));
    assert_true(near(hwp_moments_error_percent(&m), 0));
    for (size_t i = 0; i < hwp_array_size(values); i++)
        hwp_moments_add(&m, values[i]);
    assert_int_equal(m.n, 8);
    assert_true(near(m.mean, 5));
    assert_true(near(hwp_moments_stddev(&m), sqrt(32.0 / 7)));
    assert_true(near(hwp_moments_error_percent(&m), 100 * sqrt(32.0 / 7 / 8) / 5));
}

/* Large values with a small spread: where the naive sum of squares loses everything. */
static void moments_keep_their_digits(void **state)
{
    struct hwp_moments m = {0};

    (void)state;
    for (int i = 0; i < 3; i++)
        hwp_moments_add(&m, 1e12 + i);
    assert_true(fabs(hwp_moments_stddev(&m) - 1) < 1e-3);
}

static void fill(struct hwp_run *run, const char *a, struct hwp_count ca, const char *b,
                 struct hwp_count cb)
{
    *run = (struct hwp_run){.duration_ns = 1000};
    hwp_vec_push(&run->events,
                 (struct hwp_event){.name = hwp_strdup(a), .total = ca, .leader = -1});
    hwp_vec_push(&run->events,
                 (struct hwp_event){.name = hwp_strdup(b), .total = cb, .leader = -1});
}

static void runs_are_averaged(void **state)
{
    struct hwp_stat s = {0};
    struct hwp_metric_use use;

    (void)state;
    for (uint64_t i = 1; i <= 3; i++) {
        struct hwp_run run;
        fill(&run, "instructions", hwp_count_exact(100 * i), "cycles", hwp_count_exact(100));
        assert_null(hwp_stat_add(&s, &run));
        hwp_run_deinit(&run);
    }
    assert_int_equal(s.nr_runs, 3);
    assert_true(near(s.counts.data[0].values.mean, 200));
    assert_true(near(hwp_moments_stddev(&s.counts.data[0].values), 100));
    struct hwp_value ipc = hwp_stat_metric(&s, 0, &use);
    assert_true(ipc.known && near(ipc.value, 2));
    assert_int_equal(use.metric, HWP_METRIC_IPC);
    hwp_stat_deinit(&s);
}

/* A run in which the event never ran tells nothing of it, and must not pull the mean to 0. */
static void unknown_runs_do_not_count(void **state)
{
    struct hwp_stat s = {0};
    struct hwp_run run;

    (void)state;
    fill(&run, "cycles", hwp_count_make(50, 100, 100), "x", (struct hwp_count){0});
    assert_null(hwp_stat_add(&s, &run));
    hwp_run_deinit(&run);
    fill(&run, "cycles", hwp_count_make(0, 100, 0), "x", (struct hwp_count){0});
    assert_null(hwp_stat_add(&s, &run));
    hwp_run_deinit(&run);
    assert_true(near(s.counts.data[0].values.mean, 50));
    assert_int_equal(s.counts.data[0].values.n, 1);
    assert_int_equal(s.counts.data[1].values.n, 0);
    assert_false(hwp_count_known(&s.events.data[1].total));
    hwp_stat_deinit(&s);
}

static void other_events_are_refused(void **state)
{
    struct hwp_stat s = {0};
    struct hwp_run run;

    (void)state;
    fill(&run, "a", hwp_count_exact(1), "b", hwp_count_exact(1));
    assert_null(hwp_stat_add(&s, &run));
    hwp_run_deinit(&run);
    fill(&run, "a", hwp_count_exact(1), "c", hwp_count_exact(1));
    struct hwp_error *err hwp_cleanup(hwp_error_cleanup) = hwp_stat_add(&s, &run);
    assert_non_null(err);
    assert_int_equal(s.nr_runs, 1);
    hwp_run_deinit(&run);
    hwp_stat_deinit(&s);
}

static void intervals_are_differences(void **state)
{
    struct hwp_run early, late, between;

    (void)state;
    fill(&early, "a", hwp_count_make(100, 1000, 1000), "b", (struct hwp_count){0});
    fill(&late, "a", hwp_count_make(250, 3000, 2000), "b", (struct hwp_count){0});
    hwp_vec_push(&late.events.data[0].per_cpu, hwp_count_make(30, 10, 10));
    hwp_vec_push(&early.events.data[0].per_cpu, hwp_count_make(10, 5, 5));
    late.duration_ns = 2500;

    hwp_stat_interval(&early, &late, &between);
    const struct hwp_count *a = &between.events.data[0].total;
    assert_int_equal(a->value, 150);
    assert_int_equal(a->state, HWP_COUNT_SCALED);
    assert_int_equal(hwp_count_value(a), 300);
    assert_int_equal(between.events.data[0].per_cpu.data[0].value, 20);
    assert_false(hwp_count_known(&between.events.data[1].total));
    assert_int_equal(between.duration_ns, 1500);
    hwp_run_deinit(&between);

    hwp_stat_interval(NULL, &late, &between);
    assert_int_equal(between.events.data[0].total.value, 250);
    hwp_run_deinit(&between);
    hwp_run_deinit(&early);
    hwp_run_deinit(&late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_those_of_the_textbook),
        cmocka_unit_test(moments_keep_their_digits),
        cmocka_unit_test(runs_are_averaged),
        cmocka_unit_test(unknown_runs_do_not_count),
        cmocka_unit_test(other_events_are_refused),
        cmocka_unit_test(intervals_are_differences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
