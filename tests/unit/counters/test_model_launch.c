/* The modelled PMU's command line, and what its logs mean. No Valgrind runs here. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "counters/model_launch.h"
#include "counters/model_logs.h"
#include "counters/model_rows.h"

static char directory[] = "/tmp/hwp-launch-XXXXXX";

static void put(const char *name, const char *text)
{
    char *path hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s/%s", directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void take(const char *name)
{
    char *path hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s/%s", directory, name);

    assert_int_equal(unlink(path), 0);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(directory);
}

static bool has(const struct hwp_argv *list, const char *text)
{
    hwp_vec_foreach (list, item)
        if (*item && strcmp(*item, text) == 0)
            return true;
    return false;
}

static void test_command_line(void **state)
{
    struct hwp_launch launch = {0};
    char *argv[] = {(char[]){"prog"}, (char[]){"--tool=x"}, NULL};
    char *old_path hwp_cleanup(hwp_free_cleanup) = hwp_strdup(getenv("PATH"));
#if defined(__aarch64__)
    static const char tool[] = "hwprof-arm64-linux";
#else
    static const char tool[] = "hwprof-amd64-linux";
#endif

    (void)state;
    put("valgrind", "");
    put(tool, "");
    setenv("PATH", directory, 1);
    setenv("HWPROF_MODEL_DIR", directory, 1);
    assert_null(hwp_model_launch("/tmp/x", false, argv, &launch));
    setenv("PATH", old_path ? old_path : "", 1);
    unsetenv("HWPROF_MODEL_DIR");

    size_t n = launch.argv.len;
    assert_null(launch.argv.data[n - 1]);
    assert_string_equal(launch.argv.data[n - 2], "--tool=x"); /* the workload's own */
    assert_string_equal(launch.argv.data[n - 3], "prog");
    assert_string_equal(launch.argv.data[n - 4], "--");
    char *valgrind hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s/valgrind", directory);
    assert_string_equal(launch.argv.data[0], valgrind);
    assert_true(has(&launch.argv, "--trace-children=no"));
    assert_true(has(&launch.argv, "--machine=/tmp/x/machine"));
    assert_true(launch.fixed_addresses);
    char *lib hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("VALGRIND_LIB=%s", directory);
    assert_true(has(&launch.env, lib));
    hwp_launch_deinit(&launch);
    take("valgrind");
    take(tool);
}

static void test_logs(void **state)
{
    static const struct {
        const char *log;
        bool stream;
        int exit_status;
        const char *error; /* part of it; NULL: none */
        bool note;
    } rows[] = {
        {"", true, 0, NULL, false},
        {"==7== Process terminating with default action of signal 11 (SIGSEGV)\n", true, 139, NULL,
         false},
        {"vex amd64->IR: unhandled instruction bytes: 0x62 0xF1\n"
         "==7== valgrind: Unrecognised instruction at address 0x1234.\n"
         "==7==    at 0x1234: main (x.c:5)\n"
         "==7== Process terminating with default action of signal 4 (SIGILL)\n",
         true, 132, NULL, true},
        /* caught */
        {"==7== valgrind: Unrecognised instruction at address 0x1234.\n", true, 132, NULL, false},
        {"\nvalgrind: m_x.c:25 (f): Assertion 'a' failed.\n", true, 139,
         "failed: valgrind: m_x.c:25 (f): Assertion 'a'", false},
        {"\nvalgrind: the 'impossible' happened:\n   LibVEX called failure_exit().\n", true, 139,
         "failed: LibVEX called", false},
        {"==7== failed to start tool\n", false, 1, "run the workload: failed to start", false},
        {"", false, 1, "did not come to run", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct hwp_run run = {.exit_status = rows[i].exit_status};

        put("log.7", rows[i].log);
        if (rows[i].stream)
            put("stream.7.0", "");
        struct hwp_error *err = hwp_model_check_logs(directory, &run);
        if (!err != !rows[i].error || (err && !strstr(err->msg, rows[i].error)))
            fail_msg("row %zu: %s", i, err ? err->msg : "no error");
        assert_int_equal(run.notes.len, rows[i].note);
        if (rows[i].note)
            assert_string_equal(run.notes.data[0].detail, "at 0x1234: main (x.c:5)");
        hwp_error_destroy(err);
        hwp_run_deinit(&run);
        take("log.7");
        if (rows[i].stream)
            take("stream.7.0");
    }
}

static struct hwp_encoding encoding(const char *name, const char *pmu, const char *preset)
{
    return (struct hwp_encoding){.name = hwp_strdup(name),
                                 .text = hwp_strdup("type=0"),
                                 .unit = hwp_strdup(""),
                                 .pmu = hwp_strdup(pmu),
                                 .preset = hwp_strdup(preset),
                                 .attr = {.type = preset ? PERF_TYPE_RAW : PERF_TYPE_HARDWARE}};
}

/* Several counters of a real PMU, one event of the model's. */
static void test_merge(void **state)
{
    struct hwp_encodings list = {0};

    (void)state;
    hwp_vec_push(&list, encoding("cpu_core/cycles/u", "cpu_core", NULL));
    hwp_vec_push(&list, encoding("cpu_atom/cycles/u", "cpu_atom", NULL));
    hwp_vec_push(&list, encoding("PAPI_L1_DCM[A]", "cpu", "PAPI_L1_DCM"));
    hwp_vec_push(&list, encoding("PAPI_L1_DCM[B]", "cpu", "PAPI_L1_DCM"));
    hwp_vec_push(&list, encoding("PAPI_L2_DCM[A]", "cpu", "PAPI_L2_DCM"));
    hwp_model_merge(&list);
    assert_int_equal(list.len, 3);
    assert_string_equal(list.data[0].name, "cycles:u");
    assert_string_equal(list.data[1].name, "PAPI_L1_DCM");
    assert_string_equal(list.data[2].name, "PAPI_L2_DCM");
    hwp_encodings_deinit(&list);
}

static void test_rows(void **state)
{
    struct hwp_encodings list = {0};
    struct hwp_model_columns columns = {0};
    struct hwp_run run = {0};

    (void)state;
    assert_null(hwp_events_resolve("PAPI_BR_PRC,page-faults", &list));
    hwp_model_merge(&list);
    assert_null(hwp_model_add_rows(&list, true, &run, &columns));
    assert_int_equal(run.events.len, 2);
    assert_int_equal(columns.len, 2);
    const struct hwp_event *answered = &run.events.data[0], *other = &run.events.data[1];
    assert_string_equal(answered->encoding, "BRANCHES-BRANCH_MISSES");
    assert_int_equal(answered->origin, HWP_ORIGIN_MODELLED);
    assert_string_equal(answered->source, "model");
    assert_null(answered->reason);
    assert_null(columns.data[1].event);
    assert_int_equal(other->total.state, HWP_COUNT_UNSUPPORTED);
    assert_non_null(other->reason);
    assert_non_null(strstr(other->remedy, "--source perf"));
    hwp_run_deinit(&run);
    hwp_vec_deinit(&columns);
    hwp_encodings_deinit(&list);
}

static void test_nothing_to_answer(void **state)
{
    struct hwp_encodings list = {0};
    struct hwp_model_columns columns = {0};
    struct hwp_run run = {0};

    (void)state;
    assert_null(hwp_events_resolve("page-faults", &list));
    struct hwp_error *err = hwp_model_add_rows(&list, true, &run, &columns);
    assert_non_null(err);
    assert_int_equal(err->code, HWP_E_UNSUPPORTED);
    hwp_error_destroy(err);
    hwp_run_deinit(&run);
    hwp_vec_deinit(&columns);
    hwp_encodings_deinit(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_line),
        cmocka_unit_test(test_logs),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_nothing_to_answer),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
