/* Pin expressions: text → CPUs in order, or an error that says where and what there is. */
#include "load.h"

#include <stdlib.h>

#include "base/str.h"
#include "topology/pinexpr.h"

struct row {
    int line;
    const char *topology, *allowed, *text;
    const char *cpus;  /* as a comma list in order; NULL: an error … */
    const char *error; /* … whose message and hint, joined by " | ", contain this */
};

static const struct row rows[] = {
    /* all CPUs */
    {__LINE__, SMT, NULL, "cores", "0,2,4,6,8,10,12,14,1,3,5,7,9,11,13,15", NULL},
    {__LINE__, SMT, NULL, "compact", "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15", NULL},
    {__LINE__, SMT, NULL, "scatter", "0,8,2,10,4,12,6,14,1,9,3,11,5,13,7,15", NULL},
    {__LINE__, "pack:2 l3:2 core:2 pu:1", NULL, "scatter", "0,4,2,6,1,5,3,7", NULL},
    {__LINE__, SMT, NULL, "none", "", NULL},
    {__LINE__, SMT, NULL, "NONE", "", NULL},
    {__LINE__, SMT, "1,3,4", "cores", "1,3,4", NULL},
    {__LINE__, SMT, "1-3", "cores", "1,2,3", NULL},
    {__LINE__, HYBRID, NULL, "cores", "0,2,4,5,6,7,1,3", NULL},
    {__LINE__, OFFLINE, NULL, "cores", "0,2,4,7,1,5", NULL},
    {__LINE__, MEMORY, NULL, "cores", "0,1,2,3", NULL},
    {__LINE__, "pu:4", NULL, "cores", "0,1,2,3", NULL},
    {__LINE__, "pu:1", NULL, "scatter", "0", NULL},
    /* OS numbers */
    {__LINE__, SMT, NULL, "0-3,8", "0,1,2,3,8", NULL},
    {__LINE__, SMT, NULL, "3-0", "3,2,1,0", NULL},
    {__LINE__, SMT, NULL, "5,5", "5,5", NULL},
    {__LINE__, SMT, NULL, "0-6:2", "0,2,4,6", NULL},
    {__LINE__, SMT, NULL, "8+1@2", "8,1,2", NULL},
    {__LINE__, SMT, NULL, "16", NULL, "there is no CPU 16, at ^ in ^16 | this machine has CPU 0-15"},
    {__LINE__, SMT, NULL, "0,99999999999", NULL, "too large, at ^ in 0,^9"},
    {__LINE__, SMT, "0-3", "0,5", NULL, "CPU 5 exists but is not allowed here; allowed: 0-3"},
    {__LINE__, SMT, "0-3", "0-5", NULL, "CPU 4 exists but is not allowed"},
    {__LINE__, OFFLINE, NULL, "0-4", NULL, "there is no CPU 3 (offline?)"},
    {__LINE__, OFFLINE, NULL, "6", NULL, "this machine has CPU 0-2,4-5,7"},
    {__LINE__, SMT, NULL, "0-", NULL, "expected a number, at ^ in 0-^"},
    {__LINE__, SMT, NULL, "0,", NULL, "expected a number, at ^ in 0,^"},
    {__LINE__, SMT, NULL, "0 1", NULL, "expected ',', '+', '@' or the end, at ^ in 0^ 1"},
    {__LINE__, SMT, NULL, "0-4:0", NULL, "a stride of 0"},
    /* hwloc */
    {__LINE__, SMT, NULL, "core:0-3", "0,2,4,6,1,3,5,7", NULL},
    {__LINE__, SMT, NULL, "Core:3-0", "6,4,2,0,7,5,3,1", NULL},
    {__LINE__, SMT, NULL, "core:0,2", "0,4,1,5", NULL},
    {__LINE__, SMT, NULL, "core:6-", "12,14,13,15", NULL},
    {__LINE__, SMT, NULL, "core:7:2", "14,0,15,1", NULL},
    {__LINE__, SMT, NULL, "pu:0,2", "0,2", NULL},
    {__LINE__, SMT, NULL, "pu:odd", "1,3,5,7,9,11,13,15", NULL},
    {__LINE__, SMT, NULL, "core:even.pu:0", "0,4,8,12", NULL},
    {__LINE__, SMT, NULL, "core:all.pu:1", "1,3,5,7,9,11,13,15", NULL},
    {__LINE__, SMT, NULL, "numa:1", "8,10,12,14,9,11,13,15", NULL},
    {__LINE__, SMT, NULL, "NUMANode:1.core:0", "8,9", NULL},
    {__LINE__, SMT, NULL, "node:1.core:0-1.pu:0", "8,10", NULL},
    {__LINE__, SMT, NULL, "package:1", "8,10,12,14,9,11,13,15", NULL},
    {__LINE__, SMT, NULL, "socket:1.core:0+pu:0", "8,9,0", NULL},
    {__LINE__, SMT, NULL, "L3:0", "0,2,4,6,1,3,5,7", NULL},
    {__LINE__, SMT, NULL, "l3cache:1.pu:0", "8", NULL},
    {__LINE__, SMT, NULL, "machine:0.pu:15", "15", NULL},
    {__LINE__, SMT, "0-3", "package:0", "0,2,1,3", NULL},
    {__LINE__, SMT, "0-3", "core:all", "0,2,1,3", NULL},
    {__LINE__, HYBRID, NULL, "L2:2", "4,5,6,7", NULL},
    {__LINE__, HYBRID, NULL, "core:0-2", "0,2,4,1,3", NULL},
    {__LINE__, OFFLINE, NULL, "package:1", "4,7,5", NULL},
    {__LINE__, OFFLINE, NULL, "pu:3", "4", NULL},
    {__LINE__, "pack:1 core:2 pu:1", NULL, "core:0-5", NULL,
     "there is no core:5, at ^ in core:0-^5 | this machine has core:0-1"},
    {__LINE__, SMT, "0-3", "core:2", NULL, "CPU 4 exists but is not allowed here; allowed: 0-3"},
    {__LINE__, SMT, NULL, "numa:1.core:7", NULL, "in numa:1.core:^7 | this machine has core:0-3"},
    {__LINE__, SMT, NULL, "die:0", NULL, "there is no die:0, at ^ in die:^0 | this machine has no"},
    {__LINE__, SMT, NULL, "die:all", NULL, "there is none of these die"},
    {__LINE__, SMT, "0-3", "package:1.core:all", NULL, "none of these CPUs is allowed here"},
    {__LINE__, MEMORY, NULL, "numa:1", NULL, "memory but no CPUs"},
    {__LINE__, MEMORY, NULL, "numa:0", "0,1,2,3", NULL},
    {__LINE__, SMT, NULL, "core", NULL, "expected ':' and an index, at ^ in core^"},
    {__LINE__, SMT, NULL, "core:", NULL, "expected a number, at ^ in core:^"},
    {__LINE__, SMT, NULL, "core:0-x", NULL, "expected a number, at ^ in core:0-^x"},
    {__LINE__, SMT, NULL, "core:0.", NULL, "expected CPUs, at ^ in core:0.^"},
    {__LINE__, SMT, NULL, "core:0:0", NULL, "there are not 0 core"},
    {__LINE__, SMT, NULL, "coer:0", NULL, "'coer' is nothing to pin to, at ^ in ^coer:0 | did you mean core"},
    {__LINE__, SMT, NULL, "pu:0.pu:0.pu:0.pu:0.pu:0.pu:0.pu:0.pu:0.pu:0.pu:0", NULL, "too deep"},
    /* LIKWID */
    {__LINE__, SMT, NULL, "S0:0-3", "0,2,4,6", NULL},
    {__LINE__, SMT, NULL, "S1:0-7", "8,10,12,14,9,11,13,15", NULL},
    {__LINE__, SMT, NULL, "s1:4", "9", NULL},
    {__LINE__, SMT, NULL, "S0:3-0", "6,4,2,0", NULL},
    {__LINE__, SMT, NULL, "S0:0-1@S1:0-1", "0,2,8,10", NULL},
    {__LINE__, SMT, NULL, "N:0-8", "0,2,4,6,8,10,12,14,1", NULL},
    {__LINE__, SMT, NULL, "M1:0,4", "8,9", NULL},
    {__LINE__, SMT, NULL, "C1:0-1", "8,10", NULL},
    {__LINE__, SMT, NULL, "D1:0", "8", NULL},
    {__LINE__, SMT, "1-4", "N:0-3", "1,2,4,3", NULL},
    {__LINE__, SMT, NULL, "E:S0:4", "0,1,2,3", NULL},
    {__LINE__, SMT, NULL, "E:N:8:1:2", "0,2,4,6,8,10,12,14", NULL},
    {__LINE__, SMT, NULL, "E:S1:4:2:4", "8,9,12,13", NULL},
    {__LINE__, SMT, NULL, "E:S0:5:1:2", "0,2,4,6,0", NULL},
    {__LINE__, SMT, NULL, "S:scatter", "0,8,2,10,4,12,6,14,1,9,3,11,5,13,7,15", NULL},
    {__LINE__, SMT, "0-1,8", "M:scatter", "0,8,1", NULL},
    {__LINE__, "pack:1 l2:2 core:2 pu:1", NULL, "C:scatter", "0,2,1,3", NULL},
    {__LINE__, "pu:2", NULL, "S0:1", "1", NULL},
    {__LINE__, SMT, NULL, "S2:0", NULL, "there is no domain S2, at ^ in ^S2:0 | this machine has S0-S1"},
    {__LINE__, SMT, NULL, "S0:8", NULL, "there is no S0:8, at ^ in S0:^8 | this machine has S0:0-7"},
    {__LINE__, SMT, NULL, "S:0", NULL, "expected a number, at ^ in S^:0"},
    {__LINE__, SMT, NULL, "E:S0", NULL, "expected ':', at ^ in E:S0^"},
    {__LINE__, SMT, NULL, "E:X0:1", NULL, "expected a LIKWID domain"},
    {__LINE__, SMT, NULL, "E:N:4:2", NULL, "expected ':', at ^ in E:N:4:2^"},
    {__LINE__, SMT, NULL, "E:N:0", NULL, "must be 1 or more"},
    {__LINE__, SMT, NULL, "E:N:4:1:0", NULL, "must be 1 or more"},
    {__LINE__, SMT, "0-3", "S1:0", NULL, "no CPU that is allowed here; allowed: 0-3"},
    {__LINE__, "pu:2", NULL, "C:scatter", NULL, "no C domains"},
    {__LINE__, MEMORY, NULL, "M1:0", NULL, "domain M1 has no CPU"},
    /* the whole */
    {__LINE__, SMT, NULL, "", NULL, "expected CPUs, at ^ in ^ | write cores, none"},
    {__LINE__, SMT, NULL, "none+1", NULL, "'none' stands alone"},
    {__LINE__, SMT, NULL, "0+", NULL, "expected CPUs, at ^ in 0+^"},
    {__LINE__, SMT, NULL, "@0", NULL, "expected CPUs, at ^ in ^@0"},
};

static char *list_text(const struct hwp_cpu_list *list)
{
    struct hwp_str s = {0};

    hwp_vec_foreach(list, cpu)
        hwp_str_addf(&s, "%s%u", s.len ? "," : "", *cpu);
    return hwp_str_steal(&s);
}

static void check(const struct row *row)
{
    struct hwp_topology *t = load(row->topology, row->allowed);
    struct hwp_cpu_list list = {0};
    struct hwp_error *err = hwp_pinexpr_parse(t, row->text, &list);
    char *got = err ? hwp_asprintf("%s | %s", err->msg, err->hint ? err->hint : "")
                    : list_text(&list);

    if (row->error ? !err || !strstr(got, row->error) : err || strcmp(got, row->cpus) != 0)
        fail_msg("row at line %d: '%s' gives %s", row->line, row->text, got);
    free(got);
    hwp_vec_deinit(&list);
    hwp_error_destroy(err);
    hwp_topology_destroy(t);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++)
        check(&rows[i]);
}

static void mutate(char *text, unsigned *seed)
{
    static const char bytes[] = "0123456789,-:.+@SMCDNEcorepunaL3all\xff\n ";
    size_t len = strlen(text);

    for (int n = 1 + rand_r(seed) % 4; n; n--) {
        size_t at = len ? (size_t)rand_r(seed) % len : 0;
        char byte = bytes[(size_t)rand_r(seed) % (sizeof(bytes) - 1)];
        if (rand_r(seed) % 3 == 0 && len) {
            memmove(text + at, text + at + 1, len - at);
            len--;
        } else if (rand_r(seed) % 2 && len < 120) {
            memmove(text + at + 1, text + at, len - at + 1);
            text[at] = byte;
            len++;
        } else if (len) {
            text[at] = byte;
        }
    }
}

/* Whatever is typed: a list of allowed CPUs, or an error with one line of text. */
static void test_mutations(void **state)
{
    (void)state;
    struct hwp_topology *t = load(SMT, "0-11");
    unsigned seed = 20240607, parsed = 0, refused = 0;

    for (int i = 0; i < 6000; i++) {
        char text[256];
        snprintf(text, sizeof(text), "%s", rows[(size_t)rand_r(&seed) % hwp_array_size(rows)].text);
        mutate(text, &seed);
        struct hwp_cpu_list list = {0};
        struct hwp_error *err = hwp_pinexpr_parse(t, text, &list);
        if (err && (!*err->msg || list.len))
            fail_msg("'%s': a bad failure", text);
        hwp_vec_foreach(&list, cpu)
            if (!hwp_cpuset_has(&t->allowed, *cpu))
                fail_msg("'%s' gives CPU %u, which is not allowed", text, *cpu);
        refused += err != NULL;
        parsed += err == NULL;
        hwp_error_destroy(err);
        hwp_vec_deinit(&list);
    }
    assert_true(parsed > 100 && refused > 100);
    hwp_topology_destroy(t);
}

static void test_no_blowup(void **state)
{
    (void)state;
    struct hwp_topology *t = load(SMT, "0");
    struct hwp_cpu_list list = {0};
    struct hwp_str s = {0};

    /* 2^n ways through the nesting, with nothing allowed at the end of any. */
    for (int i = 0; i < 8; i++)
        hwp_str_add(&s, "core:all,all,all,all,all,all.");
    hwp_str_add(&s, "pu:0");
    struct hwp_error *err = hwp_pinexpr_parse(t, s.data, &list);
    assert_non_null(err);
    hwp_error_destroy(err);
    err = hwp_pinexpr_parse(t, "E:N:65537", &list);
    assert_non_null(err);
    hwp_error_destroy(err);
    err = hwp_pinexpr_parse(t, "E:N:65536@0", &list);
    assert_non_null(err);
    assert_non_null(strstr(err->msg, "more than 65536 CPUs"));
    hwp_error_destroy(err);
    hwp_str_deinit(&s);
    hwp_topology_destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_no_blowup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
