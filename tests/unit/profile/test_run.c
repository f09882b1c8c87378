#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "profile/run.h"

static void test_notes(void **state)
{
    struct hwp_notes notes = {0};
    enum hwp_note_id id;

    (void)state;
    for (int i = 0; i < HWP_NOTE_COUNT_; i++) {
        const struct hwp_note_info *info = hwp_note_info((enum hwp_note_id)i);
        assert_true(info->text && info->text[0]);
        assert_true(hwp_note_parse(info->key, &id));
        assert_int_equal(id, i);
    }
    assert_false(hwp_note_parse("NO_SUCH_NOTE", &id));

    hwp_note_raise(&notes, HWP_NOTE_LOST, "3 records");
    hwp_note_raise(&notes, HWP_NOTE_LOST, "3 records");
    hwp_note_raise(&notes, HWP_NOTE_LOST, NULL);
    hwp_note_raise(&notes, HWP_NOTE_LOST, NULL);
    hwp_note_raise(&notes, HWP_NOTE_SKID, "3 records");
    assert_int_equal(notes.len, 3);
    assert_string_equal(notes.data[0].detail, "3 records");
    assert_null(notes.data[1].detail);
    hwp_notes_deinit(&notes);
}

static void fill(struct hwp_run *run)
{
    struct hwp_event ev = {
        .name = hwp_strdup("cache-misses:u"),
        .encoding = hwp_strdup("cpu/event=0x2e,umask=0x41/u"),
        .source = hwp_strdup("perf"),
        .unit = hwp_strdup(""),
        .origin = HWP_ORIGIN_MODELLED,
        .total = {UINT64_MAX - 1, (UINT64_C(1) << 53) + 1, 5, HWP_COUNT_SCALED},
        .reason = hwp_strdup("multi\nplexed \"twice\""),
        .requested = true,
        .precise = true,
        .period = 100003,
        .freq_hz = 0,
        .leader = -1,
    };

    hwp_vec_push(&ev.per_cpu, hwp_count_exact(12));
    hwp_vec_push(&ev.per_cpu, (struct hwp_count){0});
    hwp_vec_push(&run->events, ev);
    ev = (struct hwp_event){.name = hwp_strdup("cpu-clock"), .sampled = true, .leader = 0};
    hwp_vec_push(&run->events, ev);
    run->command = hwp_strdup("./a 'b c'");
    run->has_exit = true;
    run->exit_status = 139;
    run->duration_ns = 123456789012345;
    run->cpu_model = hwp_strdup("CPU © 3.2");
    run->nr_cpus = 128;
    run->start_time_s = 1700000000;
    run->lost_samples = UINT64_MAX;
    run->call_chains = true;
    hwp_vec_push(&run->pins, (struct hwp_pin){1, 2, hwp_strdup("worker"), 3, -1});
    hwp_note_raise(&run->notes, HWP_NOTE_SCALED, "43 %");
    hwp_note_raise(&run->notes, HWP_NOTE_NO_PMU, NULL);
}

/* All fields are compared by writing what was read again; the ones that JSON is known to bend are
 * looked at one by one. */
static void test_json_round_trip(void **state)
{
    struct hwp_run run = {0}, back = {0};

    (void)state;
    fill(&run);
    char *json = hwp_run_to_json(&run);
    assert_null(hwp_run_from_json(json, strlen(json), &back));
    char *again = hwp_run_to_json(&back);
    assert_string_equal(json, again);

    assert_string_equal(back.command, "./a 'b c'");
    assert_string_equal(back.cpu_model, "CPU © 3.2");
    assert_null(back.hostname);
    assert_int_equal(back.exit_status, 139);
    assert_true(back.lost_samples == UINT64_MAX);
    assert_int_equal(back.events.len, 2);
    const struct hwp_event *ev = &back.events.data[0];
    assert_true(ev->total.value == UINT64_MAX - 1);
    assert_true(ev->total.time_enabled_ns == (UINT64_C(1) << 53) + 1);
    assert_int_equal(ev->total.state, HWP_COUNT_SCALED);
    assert_int_equal(ev->origin, HWP_ORIGIN_MODELLED);
    assert_string_equal(ev->reason, "multi\nplexed \"twice\"");
    assert_int_equal(ev->per_cpu.len, 2);
    assert_int_equal(ev->per_cpu.data[1].state, HWP_COUNT_UNSUPPORTED);
    assert_int_equal(back.events.data[1].leader, 0);
    assert_int_equal(back.pins.data[0].core, -1);
    assert_int_equal(back.notes.len, 2);

    /* Onto what is there already: the same again, nothing doubled, nothing leaked. */
    assert_null(hwp_run_from_json(json, strlen(json), &back));
    free(again);
    again = hwp_run_to_json(&back);
    assert_string_equal(json, again);
    free(json);
    free(again);
    hwp_run_deinit(&run);
    hwp_run_deinit(&back);
}

static void test_json_hostile(void **state)
{
    static const struct {
        int line;
        const char *text;
        bool good;
    } rows[] = {
        {__LINE__, "", false},
        {__LINE__, "[]", false},
        {__LINE__, "{\"command\":", false},
        {__LINE__, "{}", true},
        {__LINE__, "{\"command\":5,\"events\":\"x\",\"pins\":{},\"nr_cpus\":-3}", true},
        {__LINE__, "{\"nr_cpus\":1e300,\"exit_status\":1e300,\"duration_ns\":-1e300}", true},
        {__LINE__, "{\"events\":[1,null,{\"leader\":99,\"total\":[],\"per_cpu\":[{},7]}]}", true},
        {__LINE__, "{\"notes\":[{\"id\":\"FROM_THE_FUTURE\"},{},3,{\"id\":7}]}", true},
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_run run = {0};
        struct hwp_error *err = hwp_run_from_json(rows[i].text, strlen(rows[i].text), &run);

        if (!err != rows[i].good || run.nr_cpus || run.notes.len || run.command)
            fail_msg("row of line %d", rows[i].line);
        for (size_t e = 0; e < run.events.len; e++)
            assert_int_equal(run.events.data[e].leader, -1);
        hwp_error_destroy(err);
        hwp_run_deinit(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_json_round_trip),
        cmocka_unit_test(test_json_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
