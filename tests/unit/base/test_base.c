/* Errors, strings, vectors, maps, interning, suggestions, sinks. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/map.h"
#include "base/out.h"
#include "base/str.h"
#include "base/suggest.h"
#include "base/vec.h"

static void test_error_text(void **state)
{
    (void)state;
    struct hwp_error *err = hwp_error_sys(ENOENT, "can't open %s", "x");

    err = hwp_error_hint(hwp_error_prefix(err, "line %d", 3), "create %s", "x");
    assert_string_equal(err->msg, "line 3: can't open x: No such file or directory");
    assert_string_equal(err->hint, "create x");
    assert_int_equal(err->code, HWP_E_NOT_FOUND);
    assert_int_equal(err->errnum, ENOENT);
    hwp_error_destroy(err);
    hwp_error_destroy(NULL);
    assert_null(hwp_error_prefix(NULL, "x"));
}

static void test_error_exit_status(void **state)
{
    (void)state;
    static const struct {
        int line;
        enum hwp_code code;
        int status;
    } rows[] = {
        {__LINE__, HWP_E_USAGE, 2},         {__LINE__, HWP_E_INVALID, 125},
        {__LINE__, HWP_E_CANT_RUN, 126},    {__LINE__, HWP_E_NO_WORKLOAD, 127},
        {__LINE__, HWP_E_UNSUPPORTED, 125}, {__LINE__, HWP_E_SYSTEM, 125},
    };

    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_error *err = hwp_error(rows[i].code, "x");
        if (hwp_error_exit_status(err) != rows[i].status)
            fail_msg("row at line %d", rows[i].line);
        hwp_error_destroy(err);
    }
}

static void test_str(void **state)
{
    (void)state;
    struct hwp_str s = {0};

    for (int i = 0; i < 1000; i++)
        hwp_str_addf(&s, "%d,", i % 10);
    assert_int_equal(s.len, 2000);
    assert_true(hwp_starts_with(s.data, "0,1,2,"));
    assert_true(hwp_ends_with(s.data, "8,9,"));
    assert_false(hwp_ends_with("a", "ba"));
    char *text = hwp_str_steal(&s);
    assert_null(s.data);
    free(text);
    text = hwp_str_steal(&s);
    assert_string_equal(text, "");
    free(text);
    assert_int_equal(hwp_display_width("a\u2013\u00e9"), 3);
}

static void test_vec(void **state)
{
    (void)state;
    HWP_VEC(int) v = {0};
    long sum = 0;

    hwp_vec_foreach(&v, p)
        sum += *p;
    assert_int_equal(sum, 0);
    for (int i = 0; i < 1000; i++)
        hwp_vec_push(&v, i);
    hwp_vec_foreach(&v, p)
        sum += *p;
    assert_int_equal(sum, 499500);
    assert_int_equal(*hwp_vec_last(&v), 999);
    hwp_vec_deinit(&v);
    assert_int_equal(v.len, 0);
}

static void test_map(void **state)
{
    (void)state;
    struct hwp_map m = {0};
    bool is_new;

    assert_null(hwp_map_get(&m, 0));
    for (uint64_t i = 0; i < 10000; i++) {
        *hwp_map_put(&m, i << 32, 0, &is_new) = i;
        assert_true(is_new);
    }
    *hwp_map_put(&m, 5ull << 32, 0, &is_new) += 1;
    assert_false(is_new);
    assert_int_equal(m.len, 10000);
    for (uint64_t i = 0; i < 10000; i++)
        assert_int_equal(*hwp_map_get(&m, i << 32), i + (i == 5));
    assert_null(hwp_map_get(&m, 1));
    assert_non_null(hwp_map_put(&m, UINT64_MAX, 1, NULL));
    hwp_map_deinit(&m);
}

static void test_intern(void **state)
{
    (void)state;
    struct hwp_intern in = {0};
    char name[16];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1000; i++) {
            snprintf(name, sizeof(name), "s%d", i);
            assert_int_equal(hwp_intern(&in, name), i);
        }
    }
    assert_string_equal(in.strings[999], "s999");
    hwp_intern_deinit(&in);
}

static void test_edit_distance(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *a, *b;
        unsigned distance;
    } rows[] = {
        {__LINE__, "", "", 0},
        {__LINE__, "abc", "", 3},
        {__LINE__, "cycles", "cylces", 1}, /* a transposition is one step */
        {__LINE__, "cache-misses", "cache_misses", 0},
        {__LINE__, "CYCLES", "cycles", 0},
        {__LINE__, "kitten", "sitting", 3},
        {__LINE__, "cache-mises", "cache-misses", 1},
    };

    for (size_t i = 0; i < hwp_array_size(rows); i++)
        if (hwp_edit_distance(rows[i].a, rows[i].b) != rows[i].distance)
            fail_msg("row at line %d: %u", rows[i].line, hwp_edit_distance(rows[i].a, rows[i].b));
}

static void test_suggest(void **state)
{
    (void)state;
    static const char *const names[] = {"cycles", "cache-misses", "cache-references", "faults",
                                        "branch-misses", "L1-dcache-load-misses", "cycles"};
    struct hwp_suggest s = {.wanted = "cache-mises"};

    for (size_t i = 0; i < hwp_array_size(names); i++)
        hwp_suggest_offer(&s, names[i]);
    char *text = hwp_suggest_text(&s);
    assert_non_null(text);
    assert_true(hwp_starts_with(text, "cache-misses"));
    free(text);
    hwp_suggest_deinit(&s);

    struct hwp_suggest none = {.wanted = "zzzzqqqq"};
    for (size_t i = 0; i < hwp_array_size(names); i++)
        hwp_suggest_offer(&none, names[i]);
    assert_null(hwp_suggest_text(&none));
    hwp_suggest_deinit(&none);
}

static void test_suggest_keeps_the_nearest(void **state)
{
    (void)state;
    struct hwp_suggest s = {.wanted = "abcdefghi"};

    hwp_suggest_offer(&s, "abcdefxyz");
    hwp_suggest_offer(&s, "abcdefgyz");
    hwp_suggest_offer(&s, "abcdefghz");
    hwp_suggest_offer(&s, "abcdefghi");
    char *text = hwp_suggest_text(&s);
    assert_string_equal(text, "abcdefghi, abcdefghz or abcdefgyz");
    free(text);
    hwp_suggest_deinit(&s);
}

static void test_out_reports_a_full_disk(void **state)
{
    (void)state;
    struct hwp_out out;
    struct hwp_error *err = hwp_out_init_path(&out, "/dev/full");

    assert_null(err);
    hwp_out_printf(&out, "%s", "text");
    err = hwp_out_close(&out);
    assert_non_null(err);
    assert_int_equal(err->errnum, ENOSPC);
    hwp_error_destroy(err);
}

static void test_out_memory(void **state)
{
    (void)state;
    struct hwp_out out;

    hwp_out_init_memory(&out);
    hwp_out_printf(&out, "%d-%s", 7, "x");
    assert_string_equal(out.text.data, "7-x");
    assert_null(hwp_out_close(&out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_text),
        cmocka_unit_test(test_error_exit_status),
        cmocka_unit_test(test_str),
        cmocka_unit_test(test_vec),
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_intern),
        cmocka_unit_test(test_edit_distance),
        cmocka_unit_test(test_suggest),
        cmocka_unit_test(test_suggest_keeps_the_nearest),
        cmocka_unit_test(test_out_reports_a_full_disk),
        cmocka_unit_test(test_out_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
