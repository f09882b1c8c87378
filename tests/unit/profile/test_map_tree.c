#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "profile/map_tree.h"

#define PLACES 64

/* The same by painting an array. */
struct model {
    uint32_t what[PLACES];
};

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void check(const struct hwp_map_tree *t, uint32_t root, const struct model *m)
{
    for (uint32_t i = 0; i < PLACES; i++)
        assert_int_equal(hwp_map_tree_find(t, root, i), m->what[i]);
}

/* Every moment that was kept stays as it was, whatever came after it; some are continued later, as
 * a forked process does. */
static void test_against_painting(void **state)
{
    enum { MOMENTS = 400 };
    struct model *models hwp_cleanup(hwp_free_cleanup) = hwp_calloc(MOMENTS, sizeof(*models));
    uint32_t roots[MOMENTS] = {HWP_MAP_TREE_EMPTY}, seed = 7, what = 0;
    struct hwp_map_tree t = {0};

    (void)state;
    for (uint32_t i = 0; i < PLACES; i++)
        models[0].what[i] = HWP_MAP_TREE_NONE;
    for (size_t n = 1; n < MOMENTS; n++) {
        size_t from = next_random(&seed) % 4 ? n - 1 : next_random(&seed) % n;
        models[n] = models[from];
        roots[n] = roots[from];
        hwp_map_tree_keep(&t);
        for (uint32_t puts = 1 + next_random(&seed) % 3; puts; puts--, what++) {
            uint32_t start = next_random(&seed) % PLACES;
            uint32_t end = start + 1 + next_random(&seed) % (PLACES - start);
            roots[n] = hwp_map_tree_put(&t, roots[n], start, end, what);
            for (uint32_t i = start; i < end; i++)
                models[n].what[i] = what;
        }
    }
    for (size_t n = 0; n < MOMENTS; n++)
        check(&t, roots[n], &models[n]);
    hwp_map_tree_deinit(&t);
}

static void test_ends_of_memory(void **state)
{
    struct hwp_map_tree t = {0};

    (void)state;
    assert_int_equal(hwp_map_tree_find(&t, HWP_MAP_TREE_EMPTY, 0), HWP_MAP_TREE_NONE);
    uint32_t root = hwp_map_tree_put(&t, HWP_MAP_TREE_EMPTY, 0, UINT64_MAX, 1);
    root = hwp_map_tree_put(&t, root, UINT64_MAX - 1, UINT64_MAX, 2);
    assert_int_equal(hwp_map_tree_find(&t, root, 0), 1);
    assert_int_equal(hwp_map_tree_find(&t, root, UINT64_MAX - 2), 1);
    assert_int_equal(hwp_map_tree_find(&t, root, UINT64_MAX - 1), 2);
    assert_int_equal(hwp_map_tree_find(&t, root, UINT64_MAX), HWP_MAP_TREE_NONE);
    hwp_map_tree_deinit(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_painting),
        cmocka_unit_test(test_ends_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
