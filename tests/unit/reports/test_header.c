#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "reports/header.h"

static void add_event(struct hwp_run *run, const char *name, struct hwp_count total,
                      const char *reason, const char *remedy)
{
    hwp_vec_push(&run->events, (struct hwp_event){.name = hwp_strdup(name),
                                                  .total = total,
                                                  .reason = hwp_strdup(reason),
                                                  .remedy = hwp_strdup(remedy),
                                                  .requested = strcmp(name, "cpu-clock") != 0,
                                                  .leader = -1});
}

static void add_pin(struct hwp_run *run, const char *comm, int cpu, int core)
{
    int tid = 100 + (int)run->pins.len;

    hwp_vec_push(&run->pins, (struct hwp_pin){100, tid, hwp_strdup(comm), cpu, core});
}

static void clock_stands_in(void **state)
{
    struct hwp_run run = {.has_exit = true, .duration_ns = 1020000000};
    struct hwp_out out;

    (void)state;
    run.command = hwp_strdup("counter --threads 2");
    run.cpu_model = hwp_strdup("AMD EPYC");
    run.topology = hwp_strdup("AMD EPYC, 1 package, 2 cores, L3 32 MiB");
    run.pin_plan = hwp_strdup("cores");
    add_event(&run, "cache-misses", (struct hwp_count){0}, "this VM (KVM) exposes no PMU",
              "use a VM type with a PMU");
    add_event(&run, "cycles", (struct hwp_count){0}, "this VM (KVM) exposes no PMU",
              "use a VM type with a PMU");
    add_event(&run, "cpu-clock", hwp_count_exact(2030000000), NULL, NULL);
    run.events.data[2].sampled = true;
    run.events.data[2].nr_samples = 8123;
    add_pin(&run, "counter", 0, 0);
    add_pin(&run, "counter", 1, 1);
    hwp_note_raise(&run.notes, HWP_NOTE_CLOCK_STANDS_IN, NULL);

    hwp_out_init_memory(&out);
    hwp_header_text(&run, &(struct hwp_report_options){0}, &out);
    assert_string_equal(
        out.text.data,
        "warning: cache-misses, cycles can't be counted: this VM (KVM) exposes no PMU\n"
        "  hint: use a VM type with a PMU\n"
        "time (cpu-clock) is sampled instead\n"
        "  'hwprof doctor' says what can be had here; --source perf fails instead\n"
        "\n"
        "counter --threads 2 · exit 0 · 1.02 s\n"
        "AMD EPYC, 1 package, 2 cores, L3 32 MiB · pinned: counter→core 0, counter→core 1\n"
        "events  cache-misses  not supported: this VM (KVM) exposes no PMU\n"
        "        cycles        not supported: this VM (KVM) exposes no PMU\n"
        "        cpu-clock     measured 2.03 s, 8,123 samples\n"
        "lost    0 records, 0 samples\n");
    hwp_error_destroy(hwp_out_close(&out));
    hwp_run_deinit(&run);
}

static void event_states(void **state)
{
    char name[] = "cycles", reason[] = "perf_event_paranoid is 4";
    struct {
        int line;
        struct hwp_event ev;
        const char *want;
    } rows[] = {
        {__LINE__, {.total = hwp_count_exact(1234567)}, "measured 1,234,567"},
        {__LINE__,
         {.total = hwp_count_exact(1234567), .sampled = true},
         "measured 1,234,567, 0 samples"},
        {__LINE__,
         {.total = hwp_count_exact(5), .sampled = true, .nr_samples = 1},
         "measured 5, 1 sample"},
        {__LINE__,
         {.total = hwp_count_make(1000, 400, 100)},
         "measured ~4,000 (scaled: ran 25.0% of the time)"},
        {__LINE__, {.total = hwp_count_make(0, 400, 0)}, "not counted"},
        {__LINE__,
         {.total = {.state = HWP_COUNT_DENIED}, .reason = reason},
         "denied: perf_event_paranoid is 4"},
        {__LINE__, {.nr_samples = 7}, "measured, 7 samples"},
        {__LINE__,
         {.total = hwp_count_exact(9),
          .origin = HWP_ORIGIN_MODELLED,
          .sampled = true,
          .nr_samples = 2},
         "modelled 9"},
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        rows[i].ev.name = name;
        char *got = hwp_header_event_state(&rows[i].ev, true);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("line %d: %s", rows[i].line, got);
        free(got);
    }
}

static void of_a_modelled_run(void **state)
{
    struct hwp_run run = {.duration_ns = 2000000000, .topology = hwp_strdup("1 package, 2 cores")};
    struct hwp_out out;

    (void)state;
    run.command = hwp_strdup("counter");
    run.cpu_model = hwp_strdup("of this machine");
    hwp_vec_push(&run.events, (struct hwp_event){.name = hwp_strdup("cycles"),
                                                 .origin = HWP_ORIGIN_MODELLED,
                                                 .sampled = true,
                                                 .nr_samples = 3,
                                                 .total = hwp_count_exact(1000)});
    hwp_out_init_memory(&out);
    hwp_header_text(&run, &(struct hwp_report_options){0}, &out);
    assert_string_equal(out.text.data, "counter · 2.00 s under the model\n"
                                       "modelled machine: 1 package, 2 cores\n"
                                       "events  cycles  modelled 1,000\n");
    hwp_error_destroy(hwp_out_close(&out));
    hwp_run_deinit(&run);
}

static void check_pins(const struct hwp_run *run, const char *want)
{
    char *got = hwp_header_pins(run);

    if (want)
        assert_string_equal(got, want);
    else
        assert_null(got);
    free(got);
}

static void many_pins_are_summed_up(void **state)
{
    struct hwp_run run = {0};

    (void)state;
    check_pins(&run, NULL);
    add_pin(&run, "loner", -1, -1);
    check_pins(&run, NULL);
    add_pin(&run, NULL, 3, -1);
    check_pins(&run, "task 101→CPU 3");
    for (int i = 0; i < 7; i++)
        add_pin(&run, "w", i % 3 == 2 ? 5 : i % 3, i % 3);
    check_pins(&run, "8 tasks on 4 CPUs (0-1,3,5)");
    run.pins.data[1].core = 9;
    check_pins(&run, "8 tasks on 4 cores (0-2,9)");
    hwp_run_deinit(&run);
}

/* A workload's name must not reach the terminal raw. */
static void hostile_names(void **state)
{
    struct hwp_run run = {.has_exit = true, .exit_status = 139};
    struct hwp_out out;

    (void)state;
    run.command = hwp_strdup("evil\033]0;x\007\n\xff");
    add_event(&run, "a\033[2J", hwp_count_exact(1), "why\n", NULL);
    add_pin(&run, "\x1b", 0, 0);
    hwp_out_init_memory(&out);
    hwp_header_text(&run, &(struct hwp_report_options){0}, &out);
    assert_null(strchr(out.text.data, '\033'));
    assert_null(strchr(out.text.data, '\007'));
    assert_non_null(strstr(out.text.data, "exit 139"));
    hwp_error_destroy(hwp_out_close(&out));
    hwp_run_deinit(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock_stands_in),
        cmocka_unit_test(event_states),
        cmocka_unit_test(of_a_modelled_run),
        cmocka_unit_test(many_pins_are_summed_up),
        cmocka_unit_test(hostile_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
