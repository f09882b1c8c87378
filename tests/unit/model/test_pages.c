/* Homes of pages: first touch, policies, ranges, and what takes a home away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "counters/model/sim/pages.h"
#include "model/alloc.h"

#define PAGE     ((uint64_t)HWM_PAGE_BYTES)
#define BASE     UINT64_C(0x7f1200000000)
#define NR_NODES 4

static struct hwm_machine machine;

static struct hwm_memory_policy policy(enum hwm_policy kind, uint32_t nodes)
{
    return (struct hwm_memory_policy){kind, nodes};
}

/* Node 3 is nearer to 1 than 0 is. */
static struct hwm_pages *create(enum hwm_policy kind, uint32_t nodes)
{
    machine = (struct hwm_machine){.nr_nodes = NR_NODES, .line_bytes = 64};
    machine.policy = policy(kind, nodes);
    for (unsigned i = 0; i < NR_NODES; i++)
        for (unsigned k = 0; k < NR_NODES; k++)
            machine.dram_cycles[i][k] = i == k ? 200 : (i ^ k) == 2 ? 300 : 400;
    return hwm_pages_create(&machine);
}

/* The home of the page `index` pages after BASE, when `node` uses it. */
static unsigned use(struct hwm_pages *p, uint64_t index, unsigned node)
{
    struct hwm_page *page = hwm_pages_use(p, BASE + index * PAGE + 100, node);

    assert_non_null(page);
    assert_int_equal(page->number, BASE / PAGE + index);
    assert_true(page->placed);
    return page->home;
}

static void bind(struct hwm_pages *p, uint64_t first, uint64_t n, enum hwm_policy kind,
                 uint32_t nodes, bool move)
{
    hwm_pages_bind(p, BASE + first * PAGE, n * PAGE, policy(kind, nodes), move);
}

/* Pages live in slabs: the tests leave them to the process. Run under ASan without its leak check.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static void first_touch(void **state)
{
    struct hwm_pages *p = create(HWM_POLICY_DEFAULT, 0);

    (void)state;
    assert_null(hwm_pages_find(p, BASE));
    assert_int_equal(use(p, 0, 2), 2);
    assert_int_equal(use(p, 0, 1), 2); /* stays */
    assert_int_equal(use(p, 1, 1), 1);
    assert_ptr_equal(hwm_pages_find(p, BASE), hwm_pages_find(p, BASE + PAGE - 1));
    assert_ptr_not_equal(hwm_pages_find(p, BASE), hwm_pages_find(p, BASE + PAGE));
    assert_int_equal(hwm_pages_use(p, 0, 3)->home, 3);
    assert_int_equal(hwm_pages_use(p, UINT64_MAX, 1)->home, 1);
    assert_null(hwm_pages_find(p, PAGE));
}

static void policies_of_the_process(void **state)
{
    static const struct {
        enum hwm_policy kind;
        uint32_t nodes;
        unsigned want[NR_NODES]; /* home of page i when node i uses it */
    } rows[] = {
        {HWM_POLICY_DEFAULT, 0, {0, 1, 2, 3}},
        {HWM_POLICY_DEFAULT, 2, {0, 1, 2, 3}},
        {HWM_POLICY_BIND, 4, {2, 2, 2, 2}},
        {HWM_POLICY_BIND, 1 | 8, {0, 3, 0, 3}}, /* the own node, else the nearest */
        {HWM_POLICY_BIND, 1 | 2, {0, 1, 0, 1}},
        {HWM_POLICY_BIND, 4 | 8, {2, 3, 2, 3}},
        {HWM_POLICY_PREFERRED, 2 | 8, {1, 1, 1, 1}},
        {HWM_POLICY_INTERLEAVE, 15, {0, 1, 2, 3}},
        {HWM_POLICY_INTERLEAVE, 2 | 8, {1, 3, 1, 3}},
        {HWM_POLICY_INTERLEAVE, 8, {3, 3, 3, 3}},
        {HWM_POLICY_BIND, 0, {0, 1, 2, 3}}, /* no node: default */
        {HWM_POLICY_INTERLEAVE, 0, {0, 1, 2, 3}},
        {HWM_POLICY_PREFERRED, 0, {0, 1, 2, 3}},
        {HWM_POLICY_BIND, 0xfffffff0, {0, 1, 2, 3}}, /* none that exists */
        {HWM_POLICY_BIND, 0xfffffff4, {2, 2, 2, 2}}, /* one that does */
        {HWM_POLICY_INTERLEAVE, 0xffffffff, {0, 1, 2, 3}},
        {(enum hwm_policy)77, 1, {0, 1, 2, 3}},
    };

    (void)state;
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        for (int later = 0; later < 2; later++) {
            struct hwm_pages *p = create(later ? HWM_POLICY_BIND : rows[r].kind, rows[r].nodes);
            if (later)
                hwm_pages_policy(p, policy(rows[r].kind, rows[r].nodes));
            for (unsigned i = 0; i < NR_NODES; i++)
                if (use(p, i, i) != rows[r].want[i])
                    fail_msg("row %zu: node %u is given %u", r, i, use(p, i, i));
        }
    }
}

static void ranges_win_over_the_process(void **state)
{
    struct hwm_pages *p = create(HWM_POLICY_BIND, 1);

    (void)state;
    assert_int_equal(use(p, 9, 2), 0);
    bind(p, 10, 10, HWM_POLICY_BIND, 8, false);
    bind(p, 12, 2, HWM_POLICY_BIND, 4, false);      /* a later one wins, in the middle */
    bind(p, 18, 4, HWM_POLICY_PREFERRED, 2, false); /* and over the end */
    bind(p, 15, 1, HWM_POLICY_DEFAULT, 0, false);   /* back to the process's */
    bind(p, 16, 1, HWM_POLICY_BIND, 1 << 20, false);
    bind(p, 17, 0, HWM_POLICY_BIND, 1, false); /* nothing */

    static const unsigned want[] = {0, 3, 3, 2, 2, 3, 0, 0, 3, 1, 1, 1, 1, 0};
    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        assert_int_equal(use(p, 9 + i, 2), want[i]);
}

/* Against an array of what each page's policy was last. */
static void ranges_agree_with_an_array(void **state)
{
    enum { N = 256 };
    uint64_t random = 2463534242;

    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        struct hwm_pages *p = create(HWM_POLICY_DEFAULT, 0);
        unsigned want[N];
        for (unsigned i = 0; i < N; i++)
            want[i] = 2;
        for (unsigned k = 0; k < 300; k++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            unsigned node = random >> 60 & 3, first = (random >> 40) % N;
            unsigned n = (random >> 20) % (N - first) + 1;
            n = round % 2 ? n : n % 5 + 1 > N - first ? 1 : n % 5 + 1;
            bool none = (random >> 58 & 3) == 0;
            bind(p, first, n, none ? HWM_POLICY_DEFAULT : HWM_POLICY_BIND, 1u << node, false);
            for (unsigned i = first; i < first + n; i++)
                want[i] = none ? 2 : node;
        }
        for (unsigned i = 0; i < N; i++)
            assert_int_equal(use(p, i, 2), want[i]);
    }
}

static void partial_pages_are_bound(void **state)
{
    struct hwm_pages *p = create(HWM_POLICY_DEFAULT, 0);

    (void)state;
    hwm_pages_bind(p, BASE + PAGE, PAGE + 1, policy(HWM_POLICY_BIND, 8), false);
    hwm_pages_bind(p, UINT64_MAX - 10 * PAGE, UINT64_MAX, policy(HWM_POLICY_BIND, 4), true);
    assert_int_equal(use(p, 0, 0), 0);
    assert_int_equal(use(p, 1, 0), 3);
    assert_int_equal(use(p, 2, 0), 3);
    assert_int_equal(use(p, 3, 0), 0);
    assert_int_equal(hwm_pages_use(p, UINT64_MAX - 4 * PAGE, 0)->home, 2);
}

static void moves(void **state)
{
    struct hwm_pages *p = create(HWM_POLICY_DEFAULT, 0);

    (void)state;
    for (unsigned i = 0; i < 8; i++)
        use(p, i, i % NR_NODES);
    bind(p, 0, 4, HWM_POLICY_BIND, 1 | 8, false);
    assert_int_equal(use(p, 1, 0), 1); /* was used already */
    bind(p, 0, 4, HWM_POLICY_BIND, 1 | 8, true);
    assert_int_equal(use(p, 0, 0), 0); /* on one of the nodes: stays */
    assert_int_equal(use(p, 1, 0), 3); /* nearest to where it was */
    assert_int_equal(use(p, 2, 0), 0);
    assert_int_equal(use(p, 3, 0), 3);
    bind(p, 4, 4, HWM_POLICY_INTERLEAVE, 2 | 4, true);
    assert_int_equal(use(p, 4, 0), 1);
    assert_int_equal(use(p, 7, 0), 2);
    bind(p, 4, 4, HWM_POLICY_DEFAULT, 0, true); /* nowhere to go */
    assert_int_equal(use(p, 7, 0), 2);

    hwm_pages_move(p, BASE + 5, 3);
    assert_int_equal(use(p, 0, 0), 3);
    hwm_pages_move(p, BASE + 5, NR_NODES); /* there is no such node */
    assert_int_equal(use(p, 0, 0), 3);
    hwm_pages_move(p, BASE + 100 * PAGE, 1); /* nor such a page yet */
    assert_null(hwm_pages_find(p, BASE + 100 * PAGE));
    assert_int_equal(use(p, 100, 2), 2);
}

static void forgotten_pages_choose_anew(void **state)
{
    struct hwm_pages *p = create(HWM_POLICY_DEFAULT, 0);

    (void)state;
    for (unsigned i = 0; i < 6; i++)
        use(p, i, 1);
    hwm_pages_find(p, BASE + PAGE)->lines[63] = 42;
    hwm_pages_forget(p, BASE + 1, 3 * PAGE - 1);    /* wholly in it: pages 1 and 2 */
    hwm_pages_forget(p, BASE + 4 * PAGE, PAGE - 1); /* none */
    hwm_pages_forget(p, BASE + 5 * PAGE, 0);
    bind(p, 1, 1, HWM_POLICY_BIND, 8, true); /* has no home to move from */

    static const unsigned want[] = {1, 3, 2, 1, 1, 1};
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(use(p, i, 2), want[i]);
    assert_int_equal(hwm_pages_find(p, BASE + PAGE)->lines[63], 42);

    hwm_pages_forget(p, 0, UINT64_MAX); /* everything, through the table */
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(use(p, i, 0), i == 1 ? 3 : 0);
}

static void many_pages(void **state)
{
    enum { N = 100000 };
    struct hwm_pages *p = create(HWM_POLICY_INTERLEAVE, 15);

    (void)state;
    for (uint64_t i = 0; i < N; i++)
        use(p, i * 512, 0); /* as huge pages would be */
    for (uint64_t i = 0; i < N; i++) {
        struct hwm_page *page = hwm_pages_find(p, BASE + i * 512 * PAGE);
        assert_non_null(page);
        assert_int_equal(page->number, BASE / PAGE + i * 512);
        assert_int_equal(page->lines[0] | page->lines[63], 0);
        assert_null(hwm_pages_find(p, BASE + (i * 512 + 1) * PAGE));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_touch),
        cmocka_unit_test(policies_of_the_process),
        cmocka_unit_test(ranges_win_over_the_process),
        cmocka_unit_test(ranges_agree_with_an_array),
        cmocka_unit_test(partial_pages_are_bound),
        cmocka_unit_test(moves),
        cmocka_unit_test(forgotten_pages_choose_anew),
        cmocka_unit_test(many_pages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
