#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "base/mem.h"
#include "base/str.h"
#include "reports/text.h"

static void check(int line, char *got, const char *want)
{
    if (strcmp(got, want) != 0)
        fail_msg("line %d: got '%s', want '%s'", line, got, want);
    free(got);
}

static void hostile_text_is_harmless(void **state)
{
    static const struct {
        int line;
        const char *in, *printable, *utf8;
    } rows[] = {
        {__LINE__, "plain", "plain", "plain"},
        {__LINE__, "", "", ""},
        {__LINE__, "héllo→", "héllo→", "héllo→"},
        {__LINE__, "a\033[31mred", "a\\x1b[31mred", "a\033[31mred"},
        {__LINE__, "a\nb\tc\r", "a\\x0ab c\\x0d", "a\nb\tc\r"},
        {__LINE__, "\x7f", "\\x7f", "\x7f"},
        {__LINE__,
         "\xc2\x9b"
         "31m",
         "\\u{9b}31m",
         "\xc2\x9b"
         "31m"}, /* C1 CSI */
        {__LINE__,
         "\xe2\x80\xae"
         "gpj",
         "\\u{202e}gpj",
         "\xe2\x80\xae"
         "gpj"},
        {__LINE__, "\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd"},
        {__LINE__, "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd",
         "\xef\xbf\xbd\xef\xbf\xbd"}, /* overlong */
        {__LINE__, "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
         "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* surrogate */
        {__LINE__, "cut\xe2\x82", "cut\xef\xbf\xbd\xef\xbf\xbd", "cut\xef\xbf\xbd\xef\xbf\xbd"},
        {__LINE__, "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {__LINE__, "\xf5\x80\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
         "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* above U+10FFFF */
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        check(rows[i].line, hwp_text_printable(rows[i].in), rows[i].printable);
        check(rows[i].line, hwp_text_utf8(rows[i].in), rows[i].utf8);
    }
}

static void text_is_cut_at_characters(void **state)
{
    (void)state;
    check(__LINE__, hwp_text_fit("abcdef", 6), "abcdef");
    check(__LINE__, hwp_text_fit("abcdef", 5), "abcd…");
    check(__LINE__, hwp_text_fit("äöüßé", 4), "äöü…");
    check(__LINE__, hwp_text_fit("äöüßé", 5), "äöüßé");
    check(__LINE__, hwp_text_fit("ab", 1), "…");
    check(__LINE__, hwp_text_fit("ab", 0), "");
    check(__LINE__, hwp_text_fit("", 0), "");
}

static void numbers(void **state)
{
    (void)state;
    check(__LINE__, hwp_text_count(0, true), "0");
    check(__LINE__, hwp_text_count(999, true), "999");
    check(__LINE__, hwp_text_count(1000, true), "1,000");
    check(__LINE__, hwp_text_count(1234567, true), "1,234,567");
    check(__LINE__, hwp_text_count(1234567, false), "1234567");
    check(__LINE__, hwp_text_count(UINT64_MAX, true), "18,446,744,073,709,551,615");
    check(__LINE__, hwp_text_duration(0), "0 ns");
    check(__LINE__, hwp_text_duration(999), "999 ns");
    check(__LINE__, hwp_text_duration(1500), "1.50 us");
    check(__LINE__, hwp_text_duration(999999), "1.00 ms");
    check(__LINE__, hwp_text_duration(1250000), "1.25 ms");
    check(__LINE__, hwp_text_duration(999999999), "1.00 s");
    check(__LINE__, hwp_text_duration(1020000000), "1.02 s");
    check(__LINE__, hwp_text_duration(123400000000), "2 min 3.4 s");
    check(__LINE__, hwp_text_duration(179990000000), "3 min 0.0 s");
}

static void colour_only_where_wanted(void **state)
{
    struct hwp_out out;

    (void)state;
    hwp_out_init_memory(&out);
    hwp_color_begin(&out, HWP_COLOR_HOT);
    hwp_color_end(&out, HWP_COLOR_HOT);
    assert_int_equal(out.text.len, 0);
    out.color = true;
    hwp_color_begin(&out, hwp_color_of_percent(5));
    hwp_color_begin(&out, hwp_color_of_percent(4.99));
    hwp_color_begin(&out, hwp_color_of_percent(0.49));
    assert_string_equal(out.text.data, "\033[31m\033[32m");
    hwp_error_destroy(hwp_out_close(&out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_text_is_harmless),
        cmocka_unit_test(text_is_cut_at_characters),
        cmocka_unit_test(numbers),
        cmocka_unit_test(colour_only_where_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
