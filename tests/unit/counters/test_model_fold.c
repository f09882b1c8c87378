/* Folded costs: sums per instruction and per chain stay exact, and samples are few. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "counters/model_fold.h"

#define IPS    40
#define CHAINS 300

struct sums {
    uint64_t of_ip[2][IPS], of_chain[2][CHAINS];
    size_t nr_samples;
};

static struct hwp_error *add_up(void *ctx, const struct hwp_model_folded *s)
{
    struct sums *sums = ctx;

    assert_int_equal(s->tid, 7);
    assert_int_equal(s->core, 1);
    assert_true(s->value > 0);
    sums->of_ip[s->column][s->ip] += s->value;
    sums->of_chain[s->column][s->chain] += s->value;
    sums->nr_samples++;
    return NULL;
}

static void test_sums(void **state)
{
    (void)state;
    struct hwp_model_fold fold = {.nr_columns = 2};
    struct sums expected = {0}, got = {0};
    uint64_t x = 1;

    for (uint32_t chain = 0; chain < CHAINS; chain++)
        for (uint64_t ip = 0; ip < IPS; ip++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            uint64_t values[] = {x >> 50, x % 3 == 0};
            hwp_model_fold_add(&fold, 7, 1, 0x1000, ip, chain, values);
            for (size_t c = 0; c < 2; c++) {
                expected.of_ip[c][ip] += values[c];
                expected.of_chain[c][chain] += values[c];
            }
        }
    assert_null(hwp_model_fold_flush(&fold, add_up, &got));
    assert_memory_equal(got.of_ip, expected.of_ip, sizeof(got.of_ip));
    assert_memory_equal(got.of_chain, expected.of_chain, sizeof(got.of_chain));
    assert_true(got.nr_samples < 2 * (IPS + CHAINS));
    assert_int_equal(fold.nr_folded, 1);

    /* all is forgotten */
    struct sums nothing = {0};
    assert_null(hwp_model_fold_flush(&fold, add_up, &nothing));
    assert_int_equal(nothing.nr_samples, 0);
    hwp_model_fold_deinit(&fold);
}

static struct hwp_error *add_pair(void *ctx, const struct hwp_model_folded *s)
{
    uint64_t *seen = ctx;

    seen[s->chain] |= 1ull << s->ip;
    return NULL;
}

/* A function's chains never get another's instructions, nor one task's or core's those of another. */
static void test_apart(void **state)
{
    (void)state;
    struct hwp_model_fold fold = {.nr_columns = 1};
    uint64_t seen[4] = {0};

    hwp_model_fold_add(&fold, 1, 0, 0x1000, 0, 0, (uint64_t[]){5});
    hwp_model_fold_add(&fold, 1, 0, 0x2000, 1, 1, (uint64_t[]){7});
    hwp_model_fold_add(&fold, 2, 0, 0x1000, 2, 2, (uint64_t[]){9});
    hwp_model_fold_add(&fold, 1, 1, 0x1000, 3, 3, (uint64_t[]){2});
    assert_null(hwp_model_fold_flush(&fold, add_pair, seen));
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(seen[i], 1u << i);
    hwp_model_fold_deinit(&fold);
}

static struct hwp_error *keep(void *ctx, const struct hwp_model_folded *s)
{
    uint64_t *values = ctx;

    values[s->ip * 8 + s->chain] += s->value;
    return NULL;
}

/* Few pairs stay what they were. */
static void test_exact(void **state)
{
    (void)state;
    struct hwp_model_fold fold = {.nr_columns = 1};
    uint64_t got[64] = {0};

    for (uint64_t i = 0; i < 64; i++)
        hwp_model_fold_add(&fold, 1, 0, 0x1000, i / 8, (uint32_t)(i % 8), (uint64_t[]){i * i});
    assert_null(hwp_model_fold_flush(&fold, keep, got));
    for (uint64_t i = 0; i < 64; i++)
        assert_int_equal(got[i], i * i);
    assert_int_equal(fold.nr_folded, 0);
    hwp_model_fold_deinit(&fold);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_apart),
        cmocka_unit_test(test_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
