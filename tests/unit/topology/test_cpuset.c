/* CPU sets: members, the kernel's list format, affinity. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "topology/cpuset.h"

static void test_members(void **state)
{
    (void)state;
    struct hwp_cpuset a = {0}, b = {0};

    hwp_cpuset_add(&a, 0);
    hwp_cpuset_add(&a, 64);
    hwp_cpuset_add(&a, HWP_MAX_CPUS - 1);
    hwp_cpuset_add(&a, HWP_MAX_CPUS); /* ignored */
    assert_int_equal(hwp_cpuset_count(&a), 3);
    assert_true(hwp_cpuset_has(&a, 64));
    assert_false(hwp_cpuset_has(&a, 63));
    assert_false(hwp_cpuset_has(&a, HWP_MAX_CPUS));
    assert_int_equal(hwp_cpuset_next(&a, 0), 0);
    assert_int_equal(hwp_cpuset_next(&a, 1), 64);
    assert_int_equal(hwp_cpuset_next(&a, 65), HWP_MAX_CPUS - 1);
    assert_int_equal(hwp_cpuset_next(&a, HWP_MAX_CPUS), -1);
    hwp_cpuset_add(&b, 64);
    hwp_cpuset_add(&b, 5);
    struct hwp_cpuset both = a, either = a;
    hwp_cpuset_and(&both, &b);
    hwp_cpuset_or(&either, &b);
    assert_int_equal(hwp_cpuset_count(&both), 1);
    assert_int_equal(hwp_cpuset_count(&either), 4);
    hwp_cpuset_remove(&either, 5);
    hwp_cpuset_remove(&either, HWP_MAX_CPUS + 7);
    assert_true(hwp_cpuset_equal(&either, &a));
    unsigned n = 0;
    hwp_cpuset_foreach(&a, cpu)
        n += (unsigned)cpu;
    assert_int_equal(n, 64 + HWP_MAX_CPUS - 1);
}

static void test_lists(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *list, *formatted; /* NULL: an error … */
        const char *error;            /* … that contains this */
    } rows[] = {
        {__LINE__, "0", "0", NULL},
        {__LINE__, "", "", NULL},
        {__LINE__, "\n", "", NULL},
        {__LINE__, "0-3,8\n", "0-3,8", NULL},
        {__LINE__, "8,3,2,1", "1-3,8", NULL},
        {__LINE__, "0-3,2-6", "0-6", NULL},
        {__LINE__, "63-64", "63-64", NULL},
        {__LINE__, "4095", "4095", NULL},
        {__LINE__, "0-4095", "0-4095", NULL},
        {__LINE__, "0-15:2/4", "0-1,4-5,8-9,12-13", NULL},
        {__LINE__, "0-7:1/2", "0,2,4,6", NULL},
        {__LINE__, "4096", NULL, "too large at ^ in ^4096"},
        {__LINE__, "99999999999999999999", NULL, "too large"},
        {__LINE__, "3-1", NULL, "backwards"},
        {__LINE__, "0,", NULL, "expected a number at ^ in 0,^"},
        {__LINE__, ",0", NULL, "expected a number at ^ in ^,0"},
        {__LINE__, "0-", NULL, "expected a number at ^ in 0-^"},
        {__LINE__, "-1", NULL, "expected a number"},
        {__LINE__, "a", NULL, "expected a number"},
        {__LINE__, "0x3", NULL, "expected ',' or the end at ^ in 0^x3"},
        {__LINE__, "0 1", NULL, "expected ','"},
        {__LINE__, "0-7:2", NULL, "expected '/'"},
        {__LINE__, "0-7:2/0", NULL, "a group of no CPUs"},
    };

    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_cpuset set = {{7}};
        struct hwp_error *err = hwp_cpuset_parse(rows[i].list, &set);
        char *text = hwp_cpuset_format(&set);

        if (!rows[i].error && (err || strcmp(text, rows[i].formatted) != 0))
            fail_msg("row at line %d: %s", rows[i].line, err ? err->msg : text);
        if (rows[i].error && (!err || !strstr(err->msg, rows[i].error)))
            fail_msg("row at line %d: %s", rows[i].line, err ? err->msg : "no error");
        if (rows[i].error && strcmp(text, "0-2") != 0)
            fail_msg("row at line %d: result touched on failure", rows[i].line);
        free(text);
        hwp_error_destroy(err);
    }
}

static void test_affinity(void **state)
{
    (void)state;
    struct hwp_cpuset mine, one = {0}, now, none = {0};

    assert_int_equal(hwp_cpuset_of_task(0, &mine), 0);
    assert_true(hwp_cpuset_count(&mine) >= 1);
    hwp_cpuset_add(&one, (unsigned)hwp_cpuset_next(&mine, 0));
    assert_int_equal(hwp_cpuset_apply(0, &one), 0);
    assert_int_equal(hwp_cpuset_of_task(0, &now), 0);
    assert_true(hwp_cpuset_equal(&now, &one));
    assert_int_equal(hwp_cpuset_apply(0, &mine), 0);
    assert_int_equal(hwp_cpuset_apply(0, &none), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(hwp_cpuset_of_task(-1, &now), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_affinity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
