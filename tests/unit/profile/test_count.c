#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "profile/count.h"

#define row_error(row) fail_msg("row of line %d", (row)->line)

static void test_make(void **state)
{
    static const struct {
        int line;
        uint64_t value, enabled, running;
        enum hwp_count_state state;
        uint64_t scaled;
        double percent;
    } rows[] = {
        {__LINE__, 100, 50, 50, HWP_COUNT_COUNTED, 100, 100.0},
        {__LINE__, 100, 100, 50, HWP_COUNT_SCALED, 200, 50.0},
        {__LINE__, 1, 3, 2, HWP_COUNT_SCALED, 2, 66.667}, /* 1.5 rounds up */
        {__LINE__, 1, 4, 3, HWP_COUNT_SCALED, 1, 75.0},   /* 1.33 rounds down */
        {__LINE__, 0, 100, 1, HWP_COUNT_SCALED, 0, 1.0},
        {__LINE__, 0, 100, 0, HWP_COUNT_NOT_COUNTED, 0, 0.0},
        {__LINE__, 0, 0, 0, HWP_COUNT_NOT_COUNTED, 0, 0.0},
        /* Products beyond 64 bits: 2^63 × 3 / 2 fits again, × 4 does not. */
        {__LINE__, UINT64_C(1) << 63, 3000000000, 2000000000, HWP_COUNT_SCALED, UINT64_C(3) << 62,
         66.667},
        {__LINE__, UINT64_C(1) << 63, 4, 1, HWP_COUNT_SCALED, UINT64_MAX, 25.0},
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_count c = hwp_count_make(rows[i].value, rows[i].enabled, rows[i].running);
        double off = hwp_count_running_percent(&c) - rows[i].percent;

        if (c.state != rows[i].state || hwp_count_value(&c) != rows[i].scaled || off > 0.01 ||
            off < -0.01)
            row_error(&rows[i]);
    }
}

static void test_add(void **state)
{
    const struct hwp_count none = {0}, denied = {.state = HWP_COUNT_DENIED};
    static const struct hwp_count whole = {10, 100, 100, HWP_COUNT_COUNTED};
    static const struct hwp_count half = {10, 100, 50, HWP_COUNT_SCALED};
    static const struct hwp_count idle = {0, 100, 0, HWP_COUNT_NOT_COUNTED};
    const struct hwp_count exact = hwp_count_exact(7);
    const struct {
        int line;
        const struct hwp_count *a, *b;
        enum hwp_count_state state;
        uint64_t value;
    } rows[] = {
        {__LINE__, &none, &none, HWP_COUNT_UNSUPPORTED, 0},
        {__LINE__, &none, &whole, HWP_COUNT_COUNTED, 10},
        {__LINE__, &none, &half, HWP_COUNT_SCALED, 20},
        {__LINE__, &whole, &whole, HWP_COUNT_COUNTED, 20},
        {__LINE__, &exact, &exact, HWP_COUNT_COUNTED, 14},
        {__LINE__, &whole, &half, HWP_COUNT_SCALED, 27}, /* 20 × 200/150 */
        {__LINE__, &idle, &whole, HWP_COUNT_SCALED, 20}, /* half of the time unseen */
        {__LINE__, &idle, &idle, HWP_COUNT_NOT_COUNTED, 0},
        {__LINE__, &none, &idle, HWP_COUNT_NOT_COUNTED, 0},
        {__LINE__, &none, &denied, HWP_COUNT_DENIED, 0},
        {__LINE__, &denied, &whole, HWP_COUNT_DENIED, 10}, /* a part is missing: no total */
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_count ab = *rows[i].a, ba = *rows[i].b;

        hwp_count_add(&ab, rows[i].b);
        hwp_count_add(&ba, rows[i].a);
        if (ab.state != rows[i].state || hwp_count_value(&ab) != rows[i].value)
            row_error(&rows[i]);
        if (ba.state != ab.state || hwp_count_value(&ba) != hwp_count_value(&ab))
            row_error(&rows[i]);
    }
}

static void test_names(void **state)
{
    enum hwp_count_state parsed;

    (void)state;
    for (int s = HWP_COUNT_UNSUPPORTED; s <= HWP_COUNT_COUNTED; s++) {
        assert_true(hwp_count_state_parse(hwp_count_state_name((enum hwp_count_state)s), &parsed));
        assert_int_equal(parsed, s);
    }
    parsed = HWP_COUNT_SCALED;
    assert_false(hwp_count_state_parse("counted?", &parsed));
    assert_int_equal(parsed, HWP_COUNT_SCALED);
    assert_string_equal(hwp_origin_name(HWP_ORIGIN_MEASURED), "measured");
    assert_string_equal(hwp_origin_name(HWP_ORIGIN_MODELLED), "modelled");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_make),
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
