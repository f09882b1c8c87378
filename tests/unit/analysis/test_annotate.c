/* Which instructions of an annotation are shown, and which are folded. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analysis/annotate_rows.h"
#include "base/attr.h"

#define MAX 64

/* `costs`: one character per instruction, '#' hot (1000), '-' cold but sampled (1), ' ' nothing. */
static void choose(const char *costs, bool *shown)
{
    struct hwp_insn insns[MAX] = {0};
    struct hwp_cost matrix[MAX] = {0}, total = {0};
    size_t n = strlen(costs);

    for (size_t i = 0; i < n; i++) {
        uint64_t value = costs[i] == '#' ? 1000 : costs[i] == '-' ? 1 : 0;
        insns[i] = (struct hwp_insn){.addr = i, .len = 1};
        matrix[i] = (struct hwp_cost){value, value};
        hwp_cost_add(&total, &matrix[i]);
    }
    struct hwp_annotation a = {
        .nr_events = 1, .insns = {insns, n, MAX}, .costs = matrix, .totals = &total};
    hwp_annotate_choose(&a, shown);
}

static void cold_stretches_are_folded(void **state)
{
    static const struct {
        int line;
        const char *costs, *want; /* '+' shown, '.' folded */
    } rows[] = {
        {__LINE__, "          #          ", ".......+++++++......."},
        {__LINE__, "#                    ", "++++................."},
        {__LINE__, "                    #", ".................++++"},
        {__LINE__, "#         #          ", "++++++++++++++......."}, /* three between: shown */
        {__LINE__, "#          #         ", "++++....+++++++......"}, /* four: folded */
        {__LINE__, "   #   ", "+++++++"},
        {__LINE__, "-#-------------------", "+++++................"},
        {__LINE__, "                     ", "+++++++++++++++++++++"}, /* no samples at all */
        {__LINE__, "#", "+"},
    };

    (void)state;
    for (size_t r = 0; r < hwp_array_size(rows); r++) {
        bool shown[MAX];
        choose(rows[r].costs, shown);
        for (size_t i = 0; rows[r].want[i]; i++)
            if (shown[i] != (rows[r].want[i] == '+'))
                fail_msg("line %d: instruction %zu is %s", rows[r].line, i,
                         shown[i] ? "shown" : "folded");
    }
    choose("", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cold_stretches_are_folded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
