/* Stacks from folded text and from two others: what nodes cost, and that they are in preorder. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "analysis/stacks.h"

static struct hwp_stacks parse(const char *text, size_t skipped)
{
    struct hwp_stacks s;
    size_t got;

    hwp_stacks_parse(text, strlen(text), &s, &got);
    assert_int_equal(got, skipped);
    return s;
}

/* "depth name self total" a line, of column `c`. */
static void check(const struct hwp_stacks *s, size_t c, const char *expected)
{
    char text[1024] = "";
    size_t len = 0;

    for (uint32_t i = 0; i < s->nodes.len; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%u %s %llu %llu\n",
                                s->nodes.data[i].depth, s->frames.data[s->nodes.data[i].frame].name,
                                (unsigned long long)hwp_stacks_self(s, i, c)->value,
                                (unsigned long long)hwp_stacks_total(s, i, c)->value);
    assert_string_equal(text, expected);
}

static void test_folded(void **state)
{
    (void)state;
    struct hwp_stacks s = parse("b;main;f 3\n"
                                "# a comment\n"
                                "b;main 2\r\n"
                                "a;main;operator new(unsigned long) 5.7\n"
                                "no count\n"
                                "b;main;f 4\n"
                                "b;main;e;f 1\n"
                                "17\n"
                                "b;99999999999999999999999 99999999999999999999999\n"
                                "\n"
                                "b;main;f 1",
                                3);

    check(&s, 0,
          "0 all 0 16\n"
          "1 a 0 5\n"
          "2 main 0 5\n"
          "3 operator new(unsigned long) 5 5\n"
          "1 b 0 11\n"
          "2 main 2 11\n"
          "3 e 0 1\n"
          "4 f 1 1\n"
          "3 f 8 8\n");
    assert_int_equal(s.nodes.data[0].end, 9);
    assert_int_equal(s.nodes.data[4].end, 9);
    assert_int_equal(s.nodes.data[6].end, 8);
    assert_int_equal(s.nodes.data[8].parent, 5);
    hwp_stacks_deinit(&s);
}

static void test_join(void **state)
{
    (void)state;
    struct hwp_stacks a = parse("t;x 1\nt;y 2\n", 0), b = parse("t;y;z 5\nu;x 7\n", 0), both;

    hwp_stacks_join(&a, 0, &b, 0, &both);
    check(&both, 0, "0 all 0 3\n1 t 0 3\n2 x 1 1\n2 y 2 2\n3 z 0 0\n1 u 0 0\n2 x 0 0\n");
    check(&both, 1, "0 all 0 12\n1 t 0 5\n2 x 0 0\n2 y 0 5\n3 z 5 5\n1 u 0 7\n2 x 7 7\n");
    hwp_stacks_deinit(&a);
    hwp_stacks_deinit(&b);
    hwp_stacks_deinit(&both);
}

static void test_nothing(void **state)
{
    (void)state;
    struct hwp_stacks s = parse("", 0);

    check(&s, 0, "0 all 0 0\n");
    hwp_stacks_deinit(&s);
}

/* As deep as a text may be: nothing recurses. */
static void test_deep(void **state)
{
    (void)state;
    size_t depth = 300000;
    char *text = hwp_alloc(2 * depth + 8);
    struct hwp_stacks s;

    memset(text, 'f', 2 * depth);
    for (size_t i = 1; i < 2 * depth; i += 2)
        text[i] = ';';
    strcpy(text + 2 * depth, "f 1");
    s = parse(text, 0);
    assert_int_equal(s.nodes.len, depth + 2);
    assert_int_equal(hwp_stacks_total(&s, 1, 0)->value, 1);
    free(text);
    hwp_stacks_deinit(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folded),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_deep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
