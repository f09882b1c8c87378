#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <cjson/cJSON.h>
#include <string.h>

#include "base/mem.h"
#include "reports/stat_report.h"

static void add(struct hwp_run *run, const char *name, const char *unit, struct hwp_count total)
{
    hwp_vec_push(&run->events, (struct hwp_event){.name = hwp_strdup(name),
                                                  .unit = hwp_strdup(unit),
                                                  .total = total,
                                                  .leader = -1});
}

static void add_run(struct hwp_stat *s, uint64_t i)
{
    struct hwp_run run = {.duration_ns = 1000000 * i, .user_ns = 500000, .has_exit = true};

    run.command = hwp_strdup("true");
    add(&run, "task-clock", "ns", hwp_count_make(500000, 500000, 500000));
    add(&run, "context-switches", "", hwp_count_make(1000 * i, 500000, 500000));
    add(&run, "cycles", "", (struct hwp_count){0});
    add(&run, "branches", "", hwp_count_make(1000, 1000, 250));
    add(&run, "branch-misses", "", hwp_count_make(0, 1000, 0));
    run.events.data[2].reason = hwp_strdup("this VM (KVM) exposes no PMU");
    run.events.data[2].remedy = hwp_strdup("use another");
    assert_null(hwp_stat_add(s, &run));
    hwp_run_deinit(&run);
}

static char *print(const struct hwp_stat *s, const struct hwp_stat_report_options *options)
{
    struct hwp_out out;

    hwp_out_init_memory(&out);
    hwp_stat_report(s, options, &out);
    char *text = hwp_str_steal(&out.text);
    hwp_error_destroy(hwp_out_close(&out));
    return text;
}

static void text_of_one_run(void **state)
{
    struct hwp_stat s = {0};

    (void)state;
    add_run(&s, 1);
    char *text hwp_cleanup(hwp_free_cleanup) = print(&s, &(struct hwp_stat_report_options){0});
    assert_string_equal(
        text, "\n Performance counter stats for 'true':\n\n"
              "              0.50 msec task-clock                   #    0.500 CPUs utilized\n"
              "             1,000      context-switches             #    2.000 M/sec\n"
              "   <not supported>      cycles\n"
              "             4,000      branches                     #    8.000 M/sec (estimate)  "
              "(25.00%)\n"
              "     <not counted>      branch-misses\n"
              "\n"
              "       0.001000000 seconds time elapsed\n"
              "\n"
              "       0.000500000 seconds user\n"
              "       0.000000000 seconds sys\n"
              "\n"
              "  cycles: this VM (KVM) exposes no PMU\n"
              "    hint: use another\n");
    hwp_stat_deinit(&s);
}

static void text_of_runs(void **state)
{
    struct hwp_stat s = {0};

    (void)state;
    for (uint64_t i = 1; i <= 3; i++)
        add_run(&s, i);
    char *text hwp_cleanup(hwp_free_cleanup) = print(&s, &(struct hwp_stat_report_options){0});
    assert_non_null(strstr(text, "for 'true' (3 runs):\n"));
    assert_non_null(strstr(text, "             2,000      context-switches             "
                                 "#    4.000 M/sec  ( +- 28.87% )\n"));
    assert_non_null(
        strstr(text, "       0.002000000 +- 0.000577350 seconds time elapsed  ( +- 28.87% )\n"));
    hwp_stat_deinit(&s);
}

static void a_shared_reason_is_given_once(void **state)
{
    struct hwp_stat s = {0};
    struct hwp_run run = {.duration_ns = 1000};

    (void)state;
    add(&run, "cycles", "", (struct hwp_count){0});
    add(&run, "faults", "", hwp_count_exact(1));
    add(&run, "branches", "", (struct hwp_count){0});
    for (size_t e = 0; e < 3; e += 2)
        run.events.data[e].reason = hwp_strdup("no PMU");
    assert_null(hwp_stat_add(&s, &run));
    char *text hwp_cleanup(hwp_free_cleanup) = print(&s, &(struct hwp_stat_report_options){0});
    assert_non_null(strstr(text, "\n  cycles, branches: no PMU\n"));
    assert_null(strstr(text, "\n  branches: no PMU"));
    hwp_run_deinit(&run);
    hwp_stat_deinit(&s);
}

static void csv_is_perfs(void **state)
{
    struct hwp_stat s = {0};

    (void)state;
    add_run(&s, 1);
    char *one hwp_cleanup(hwp_free_cleanup) =
        print(&s, &(struct hwp_stat_report_options){.report = {.format = HWP_FORMAT_CSV}});
    assert_string_equal(one, "0.50,msec,task-clock,500000,100.00,0.500,CPUs utilized\n"
                             "1000,,context-switches,500000,100.00,2.000,M/sec\n"
                             "<not supported>,,cycles,0,0.00,,\n"
                             "4000,,branches,250,25.00,8.000,M/sec\n"
                             "<not counted>,,branch-misses,0,0.00,,\n");
    add_run(&s, 1);
    char *two hwp_cleanup(hwp_free_cleanup) = print(
        &s,
        &(struct hwp_stat_report_options){.report = {.format = HWP_FORMAT_CSV, .separator = ";"},
                                          .has_time = true,
                                          .time_ns = 1500000000});
    assert_non_null(
        strstr(two, "1.500000000;1000;;context-switches;0.00%;1000000;100.00;2.000;M/sec\n"));
    hwp_stat_deinit(&s);
}

/* A count that was modelled says so in each form, one that is not known doesn't. */
static void modelled_is_marked(void **state)
{
    struct hwp_run run = {.duration_ns = 2000000000};
    struct hwp_stat s = {0};

    (void)state;
    run.command = hwp_strdup("true");
    add(&run, "cycles", "", hwp_count_exact(5000));
    add(&run, "page-faults", "", (struct hwp_count){0});
    run.events.data[0].origin = run.events.data[1].origin = HWP_ORIGIN_MODELLED;
    assert_null(hwp_stat_add(&s, &run));
    hwp_run_deinit(&run);
    struct hwp_stat_report_options options = {0};
    char *text hwp_cleanup(hwp_free_cleanup) = print(&s, &options);
    assert_non_null(strstr(text, "             5,000      cycles                        (modelled)\n"
                                 "   <not supported>      page-faults\n"
                                 "\n"
                                 "       2.000000000 seconds time elapsed under the model\n"));
    options.report.format = HWP_FORMAT_CSV;
    char *csv hwp_cleanup(hwp_free_cleanup) = print(&s, &options);
    assert_string_equal(csv, "5000,,cycles,0,100.00,,,modelled\n"
                             "<not supported>,,page-faults,0,0.00,,\n");
    options.report.format = HWP_FORMAT_JSON;
    char *json hwp_cleanup(hwp_free_cleanup) = print(&s, &options);
    assert_non_null(strstr(json, "\"origin\":\"modelled\""));
    assert_null(strstr(strchr(json, '\n'), "origin"));
    hwp_stat_deinit(&s);
}

static void json_is_one_object_a_line(void **state)
{
    struct hwp_stat s = {0};
    size_t lines = 0;

    (void)state;
    add_run(&s, 1);
    char *text hwp_cleanup(hwp_free_cleanup) =
        print(&s, &(struct hwp_stat_report_options){.report = {.format = HWP_FORMAT_JSON}});
    for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save), lines++) {
        cJSON *object = cJSON_Parse(line);
        assert_non_null(object);
        assert_true(cJSON_IsString(cJSON_GetObjectItem(object, "counter-value")));
        assert_true(cJSON_IsString(cJSON_GetObjectItem(object, "event")));
        assert_true(cJSON_IsNumber(cJSON_GetObjectItem(object, "event-runtime")));
        if (lines == 0)
            assert_string_equal(cJSON_GetObjectItem(object, "counter-value")->valuestring,
                                "0.500000");
        if (lines == 2) {
            assert_string_equal(cJSON_GetObjectItem(object, "counter-value")->valuestring,
                                "<not supported>");
            assert_null(cJSON_GetObjectItem(object, "metric-value"));
        }
        cJSON_Delete(object);
    }
    assert_int_equal(lines, 5);
    hwp_stat_deinit(&s);
}

static void per_core_lines(void **state)
{
    struct hwp_stat s = {0};
    struct hwp_run run = {.duration_ns = 1000};
    struct hwp_cores cores;

    (void)state;
    add(&run, "instructions", "", hwp_count_exact(30));
    add(&run, "cycles", "", hwp_count_exact(20));
    for (size_t e = 0; e < 2; e++) {
        hwp_vec_push(&run.events.data[e].per_cpu, hwp_count_make(e ? 5 : 10, 9, 9));
        hwp_vec_push(&run.events.data[e].per_cpu, hwp_count_make(e ? 15 : 20, 9, 9));
    }
    assert_null(hwp_stat_add(&s, &run));
    hwp_cores_analyse(&run, NULL, NULL, &cores);
    char *csv hwp_cleanup(hwp_free_cleanup) =
        print(&s, &(struct hwp_stat_report_options){.report = {.format = HWP_FORMAT_CSV},
                                                    .cores = &cores});
    assert_string_equal(csv, "CPU0,1,10,,instructions,9,100.00,2.00,insn per cycle\n"
                             "CPU0,1,5,,cycles,9,100.00,,\n"
                             "CPU1,1,20,,instructions,9,100.00,1.33,insn per cycle\n"
                             "CPU1,1,15,,cycles,9,100.00,,\n");
    hwp_cores_deinit(&cores);
    hwp_run_deinit(&run);
    hwp_stat_deinit(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_one_run), cmocka_unit_test(text_of_runs),
        cmocka_unit_test(csv_is_perfs),    cmocka_unit_test(json_is_one_object_a_line),
        cmocka_unit_test(modelled_is_marked),
        cmocka_unit_test(per_core_lines),  cmocka_unit_test(a_shared_reason_is_given_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
