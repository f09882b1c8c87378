#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

#include "profile/reader_internal.h"
#include "profile/records.h"

static uint64_t total_samples(const struct hwp_profile *p)
{
    uint64_t n = 0;

    for (size_t i = 0; i < p->cells.len; i++)
        n += p->cells.data[i].samples;
    return n;
}

/* Everything a consumer would follow has to lead somewhere. */
static void check_links(const struct hwp_profile *p)
{
    for (size_t i = 0; i < p->cells.len; i++) {
        const struct hwp_cell *c = &p->cells.data[i];
        assert_true(c->event < p->run.events.len && c->loc < p->locs.len &&
                    c->task < p->tasks.len && c->chain < p->chains.len);
    }
    for (size_t i = 0; i < p->locs.len; i++)
        assert_true(p->locs.data[i].dso < p->dsos.len);
    for (size_t i = 1; i < p->chains.len; i++) /* no loops */
        assert_true(p->chains.data[i].caller < i && p->chains.data[i].loc < p->locs.len);
}

static struct hwp_error *read_bytes(int fd, const char *bytes, size_t n, struct hwp_profile **ret)
{
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, bytes, n, 0), n);
    return hwp_profile_read_fd(fd, "test", NULL, ret);
}

/* The bytes of a complete recording. */
static struct hwp_str recorded(void)
{
    char *path hwp_cleanup(hwp_free_cleanup) = records_path("reader");
    struct hwp_recording *r hwp_cleanup(hwp_recording_cleanup) = NULL;
    struct hwp_str s hwp_cleanup(hwp_str_deinit) = {0}, out = {0};
    struct hwp_run run = {.command = hwp_strdup("app"), .topology_xml = hwp_strdup("<x/>")};
    char buf[4096];

    hwp_vec_push(&run.events, (struct hwp_event){.name = hwp_strdup("cycles"), .leader = -1});
    put_story(&s);
    assert_null(hwp_recording_create(path, records_events, 2, &r));
    assert_null(hwp_recording_append(r, s.data, s.len));
    assert_null(hwp_recording_finish(r, &run));
    int fd = open(path, O_RDONLY);
    for (ssize_t n; (n = read(fd, buf, sizeof(buf))) > 0;)
        hwp_str_addn(&out, buf, (size_t)n);
    close(fd);
    unlink(path);
    hwp_run_deinit(&run);
    return out;
}

static void test_cut_anywhere(void **state)
{
    struct hwp_str file hwp_cleanup(hwp_str_deinit) = recorded();
    int fd = memfd_create("test", MFD_CLOEXEC);
    uint64_t before = 0;
    size_t good = 0;

    (void)state;
    for (size_t n = 0; n <= file.len; n += n < 64 ? 1 : 97) {
        struct hwp_profile *p = NULL;
        struct hwp_error *err = read_bytes(fd, file.data, n, &p);

        assert_true(!err == !!p);
        if (p) {
            check_links(p);
            assert_true(total_samples(p) >= before); /* more file, no fewer samples */
            before = total_samples(p);
            good++;
        }
        hwp_error_destroy(err);
        hwp_profile_destroy(p);
    }
    assert_true(good > 10);
    assert_int_equal(before, STORY_SAMPLES);
    close(fd);
}

/* xorshift64: the same cases every time */
static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static void test_flipped(void **state)
{
    struct hwp_str file hwp_cleanup(hwp_str_deinit) = recorded();
    char *bytes hwp_cleanup(hwp_free_cleanup) = hwp_alloc(file.len);
    int fd = memfd_create("test", MFD_CLOEXEC);
    uint64_t seed = 88172645463325252u;
    size_t good = 0;
    static const uint64_t nasty[] = {
        0, 1, 7, 8, 0xff, 0xffff, 0x7fffffff, UINT32_MAX, UINT64_MAX, UINT64_MAX - 7, INT64_MAX};

    (void)state;
    for (int i = 0; i < 4000; i++) {
        struct hwp_profile *p = NULL;
        memcpy(bytes, file.data, file.len);
        for (uint64_t n = next_random(&seed) % 4; n-- + 1;) {
            /* A third of the damage goes to the header and the attributes. */
            size_t range = next_random(&seed) % 3 ? file.len : 420;
            size_t at = next_random(&seed) % (range - 8);
            if (next_random(&seed) & 1)
                bytes[at] ^= (char)(1 << next_random(&seed) % 8);
            else
                memcpy(bytes + at / 8 * 8, &nasty[next_random(&seed) % hwp_array_size(nasty)], 8);
        }
        struct hwp_error *err = read_bytes(fd, bytes, file.len, &p);
        assert_true(!err == !!p);
        if (p) {
            check_links(p);
            good++;
        }
        hwp_error_destroy(err);
        hwp_profile_destroy(p);
    }
    assert_true(good > 1000);
    close(fd);
}

static void test_not_recordings(void **state)
{
    static const struct {
        int line;
        const char *bytes;
        size_t n;
        enum hwp_code code;
    } rows[] = {
        {__LINE__, "", 0, HWP_E_FORMAT},
        {__LINE__, "#!/bin/sh\necho hello world\n", 27, HWP_E_FORMAT},
        {__LINE__, "PERFILE2", 8, HWP_E_FORMAT},
        {__LINE__, "PERFILE2\x68\0\0\0\0\0\0\0", 16, HWP_E_FORMAT},
        {__LINE__, "PERFILE2\x10\0\0\0\0\0\0\0", 16, HWP_E_FORMAT}, /* a stream of nothing */
        {__LINE__, "2ELIFREP\0\0\0\0\0\0\0\x68", 16, HWP_E_FORMAT}, /* other byte order */
    };
    int fd = memfd_create("test", MFD_CLOEXEC);

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_profile *p = NULL;
        struct hwp_error *err = read_bytes(fd, rows[i].bytes, rows[i].n, &p);
        if (!err || err->code != rows[i].code)
            fail_msg("row of line %d: %s", rows[i].line, err ? err->msg : "no error");
        hwp_error_destroy(err);
    }
    close(fd);

    struct hwp_profile *p = NULL;
    struct hwp_error *err = hwp_profile_read("/no/such/file", &p);
    assert_true(err && err->code == HWP_E_NOT_FOUND && err->hint);
    hwp_error_destroy(err);
    err = hwp_profile_read("/tmp", &p);
    assert_true(err && err->code == HWP_E_UNSUPPORTED);
    hwp_error_destroy(err);
}

/* The same story as a stream: events come as records, and nothing tells where they end. */
static void test_stream(void **state)
{
    struct hwp_str s hwp_cleanup(hwp_str_deinit) = {0};
    int fd = memfd_create("test", MFD_CLOEXEC);

    (void)state;
    put_u64(&s, PERF_FILE_MAGIC);
    put_u64(&s, PERF_PIPE_HEADER_SIZE);
    for (size_t i = 0; i < hwp_array_size(records_events); i++) {
        struct perf_event_attr attr = records_events[i].attr;
        size_t at = put_begin(&s, PERF_RECORD_HEADER_ATTR, 0);

        attr.size = sizeof(attr);
        hwp_str_addn(&s, (const char *)&attr, sizeof(attr));
        for (size_t n = 0; n < records_events[i].nr_ids; n++)
            put_u64(&s, records_events[i].ids[n]);
        put_end(&s, at);
    }
    size_t at = put_begin(&s, PERF_RECORD_HEADER_FEATURE, 0);
    put_u64(&s, PERF_FEATURE_HOSTNAME);
    hwp_str_addn(&s, "\x40\0\0\0", 4);
    for (int i = 0; i < PERF_STRING_ALIGN; i++)
        hwp_str_addc(&s, i < 3 ? 'h' : '\0');
    put_end(&s, at);
    size_t head = s.len;
    put_story(&s);

    for (size_t n = 0; n <= s.len; n += 13) {
        struct hwp_profile *p hwp_cleanup(hwp_profile_cleanup) = NULL;
        struct hwp_error *err hwp_cleanup(hwp_error_cleanup) = read_bytes(fd, s.data, n, &p);
        if (n < 16 + 8 + 128 || p == NULL)
            assert_non_null(err);
        else
            check_links(p);
        assert_true(n < head || p != NULL);
    }
    struct hwp_profile *p hwp_cleanup(hwp_profile_cleanup) = NULL;
    assert_null(read_bytes(fd, s.data, s.len, &p));
    assert_int_equal(total_samples(p), STORY_SAMPLES);
    assert_int_equal(p->run.events.data[1].nr_samples, 3);
    assert_string_equal(p->run.hostname, "hhh");
    assert_false(p->run.truncated);
    close(fd);
}

/* Build ids in the data: of regular files too. */
static void test_build_id_records(void **state)
{
    char *path hwp_cleanup(hwp_free_cleanup) = records_path("build-id");
    struct hwp_str s hwp_cleanup(hwp_str_deinit) = {0};
    struct hwp_recording *r hwp_cleanup(hwp_recording_cleanup) = NULL;
    struct hwp_profile *p hwp_cleanup(hwp_profile_cleanup) = NULL;

    (void)state;
    put_mmap(&s, PERF_RECORD_MISC_USER, 100, 0x1000, 0x1000, 0, "/bin/a", 1);
    put_mmap(&s, PERF_RECORD_MISC_USER, 100, 0x3000, 0x1000, 0, "/bin/b", 1);
    put_sample(&s, PERF_RECORD_MISC_USER, 100, 1, 0, 0x1010, 1, 2, NULL, 0);
    put_sample(&s, PERF_RECORD_MISC_USER, 100, 1, 0, 0x3010, 1, 2, NULL, 0);
    put_build_id(&s, "/bin/a", 'q');
    assert_null(hwp_recording_create(path, records_events, 2, &r));
    assert_null(hwp_recording_append(r, s.data, s.len));
    assert_null(hwp_profile_read(path, &p));
    assert_int_equal(p->dsos.len, 2);
    assert_int_equal(p->dsos.data[0].build_id_len, 20);
    assert_int_equal(p->dsos.data[0].build_id[19], 'q');
    assert_int_equal(p->dsos.data[1].build_id_len, 0);
    unlink(path);
}

/* With --call-graph dwarf the chains hold the kernel's part alone. */
static void test_chains_elsewhere(void **state)
{
    const uint64_t chain[] = {(uint64_t)PERF_CONTEXT_KERNEL, KERNEL_IP, KERNEL_IP + 0x100};
    char *path hwp_cleanup(hwp_free_cleanup) = records_path("dwarf");
    struct hwp_recording_event ev = records_events[0];
    struct hwp_str s hwp_cleanup(hwp_str_deinit) = {0};
    struct hwp_recording *r hwp_cleanup(hwp_recording_cleanup) = NULL;
    struct hwp_profile *p hwp_cleanup(hwp_profile_cleanup) = NULL;

    (void)state;
    ev.attr.exclude_callchain_user = 1;
    put_sample(&s, PERF_RECORD_MISC_KERNEL, 100, 1, 0, KERNEL_IP, 1, 2, chain, 3);
    assert_null(hwp_recording_create(path, &ev, 1, &r));
    assert_null(hwp_recording_append(r, s.data, s.len));
    assert_null(hwp_profile_read(path, &p));
    assert_false(p->run.call_chains);
    assert_int_equal(p->cells.len, 1);
    assert_int_equal(p->cells.data[0].chain, HWP_NO_CHAIN);
    assert_int_equal(p->run.notes.data[0].id, HWP_NOTE_CHAINS_UNWOUND_ELSEWHERE);
    unlink(path);
}

static void test_names_of_attributes(void **state)
{
    static const struct {
        int line;
        struct perf_event_attr attr;
        const char *name;
    } rows[] = {
        {__LINE__, {.type = PERF_TYPE_HARDWARE, .config = 5}, "branch-misses"},
        {__LINE__, {.type = PERF_TYPE_SOFTWARE, .config = 0}, "cpu-clock"},
        {__LINE__, {.type = PERF_TYPE_HW_CACHE, .config = 0x10002}, "LLC-load-misses"},
        {__LINE__, {.type = PERF_TYPE_HW_CACHE, .config = 0x100}, "L1-dcache-stores"},
        {__LINE__, {.type = PERF_TYPE_RAW, .config = 0x1a2}, "r1a2"},
        {__LINE__, {.type = PERF_TYPE_HARDWARE, .config = 99}, "event type=0,config=0x63"},
        {__LINE__, {.type = PERF_TYPE_BREAKPOINT, .bp_addr = 0x4000}, "mem:0x4000"},
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        char *name hwp_cleanup(hwp_free_cleanup) = hwp_attr_name(&rows[i].attr);
        if (strcmp(name, rows[i].name) != 0)
            fail_msg("row of line %d: %s", rows[i].line, name);
    }
}

/* One number that a command prints, or -1. */
static long ask(const char *command)
{
    FILE *f = popen(command, "r");
    long n = -1;

    if (f && fscanf(f, "%ld", &n) != 1)
        n = -1;
    if (f)
        pclose(f);
    return n;
}

/* perf's own recording, of a little shell script with forks and execs: as many samples as perf
 * counts itself, in all and in the C library. */
static void test_perfs_file(void **state)
{
    char *path hwp_cleanup(hwp_free_cleanup) = records_path("perf");
    char *record hwp_cleanup(hwp_free_cleanup) =
        hwp_asprintf("perf record -q -g -e cpu-clock -F 5000 -o %s -- sh -c "
                     "'for i in 1 2 3 4 5; do ls -lR /usr/lib >/dev/null; done' >/dev/null 2>&1",
                     path);
    char *count hwp_cleanup(hwp_free_cleanup) =
        hwp_asprintf("perf script -i %s -F event 2>/dev/null | grep -c cpu-clock", path);
    char *in_libc hwp_cleanup(hwp_free_cleanup) = hwp_asprintf(
        "perf script -i %s -G -F ip,dso 2>/dev/null | grep -c '/libc[.]so[.]6)'", path);

    (void)state;
    if (system(record) != 0) {
        print_message("perf record can't be used here\n");
        unlink(path);
        skip();
    }
    struct hwp_profile *p hwp_cleanup(hwp_profile_cleanup) = NULL;
    assert_null(hwp_profile_read(path, &p));
    check_links(p);
    long want = ask(count), want_libc = ask(in_libc), got_libc = 0;
    hwp_vec_foreach (&p->cells, c)
        if (hwp_ends_with(p->dsos.data[p->locs.data[c->loc].dso].path, "/libc.so.6"))
            got_libc += (long)c->samples;
    assert_true(want > 0);
    assert_int_equal(total_samples(p), want);
    assert_int_equal(got_libc, want_libc);
    assert_false(p->run.truncated);
    assert_non_null(strstr(p->run.command, "perf record"));
    assert_non_null(p->run.os_release);
    assert_true(p->run.nr_cpus > 0 && p->run.call_chains);
    assert_string_equal(p->run.events.data[0].name, "cpu-clock");
    assert_string_equal(p->run.events.data[0].unit, "ns");
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_anywhere),   cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_not_recordings), cmocka_unit_test(test_names_of_attributes),
        cmocka_unit_test(test_stream),         cmocka_unit_test(test_perfs_file),
        cmocka_unit_test(test_build_id_records), cmocka_unit_test(test_chains_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
