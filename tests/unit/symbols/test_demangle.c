#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "symbols/demangle.h"
#include "unit.h"

static const struct {
    int line;
    const char *mangled, *wanted;
} rows[] = {
    {__LINE__, "main", "main"},
    {__LINE__, "", ""},
    {__LINE__, "_", "_"},
    {__LINE__, "_Z", "_Z"},
    {__LINE__, "_ZN2ns4workIlEEiT_", "ns::work<long>"},
    {__LINE__, "_ZN3FooC2Ev", "Foo::Foo"},
    {__LINE__, "_ZN12_GLOBAL__N_11fEi", "(anonymous namespace)::f"},
    {__LINE__, "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"},
    {__LINE__, "_ZN46_$LT$T$u20$as$u20$core..convert..Into$LT$U$GT$$GT$4into17h0123456789abcdefE",
     "_ZN46_$LT$T$u20$as$u20$core..convert..Into$LT$U$GT$$GT$4into17h0123456789abcdefE"},
    {__LINE__, "_RNvCs1234_7mycrate3foo", "mycrate::foo"},
    {__LINE__, "_D3std5stdio7writelnFZv", "std.stdio.writeln"},
    {__LINE__, "runtime.(*mheap).alloc", "runtime.(*mheap).alloc"},
    {__LINE__, "evil\x1b[31mname\n", "evil?[31mname?"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *got = hwp_demangle(rows[i].mangled);
        /* D's demangler appends the parameters. */
        if (strcmp(got, rows[i].wanted) != 0 &&
            !(rows[i].mangled[1] == 'D' && hwp_starts_with(got, rows[i].wanted)))
            fail_msg("row of line %d: '%s'", rows[i].line, got);
        free(got);
    }
}

/* Each level of std::pair<S, S> doubles the text: 2^n of it out of 8n bytes. */
static void test_explosion(void **state)
{
    struct hwp_str name = {0};

    (void)state;
    hwp_str_add(&name, "_Z1fIi");
    for (int i = 0; i < 40; i++)
        hwp_str_add(&name, "SaI");
    char *got = hwp_demangle(name.data);
    assert_string_equal(got, name.data);
    free(got);
    hwp_str_deinit(&name);

    hwp_str_add(&name, "_Z1fI1aS_S_EvT_");
    for (int i = 0; i < 200; i++)
        hwp_str_addf(&name, "4pairIS%c_S%c_E", '0' + i % 10, '0' + i % 10);
    free(hwp_demangle(name.data));
    hwp_str_deinit(&name);
}

/* Deep nesting must not use up the stack. */
static void test_depth(void **state)
{
    static const char *const heads[] = {"_Z1f", "_RNvC1a", "_D1a"};
    static const char *const units[] = {"P", "R", "KI", "FvP", "IS_", "NS", "S", "INv", "A1"};

    (void)state;
    for (size_t h = 0; h < sizeof(heads) / sizeof(heads[0]); h++)
        for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
            struct hwp_str name = {0};
            hwp_str_add(&name, heads[h]);
            while (name.len < 60000)
                hwp_str_add(&name, units[u]);
            char *got = hwp_demangle(name.data);
            assert_non_null(got);
            assert_true(strlen(got) <= 70000);
            free(got);
            hwp_str_deinit(&name);
        }
}

static void test_random(void **state)
{
    static const char letters[] = "_ZNRSDQTIEKPFiv0123456789abcstM.$@";
    uint32_t seed = 99;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        char name[64];
        size_t len = 4 + (size_t)i % 56;
        for (size_t k = 0; k < len; k++) {
            seed = seed * 1664525 + 1013904223;
            name[k] = letters[(seed >> 16) % (sizeof(letters) - 1)];
        }
        name[0] = '_';
        name[1] = "ZRD"[i % 3];
        name[len] = '\0';
        free(hwp_demangle(name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_explosion),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
