/* Synthesized records: the kernel from captured files, tasks from this very process. */
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/mem.h"
#include "base/str.h"
#include "counters/synthesize.h"

static struct hwp_error *keep(void *ctx, const void *records, size_t size)
{
    const struct perf_event_header *header = records;

    assert_int_equal(header->size, size); /* one at a time, and whole */
    assert_int_equal(size % 8, 0);
    hwp_str_addn(ctx, records, size);
    return NULL;
}

static char *write_file(const char *content)
{
    char *path = hwp_strdup("/tmp/hwp-synth-XXXXXX");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
    return path;
}

/* "addr+len name" for each kernel map in `records`. */
static char *maps_text(const struct hwp_str *records)
{
    struct hwp_str text = {0};

    hwp_str_add(&text, "");
    for (size_t at = 0; at < records->len;) {
        struct perf_event_header header;
        uint64_t words[3];

        memcpy(&header, records->data + at, sizeof(header));
        memcpy(words, records->data + at + 16, sizeof(words));
        assert_int_equal(header.type, PERF_RECORD_MMAP);
        assert_int_equal(header.misc, PERF_RECORD_MISC_KERNEL);
        hwp_str_addf(&text, "%llx+%llx %s\n", (unsigned long long)words[0],
                     (unsigned long long)words[1], records->data + at + 40);
        at += header.size;
    }
    return hwp_str_steal(&text);
}

#define X86_SYMS                                                                                  \
    "0000000000000000 A fixed_percpu_data\nffffffff81000000 T _stext\n"                          \
    "ffffffff81000000 T _text\nffffffff81000100 t a_function\nffffffff82000000 T _etext\n"
#define IOMEM "00100000-bfffffff : System RAM\n  01000000-01ffffff : Kernel code\n"

static const struct {
    int line;
    const char *kallsyms, *iomem, *modules, *expected;
} rows[] = {
    {__LINE__, X86_SYMS, IOMEM, "", "ffffffff81000000+1000000 [kernel.kallsyms]_text\n"},
    {__LINE__, X86_SYMS, "", "", "ffffffff81000000+1000000 [kernel.kallsyms]_text\n"},
    /* zeros are shown to the unprivileged */
    {__LINE__, X86_SYMS, "00000000-00000000 : Kernel code\n", "",
     "ffffffff81000000+1000000 [kernel.kallsyms]_text\n"},
    {__LINE__, "0000000000000000 T _text\n0000000000000000 T _etext\n", IOMEM,
     "ext4 1000 1 - Live 0x0000000000000000\n", ""},
    /* no _text (some arm64 kernels hide it) */
    {__LINE__, "ffff800080010000 T _stext\nffff800080010008 t f\nffff800081000000 T _etext\n", "",
     "", "ffff800080010000+ff0000 [kernel.kallsyms]_stext\n"},
    {__LINE__, X86_SYMS, IOMEM,
     "ext4 4096 1 - Live 0xffffffffc0200000\nbad line\njbd2 8192 1 ext4, Live "
     "0xffffffffc0300000\n",
     "ffffffff81000000+1000000 [kernel.kallsyms]_text\nffffffffc0200000+1000 [ext4]\n"
     "ffffffffc0300000+2000 [jbd2]\n"},
    /* not what it should be */
    {__LINE__, "", IOMEM, "", ""},
    {__LINE__, "\n\nxyz\nffffffff81000000\nffffffff82000000 T", "", "", ""},
};

static void test_kernel(void **state)
{
    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_str records = {0};
        char *kallsyms = write_file(rows[i].kallsyms), *iomem = write_file(rows[i].iomem),
             *modules = write_file(rows[i].modules);

        assert_null(hwp_synthesize_kernel(kallsyms, iomem, modules, keep, &records));
        char *text = maps_text(&records);
        if (strcmp(text, rows[i].expected))
            fail_msg("row at line %d: got\n%s", rows[i].line, text);
        free(text);
        hwp_str_deinit(&records);
        unlink(kallsyms);
        unlink(iomem);
        unlink(modules);
        free(kallsyms);
        free(iomem);
        free(modules);
    }
}

static void test_this_process(void **state)
{
    struct hwp_str records = {0};
    size_t forks = 0, comms = 0, maps = 0;
    bool covers_us = false;
    uint64_t here = (uint64_t)(uintptr_t)&test_this_process;

    (void)state;
    assert_null(hwp_synthesize_process(getpid(), keep, &records));
    for (size_t at = 0; at < records.len;) {
        struct perf_event_header header;
        uint32_t pid;
        uint64_t words[3];

        memcpy(&header, records.data + at, sizeof(header));
        memcpy(&pid, records.data + at + 8, sizeof(pid));
        memcpy(words, records.data + at + 16, sizeof(words));
        assert_int_equal(pid, getpid());
        forks += header.type == PERF_RECORD_FORK;
        comms += header.type == PERF_RECORD_COMM;
        maps += header.type == PERF_RECORD_MMAP2;
        if (header.type == PERF_RECORD_COMM)
            assert_non_null(strstr("unit_counters_perf_synthesize", records.data + at + 16));
        if (header.type == PERF_RECORD_MMAP2 && here >= words[0] && here < words[0] + words[1])
            covers_us = strstr(records.data + at + 72, "unit_counters_perf_synthesize") != NULL;
        at += header.size;
    }
    assert_int_equal(forks, 1);
    assert_int_equal(comms, 1);
    assert_true(maps >= 3);
    assert_true(covers_us);
    hwp_str_deinit(&records);
}

static struct hwp_error *refuse(void *ctx, const void *records, size_t size)
{
    (void)records;
    (void)size;
    ++*(int *)ctx;
    return hwp_error(HWP_E_SYSTEM, "full");
}

/* The first error ends it. A process that isn't there is none. */
static void test_errors(void **state)
{
    struct hwp_str records = {0};
    int calls = 0;

    (void)state;
    struct hwp_error *err = hwp_synthesize_process(getpid(), refuse, &calls);
    assert_non_null(err);
    assert_int_equal(calls, 1);
    hwp_error_destroy(err);
    assert_null(hwp_synthesize_process(0x7ffffff0, keep, &records));
    assert_int_equal(records.len, 0);
    hwp_str_deinit(&records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernel),
        cmocka_unit_test(test_this_process),
        cmocka_unit_test(test_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
