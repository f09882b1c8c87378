/* Which lines the stream prefetcher asks for: counted against what a walk will need. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "counters/model/sim/prefetch.h"
#include "model/alloc.h"

#define LINE  64u
#define LINES (HWM_PAGE_BYTES / LINE)
#define PAGES 32u
#define BASE  UINT64_C(0x7f0000000000)

static unsigned asked[PAGES * LINES]; /* how often, by line from BASE on */

/* One access; everything it asks for must be in its own page. Returns how many lines. */
static unsigned observe(struct hwm_prefetcher *p, unsigned line)
{
    uint64_t ret[HWM_PREFETCH_MAX], address = BASE + line * LINE;
    unsigned n = hwm_prefetch_observe(p, address + 17, ret);

    assert_true(n <= 2);
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(ret[i] >> HWM_PAGE_BITS, address >> HWM_PAGE_BITS);
        assert_int_equal(ret[i] % LINE, 0);
        asked[(ret[i] - BASE) / LINE]++;
    }
    return n;
}

static struct hwm_prefetcher *start(void)
{
    memset(asked, 0, sizeof(asked));
    return hwm_prefetcher_create(LINE);
}

static unsigned total(void)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < PAGES * LINES; i++)
        sum += asked[i];
    return sum;
}

static void three_lines_make_a_stream(void **state)
{
    struct hwm_prefetcher *p = start();
    uint64_t ret[HWM_PREFETCH_MAX];

    (void)state;
    assert_int_equal(observe(p, 10), 0);
    assert_int_equal(observe(p, 11), 0);
    assert_int_equal(observe(p, 11), 0); /* the same line again says nothing */
    assert_int_equal(hwm_prefetch_observe(p, BASE + 12 * LINE, ret), 2);
    assert_int_equal(ret[0], BASE + 13 * LINE); /* nearest first */
    assert_int_equal(ret[1], BASE + 14 * LINE);
    assert_int_equal(observe(p, 13), 2);
    assert_int_equal(observe(p, 14), 2);
    assert_int_equal(asked[18], 1); /* four ahead, and no further */
    assert_int_equal(asked[19], 0);
    assert_int_equal(observe(p, 15), 1);
    hwm_free(p, 0);
}

/* Each line is asked for once, before it is used, except a page's first three. */
static void walks_are_covered(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++) {
        struct hwm_prefetcher *p = start();
        for (unsigned i = 0; i < PAGES * LINES; i++) {
            unsigned line = down ? PAGES * LINES - 1 - i : i;
            assert_int_equal(asked[line], i % LINES >= 3);
            observe(p, line);
        }
        assert_int_equal(total(), PAGES * (LINES - 3));
        hwm_free(p, 0);
    }
}

static void other_patterns_are_left_alone(void **state)
{
    struct hwm_prefetcher *p = start();

    (void)state;
    for (unsigned i = 0; i < PAGES * LINES; i += 2)
        observe(p, i);
    for (unsigned i = 0; i < 10000; i++)
        observe(p, i % 2 ? 40 : 41); /* to and fro */
    for (unsigned i = 0; i < 10000; i++)
        observe(p, 64 + i * 27 % LINES); /* all over a page, no two neighbours */
    assert_int_equal(total(), 0);
    hwm_free(p, 0);
}

/* Streams in `n` pages, a line of each in turn. */
static unsigned interleaved(unsigned n)
{
    struct hwm_prefetcher *p = start();

    for (unsigned line = 0; line < LINES; line++)
        for (unsigned page = 0; page < n; page++)
            observe(p, page * LINES + line);
    hwm_free(p, 0);
    return total();
}

static void sixteen_streams_are_followed(void **state)
{
    (void)state;
    assert_int_equal(interleaved(1), LINES - 3);
    assert_int_equal(interleaved(16), 16 * (LINES - 3));
    assert_int_equal(interleaved(17), 0); /* each page was forgotten when its turn comes */
}

static void disorder_does_not_end_a_stream(void **state)
{
    static const unsigned walk[] = {0, 1, 2, 4, 3, 5, 7, 6, 8, 9, 11, 10, 12};
    struct hwm_prefetcher *p = start();

    (void)state;
    for (size_t i = 0; i < sizeof(walk) / sizeof(walk[0]); i++)
        observe(p, walk[i]);
    for (unsigned line = 3; line <= 16; line++)
        assert_int_equal(asked[line], 1);
    hwm_free(p, 0);
}

static void turns_and_new_walks_begin_anew(void **state)
{
    struct hwm_prefetcher *p = start();

    (void)state;
    for (unsigned line = 20; line < 40; line++)
        observe(p, line);
    for (unsigned line = 38; line > 20; line--) /* back: 36, 35 ... are asked for from 37 on */
        observe(p, line);
    assert_int_equal(asked[37], 1);
    assert_int_equal(asked[36], 2);
    assert_int_equal(asked[30], 2);
    assert_int_equal(asked[19], 1);
    for (unsigned line = 50; line < 60; line++) /* a jump: three lines first */
        observe(p, line);
    assert_int_equal(asked[52], 0);
    assert_int_equal(asked[53], 1);
    hwm_free(p, 0);

    p = start();
    for (unsigned pass = 0; pass < 3; pass++)
        for (unsigned line = 0; line < LINES; line++)
            observe(p, line);
    assert_int_equal(asked[2], 0);
    assert_int_equal(asked[3], 3);
    assert_int_equal(asked[LINES - 1], 3);
    hwm_free(p, 0);
}

static void ends_of_the_address_space(void **state)
{
    struct hwm_prefetcher *p = hwm_prefetcher_create(128);
    uint64_t ret[HWM_PREFETCH_MAX];

    (void)state;
    for (unsigned i = 3; i > 0; i--)
        assert_int_equal(hwm_prefetch_observe(p, (i - 1) * 128, ret), 0);
    for (unsigned i = 4; i > 0; i--) {
        unsigned n = hwm_prefetch_observe(p, UINT64_MAX - (i - 1) * 128, ret);
        assert_int_equal(n, i == 2); /* one line is left when the third is seen */
        if (n)
            assert_int_equal(ret[0], UINT64_MAX - 127);
    }
    hwm_free(p, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_lines_make_a_stream),
        cmocka_unit_test(walks_are_covered),
        cmocka_unit_test(other_patterns_are_left_alone),
        cmocka_unit_test(sixteen_streams_are_followed),
        cmocka_unit_test(disorder_does_not_end_a_stream),
        cmocka_unit_test(turns_and_new_walks_begin_anew),
        cmocka_unit_test(ends_of_the_address_space),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
