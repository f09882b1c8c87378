#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "profile/records.h"

static void no_error(struct hwp_error *err)
{
    if (err)
        fail_msg("%s", err->msg);
}

/* `run` NULL: not finished, as if killed. */
static void write_story(const char *path, const struct hwp_run *run)
{
    struct hwp_recording *r hwp_cleanup(hwp_recording_cleanup) = NULL;
    struct hwp_str s hwp_cleanup(hwp_str_deinit) = {0};

    put_story(&s);
    no_error(hwp_recording_create(path, records_events, 2, &r));
    no_error(hwp_recording_append(r, s.data, s.len));
    no_error(hwp_recording_round(r));
    assert_int_equal(hwp_recording_bytes(r), s.len + 8);
    if (run)
        no_error(hwp_recording_finish(r, run));
}

/* "path+addr samples/value" of each cell, in order of the file, with event, cpu, task and chain. */
static char *describe(const struct hwp_profile *p)
{
    struct hwp_str out = {0};

    for (size_t i = 0; i < p->cells.len; i++) {
        const struct hwp_cell *c = &p->cells.data[i];
        const struct hwp_loc *l = &p->locs.data[c->loc];

        hwp_str_addf(&out, "%s cpu%u %s %s+%" PRIx64, p->run.events.data[c->event].name, c->cpu,
                     p->tasks.data[c->task].comm, p->dsos.data[l->dso].path, l->addr);
        for (uint32_t n = c->chain; n != HWP_NO_CHAIN; n = p->chains.data[n].caller) {
            l = &p->locs.data[p->chains.data[n].loc];
            hwp_str_addf(&out, " < %s+%" PRIx64, p->dsos.data[l->dso].path, l->addr);
        }
        hwp_str_addf(&out, " %" PRIu64 "/%" PRIu64 "\n", c->samples, c->value);
    }
    return hwp_str_steal(&out);
}

static const char story[] =
    "cycles cpu1 app //anon+500123 1/1000\n"
    "cycles cpu0 app /bin/tool+2010 2/2000\n"
    "cycles cpu0 sh /lib/late.so (deleted)+10 1/1000\n"
    "cycles cpu0 sh /bin/tool+2810 1/1000\n"
    "cycles cpu0 app [unknown]+400010 1/1000\n"
    "cycles cpu0 app /bin/app+10 1/1000\n"
    "my-misses cpu1 app [kernel]+ffffffff81000100 < [kernel]+ffffffff810001ff < /bin/app+20 2/15\n"
    "my-misses cpu1 app [nf_nat]+ffffffffc0000040 1/9\n";

static struct hwp_profile *read_back(const char *path)
{
    struct hwp_profile *p;

    no_error(hwp_profile_read(path, &p));
    return p;
}

static void test_round_trip(void **state)
{
    char *path hwp_cleanup(hwp_free_cleanup) = records_path("round-trip");
    struct hwp_run run = {0};
    static const char *const names[] = {"unsupported-one", "my-misses", "cycles"};

    (void)state;
    for (size_t i = 0; i < hwp_array_size(names); i++) {
        hwp_vec_push(&run.events, (struct hwp_event){
                                      .name = hwp_strdup(names[i]), .requested = true, .leader = -1});
        run.events.data[i].total = hwp_count_exact(i * 1000);
    }
    run.command = hwp_strdup("./app 'a b'");
    run.topology_xml = hwp_strdup("<topology/>");
    run.lost_records = 77;
    write_story(path, &run);
    struct hwp_profile *p hwp_cleanup(hwp_profile_cleanup) = read_back(path);

    char *text hwp_cleanup(hwp_free_cleanup) = describe(p);
    assert_string_equal(text, story);
    assert_string_equal(p->run.command, "./app 'a b'");
    assert_string_equal(p->run.topology_xml, "<topology/>");
    assert_string_equal(p->run.version, "hwprof " HWP_VERSION);
    assert_int_equal(p->run.lost_records, 77); /* the recorder's word, not the records' */
    assert_false(p->run.truncated);
    assert_int_equal(p->run.events.len, 3); /* matched by name, none added */
    assert_int_equal(p->run.events.data[0].nr_samples, 0);
    assert_int_equal(p->run.events.data[1].nr_samples, 3);
    assert_int_equal(p->run.events.data[2].nr_samples, 7);
    assert_int_equal(hwp_count_value(&p->run.events.data[2].total), 2000);

    hwp_vec_foreach (&p->dsos, d) {
        if (strcmp(d->path, "/bin/tool") == 0 || strcmp(d->path, "/bin/app") == 0) {
            assert_int_equal(d->build_id_len, 20);
            assert_int_equal(d->build_id[19], d->path[5] == 't' ? 'b' : 'c');
            assert_int_equal(d->kind, HWP_DSO_USER);
        } else if (strcmp(d->path, "//anon") == 0) {
            assert_int_equal(d->kind, HWP_DSO_ANON);
            assert_int_equal(d->pid, 200);
        } else if (strcmp(d->path, "[nf_nat]") == 0) {
            assert_int_equal(d->kind, HWP_DSO_MODULE);
        }
    }
    hwp_run_deinit(&run);
    unlink(path);
}

/* Killed before the end: everything but the run's own facts. */
static void test_unfinished(void **state)
{
    char *path hwp_cleanup(hwp_free_cleanup) = records_path("unfinished");

    (void)state;
    write_story(path, NULL);
    struct hwp_profile *p hwp_cleanup(hwp_profile_cleanup) = read_back(path);
    assert_true(p->run.truncated);
    assert_int_equal(p->run.notes.data[0].id == HWP_NOTE_TRUNCATED ||
                         hwp_vec_last(&p->run.notes)->id == HWP_NOTE_TRUNCATED,
                     1);
    assert_int_equal(p->run.lost_records, 5);
    assert_int_equal(p->run.lost_samples, 2);
    assert_int_equal(p->run.throttled, 1);
    assert_true(p->run.call_chains);
    assert_int_equal(p->run.events.len, 2);
    assert_string_equal(p->run.events.data[0].name, "cycles"); /* made from the attributes */
    assert_string_equal(p->run.events.data[1].name, "cache-misses");
    assert_int_equal(p->run.events.data[0].freq_hz, 4000);
    assert_int_equal(p->run.events.data[1].period, 100);
    assert_int_equal(p->run.events.data[0].nr_samples + p->run.events.data[1].nr_samples,
                     STORY_SAMPLES);
    assert_int_equal(hwp_count_value(&p->run.events.data[1].total), STORY_MISSES);
    unlink(path);
}

/* Group leader sampling: one sample stands for each event of the group, with the counts' growth
 * since the sample before as periods. */
static void test_group_read(void **state)
{
    static const uint64_t ids[] = {11, 12};
    struct hwp_recording_event ev[2] = {
        {.attr = {.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_READ,
                  .read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID | PERF_FORMAT_LOST |
                                 PERF_FORMAT_TOTAL_TIME_ENABLED},
         .name = "leader",
         .ids = ids,
         .nr_ids = 1},
    };
    static const uint64_t counts[][2] = {{100, 5}, {300, 5}, {350, 9}};
    char *path hwp_cleanup(hwp_free_cleanup) = records_path("group");
    struct hwp_str s hwp_cleanup(hwp_str_deinit) = {0};
    struct hwp_recording *r hwp_cleanup(hwp_recording_cleanup) = NULL;
    struct hwp_run run = {0};

    (void)state;
    ev[1] = ev[0];
    ev[1].name = "member";
    ev[1].ids = ids + 1;
    for (size_t i = 0; i < hwp_array_size(counts); i++) {
        size_t at = put_begin(&s, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL);
        put_u64(&s, 11);
        put_u64(&s, KERNEL_IP);
        put_u64(&s, 2);
        put_u64(&s, 1000); /* time enabled */
        for (int e = 0; e < 2; e++) {
            put_u64(&s, counts[i][e]);
            put_u64(&s, ids[e]);
            put_u64(&s, 0);
        }
        put_end(&s, at);
    }
    no_error(hwp_recording_create(path, ev, 2, &r));
    no_error(hwp_recording_append(r, s.data, s.len));
    no_error(hwp_recording_finish(r, &run));

    struct hwp_profile *p hwp_cleanup(hwp_profile_cleanup) = read_back(path);
    assert_int_equal(p->cells.len, 2);
    assert_int_equal(p->cells.data[0].value, 350);
    assert_int_equal(p->cells.data[0].samples, 3);
    assert_int_equal(p->cells.data[0].cpu, HWP_NO_CPU);
    assert_int_equal(p->cells.data[1].value, 9);
    assert_int_equal(p->cells.data[1].samples, 2); /* no growth, no sample */
    unlink(path);
}

static void test_old_file_is_kept(void **state)
{
    char *path hwp_cleanup(hwp_free_cleanup) = records_path("old");
    char *old hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s.old", path);
    struct hwp_run run = {0};
    struct stat st, st_old;

    (void)state;
    write_story(path, NULL);
    assert_int_equal(stat(path, &st), 0);
    write_story(path, &run);
    assert_int_equal(stat(old, &st_old), 0);
    assert_true(st.st_ino == st_old.st_ino && st.st_size == st_old.st_size);
    unlink(path);
    unlink(old);
}

/* What never ran leaves the recordings of what did alone. */
static void test_never_ran(void **state)
{
    char *path hwp_cleanup(hwp_free_cleanup) = records_path("never");
    char *old hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s.old", path);
    struct hwp_str s hwp_cleanup(hwp_str_deinit) = {0};
    struct hwp_recording *r = NULL;
    struct stat before[2], after[2];

    (void)state;
    write_story(path, NULL);
    write_story(path, NULL);
    assert_true(stat(path, &before[0]) == 0 && stat(old, &before[1]) == 0);
    put_comm(&s, 100, "sh", false, 10);
    no_error(hwp_recording_create(path, records_events, 2, &r));
    no_error(hwp_recording_append(r, s.data, s.len));
    no_error(hwp_recording_round(r));
    hwp_recording_destroy(hwp_steal(&r));
    assert_true(stat(path, &after[0]) == 0 && stat(old, &after[1]) == 0);
    assert_true(before[0].st_ino == after[0].st_ino && before[1].st_ino == after[1].st_ino);

    put_comm(&s, 100, "app", true, 11);
    no_error(hwp_recording_create(path, records_events, 2, &r));
    no_error(hwp_recording_append(r, s.data, s.len));
    hwp_recording_destroy(r);
    assert_true(stat(path, &after[0]) == 0 && stat(old, &after[1]) == 0);
    assert_true(before[0].st_ino == after[1].st_ino && before[0].st_ino != after[0].st_ino);
    unlink(path);
    unlink(old);
}

static const char *copied_from = "/bin/sh";

/* How long an id the recording of a copied program has, where the copy is left alone or replaced
 * by a newer one while it is recorded. */
static size_t id_of_copy(const char *copy, const char *recorded_as, bool replace, bool kernel_asked)
{
    char *path hwp_cleanup(hwp_free_cleanup) = records_path("copy-id");
    char *cp hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("cp %s %s", copied_from, copy);
    struct hwp_recording *r hwp_cleanup(hwp_recording_cleanup) = NULL;
    struct hwp_str s hwp_cleanup(hwp_str_deinit) = {0};
    struct hwp_recording_event ev = records_events[0];
    struct hwp_run run = {0};

    assert_int_equal(system(cp), 0);
    usleep(20000); /* the clock of file systems is coarse */
    ev.attr.build_id = kernel_asked;
    no_error(hwp_recording_create(path, &ev, 1, &r));
    put_mmap(&s, PERF_RECORD_MISC_USER, 100, 0x1000, 0x1000, 0, recorded_as, 1);
    put_sample(&s, PERF_RECORD_MISC_USER, 100, 1, 0, 0x1010, 1, 2, NULL, 0);
    no_error(hwp_recording_append(r, s.data, s.len));
    usleep(20000);
    if (replace)
        assert_int_equal(system(cp), 0);
    no_error(hwp_recording_finish(r, &run));
    struct hwp_profile *p hwp_cleanup(hwp_profile_cleanup) = read_back(path);
    assert_int_equal(p->dsos.len, 1);
    unlink(path);
    return p->dsos.data[0].build_id_len;
}

/* An id says what was mapped, not what stands there at the end. */
static void test_build_ids_of_files(void **state)
{
    char *copy hwp_cleanup(hwp_free_cleanup) = records_path("copy");
    char *deleted hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s (deleted)", copy);

    (void)state;
    if (!id_of_copy(copy, copy, false, false)) {
        print_message("%s has no build id\n", copied_from);
        unlink(copy);
        skip();
    }
    assert_int_equal(id_of_copy(copy, copy, true, false), 0);
    assert_int_equal(id_of_copy(copy, copy, false, true), 0);
    assert_int_equal(id_of_copy(copy, deleted, false, false), 0);
    unlink(copy);
}

/* A limit on file size stands in for a full disk: the write that hits it comes back short. */
static void test_no_space(void **state)
{
    char *path hwp_cleanup(hwp_free_cleanup) = records_path("no-space");
    struct hwp_recording *r hwp_cleanup(hwp_recording_cleanup) = NULL;
    struct hwp_str s hwp_cleanup(hwp_str_deinit) = {0};
    struct rlimit unlimited, limit;
    struct hwp_run run = {0};
    struct stat st;

    (void)state;
    put_story(&s);
    no_error(hwp_recording_create(path, records_events, 2, &r));
    no_error(hwp_recording_append(r, s.data, s.len));
    assert_int_equal(stat(path, &st), 0);

    /* Room for the story's first record (a sample of 64 bytes) and a part of the second. */
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &unlimited);
    limit = (struct rlimit){(rlim_t)st.st_size + 100, unlimited.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    for (int i = 0; i < 3; i++) {
        struct hwp_error *err =
            i < 2 ? hwp_recording_append(r, s.data, s.len) : hwp_recording_finish(r, &run);
        setrlimit(RLIMIT_FSIZE, i < 2 ? &limit : &unlimited);
        assert_non_null(err);
        assert_int_equal(err->errnum, EFBIG);
        assert_non_null(err->hint);
        hwp_error_destroy(err);
    }
    assert_int_equal(hwp_recording_bytes(r), s.len + 64);
    struct hwp_profile *p hwp_cleanup(hwp_profile_cleanup) = read_back(path);
    assert_true(p->run.truncated);
    assert_int_equal(p->run.events.data[0].nr_samples + p->run.events.data[1].nr_samples,
                     STORY_SAMPLES + 1);
    unlink(path);
}

static void test_bad_places(void **state)
{
    static const struct {
        int line;
        const char *path;
        bool create_fails, append_fails;
        enum hwp_code code;
    } rows[] = {
        {__LINE__, "/dev/null", false, false, 0},
        {__LINE__, HWP_BUILD_DIR, true, false, HWP_E_INVALID},
        {__LINE__, "/dev/full", true, false, HWP_E_INVALID},
        {__LINE__, "/no/such/dir/x", true, false, HWP_E_NOT_FOUND},
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_recording *r = NULL;
        struct hwp_error *err = hwp_recording_create(rows[i].path, records_events, 2, &r);
        struct hwp_run run = {0};

        if (!err == rows[i].create_fails)
            fail_msg("row of line %d", rows[i].line);
        if (err) {
            assert_int_equal(err->code, rows[i].code);
            assert_non_null(err->hint);
        } else {
            no_error(hwp_recording_round(r));
            no_error(hwp_recording_finish(r, &run));
        }
        hwp_error_destroy(err);
        hwp_recording_destroy(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_unfinished),
        cmocka_unit_test(test_group_read), cmocka_unit_test(test_old_file_is_kept),
        cmocka_unit_test(test_build_ids_of_files), cmocka_unit_test(test_never_ran),
        cmocka_unit_test(test_no_space),   cmocka_unit_test(test_bad_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
