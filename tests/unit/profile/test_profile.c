#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "profile/kallsyms.h"
#include "profile/profile.h"

static void test_find_or_add(void **state)
{
    struct hwp_profile *p hwp_cleanup(hwp_profile_cleanup) = hwp_profile_create();
    const uint8_t id[2] = {1, 2}, other[2] = {1, 3};

    (void)state;
    uint32_t a = hwp_profile_dso(p, HWP_DSO_USER, "/bin/a", 5, id, 2);
    assert_int_equal(hwp_profile_dso(p, HWP_DSO_USER, "/bin/a", 6, id, 2), a);
    assert_int_not_equal(hwp_profile_dso(p, HWP_DSO_USER, "/bin/a", 5, other, 2), a);
    assert_int_not_equal(hwp_profile_dso(p, HWP_DSO_USER, "/bin/a", 5, NULL, 0), a);
    assert_int_not_equal(hwp_profile_dso(p, HWP_DSO_USER, "/bin/b", 5, id, 2), a);
    uint32_t anon = hwp_profile_dso(p, HWP_DSO_ANON, "//anon", 5, NULL, 0);
    assert_int_not_equal(hwp_profile_dso(p, HWP_DSO_ANON, "//anon", 6, NULL, 0), anon);

    uint32_t main_task = hwp_profile_task(p, 10, 10);
    assert_int_equal(hwp_profile_task(p, 10, 10), main_task);
    assert_int_not_equal(hwp_profile_task(p, 10, 11), main_task);
    assert_string_equal(p->tasks.data[main_task].comm, "");
    hwp_profile_task_name(p, main_task, "old");
    hwp_profile_task_name(p, main_task, "new");
    assert_string_equal(p->tasks.data[main_task].comm, "new");

    uint32_t l = hwp_profile_loc(p, a, 0x1000);
    assert_int_equal(hwp_profile_loc(p, a, 0x1000), l);
    assert_int_not_equal(hwp_profile_loc(p, anon, 0x1000), l);
    uint32_t outer = hwp_profile_chain(p, HWP_NO_CHAIN, l);
    assert_int_not_equal(outer, HWP_NO_CHAIN);
    assert_int_equal(hwp_profile_chain(p, HWP_NO_CHAIN, l), outer);
    assert_int_not_equal(hwp_profile_chain(p, outer, l), outer);
}

/* Cells that differ in each of their fields, all folded in three times. */
static void test_fold(void **state)
{
    struct hwp_profile *p hwp_cleanup(hwp_profile_cleanup) = hwp_profile_create();
    const uint32_t n = 243 * 8;

    (void)state;
    for (int e = 0; e < 3; e++)
        hwp_vec_push(&p->run.events, (struct hwp_event){.leader = -1});
    for (int t = 0; t < 3; t++)
        hwp_profile_task(p, t, t);
    for (uint32_t round = 1; round <= 3; round++) {
        for (uint32_t i = 0; i < n; i++) {
            struct hwp_cell c = {i % 3, i / 3 % 3, i / 9 % 3, i / 27 % 3, i / 81, 1, round};
            hwp_profile_add(p, &c);
        }
    }
    hwp_profile_seal(p);
    assert_null(p->fold);
    assert_int_equal(p->cells.len, n);
    hwp_vec_foreach (&p->cells, c) {
        assert_int_equal(c->samples, 3);
        assert_int_equal(c->value, 6);
    }
    assert_int_equal(p->run.events.data[1].nr_samples, n);
    assert_int_equal(p->tasks.data[2].nr_samples, n);
}

static void test_kallsyms(void **state)
{
    static const char text[] = "0000000000000100 T first\n"
                               "0000000000000200 t second\n"
                               "0000000000000200 T second_alias\n"
                               "0000000000000300 T third\n"
                               "0000000000000400 T fourth\n"
                               "0000000000000900 t far\t[mod]\n"
                               "0000000000000250 t late\t[mod]";
    static const struct {
        int line;
        uint64_t addrs[3];
        size_t n;
        const char *names;
    } rows[] = {
        {__LINE__, {0x210}, 1, "second second_alias late "},
        {__LINE__, {0x200}, 1, "second second_alias late "},
        {__LINE__, {0x260, 0x270}, 2, "third late "},
        {__LINE__, {0x50}, 1, "first "},
        {__LINE__, {0xa00}, 1, "far "},
        {__LINE__, {0x110, 0x401, 0x402}, 3, "first second second_alias fourth far "},
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_str out = {0}, names = {0};
        hwp_kallsyms_select(text, rows[i].addrs, rows[i].n, &out);
        for (char *line = strtok(out.data, "\n"); line; line = strtok(NULL, "\n"))
            hwp_str_addf(&names, "%.*s ", (int)strcspn(line + 19, "\t"), line + 19);
        if (!names.data || strcmp(names.data, rows[i].names) != 0)
            fail_msg("row of line %d: %s", rows[i].line, names.data);
        hwp_str_deinit(&out);
        hwp_str_deinit(&names);
    }

    struct hwp_str out = {0};
    hwp_kallsyms_select("0000000000000000 T a\n0000000000000000 T b\n", rows[0].addrs, 1, &out);
    assert_int_equal(out.len, 0);
    hwp_str_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_or_add),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_kallsyms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
