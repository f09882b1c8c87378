#include "weave_sim.h"

/* Locks, memory controllers, the kinds of sharing, and lines that come and go. */

static void start(struct sim *s, unsigned cores, unsigned l3, uint64_t rounds,
                  void (*round)(struct sim *s, unsigned core))
{
    sim_init(s, cores, l3, 1);
    s->slice = 10000 * HWM_TICKS;
    s->rounds = rounds;
    s->round = round;
}

/* lock (line 0), 100 cycles on data (line 1), unlock, and a little on its own */
static void lock_round(struct sim *s, unsigned core)
{
    sim_work(s, core, 220);
    sim_access(s, core, 0, HWM_RMW, 4, HWM_EVENT_ACQUIRES);
    sim_access(s, core, 64, HWM_LOAD, 8, 0);
    sim_work(s, core, 1000);
    sim_access(s, core, 64, HWM_STORE, 8, 0);
    sim_access(s, core, 0, HWM_STORE, 4, HWM_EVENT_CLEARS);
    sim_work(s, core, 300);
}

static void critical_sections_do_not_overlap(unsigned cores)
{
    const uint64_t rounds = 2000, acquisitions = rounds * cores;
    struct sim s;
    uint64_t cycles, transfers;

    start(&s, cores, 1, rounds, lock_round);
    cycles = sim_run(&s);
    transfers = sim_count(&s, HWM_TRANSFERS);
    print_message("%u cores: %llu cycles and %.2f transfers per acquisition\n", cores,
                  (unsigned long long)(cycles / acquisitions),
                  (double)transfers / (double)acquisitions);
    /* 100 cycles of work; the lock, the data, and the data's upgrade cost 70 each at most */
    assert_within(cycles, acquisitions * 100, acquisitions * 330);
    assert_within(transfers, acquisitions, acquisitions * 5 / 2);
    sim_free(&s);
}

static void test_locks(void **state)
{
    (void)state;
    critical_sections_do_not_overlap(2);
    critical_sections_do_not_overlap(4);
}

/* As a lock, but its work is on its own: what would overlap if the word were not one. */
static void section_round(struct sim *s, unsigned core)
{
    sim_access(s, core, 0, HWM_RMW, 4, HWM_EVENT_ACQUIRES);
    sim_work(s, core, 5000);
    sim_access(s, core, 0, HWM_STORE, 4, (unsigned)s->parameter);
}

static void test_only_locks_exclude(void **state)
{
    struct sim s;
    uint64_t locked, open;

    (void)state;
    start(&s, 4, 1, 500, section_round);
    s.parameter = HWM_EVENT_CLEARS;
    locked = sim_run(&s);
    sim_free(&s);
    start(&s, 4, 1, 500, section_round);
    open = sim_run(&s);
    sim_free(&s);
    assert_within(locked, 4 * 500 * 500, 4 * 500 * 650);
    assert_true(open < locked / 2);
}

/* Two locks taken in both orders, which by time would be a deadlock. */
static void crossed_round(struct sim *s, unsigned core)
{
    uint64_t first = core % 2 * 64, second = 64 - first;

    sim_access(s, core, first, HWM_RMW, 4, HWM_EVENT_ACQUIRES);
    sim_work(s, core, 500);
    sim_access(s, core, second, HWM_RMW, 4, HWM_EVENT_ACQUIRES);
    sim_work(s, core, 500);
    sim_access(s, core, second, HWM_STORE, 4, HWM_EVENT_CLEARS);
    sim_access(s, core, first, HWM_STORE, 4, HWM_EVENT_CLEARS);
    sim_work(s, core, 100);
}

static void test_no_deadlock(void **state)
{
    struct sim s;

    (void)state;
    start(&s, 4, 1, 2000, crossed_round);
    sim_run(&s);
    assert_within(sim_count(&s, HWM_TRANSFERS), 2000, 4 * 2000 * 4);
    for (unsigned i = 0; i < SIM_LINES; i++) { /* nothing is pending */
        hwm_line_retire(s.weave, s.lines[i]);
        s.lines[i] = NULL;
    }
    sim_free(&s);
}

/* A line of memory each 6 cycles; a controller needs 10. parameter: cores per controller */
static void stream_round(struct sim *s, unsigned core)
{
    sim_work(s, core, 60);
    hwm_weave_log_dram(s->weave, core, core / (unsigned)s->parameter, sim_clock(s, core), 100,
                       &s->cores[core].cost);
}

static void test_memory_controllers(void **state)
{
    struct sim s;
    uint64_t one, two;

    (void)state;
    start(&s, 2, 1, 5000, stream_round);
    s.parameter = 2;
    one = sim_run(&s);
    assert_true(sim_count(&s, HWM_STALLED_BACKEND) > 0);
    sim_free(&s);
    start(&s, 2, 1, 5000, stream_round);
    s.machine.dram_service_ticks = 6 * HWM_TICKS;
    s.parameter = 1;
    two = sim_run(&s);
    assert_int_equal(sim_count(&s, HWM_STALLED_BACKEND), 0);
    sim_free(&s);
    assert_within(one, 99000, 101000); /* 2 × 5,000 lines at 10 cycles */
    assert_within(two, 30000, 30000);
}

static void play(struct sim *s, unsigned core, uint64_t address, enum hwm_access kind)
{
    for (unsigned i = 0; i < s->machine.nr_cores; i++)
        s->cores[i].progress += 1000 * HWM_TICKS;
    sim_access(s, core, address, kind, 8, 0);
    hwm_weave_run(s->weave, UINT64_MAX);
}

static void test_kinds_of_sharing(void **state)
{
    struct sim s;

    (void)state;
    start(&s, 6, 3, 0, NULL); /* the third domain is another node */
    hwm_line_retire(s.weave, s.lines[0]);
    s.lines[0] = hwm_line_create(s.weave, 0x10000, -1, (uint64_t[HWM_MAX_CORES / 64]){0});
    play(&s, 0, 0, HWM_STORE); /* nobody has it */
    assert_int_equal(sim_count(&s, HWM_TRANSFERS), 0);
    play(&s, 1, 0, HWM_LOAD); /* these bytes were written */
    assert_int_equal(s.cores[1].cost.n[HWM_HITM_LOCAL], 1);
    assert_int_equal(s.cores[1].cost.n[HWM_L1D_LOAD_MISSES], 1);
    assert_int_equal(s.cores[1].cost.n[HWM_LLC_LOAD_MISSES], 0);
    assert_int_equal(s.cores[1].cost.n[HWM_STALLED_BACKEND], 70 * HWM_TICKS);
    assert_int_equal(sim_count(&s, HWM_FALSE_SHARING), 0);
    play(&s, 2, 8, HWM_LOAD); /* clean, in another domain; not these bytes */
    assert_int_equal(s.cores[2].cost.n[HWM_TRANSFERS], 1);
    assert_int_equal(s.cores[2].cost.n[HWM_HITM_LOCAL], 0);
    assert_int_equal(s.cores[2].cost.n[HWM_LLC_LOAD_MISSES], 1);
    assert_int_equal(s.cores[2].cost.n[HWM_FALSE_SHARING], 1);
    play(&s, 0, 16, HWM_RMW); /* takes both readers' copies: 120 cycles to the farther */
    assert_int_equal(s.cores[0].cost.n[HWM_INVALIDATIONS], 2);
    assert_int_equal(s.cores[0].cost.n[HWM_CONTENDED_ATOMICS], 1);
    assert_int_equal(s.cores[0].cost.n[HWM_STALLED_BACKEND], 120 * HWM_TICKS);
    play(&s, 4, 16, HWM_RMW);
    assert_int_equal(s.cores[4].cost.n[HWM_HITM_REMOTE], 1);
    assert_int_equal(s.cores[4].cost.n[HWM_FALSE_SHARING], 0);
    play(&s, 2, 24, HWM_STORE); /* nobody waits for a store */
    assert_int_equal(s.cores[2].cost.n[HWM_FALSE_SHARING], 2);
    assert_int_equal(s.cores[2].cost.n[HWM_L1D_STORE_MISSES], 1);
    hwm_line_evicted(s.weave, s.lines[0], 2);
    play(&s, 2, 24, HWM_LOAD); /* from L3 */
    assert_int_equal(s.cores[2].cost.n[HWM_TRANSFERS], 2);
    assert_int_equal(s.cores[2].cost.n[HWM_L1D_LOAD_MISSES], 2);
    sim_free(&s);
}

static void test_forwarding_and_drain(void **state)
{
    struct sim s;

    (void)state;
    start(&s, 2, 1, 0, NULL);
    sim_access(&s, 1, 0, HWM_STORE, 8, 0); /* line 0 is core 0's: 70 cycles, and one to commit */
    sim_work(&s, 1, 10);
    sim_access(&s, 1, 4, HWM_LOAD, 4, 0);
    hwm_weave_run(s.weave, UINT64_MAX);
    assert_int_equal(hwm_weave_delay(s.weave, 1), 0);
    sim_access(&s, 1, 4, HWM_LOAD, 8, 0); /* half of it must come from the line */
    hwm_weave_run(s.weave, UINT64_MAX);
    assert_within(hwm_weave_delay(s.weave, 1), 69 * HWM_TICKS, 71 * HWM_TICKS);
    sim_access(&s, 1, 128 + 0, HWM_STORE, 8, 0);
    hwm_weave_log_drain(s.weave, 1, sim_clock(&s, 1), NULL);
    hwm_weave_run(s.weave, UINT64_MAX);
    assert_within(hwm_weave_delay(s.weave, 1), 139 * HWM_TICKS, 145 * HWM_TICKS);
    sim_free(&s);
}

/* A load's delay in cycles, and what it adds to the misses of L1, L2 and the last-level cache, as
 * decimal digits. */
static void loads(struct sim *s, unsigned core, unsigned line, unsigned flags, uint64_t cycles,
                  uint64_t misses)
{
    const uint64_t *n = s->cores[core].cost.n;
    uint64_t delay = hwm_weave_delay(s->weave, core);
    uint64_t l1 = n[HWM_L1D_LOAD_MISSES], l2 = n[HWM_L2_LOAD_MISSES], llc = n[HWM_LLC_LOAD_MISSES];

    sim_access(s, core, line * 64, HWM_LOAD, 8, flags);
    hwm_weave_run(s->weave, UINT64_MAX);
    assert_int_equal(hwm_weave_delay(s->weave, core) - delay, cycles * HWM_TICKS);
    assert_int_equal((n[HWM_L1D_LOAD_MISSES] - l1) * 100 + (n[HWM_L2_LOAD_MISSES] - l2) * 10 +
                         n[HWM_LLC_LOAD_MISSES] - llc,
                     misses);
}

/* What the caches have counted and charged already is not, again. Core 0's lines are dropped first,
 * core 1's are modified in the other L3 domain. */
static void test_missed_already(void **state)
{
    const unsigned both = HWM_EVENT_MISSED | HWM_EVENT_MISSED_L2;
    struct sim s;

    (void)state;
    start(&s, 2, 2, 0, NULL);
    for (unsigned line = 0; line < SIM_LINES; line += 2)
        hwm_line_evicted(s.weave, s.lines[line], 0);
    assert_false(hwm_line_is_elsewhere(s.lines[0], 0));
    assert_false(hwm_line_is_elsewhere(s.lines[1], 1));
    assert_true(hwm_line_is_elsewhere(s.lines[1], 0));
    loads(&s, 0, 0, 0, 34, 110);
    loads(&s, 0, 2, both, 34, 0);
    loads(&s, 0, 4, both | HWM_EVENT_FILLED, 0, 0);
    loads(&s, 0, 1, 0, 120, 111);
    loads(&s, 0, 3, HWM_EVENT_MISSED, 120, 11);
    loads(&s, 0, 5, both, 120, 1);
    assert_int_equal(sim_count(&s, HWM_TRANSFERS), 3);
    loads(&s, 0, 7, both | HWM_EVENT_FILLED, 120, 0);
    sim_free(&s);
}

struct report {
    unsigned lines, accesses;
    uint64_t last_address, transfers, counts;
};

static void on_line(void *ctx, struct hwm_record_line *record)
{
    struct report *r = ctx;

    assert_true(record->address > r->last_address);
    r->last_address = record->address;
    r->lines++;
}

static void on_access(void *ctx, struct hwm_record_access *record)
{
    struct report *r = ctx;

    assert_int_equal(record->line, r->last_address);
    assert_int_equal(record->tid, 100 + record->core);
    r->accesses++;
    r->transfers += record->transfers;
    r->counts += record->count;
}

static void test_results_outlive_lines(void **state)
{
    struct report r = {0};
    struct sim s;

    (void)state;
    start(&s, 2, 1, 0, NULL);
    for (unsigned i = SIM_LINES; i-- > 1;)
        for (unsigned n = 0; n < 100; n++)
            play(&s, i == 5 ? 5 % 2 : n % 2, i * 64 + n % 2 * 8, HWM_RMW);
    hwm_line_retire(s.weave, s.lines[3]);
    s.lines[3] = hwm_line_create(s.weave, 0x10000 + 3 * 64 + 5, -1, (uint64_t[4]){3});
    assert_int_equal(hwm_line_address(s.lines[3]), 0x10000 + 3 * 64);
    play(&s, 0, 3 * 64, HWM_RMW);
    hwm_weave_lines(s.weave, on_line, on_access, &r);
    assert_int_equal(r.lines, SIM_LINES - 2); /* not 0, nor 5 */
    assert_int_equal(r.accesses, 2 * (SIM_LINES - 2));
    assert_int_equal(r.counts, 100 * (SIM_LINES - 2) + 1);
    assert_int_equal(r.transfers, sim_count(&s, HWM_TRANSFERS));
    hwm_weave_reset_counts(s.weave);
    r = (struct report){0};
    hwm_weave_lines(s.weave, on_line, on_access, &r);
    assert_int_equal(r.lines, 0);
    sim_free(&s);
}

/* One core uses line after line: each takes as much as it is used by, not as there are cores, and gives
 * it back, for all that is not worth a report. */
static void test_memory(void **state)
{
    const unsigned cores = HWM_MAX_CORES, nr = 1000;
    struct hwm_machine machine = {.nr_cores = cores, .nr_l3 = 1, .line_bytes = 64};
    struct hwm_weave *w = hwm_weave_create(&machine);
    struct hwm_line *lines[1000];
    struct hwm_event event = {.core = 255, .kind = HWM_RMW, .bytes = 4, .flags = HWM_EVENT_ACQUIRES};
    size_t before;

    (void)state;
    event.line = lines[0] = hwm_line_create(w, 0, 255, NULL);
    hwm_weave_log(w, &event); /* makes the core's log */
    hwm_weave_run(w, UINT64_MAX);
    before = bytes_in_use;
    for (unsigned i = 1; i < nr; i++) {
        event.line = lines[i] = hwm_line_create(w, i * 64, 255, NULL);
        hwm_weave_log(w, &event);
    }
    hwm_weave_run(w, UINT64_MAX);
    print_message("%zu bytes a line\n", (bytes_in_use - before) / nr);
    assert_within(bytes_in_use - before, nr * 100, nr * 1500);
    for (unsigned i = 1; i < nr; i++)
        hwm_line_retire(w, lines[i]);
    assert_int_equal(bytes_in_use, before);
    hwm_line_retire(w, lines[0]);
    hwm_weave_destroy(w);
}

static void test_quiet(void **state)
{
    struct sim s;
    int core = -1;

    (void)state;
    start(&s, 2, 1, 0, NULL);
    play(&s, 1, 0, HWM_STORE);
    for (unsigned i = 0; i < 70000; i++)
        play(&s, 0, 64, HWM_STORE);
    assert_true(hwm_line_is_quiet(s.lines[0], &core));
    assert_int_equal(core, 1);
    sim_access(&s, 1, 0, HWM_LOAD, 8, 0);
    assert_false(hwm_line_is_quiet(s.lines[0], &core));
    hwm_weave_run(s.weave, UINT64_MAX);
    assert_true(hwm_line_is_quiet(s.lines[0], &core));
    play(&s, 0, 0, HWM_LOAD);
    assert_false(hwm_line_is_quiet(s.lines[0], &core));
    sim_free(&s);
}

/* A caller that never runs the weave loses no event. */
static void test_full_log(void **state)
{
    struct sim s;
    bool room = true;

    (void)state;
    start(&s, 2, 1, 0, NULL);
    for (unsigned i = 0; i < 70000; i++) {
        room = hwm_weave_log_dram(s.weave, 0, 0, sim_clock(&s, 0), 100, &s.cores[0].cost);
        sim_work(&s, 0, 10);
    }
    assert_false(room);
    hwm_weave_run(s.weave, UINT64_MAX);
    /* the last one starts after 69,999 of 10 cycles, instead of at 69,999 */
    assert_int_equal(hwm_weave_delay(s.weave, 0), 69999 * 9 * HWM_TICKS);
    sim_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locks),
        cmocka_unit_test(test_only_locks_exclude),
        cmocka_unit_test(test_no_deadlock),
        cmocka_unit_test(test_memory_controllers),
        cmocka_unit_test(test_kinds_of_sharing),
        cmocka_unit_test(test_forwarding_and_drain),
        cmocka_unit_test(test_missed_already),
        cmocka_unit_test(test_results_outlive_lines),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_full_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
