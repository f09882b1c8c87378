/* Contended lines: ranking, the section's bytes, and the way through a recording. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "profile/line.h"
#include "profile/records.h"

static void add(struct hwp_cache_lines *l, uint64_t address, uint64_t transfers, size_t accesses)
{
    struct hwp_cache_line line = {.address = address, .transfers = transfers, .pid = 200,
                                  .time_ns = 50, .first_access = l->accesses.len,
                                  .nr_accesses = accesses, .anchor = 0x400000,
                                  .callers = {0x400021, 0x400801}};

    hwp_vec_push(&l->lines, line);
    l->nr_seen++;
    l->transfers += transfers;
    for (size_t i = 0; i < accesses; i++)
        hwp_vec_push(&l->accesses, (struct hwp_line_access){.ip = 0x400010 + i, .count = transfers,
                                                            .offset = (uint16_t)(8 * i), .bytes = 8,
                                                            .tid = 200, .kind = HWP_LINE_ATOMIC});
}

static struct hwp_cache_lines three(void)
{
    struct hwp_cache_lines l = {.line_bytes = 64};

    add(&l, 0x1000, 5, 1);
    add(&l, 0x1040, 50, 2);
    add(&l, 0x1080, 20, 1);
    return l;
}

static void test_rank(void **state)
{
    struct hwp_cache_lines l = three();

    (void)state;
    hwp_cache_lines_rank(&l, 2);
    assert_int_equal(l.lines.len, 2);
    assert_int_equal(l.lines.data[0].address, 0x1040);
    assert_int_equal(l.lines.data[1].address, 0x1080);
    assert_int_equal(l.accesses.len, 3);
    assert_int_equal(l.accesses.data[l.lines.data[0].first_access].count, 50);
    assert_int_equal(l.accesses.data[l.lines.data[1].first_access].count, 20);
    assert_int_equal(l.nr_seen, 3);
    assert_int_equal(l.transfers, 75);
    hwp_cache_lines_deinit(&l);
}

static void test_bytes(void **state)
{
    struct hwp_cache_lines l = three(), back;
    struct hwp_str s = {0};

    (void)state;
    hwp_cache_lines_encode(&l, &s);
    assert_true(hwp_cache_lines_decode(s.data, s.len, &back));
    assert_int_equal(back.line_bytes, 64);
    assert_int_equal(back.nr_seen, 3);
    assert_int_equal(back.lines.len, 3);
    assert_int_equal(back.lines.data[1].nr_accesses, 2);
    assert_int_equal(back.lines.data[1].anchor_loc, HWP_NO_LOC);
    assert_int_equal(back.accesses.data[2].offset, 8);
    hwp_cache_lines_deinit(&back);
    for (size_t n = 0; n < s.len; n++)
        assert_false(hwp_cache_lines_decode(s.data, n, &back));
    hwp_cache_lines_deinit(&l);
    hwp_str_deinit(&s);
}

/* Whatever the bytes are, what comes out can be followed. */
static void test_garbage(void **state)
{
    struct hwp_cache_lines l = three(), back;
    struct hwp_str s = {0};
    unsigned seed = 1;
    size_t accepted = 0;

    (void)state;
    hwp_cache_lines_encode(&l, &s);
    for (int round = 0; round < 20000; round++) {
        char *bytes = hwp_alloc(s.len);
        memcpy(bytes, s.data, s.len);
        for (int i = 0; i < 3; i++)
            bytes[(size_t)rand_r(&seed) % s.len] = (char)rand_r(&seed);
        if (hwp_cache_lines_decode(bytes, s.len, &back)) {
            accepted++;
            hwp_vec_foreach (&back.lines, line) {
                assert_true(line->object <= HWP_LINE_MAPPING);
                assert_true(line->first_access + line->nr_accesses <= back.accesses.len);
                assert_true(line->nr_accesses <= back.accesses.len);
            }
            hwp_vec_foreach (&back.accesses, a) {
                assert_true(a->kind <= HWP_LINE_ATOMIC);
                assert_true(a->offset + a->bytes <= back.line_bytes);
            }
            hwp_cache_lines_deinit(&back);
        }
        free(bytes);
    }
    assert_true(accepted > 1000);
    hwp_cache_lines_deinit(&l);
    hwp_str_deinit(&s);
}

/* Process 200 runs /bin/app at 0x400000 from time 42 on. */
static void test_recording(void **state)
{
    char *path hwp_cleanup(hwp_free_cleanup) = records_path("lines");
    struct hwp_recording *r = NULL;
    struct hwp_profile *p = NULL;
    struct hwp_run run = {.lines = three()};
    struct hwp_str s = {0};

    (void)state;
    put_story(&s);
    assert_null(hwp_recording_create(path, records_events, 2, &r));
    assert_null(hwp_recording_append(r, s.data, s.len));
    assert_null(hwp_recording_finish(r, &run));
    hwp_recording_destroy(r);
    assert_null(hwp_profile_read(path, &p));
    assert_int_equal(p->run.lines.lines.len, 3);
    const struct hwp_cache_line *line = &p->run.lines.lines.data[1];
    const struct hwp_loc *loc = &p->locs.data[line->anchor_loc];
    assert_string_equal(p->dsos.data[loc->dso].path, "/bin/app");
    assert_int_equal(loc->addr, 0);
    assert_int_equal(p->locs.data[line->caller_locs[0]].addr, 0x20); /* inside the call */
    assert_int_equal(p->locs.data[line->caller_locs[1]].addr, 0x800);
    assert_int_equal(line->caller_locs[2], HWP_NO_LOC);
    loc = &p->locs.data[p->run.lines.accesses.data[line->first_access + 1].loc];
    assert_int_equal(loc->addr, 0x11);
    hwp_profile_destroy(p);
    hwp_run_deinit(&run);
    hwp_str_deinit(&s);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rank),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_recording),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
