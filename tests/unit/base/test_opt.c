/* Option tables: what parses, what is refused, where parsing stops. */
#include "unit.h"

#include <string.h>

#include "base/opt.h"

struct fields {
    bool flag, on;
    const char *text;
    uint64_t number, duration_ns;
    double ratio;
    struct hwp_opt_list list;
    unsigned choice;
};

#define FIELD(name) offsetof(struct fields, name)

static const struct hwp_opt table[] = {
    {'f', "flag", HWP_OPT_FLAG, FIELD(flag), "", "a flag"},
    {0, "no-on", HWP_OPT_NOFLAG, FIELD(on), "", "clears"},
    {'t', "text", HWP_OPT_STR, FIELD(text), "TEXT", "a string"},
    {'n', "number", HWP_OPT_UINT, FIELD(number), "N", "a number"},
    {'P', "positive", HWP_OPT_POSITIVE, FIELD(number), "N", "a positive number"},
    {'d', "duration", HWP_OPT_DURATION, FIELD(duration_ns), "TIME", "a duration"},
    {0, "ratio", HWP_OPT_DOUBLE, FIELD(ratio), "X", "a ratio"},
    {'l', "list", HWP_OPT_LIST, FIELD(list), "ITEM", "a list"},
    {0, "choice", HWP_OPT_CHOICE, FIELD(choice), "red|green|blue", "a choice"},
    HWP_OPT_END,
};

#define MAX_ARGS 8

static struct hwp_error *parse(const char *const *args, struct fields *fields, int *ret_operand)
{
    char *argv[MAX_ARGS + 1] = {0};
    int argc = 0;

    *fields = (struct fields){.on = true};
    for (; args[argc]; argc++)
        argv[argc] = strdup(args[argc]);
    struct hwp_error *err = hwp_opt_parse((const struct hwp_opt *const[]){table, NULL}, argc, argv,
                                          (void *[]){fields}, ret_operand);
    /* strings borrow from argv: keep the one that is looked at */
    if (fields->text)
        fields->text = strcmp(fields->text, "-x") == 0 ? "-x" : "?";
    hwp_vec_deinit(&fields->list);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    return err;
}

static void test_accepted(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *args[MAX_ARGS];
        bool flag;
        uint64_t number, duration_ns;
        unsigned choice;
        int operand;
    } rows[] = {
        {__LINE__, {"-f", "-n", "4k", "prog", "-n", "9"}, true, 4000, 0, 0, 3},
        {__LINE__, {"-fn7"}, true, 7, 0, 0, 1},
        {__LINE__, {"--number=0x10", "--"}, false, 16, 0, 0, 2},
        {__LINE__, {"--", "-f"}, false, 0, 0, 0, 1},
        {__LINE__, {"-d", "10"}, false, 0, 10000000, 0, 2},
        {__LINE__, {"-d", "2s"}, false, 0, 2000000000, 0, 2},
        {__LINE__, {"-d1.5us"}, false, 0, 1500, 0, 1},
        {__LINE__, {"--choice", "BLUE"}, false, 0, 0, 2, 2},
        {__LINE__, {"-"}, false, 0, 0, 0, 0},
        {__LINE__, {NULL}, false, 0, 0, 0, 0},
    };

    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct fields f;
        int operand = -1;
        struct hwp_error *err = parse(rows[i].args, &f, &operand);
        if (err)
            fail_msg("line %d: %s", rows[i].line, err->msg);
        if (f.flag != rows[i].flag || f.number != rows[i].number ||
            f.duration_ns != rows[i].duration_ns || f.choice != rows[i].choice ||
            operand != rows[i].operand)
            fail_msg("line %d: wrong result", rows[i].line);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *args[MAX_ARGS];
        const char *message;
    } rows[] = {
        {__LINE__, {"--flg"}, "unknown option --flg"},
        {__LINE__, {"-z"}, "unknown option -z"},
        {__LINE__, {"--flag=1"}, "takes no value"},
        {__LINE__, {"-n"}, "needs a value"},
        {__LINE__, {"--number"}, "needs a value"},
        {__LINE__, {"-n", "x"}, "not a whole number"},
        {__LINE__, {"-n", "-1"}, "not a whole number"},
        {__LINE__, {"-n", "99999999999999999999"}, "not a whole number"},
        {__LINE__, {"-n", "18446744073709551615k"}, "not a whole number"},
        {__LINE__, {"-P", "0"}, "not above 0"},
        {__LINE__, {"-d", "5y"}, "not a duration"},
        {__LINE__, {"-d", "0"}, "not a duration"},
        {__LINE__, {"-d", "-1s"}, "not a duration"},
        {__LINE__, {"--ratio", "nan"}, "not a number"},
        {__LINE__, {"--choice", "re"}, "not one of"},
    };

    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct fields f;
        int operand = -1;
        struct hwp_error *err = parse(rows[i].args, &f, &operand);
        if (!err || err->code != HWP_E_USAGE || !strstr(err->msg, rows[i].message))
            fail_msg("line %d: %s", rows[i].line, err ? err->msg : "accepted");
        assert_int_equal(operand, -1);
        hwp_error_destroy(err);
    }
}

static void test_later_wins_and_clears(void **state)
{
    (void)state;
    struct fields f;
    int operand;

    assert_null(parse((const char *[]){"-n1", "-n2", "--no-on", "-t", "-x", NULL}, &f, &operand));
    assert_int_equal(f.number, 2);
    assert_false(f.on);
    assert_string_equal(f.text, "-x");
}

static void test_mixed(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *args[MAX_ARGS];
        bool flag;
        uint64_t number;
        const char *operands; /* joined by spaces */
    } rows[] = {
        {__LINE__, {"main", "-f", "-n", "3"}, true, 3, "main"},
        {__LINE__, {"a", "-n3", "b", "-f", "c"}, true, 3, "a b c"},
        {__LINE__, {"-f", "a", "--", "-n", "b"}, true, 0, "a -n b"},
        {__LINE__, {"a", "b"}, false, 0, "a b"},
        {__LINE__, {"-f"}, true, 0, ""},
        {__LINE__, {NULL}, false, 0, ""},
    };

    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        char *argv[MAX_ARGS + 1] = {0}, joined[64] = "";
        struct fields f = {0};
        int argc = 0, operand = -1;

        for (; rows[i].args[argc]; argc++)
            argv[argc] = (char *)(uintptr_t)rows[i].args[argc];
        assert_null(hwp_opt_parse_mixed((const struct hwp_opt *const[]){table, NULL}, argc, argv,
                                        (void *[]){&f}, &operand));
        for (int at = operand; at < argc; at++) {
            strcat(joined, at > operand ? " " : "");
            strcat(joined, argv[at]);
        }
        if (f.flag != rows[i].flag || f.number != rows[i].number ||
            strcmp(joined, rows[i].operands) != 0)
            fail_msg("line %d: '%s'", rows[i].line, joined);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_later_wins_and_clears),
        cmocka_unit_test(test_mixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
