/* The descriptions of tracepoints for perf, from a tracefs of the test's making. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "counters/tracing_data.h"

static char root[] = "/tmp/hwp-tracefs-XXXXXX";

static void make_dir(const char *name)
{
    char *path = hwp_asprintf("%s/%s", root, name);

    assert_int_equal(mkdir(path, 0755), 0);
    free(path);
}

static void make_file(const char *name, const char *text)
{
    char *path = hwp_asprintf("%s/%s", root, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    free(path);
}

static int set_up(void **state)
{
    static const char *const dirs[] = {
        "events",        "events/sched",        "events/sched/wake", "events/sched/move",
        "events/ftrace", "events/ftrace/print", "events/irq",        "events/irq/in"};

    (void)state;
    if (!mkdtemp(root))
        return -1;
    for (size_t i = 0; i < hwp_array_size(dirs); i++)
        make_dir(dirs[i]);
    make_file("events/header_page", "page");
    make_file("events/header_event", "event");
    make_file("events/sched/enable", "0\n");
    make_file("events/sched/wake/id", "314\n");
    make_file("events/sched/wake/format", "name: wake\n");
    make_file("events/sched/move/id", "315\n");
    make_file("events/sched/move/format", "name: move it\n");
    make_file("events/ftrace/print/id", "5\n");
    make_file("events/ftrace/print/format", "name: print\n");
    make_file("events/irq/in/id", "20\n");
    make_file("events/irq/in/format", "name: in\n");
    return setenv("HWPROF_TRACEFS", root, 1);
}

static int tear_down(void **state)
{
    char *command = hwp_asprintf("rm -rf %s", root);
    int rc = system(command);

    (void)state;
    free(command);
    return rc;
}

/* --- reading it again, as perf does ----------------------------------------------------------- */

static void take(struct hwp_str *data, size_t *at, void *into, size_t size)
{
    assert_true(*at + size <= data->len);
    memcpy(into, data->data + *at, size);
    *at += size;
}

static void expect_bytes(struct hwp_str *data, size_t *at, const char *bytes, size_t size)
{
    char got[64];

    take(data, at, got, size);
    assert_memory_equal(got, bytes, size);
}

static void expect_u32(struct hwp_str *data, size_t *at, uint32_t value)
{
    uint32_t got;

    take(data, at, &got, sizeof(got));
    assert_int_equal(got, value);
}

static void expect_text(struct hwp_str *data, size_t *at, const char *text)
{
    uint64_t size;

    take(data, at, &size, sizeof(size));
    assert_int_equal(size, strlen(text));
    expect_bytes(data, at, text, strlen(text));
}

static void expect_head(struct hwp_str *data, size_t *at)
{
    unsigned char numbers[2];

    expect_bytes(data, at, "\x17\x08\x44tracing0.6", 14);
    take(data, at, numbers, sizeof(numbers));
    assert_int_equal(numbers[0], __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    assert_int_equal(numbers[1], sizeof(long));
    expect_u32(data, at, (uint32_t)sysconf(_SC_PAGESIZE));
    expect_bytes(data, at, "header_page", 12);
    expect_text(data, at, "page");
    expect_bytes(data, at, "header_event", 13);
    expect_text(data, at, "event");
}

static void expect_tail(struct hwp_str *data, size_t *at)
{
    expect_u32(data, at, 0);
    expect_u32(data, at, 0);
    expect_u32(data, at, 0);
    expect_u32(data, at, 0);
    assert_int_equal(*at, data->len);
}

static void test_two_systems(void **state)
{
    const uint64_t ids[] = {315, 20, 314, 315};
    struct hwp_str data = {0};
    size_t at = 0;

    (void)state;
    hwp_tracing_data(ids, hwp_array_size(ids), &data);
    expect_head(&data, &at);
    expect_u32(&data, &at, 0);
    expect_u32(&data, &at, 2);
    expect_bytes(&data, &at, "irq", 4);
    expect_u32(&data, &at, 1);
    expect_text(&data, &at, "name: in\n");
    expect_bytes(&data, &at, "sched", 6);
    expect_u32(&data, &at, 2);
    expect_text(&data, &at, "name: move it\n");
    expect_text(&data, &at, "name: wake\n");
    expect_tail(&data, &at);
    hwp_str_deinit(&data);
}

static void test_ftrace_is_apart(void **state)
{
    const uint64_t ids[] = {5};
    struct hwp_str data = {0};
    size_t at = 0;

    (void)state;
    hwp_tracing_data(ids, hwp_array_size(ids), &data);
    expect_head(&data, &at);
    expect_u32(&data, &at, 1);
    expect_text(&data, &at, "name: print\n");
    expect_u32(&data, &at, 0);
    expect_tail(&data, &at);
    hwp_str_deinit(&data);
}

static void test_nothing(void **state)
{
    const uint64_t unknown[] = {999};
    struct hwp_str data = {0};

    (void)state;
    hwp_tracing_data(NULL, 0, &data);
    assert_int_equal(data.len, 0);
    hwp_tracing_data(unknown, 1, &data);
    assert_int_equal(data.len, 0);
    setenv("HWPROF_TRACEFS", "/nonexistent", 1);
    hwp_tracing_data(unknown, 1, &data);
    setenv("HWPROF_TRACEFS", root, 1);
    assert_int_equal(data.len, 0);
    hwp_str_deinit(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_systems),
        cmocka_unit_test(test_ftrace_is_apart),
        cmocka_unit_test(test_nothing),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
