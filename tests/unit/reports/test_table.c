#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "reports/json.h"
#include "reports/table.h"

static void build(struct hwp_table *t)
{
    static const char *const tasks[] = {"a", "b \"q\""};

    *t = (struct hwp_table){.name = "test"};
    hwp_table_column(t, &(struct hwp_column){.key = "share",
                                             .title = "share",
                                             .group = "cycles",
                                             .align = HWP_ALIGN_RIGHT,
                                             .decimals = 2});
    hwp_table_column(
        t, &(struct hwp_column){
               .key = "n", .title = "count", .group = "cycles", .align = HWP_ALIGN_RIGHT});
    hwp_table_column(t, &(struct hwp_column){
                            .key = "ipc", .title = "IPC", .align = HWP_ALIGN_RIGHT, .decimals = 1});
    hwp_table_column(
        t, &(struct hwp_column){.key = "time", .title = "time", .align = HWP_ALIGN_RIGHT});
    hwp_table_column(t, &(struct hwp_column){.key = "at", .title = "at", .align = HWP_ALIGN_RIGHT});
    hwp_table_column(t, &(struct hwp_column){.key = "name", .title = "name", .shrinks = true});
    hwp_table_column(t, &(struct hwp_column){.key = "ok", .title = NULL});
    hwp_table_column(t, &(struct hwp_column){.key = "tasks", .title = "tasks"});
    hwp_table_column(t, &(struct hwp_column){.key = "shown", .title = "shown", .text_only = true});

    hwp_table_row(t, false);
    hwp_table_add(t, hwp_field_percent(12.345));
    hwp_table_add(t, hwp_field_count(18446744073709551615u));
    struct hwp_field estimate = hwp_field_ratio(1.25);
    estimate.estimate = true;
    hwp_table_add(t, estimate);
    hwp_table_add(t, hwp_field_duration(1500));
    hwp_table_add(t, hwp_field_address(0xdeadbeef));
    hwp_table_add(t, hwp_field_text("naïve<\"x\", y>\033[2J"));
    hwp_table_add(t, hwp_field_bool(true));
    hwp_table_add(t, hwp_field_list(tasks, 2));
    hwp_table_add(t, hwp_field_text("here"));

    hwp_table_row(t, true); /* all unknown, and cut short */
    hwp_table_add(t, hwp_field_percent(NAN));
    hwp_table_add(t, hwp_field_unknown());
    hwp_table_add(t, hwp_field_ratio(INFINITY));
    hwp_table_add(t, hwp_field_unknown());
    hwp_table_add(t, hwp_field_unknown());
    hwp_table_add(t, hwp_field_text(NULL));
}

static void check_print(const struct hwp_report_options *options, unsigned width, const char *want)
{
    struct hwp_table t;
    struct hwp_out out;

    build(&t);
    hwp_out_init_memory(&out);
    out.width = width;
    hwp_table_print(&t, options, &out);
    assert_string_equal(out.text.data, want);
    hwp_error_destroy(hwp_out_close(&out));
    hwp_table_deinit(&t);
}

static void as_text(void **state)
{
    (void)state;
    check_print(
        &(struct hwp_report_options){0}, 0,
        "                            cycles\n"
        " share                       count   IPC     time        at  name                  "
        "tasks     shown\n"
        "12.35%  18,446,744,073,709,551,615  ~1.2  1.50 us  deadbeef  naïve<\"x\", y>\\x1b[2J  "
        "a, b \"q\"  here\n"
        "     –                           –     –        –         –  –                     "
        "–         –\n");
}

/* The name gives way, down to its least width; numbers never do. */
static void as_narrow_text(void **state)
{
    (void)state;
    check_print(&(struct hwp_report_options){.no_big_num = true}, 90,
                "                      cycles\n"
                " share                 count   IPC     time        at  name                "
                "tasks     shown\n"
                "12.35%  18446744073709551615  ~1.2  1.50 us  deadbeef  naïve<\"x\", y>\\x1b…  "
                "a, b \"q\"  here\n"
                "     –                     –     –        –         –  –                   "
                "–         –\n");
}

static void as_csv(void **state)
{
    (void)state;
    check_print(&(struct hwp_report_options){.format = HWP_FORMAT_CSV}, 0,
                "share,n,ipc,time,at,name,ok,tasks\n"
                "12.345,18446744073709551615,1.25,1500,0xdeadbeef,"
                "\"naïve<\"\"x\"\", y>\\x1b[2J\",1,\"a;b \"\"q\"\"\"\n"
                ",,,,,,,\n");
    check_print(&(struct hwp_report_options){.format = HWP_FORMAT_CSV, .separator = "."}, 0,
                "share.n.ipc.time.at.name.ok.tasks\n"
                "\"12.345\".18446744073709551615.\"1.25\".1500.0xdeadbeef."
                "\"naïve<\"\"x\"\", y>\\x1b[2J\".1.\"a;b \"\"q\"\"\"\n"
                ".......\n");
}

static void as_json(void **state)
{
    struct hwp_table t;
    struct hwp_out out;

    (void)state;
    build(&t);
    hwp_out_init_memory(&out);
    hwp_table_print(&t, &(struct hwp_report_options){.format = HWP_FORMAT_JSON}, &out);
    assert_non_null(strstr(out.text.data, "18446744073709551615")); /* exact */
    cJSON *rows = cJSON_Parse(out.text.data);
    assert_int_equal(cJSON_GetArraySize(rows), 2);

    const cJSON *row = cJSON_GetArrayItem(rows, 0);
    assert_string_equal(cJSON_GetObjectItem(row, "name")->valuestring, "naïve<\"x\", y>\033[2J");
    assert_true(cJSON_GetObjectItem(row, "share")->valuedouble == 12.345);
    assert_string_equal(cJSON_GetObjectItem(row, "at")->valuestring, "0xdeadbeef");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(row, "ok")));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(row, "ipc_estimate")));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(row, "tasks")), 2);
    assert_null(cJSON_GetObjectItem(row, "shown"));

    row = cJSON_GetArrayItem(rows, 1);
    assert_int_equal(cJSON_GetArraySize(row), 8);
    const cJSON *item;
    cJSON_ArrayForEach(item, row) assert_true(cJSON_IsNull(item));
    cJSON_Delete(rows);
    hwp_error_destroy(hwp_out_close(&out));
    hwp_table_deinit(&t);
}

static void empty_tables(void **state)
{
    struct hwp_table t = {.name = "none"};
    struct hwp_out out;

    (void)state;
    hwp_table_column(&t, &(struct hwp_column){.key = "a", .title = "A"});
    hwp_out_init_memory(&out);
    hwp_table_print(&t, &(struct hwp_report_options){0}, &out);
    hwp_table_print(&t, &(struct hwp_report_options){.format = HWP_FORMAT_CSV}, &out);
    hwp_table_print(&t, &(struct hwp_report_options){.format = HWP_FORMAT_JSON}, &out);
    assert_string_equal(out.text.data, "A\na\n[]\n");
    hwp_error_destroy(hwp_out_close(&out));
    hwp_table_deinit(&t);
}

static void csv_quotes_what_it_must(void **state)
{
    static const struct {
        int line;
        const char *in, *separator, *want;
    } rows[] = {
        {__LINE__, "plain", ",", "plain"},       {__LINE__, "a,b", ",", "\"a,b\""},
        {__LINE__, "a,b", ";", "a,b"},           {__LINE__, "a\"b", ",", "\"a\"\"b\""},
        {__LINE__, " lead", ",", "\" lead\""},   {__LINE__, "trail ", ",", "\"trail \""},
        {__LINE__, "a\nb", ",", "a\\x0ab"},      {__LINE__, "", ",", ""},
        {__LINE__, "\xff", ",", "\xef\xbf\xbd"},
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_out out;
        hwp_out_init_memory(&out);
        hwp_csv_text(rows[i].in, rows[i].separator, &out);
        if (strcmp(out.text.data ? out.text.data : "", rows[i].want) != 0)
            fail_msg("line %d: %s", rows[i].line, out.text.data);
        hwp_error_destroy(hwp_out_close(&out));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_text),      cmocka_unit_test(as_narrow_text),
        cmocka_unit_test(as_csv),       cmocka_unit_test(as_json),
        cmocka_unit_test(empty_tables), cmocka_unit_test(csv_quotes_what_it_must),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
