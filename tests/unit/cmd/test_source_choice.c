/*
 * Which source measures: what was asked for, what this machine can count, what can be modelled. What
 * only the modelled PMU counts is asked for, as that is missing on every machine; Valgrind and the
 * tool are empty files, as choosing runs neither.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/measure_source.h"

#if defined(__aarch64__)
#define TOOL "hwprof-arm64-linux"
#else
#define TOOL "hwprof-amd64-linux"
#endif

static char directory[] = "/tmp/hwp-choice-XXXXXX";
static char *old_path;

static char *in_directory(const char *name)
{
    return hwp_asprintf("%s/%s", directory, name);
}

static void make_file(const char *name, const void *bytes, size_t size)
{
    char *path hwp_cleanup(hwp_free_cleanup) = in_directory(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
}

static void remove_file(const char *name)
{
    char *path hwp_cleanup(hwp_free_cleanup) = in_directory(name);

    unlink(path);
}

/* A directory with a Valgrind, a tool and three programs, and nothing else on PATH. */
static int set_up(void **state)
{
    unsigned char elf32[64] = {0x7f, 'E', 'L', 'F', 1 /* ELFCLASS32 */};
    char *script hwp_cleanup(hwp_free_cleanup) = NULL;

    (void)state;
    old_path = hwp_strdup(getenv("PATH"));
    assert_non_null(mkdtemp(directory));
    make_file("valgrind", "", 0);
    make_file(TOOL, "", 0);
    make_file("good", "", 0);
    make_file("old32", elf32, sizeof(elf32));
    script = hwp_asprintf("#! %s/old32 -x\n", directory);
    make_file("script32", script, strlen(script));
    setenv("PATH", directory, 1);
    setenv("HWPROF_MODEL_DIR", directory, 1);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const files[] = {"valgrind", TOOL, "good", "old32", "script32"};

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        remove_file(files[i]);
    rmdir(directory);
    setenv("PATH", old_path ? old_path : "", 1);
    free(old_path);
    return 0;
}

struct outcome {
    const struct hwp_source *source; /* NULL: an error */
    bool is_auto, announced, no_model;
    enum hwp_code code;
    char text[1024]; /* of the error, or why there is no model */
};

static struct outcome choose(struct hwp_measure_options *options, const char *events,
                             const char *program)
{
    struct hwp_system_facts facts = {.has_perf_events = true};
    struct hwp_source_choice choice = {0};
    struct hwp_encodings encodings = {0};
    char *argv[] = {(char *)(uintptr_t)program, NULL};
    struct outcome got = {0};
    const struct hwp_measure_job job = {0};

    if (events)
        hwp_vec_push(&options->events, events);
    assert_null(hwp_events_resolve(events ? events : hwp_default_events(options, &job, &facts),
                                   &encodings));
    struct hwp_error *err = hwp_source_choose(options, argv, &facts, &encodings, &choice);
    if (err) {
        got.code = err->code;
        snprintf(got.text, sizeof(got.text), "%s", err->msg);
    } else {
        got.source = choice.source;
        got.is_auto = choice.is_auto;
        got.announced = choice.instead_of && choice.why;
        got.no_model = choice.no_model != NULL;
        snprintf(got.text, sizeof(got.text), "%s", choice.no_model ? choice.no_model : "");
    }
    hwp_error_destroy(err);
    hwp_source_choice_deinit(&choice);
    hwp_encodings_deinit(&encodings);
    hwp_vec_deinit(&options->events);
    return got;
}

static void test_auto_measures_what_can_be_measured(void **state)
{
    struct outcome got = choose(&(struct hwp_measure_options){0}, "page-faults,cpu-clock", "good");

    (void)state;
    assert_ptr_equal(got.source, &hwp_source_perf);
    assert_true(got.is_auto && !got.announced && !got.no_model);
}

static void test_auto_models_what_can_not(void **state)
{
    struct outcome got = choose(&(struct hwp_measure_options){0}, "page-faults,hitm-local", "good");

    (void)state;
    assert_ptr_equal(got.source, &hwp_source_model);
    assert_true(!got.is_auto && got.announced);
}

static void test_nothing_asked_models_nothing(void **state)
{
    struct outcome got = choose(&(struct hwp_measure_options){0}, NULL, "good");

    (void)state;
    assert_ptr_equal(got.source, &hwp_source_perf);
    assert_true(got.is_auto);
}

static void test_what_has_no_model_falls_back(void **state)
{
    struct hwp_measure_options all = {.all_cpus = true}, one = {.pid = 1};
    struct outcome got;

    (void)state;
    got = choose(&all, "hitm-local", NULL);
    assert_true(got.source == &hwp_source_perf && got.is_auto && got.no_model);
    got = choose(&one, "hitm-local", NULL);
    assert_true(got.source == &hwp_source_perf && got.is_auto && got.no_model);
    got = choose(&(struct hwp_measure_options){0}, "hitm-local", "old32");
    assert_true(got.source == &hwp_source_perf && got.is_auto);
    assert_non_null(strstr(got.text, "32-bit"));
    got = choose(&(struct hwp_measure_options){0}, "hitm-local", "script32");
    assert_non_null(strstr(got.text, "32-bit"));
    remove_file("valgrind");
    got = choose(&(struct hwp_measure_options){0}, "hitm-local", "good");
    assert_true(got.source == &hwp_source_perf && got.is_auto);
    assert_non_null(strstr(got.text, "Valgrind"));
    make_file("valgrind", "", 0);
}

static void test_a_program_that_is_not_there(void **state)
{
    struct outcome got = choose(&(struct hwp_measure_options){0}, "hitm-local", "nobody");

    (void)state;
    assert_null(got.source);
    assert_int_equal(got.code, HWP_E_NO_WORKLOAD);
}

static void test_the_model_by_name(void **state)
{
    struct hwp_measure_options model = {.source = "model"};
    struct hwp_measure_options attached = {.source = "model", .pid = 1};
    struct outcome got = choose(&model, NULL, "good");

    (void)state;
    assert_ptr_equal(got.source, &hwp_source_model);
    assert_false(got.announced);
    got = choose(&attached, "cycles", NULL);
    assert_null(got.source);
    assert_int_equal(got.code, HWP_E_UNSUPPORTED);
    remove_file(TOOL);
    got = choose(&model, "cycles", "good");
    assert_null(got.source);
    assert_int_equal(got.code, HWP_E_UNSUPPORTED);
    assert_non_null(strstr(got.text, "HWPROF_MODEL_DIR"));
    make_file(TOOL, "", 0);
}

static void test_the_models_options(void **state)
{
    struct hwp_measure_options machine = {.machine = "pack:2 core:2 pu:1"};
    struct hwp_measure_options budget = {.model_instructions = 1000};
    struct hwp_measure_options clash = {.source = "clock", .follow = "no"};
    struct outcome got;

    (void)state;
    assert_ptr_equal(choose(&machine, NULL, "good").source, &hwp_source_model);
    assert_ptr_equal(choose(&budget, "cycles", "good").source, &hwp_source_model);
    got = choose(&clash, "cycles", "good");
    assert_null(got.source);
    assert_int_equal(got.code, HWP_E_USAGE);
    assert_non_null(strstr(got.text, "--follow"));
}

static void test_default_events(void **state)
{
    const struct hwp_system_facts bare = {0}, pmu = {.has_core_pmu = true};
    const struct hwp_measure_options none = {0}, model = {.source = "model"};
    const struct hwp_measure_job job = {0}, stat = {.default_events = "task-clock"};

    (void)state;
    assert_string_equal(hwp_default_events(&none, &job, &bare), "cpu-clock");
    assert_non_null(strstr(hwp_default_events(&none, &job, &pmu), "cycles"));
    assert_string_equal(hwp_default_events(&none, &stat, &pmu), "task-clock");
    assert_non_null(strstr(hwp_default_events(&model, &stat, &bare), "cycles"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_auto_measures_what_can_be_measured),
        cmocka_unit_test(test_auto_models_what_can_not),
        cmocka_unit_test(test_nothing_asked_models_nothing),
        cmocka_unit_test(test_what_has_no_model_falls_back),
        cmocka_unit_test(test_a_program_that_is_not_there),
        cmocka_unit_test(test_the_model_by_name),
        cmocka_unit_test(test_the_models_options),
        cmocka_unit_test(test_default_events),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
