/* The registry of verbs: every entry complete, options unambiguous, everything in its man page. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cmd/command.h"

/* The text of docs/man/hwprof[-VERB].1 without its escapes. */
static char *man_page(const struct hwp_command *command)
{
    char path[512];
    struct hwp_str text = {0};

    snprintf(path, sizeof(path), "%s/../../docs/man/hwprof%s%s.1", HWP_TEST_DATA,
             command->name ? "-" : "", command->name ? command->name : "");
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("no man page %s", path);
    for (int c; (c = fgetc(file)) != EOF;) {
        if (c != '\\') {
            hwp_str_addc(&text, (char)c);
            continue;
        }
        c = fgetc(file); /* \- is -, \fB and the like are nothing */
        if (c == 'f')
            fgetc(file);
        else if (c == '-')
            hwp_str_addc(&text, '-');
    }
    fclose(file);
    return hwp_str_steal(&text);
}

static void test_entries_are_complete(void **state)
{
    (void)state;
    for (size_t i = 0; hwp_commands[i]; i++) {
        const struct hwp_command *c = hwp_commands[i];
        assert_true(i == 0 ? c->name == NULL : c->name != NULL);
        assert_true(c->summary && *c->summary);
        assert_true(c->usage && c->options && c->run);
        assert_true(c->examples && c->examples[0]);
        if (c->name)
            assert_ptr_equal(hwp_command_find(c->name), c);
        for (size_t e = 0; c->name && c->examples[e]; e++)
            assert_true(hwp_starts_with(c->examples[e], c->name));
    }
    assert_null(hwp_command_find("no-such-verb"));
}

static void check_pair(const struct hwp_command *c, const struct hwp_opt *a,
                       const struct hwp_opt *b)
{
    if (a != b && strcmp(a->long_name, b->long_name) == 0)
        fail_msg("%s: --%s twice", c->name ? c->name : "main", a->long_name);
    if (a != b && a->short_name && a->short_name == b->short_name)
        fail_msg("%s: -%c twice", c->name ? c->name : "main", a->short_name);
}

static void test_options_are_unambiguous(void **state)
{
    (void)state;
    for (size_t i = 0; hwp_commands[i]; i++) {
        const struct hwp_opt *const *tables = hwp_commands[i]->options;
        for (size_t t = 0; tables[t]; t++)
            for (const struct hwp_opt *a = tables[t]; a->long_name; a++)
                for (size_t u = 0; tables[u]; u++)
                    for (const struct hwp_opt *b = tables[u]; b->long_name; b++)
                        check_pair(hwp_commands[i], a, b);
    }
}

/* Options shared with the main job are described in its page, the others in the verb's own. */
static void test_options_are_in_the_man_pages(void **state)
{
    (void)state;
    char *shared = man_page(hwp_commands[0]);

    for (size_t i = 0; hwp_commands[i]; i++) {
        char *own = man_page(hwp_commands[i]);
        const struct hwp_opt *const *tables = hwp_commands[i]->options;
        for (size_t t = 0; tables[t]; t++) {
            for (const struct hwp_opt *o = tables[t]; o->long_name; o++) {
                char name[64];
                snprintf(name, sizeof(name), "--%s", o->long_name);
                if (!strstr(own, name) && !strstr(shared, name))
                    fail_msg("%s of %s is in no man page", name,
                             hwp_commands[i]->name ? hwp_commands[i]->name : "main");
            }
        }
        free(own);
    }
    free(shared);
}

static void test_help_names_every_option(void **state)
{
    (void)state;
    for (size_t i = 0; hwp_commands[i]; i++) {
        struct hwp_out out;
        hwp_out_init_memory(&out);
        hwp_command_help(hwp_commands[i], &out);
        assert_non_null(strstr(out.text.data, "usage: hwprof"));
        assert_non_null(strstr(out.text.data, "examples:"));
        for (size_t t = 0; hwp_commands[i]->options[t]; t++)
            for (const struct hwp_opt *o = hwp_commands[i]->options[t]; o->long_name; o++)
                assert_non_null(strstr(out.text.data, o->long_name));
        assert_null(hwp_out_close(&out));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_are_complete),
        cmocka_unit_test(test_options_are_unambiguous),
        cmocka_unit_test(test_options_are_in_the_man_pages),
        cmocka_unit_test(test_help_names_every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
