/* What the modelled predictor must learn, and what it cannot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "counters/model/sim/branch.h"
#include "model/alloc.h"

#define TESTED UINT64_C(0x401004) /* as in the workload "branches": a test inside a loop */
#define LOOP   UINT64_C(0x401013)
#define MANY   (1 << 16)

static unsigned char outcomes[MANY];

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

static void destroy(struct hwm_branches *b)
{
    hwm_free(b, 0);
}

struct wrong {
    double tested, loop; /* per iteration */
};

/* Walks the first n outcomes `passes` times; the first half of the passes (if more than one) is not
 * counted. */
static struct wrong walk(uint64_t seed, size_t n, size_t passes)
{
    struct hwm_branches *b = hwm_branches_create(seed);
    uint64_t tested = 0, loop = 0;

    for (size_t pass = 0; pass < passes; pass++) {
        bool counted = pass >= passes / 2;
        for (size_t i = 0; i < n; i++) {
            tested += hwm_branch_conditional(b, TESTED, outcomes[i]) & counted;
            loop += hwm_branch_conditional(b, LOOP, i + 1 < n) & counted;
        }
    }
    destroy(b);
    double iterations = (double)n * (double)(passes - passes / 2);
    return (struct wrong){(double)tested / iterations, (double)loop / iterations};
}

static void assert_about(double value, double low, double high, const char *what, unsigned n)
{
    if (value < low || value > high)
        fail_msg("%s (%u): %.5f is not within %.5f and %.5f", what, n, value, low, high);
}

static void fill_random(uint64_t state)
{
    for (size_t i = 0; i < MANY; i++)
        outcomes[i] = next_random(&state) >> 40 & 1;
}

static void random_outcomes_are_half_wrong(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 5; seed++) {
        fill_random(seed * UINT64_C(88172645463325252));
        for (size_t passes = 1; passes <= 8; passes += 7) {
            struct wrong wrong = walk(seed, MANY, passes);
            assert_about(wrong.tested, 0.49, 0.51, "random, tested", (unsigned)passes);
            assert_about(wrong.loop, 0, 0.001, "random, loop", (unsigned)passes);
        }
    }
}

/* A short array, however random, is a period that fits the tables. */
static void short_random_arrays_are_learnt(void **state)
{
    (void)state;
    fill_random(12345);
    assert_about(walk(1, 256, 64).tested, 0, 0.01, "short random array", 256);
}

static void sorted_outcomes_are_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        outcomes[i] = i >= MANY / 2;
    assert_about(walk(1, MANY, 1).tested, 0, 0.0005, "sorted", 1);
    assert_about(walk(1, MANY, 4).tested, 0, 0.0005, "sorted", 4);
}

static void periods_are_learnt(void **state)
{
    static const unsigned periods[] = {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24};
    uint64_t random = 99;

    (void)state;
    for (size_t p = 0; p < sizeof(periods) / sizeof(periods[0]); p++) {
        unsigned period = periods[p];
        size_t n = MANY / period * period;
        for (size_t i = 0; i < n; i++)
            outcomes[i] = i % period >= period / 2;
        assert_about(walk(1, n, 2).tested, 0, 0.005, "halves of a period", period);
        for (size_t i = 0; i < n; i++)
            outcomes[i] = i < period ? next_random(&random) >> 40 & 1 : outcomes[i - period];
        assert_about(walk(1, n, 2).tested, 0, 0.005, "any period", period);
    }
}

static void trip_counts_are_learnt(void **state)
{
    static const unsigned trips[] = {8, 20, 200};

    (void)state;
    for (size_t t = 0; t < 3; t++) {
        struct hwm_branches *b = hwm_branches_create(1);
        unsigned wrong = 0;
        for (unsigned i = 0; i < 4000; i++)
            for (unsigned k = 1; k <= trips[t]; k++)
                wrong += hwm_branch_conditional(b, LOOP, k < trips[t]) & (i >= 2000);
        if (trips[t] < 64)
            assert_about(wrong, 0, 20, "exits of 2000 loops", trips[t]);
        else /* longer than the history: each exit comes as a surprise, and nothing else does */
            assert_int_equal(wrong, 2000);
        destroy(b);
    }
}

static void a_seed_gives_one_result(void **state)
{
    (void)state;
    fill_random(777);
    assert_true(walk(3, MANY, 2).tested == walk(3, MANY, 2).tested);
    assert_true(walk(3, MANY, 2).tested != walk(4, MANY, 2).tested);
}

static unsigned wrong_returns(struct hwm_branches *b, unsigned depth)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < depth; i++)
        hwm_branch_call(b, 0x5000 + 16 * i);
    for (unsigned i = depth; i-- > 0;)
        wrong += hwm_branch_return(b, 0x5000 + 16 * i);
    return wrong;
}

static void returns_are_right_to_depth_32(void **state)
{
    struct hwm_branches *b = hwm_branches_create(1);
    unsigned wrong = 0;

    (void)state;
    assert_true(hwm_branch_return(b, 0x5000)); /* nobody called */
    for (unsigned depth = 1; depth <= 32; depth++)
        assert_int_equal(wrong_returns(b, depth), 0);
    assert_int_equal(wrong_returns(b, 33), 1);
    assert_int_equal(wrong_returns(b, 40), 8);
    assert_int_equal(wrong_returns(b, 100), 68);
    assert_int_equal(wrong_returns(b, 32), 0);

    for (unsigned i = 0; i < 1000; i++) /* recursion from one place goes right at any depth */
        hwm_branch_call(b, 0x7000);
    for (unsigned i = 0; i < 1000; i++)
        wrong += hwm_branch_return(b, 0x7000);
    assert_int_equal(wrong, 0);
    destroy(b);
}

/* Wrong per branch in the second half; `noise`: a random conditional branch before each. */
static double indirect(unsigned (*which)(unsigned i, uint64_t *random), bool noise)
{
    struct hwm_branches *b = hwm_branches_create(1);
    uint64_t random = 4711;
    unsigned wrong = 0;

    for (unsigned i = 0; i < MANY; i++) {
        if (noise)
            hwm_branch_conditional(b, TESTED, next_random(&random) >> 40 & 1);
        uint64_t target = 0x600000 + 0x130 * which(i, &random);
        wrong += hwm_branch_indirect(b, 0x402000, target) & (i >= MANY / 2);
    }
    destroy(b);
    return wrong / (MANY / 2.0);
}

static unsigned always_one(unsigned i, uint64_t *random)
{
    (void)i, (void)random;
    return 1;
}

static unsigned one_in_1000(unsigned i, uint64_t *random)
{
    (void)random;
    return i % 1000 == 0;
}

static unsigned alternate(unsigned i, uint64_t *random)
{
    (void)random;
    return i % 2;
}

static unsigned cycle_of_5(unsigned i, uint64_t *random)
{
    static const unsigned order[] = {0, 1, 0, 2, 3};

    (void)random;
    return order[i % 5];
}

static unsigned one_of_4(unsigned i, uint64_t *random)
{
    (void)i;
    return next_random(random) >> 40 & 3;
}

static void targets_are_learnt(void **state)
{
    (void)state;
    assert_true(indirect(always_one, false) == 0);
    assert_true(indirect(always_one, true) == 0);
    assert_about(indirect(one_in_1000, true), 0.0009, 0.0011, "a rare other target", 1000);
    assert_about(indirect(alternate, false), 0, 0.001, "alternating targets", 2);
    assert_about(indirect(cycle_of_5, false), 0, 0.001, "cycle of targets", 5);
    assert_about(indirect(one_of_4, false), 0.74, 0.76, "random targets", 4);
}

/* A switch on a random value that a conditional branch has just tested: the history knows. */
static void history_chooses_the_target(void **state)
{
    struct hwm_branches *b = hwm_branches_create(1);
    uint64_t random = 5;
    unsigned wrong = 0;

    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        bool bit = next_random(&random) >> 40 & 1;
        for (unsigned k = 0; k < 20; k++) /* all the history that an indirect branch sees */
            hwm_branch_conditional(b, TESTED + k * 16, k == 19 ? bit : 1);
        wrong += hwm_branch_indirect(b, 0x402000, 0x600000 + 0x130 * bit) & (i >= MANY / 2);
    }
    assert_int_equal(wrong, 0);
    destroy(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_outcomes_are_half_wrong),
        cmocka_unit_test(short_random_arrays_are_learnt),
        cmocka_unit_test(sorted_outcomes_are_right),
        cmocka_unit_test(periods_are_learnt),
        cmocka_unit_test(trip_counts_are_learnt),
        cmocka_unit_test(a_seed_gives_one_result),
        cmocka_unit_test(returns_are_right_to_depth_32),
        cmocka_unit_test(targets_are_learnt),
        cmocka_unit_test(history_chooses_the_target),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
