#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analysis/atomics.h"
#include "base/attr.h"

#define EVENTS 2 /* one that skids, one precise */

/* A function of up to eight instructions of four bytes each, at 0x1000. Letters:
 *   . plain   L lock rmw   C call   J jump (both to instruction `jump_to`)
 *   P pause   F fence      R return                                  */
static size_t assemble(const char *text, int jump_to, struct hwp_insn *insns)
{
    size_t n = strlen(text);

    for (size_t i = 0; i < n; i++) {
        insns[i] = (struct hwp_insn){.addr = 0x1000 + 4 * i, .len = 4};
        switch (text[i]) {
        case 'L':
            insns[i].atomic = HWP_ATOMIC_RMW;
            break;
        case 'F':
            insns[i].atomic = HWP_ATOMIC_FENCE;
            break;
        case 'P':
            insns[i].atomic = HWP_ATOMIC_SPIN_HINT;
            break;
        case 'J':
            insns[i].flow = HWP_FLOW_COND_JUMP;
            insns[i].target = 0x1000 + 4 * (uint64_t)jump_to;
            break;
        case 'C':
            insns[i].flow = HWP_FLOW_CALL;
            insns[i].target = 0x1000 + 4 * (uint64_t)jump_to;
            break;
        case 'R':
            insns[i].flow = HWP_FLOW_RETURN;
            break;
        default:
            break;
        }
    }
    return n;
}

static void skid_goes_back_to_the_atomic(void **state)
{
    static const struct {
        int line;
        const char *code;
        int jump_to;
        uint64_t before[8], after[8], on_atomics;
    } rows[] = {
        {__LINE__, ".L..", 0, {1, 2, 50, 3}, {1, 52, 0, 3}, 52},
        /* the instruction behind it is a jump's target: its samples may be its own */
        {__LINE__, ".L.J", 2, {1, 2, 50, 3}, {1, 2, 50, 3}, 2},
        /* a jump to the atomic itself is no hindrance (a retry loop) */
        {__LINE__, ".LJ.", 1, {1, 2, 50, 3}, {1, 52, 0, 3}, 52},
        /* a call's target isn't a jump's */
        {__LINE__, ".L.C", 2, {1, 2, 50, 3}, {1, 52, 0, 3}, 52},
        /* two in a row: each gets what landed behind it */
        {__LINE__, "LL.", 0, {1, 20, 300}, {21, 300, 0}, 321},
        {__LINE__, "LLL", 0, {1, 20, 300}, {21, 300, 0}, 321},
        {__LINE__, "F.", 0, {0, 7}, {7, 0}, 7},
        /* pause marks a spin-wait but isn't atomic */
        {__LINE__, "P.", 0, {0, 7}, {0, 7}, 0},
        {__LINE__, "..", 0, {4, 7}, {4, 7}, 0},
        {__LINE__, "L", 0, {4}, {4}, 4},
        {__LINE__, "L.", 0, {0, 0}, {0, 0}, 0},
        {__LINE__, "", 0, {0}, {0}, 0},
    };
    struct hwp_event events[EVENTS];
    struct hwp_events list = {events, EVENTS, EVENTS};
    char name[] = "cpu-clock", precise[] = "cycles:pp";

    (void)state;
    events[0] = (struct hwp_event){.name = name};
    events[1] = (struct hwp_event){.name = precise, .precise = true};
    for (size_t r = 0; r < hwp_array_size(rows); r++) {
        struct hwp_insn insns[8];
        struct hwp_cost costs[8 * EVENTS] = {0}, moved[EVENTS] = {0}, sum[EVENTS] = {0};
        size_t n = assemble(rows[r].code, rows[r].jump_to, insns);
        struct hwp_insns code = {insns, n, 8};
        uint64_t total = 0, total_after = 0;

        for (size_t i = 0; i < n; i++)
            for (size_t e = 0; e < EVENTS; e++)
                costs[i * EVENTS + e] =
                    (struct hwp_cost){rows[r].before[i] * 10, rows[r].before[i]};
        hwp_atomics_unskid(&code, &list, costs, moved);
        hwp_atomics_sum(&code, EVENTS, costs, sum);

        for (size_t i = 0; i < n; i++) {
            if (costs[i * EVENTS].samples != rows[r].after[i])
                fail_msg("line %d: instruction %zu has %llu samples", rows[r].line, i,
                         (unsigned long long)costs[i * EVENTS].samples);
            assert_int_equal(costs[i * EVENTS].value, rows[r].after[i] * 10);
            assert_int_equal(costs[i * EVENTS + 1].samples, rows[r].before[i]);
            total += rows[r].before[i];
            total_after += costs[i * EVENTS].samples;
        }
        assert_int_equal(total, total_after);
        assert_int_equal(moved[1].samples, 0);
        if (sum[0].samples != rows[r].on_atomics)
            fail_msg("line %d: %llu on atomics", rows[r].line, (unsigned long long)sum[0].samples);
    }
}

static void a_gap_is_not_the_next_instruction(void **state)
{
    struct hwp_insn insns[2];
    struct hwp_cost costs[2] = {{0, 0}, {5, 5}};
    struct hwp_event ev = {0};
    char name[] = "cycles";

    (void)state;
    ev.name = name;
    assemble("L.", 0, insns);
    insns[1].addr += 8;
    hwp_atomics_unskid(&(struct hwp_insns){insns, 2, 2}, &(struct hwp_events){&ev, 1, 1}, costs,
                       NULL);
    assert_int_equal(costs[0].samples, 0);
    assert_int_equal(costs[1].samples, 5);
}

static void finds_the_covering_instruction(void **state)
{
    struct hwp_insn insns[4];
    struct hwp_insns code = {insns, assemble("....", 0, insns), 4};

    (void)state;
    assert_int_equal(hwp_insns_find(&code, 0x1000), 0);
    assert_int_equal(hwp_insns_find(&code, 0x1003), 0);
    assert_int_equal(hwp_insns_find(&code, 0x1004), 1);
    assert_int_equal(hwp_insns_find(&code, 0x100f), 3);
    assert_int_equal(hwp_insns_find(&code, 0x1010), -1);
    assert_int_equal(hwp_insns_find(&code, 0xfff), -1);
    assert_int_equal(hwp_insns_find(&(struct hwp_insns){0}, 0x1000), -1);
}

static void faults_and_models_do_not_skid(void **state)
{
    char clock[] = "cpu-clock", faults[] = "page-faults:u", cycles[] = "cycles";

    (void)state;
    assert_true(hwp_event_skids(&(struct hwp_event){.name = clock}));
    assert_true(hwp_event_skids(&(struct hwp_event){.name = cycles}));
    assert_false(hwp_event_skids(&(struct hwp_event){.name = cycles, .precise = true}));
    assert_false(hwp_event_skids(&(struct hwp_event){.name = faults}));
    assert_false(
        hwp_event_skids(&(struct hwp_event){.name = cycles, .origin = HWP_ORIGIN_MODELLED}));

    static const struct {
        int line;
        const char *encoding;
        bool skids;
    } rows[] = {
        {__LINE__, "type=0 config=0", true},    {__LINE__, "type=3,config=0x2", true},
        {__LINE__, "type=4,config=0x1c2", true}, {__LINE__, "type=9,config=0x1", true},
        {__LINE__, "type=1 config=0", true},    {__LINE__, "type=1,config=0x1", true},
        {__LINE__, "type=1 config=2", false},   {__LINE__, "type=1,config=0x3", false},
        {__LINE__, "type=1,config=0x4", false}, {__LINE__, "type=2,config=0x13c", false},
        {__LINE__, "type=5 config=0", false},
    };
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        char name[] = "event", encoding[64];
        strcpy(encoding, rows[i].encoding);
        if (hwp_event_skids(&(struct hwp_event){.name = name, .encoding = encoding}) !=
            rows[i].skids)
            fail_msg("line %d: %s", rows[i].line, encoding);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skid_goes_back_to_the_atomic),
        cmocka_unit_test(a_gap_is_not_the_next_instruction),
        cmocka_unit_test(finds_the_covering_instruction),
        cmocka_unit_test(faults_and_models_do_not_skid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
