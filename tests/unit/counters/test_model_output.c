/* Streams as the tool writes them, made here, into recordings and read back. */
#include "unit.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "counters/model_output.h"
#include "counters/model_stream.h"
#include "profile/reader.h"

#define SECOND (UINT64_C(1000) * 1000000 * HWM_TICKS) /* in ticks, at 1,000 MHz */

/* --- a stream, by hand ----------------------------------------------------------------------- */

struct fixture {
    char dir[64];
    struct hwp_model_machine machine;
    struct hwp_model_columns columns;
    struct hwp_run run;
    char *path;
};

/* Appends a record with text or values behind it, padded. */
static void put(struct hwp_str *s, void *record, size_t size, const void *tail, size_t tail_size)
{
    struct hwm_record *head = record;

    head->size = (uint32_t)((size + tail_size + 7) / 8 * 8);
    hwp_str_addn(s, record, size);
    if (tail_size)
        hwp_str_addn(s, tail, tail_size);
    for (size_t n = size + tail_size; n < head->size; n++)
        hwp_str_addc(s, '\0');
}

static struct hwm_record head(uint32_t type, uint64_t ticks)
{
    return (struct hwm_record){.type = type, .ticks = ticks};
}

static void put_process(struct hwp_str *s, uint64_t ticks, uint32_t pid, uint32_t ppid, bool forked,
                        const char *name)
{
    struct hwm_record_process r = {head(HWM_RECORD_PROCESS, ticks), pid, ppid, forked, 0};

    put(s, &r, sizeof(r), name, strlen(name) + 1);
}

static void put_map(struct hwp_str *s, uint64_t ticks, uint64_t start, uint64_t length,
                    uint64_t offset, const char *name)
{
    struct hwm_record_map r = {head(HWM_RECORD_MAP, ticks), start, length, offset, 7, 8, 1};

    put(s, &r, sizeof(r), name, strlen(name) + 1);
}

static void put_task(struct hwp_str *s, uint64_t ticks, uint32_t tid, uint32_t core,
                     const char *name)
{
    struct hwm_record_task r = {head(HWM_RECORD_TASK, ticks), tid, core, ""};

    memcpy(r.name, name, strlen(name));
    put(s, &r, sizeof(r), NULL, 0);
}

static void put_chain(struct hwp_str *s, uint32_t id, uint32_t parent, uint64_t caller)
{
    struct hwm_record_chain r = {head(HWM_RECORD_CHAIN, 0), id, parent, caller, caller + 0x100};

    put(s, &r, sizeof(r), NULL, 0);
}

/* Cycles and L1D_LOAD_MISSES. */
static void put_cost(struct hwp_str *s, uint64_t ticks, uint32_t tid, uint32_t core, uint64_t ip,
                     uint32_t chain, uint64_t cycles, uint64_t misses)
{
    struct hwm_record_cost r = {.head = head(HWM_RECORD_COST, ticks), .ip = ip, .tid = tid,
                                .core = core, .chain = chain};
    uint64_t values[2] = {cycles, misses};

    r.which = UINT64_C(1) << HWM_CYCLES | (misses ? UINT64_C(1) << HWM_L1D_LOAD_MISSES : 0);
    put(s, &r, sizeof(r), values, misses ? 16 : 8);
}

static void put_line(struct hwp_str *s, uint64_t address, uint64_t transfers)
{
    struct hwm_record_line line = {.head = head(HWM_RECORD_LINE, SECOND), .address = address,
                                   .transfers = transfers, .object = HWM_OBJECT_STATIC,
                                   .stall_ticks = 3 * HWM_TICKS};
    struct hwm_record_access access = {.head = head(HWM_RECORD_ACCESS, SECOND), .line = address,
                                       .ip = 0x400010, .tid = 101, .core = 1, .offset = 8,
                                       .bytes = 8, .kind = HWM_RMW, .count = 9, .transfers = 4};

    put(s, &line, sizeof(line), NULL, 0);
    put(s, &access, sizeof(access), NULL, 0);
}

static void put_end(struct hwp_str *s)
{
    struct hwm_record r = head(HWM_RECORD_END, SECOND);

    put(s, &r, sizeof(r), NULL, 0);
}

static void save(const struct fixture *f, unsigned pid, unsigned image, struct hwp_str *s)
{
    char *path hwp_cleanup(hwp_free_cleanup) =
        hwp_asprintf("%s/stream.%u.%u", f->dir, pid, image);
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(s->data, 1, s->len, file), s->len);
    fclose(file);
    hwp_str_deinit(s);
}

/* Process 100, of two tasks; it forks 200, which becomes another program. */
static void put_main(struct hwp_str *s)
{
    put_process(s, 0, 100, 1, false, "/bin/app");
    put_map(s, 0, 0x400000, 0x1000, 0, "/bin/app");
    put_task(s, 0, 100, 0, "hwprof-amd64-li");
    put_task(s, 100, 101, 1, "worker");
    put_chain(s, 0, HWM_NO_CHAIN, 0x400101);
    put_chain(s, 1, 0, 0x400201);
    put_cost(s, SECOND / 2, 101, 1, 0x600010, 1, 5, 1); /* in code that goes away */
    put_map(s, SECOND / 2, 0x600000, 0x1000, 0, "/lib/late.so");
    put_cost(s, SECOND, 100, 0, 0x400010, HWM_NO_CHAIN, 70, 0);
    put_cost(s, SECOND, 101, 1, 0x400020, 1, 30, 2);
    put_cost(s, SECOND, 101, 1, 0x600010, 0, 8, 0); /* the same address, another file */
    put_line(s, 0x404040, 12);
    put_line(s, 0x404080, 34);
    put_end(s);
}

static void put_story(const struct fixture *f)
{
    struct hwp_str a = {0}, b = {0}, c = {0};

    put_main(&a);
    save(f, 100, 0, &a);
    put_process(&b, SECOND / 4, 200, 100, true, "/bin/app");
    put_task(&b, SECOND / 4, 200, 1, "app");
    put_cost(&b, SECOND * 2, 200, 1, 0x400010, HWM_NO_CHAIN, 1000, 0);
    put_end(&b);
    save(f, 200, 0, &b);
    /* the tool's clock begins anew */
    put_process(&c, 0, 200, 100, false, "/bin/other");
    put_map(&c, 0, 0x400000, 0x1000, 0x2000, "/bin/other");
    put_task(&c, 1, 200, 1, "other");
    put_cost(&c, SECOND / 8, 200, 1, 0x400010, HWM_NO_CHAIN, 10000, 0);
    put_end(&c);
    save(f, 200, 1, &c);
}

/* --- around it ------------------------------------------------------------------------------- */

static const uint64_t ids[] = {11, 12, 13};
static const char *const names[] = {"cycles", "L1-dcache-load-misses", "branch-misses"};

static int setup(void **state)
{
    struct fixture *f = hwp_calloc(1, sizeof(*f));
    struct hwm_machine *m = &f->machine.machine;

    snprintf(f->dir, sizeof(f->dir), "/tmp/hwp-model-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    f->path = hwp_asprintf("%s/out.data", f->dir);
    m->mhz = 1000;
    m->nr_cores = 2;
    m->line_bytes = 64;
    m->cores[1].cpu = 5;
    for (size_t i = 0; i < 3; i++) {
        hwp_vec_push(&f->columns,
                     (struct hwp_model_column){hwp_model_event_find(names[i]), ids[i]});
        assert_non_null(f->columns.data[i].event);
        hwp_vec_push(&f->run.events, (struct hwp_event){.name = hwp_strdup(names[i]), .leader = -1});
    }
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char *command hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("rm -r %s", f->dir);

    hwp_run_deinit(&f->run);
    hwp_vec_deinit(&f->columns);
    free(f->path);
    int status = system(command);
    free(f);
    return status;
}

static struct hwp_error *convert(struct fixture *f, bool record, bool chains)
{
    struct hwp_recording *r hwp_cleanup(hwp_recording_cleanup) = NULL;
    struct hwp_recording_event events[3] = {{{0}}};

    for (size_t i = 0; i < 3; i++) {
        events[i] = (struct hwp_recording_event){
            .attr = {.type = PERF_TYPE_RAW, .config = i}, .name = names[i], .ids = ids + i,
            .nr_ids = 1};
        hwp_model_sample_attr(&events[i].attr, chains);
    }
    if (record)
        HWP_TRY(hwp_recording_create(f->path, events, 3, &r));
    struct hwp_model_output_config config = {.directory = f->dir, .machine = &f->machine,
                                             .columns = &f->columns, .per_cpu = true,
                                             .call_chains = chains, .recording = r};
    HWP_TRY(hwp_model_output_read(&config, &f->run));
    return r ? hwp_recording_finish(r, &f->run) : NULL;
}

static char *describe(const struct hwp_profile *p)
{
    struct hwp_str out = {0};

    hwp_vec_foreach (&p->cells, c) {
        const struct hwp_loc *l = &p->locs.data[c->loc];
        hwp_str_addf(&out, "%s cpu%u %s/%d %s+%llx", p->run.events.data[c->event].name, c->cpu,
                     p->tasks.data[c->task].comm, p->tasks.data[c->task].tid,
                     p->dsos.data[l->dso].path, (unsigned long long)l->addr);
        for (uint32_t n = c->chain; n != HWP_NO_CHAIN; n = p->chains.data[n].caller)
            hwp_str_addf(&out, " < %llx",
                         (unsigned long long)p->locs.data[p->chains.data[n].loc].addr);
        hwp_str_addf(&out, " %llu\n", (unsigned long long)c->value);
    }
    return hwp_str_steal(&out);
}

/* Chains lead outwards, and are one byte before the return addresses. Code is looked up in what was
 * mapped at its time and in its image. (Cells carry the last name of a task.) */
static const char story[] =
    "cycles cpu5 worker/101 [unknown]+600010 < 200 < 100 5\n"
    "L1-dcache-load-misses cpu5 worker/101 [unknown]+600010 < 200 < 100 1\n"
    "cycles cpu0 app/100 /bin/app+10 70\n"
    "cycles cpu5 worker/101 /bin/app+20 < 200 < 100 30\n"
    "L1-dcache-load-misses cpu5 worker/101 /bin/app+20 < 200 < 100 2\n"
    "cycles cpu5 worker/101 /lib/late.so+10 < 100 8\n"
    "cycles cpu5 other/200 /bin/app+10 1000\n"
    "cycles cpu5 other/200 /bin/other+2010 10000\n";

static void check_run(const struct hwp_run *run)
{
    static const uint64_t totals[] = {11113, 3, 0};

    for (size_t i = 0; i < 3; i++) {
        const struct hwp_event *ev = &run->events.data[i];
        assert_int_equal(ev->total.state, HWP_COUNT_COUNTED);
        assert_int_equal(ev->total.value, totals[i]);
        assert_int_equal(ev->origin, HWP_ORIGIN_MODELLED);
        assert_int_equal(ev->per_cpu.len, 6);
        assert_int_equal(ev->per_cpu.data[1].state, HWP_COUNT_UNSUPPORTED);
        assert_int_equal(ev->per_cpu.data[0].value + ev->per_cpu.data[5].value, totals[i]);
    }
    assert_int_equal(run->events.data[0].per_cpu.data[0].value, 70);
    assert_int_equal(run->pins.len, 3);
    assert_string_equal(run->pins.data[2].comm, "other");
    assert_int_equal(run->pins.data[1].cpu, 5);
    assert_int_equal(run->notes.len, 0);
    assert_int_equal(run->lines.lines.len, 2);
    assert_int_equal(run->lines.lines.data[0].address, 0x404080);
    assert_int_equal(run->lines.lines.data[0].stall_cycles, 3);
    assert_int_equal(run->lines.lines.data[0].anchor, 0x400000);
    assert_int_equal(run->lines.transfers, 46);
}

static void test_recording(void **state)
{
    struct fixture *f = *state;
    struct hwp_profile *p hwp_cleanup(hwp_profile_cleanup) = NULL;

    put_story(f);
    assert_null(convert(f, true, true));
    check_run(&f->run);
    assert_null(hwp_profile_read(f->path, &p));
    check_run(&p->run);
    assert_true(p->run.call_chains);
    assert_int_equal(p->run.events.data[0].period, 1);
    char *text hwp_cleanup(hwp_free_cleanup) = describe(p);
    assert_string_equal(text, story);
    const struct hwp_cache_line *line = &p->run.lines.lines.data[0];
    assert_int_equal(p->locs.data[p->run.lines.accesses.data[line->first_access].loc].addr, 0x10);
}

static void test_count_only(void **state)
{
    struct fixture *f = *state;

    put_story(f);
    assert_null(convert(f, false, false));
    check_run(&f->run);
    assert_false(f->run.events.data[0].sampled);
}

static void test_deep_chain(void **state)
{
    struct fixture *f = *state;
    struct hwp_profile *p hwp_cleanup(hwp_profile_cleanup) = NULL;
    struct hwp_str s = {0};
    size_t depth = 0;

    put_process(&s, 0, 100, 1, false, "/bin/app");
    put_task(&s, 0, 100, 0, "app");
    for (uint32_t i = 0; i < 300; i++)
        put_chain(&s, i, i ? i - 1 : HWM_NO_CHAIN, 0x400000 + i);
    put_cost(&s, 5, 100, 0, 0x400010, 299, 1, 0);
    put_end(&s);
    save(f, 100, 0, &s);
    assert_null(convert(f, true, true));
    assert_null(hwp_profile_read(f->path, &p));
    for (uint32_t n = p->cells.data[0].chain; n != HWP_NO_CHAIN; n = p->chains.data[n].caller)
        depth++;
    assert_int_equal(depth, 126);
}

static bool has_note(const struct hwp_run *run, enum hwp_note_id id)
{
    hwp_vec_foreach (&run->notes, note)
        if (note->id == id)
            return true;
    return false;
}

/* A stream cut anywhere is good up to there, and is said to be cut. */
static void test_cut(void **state)
{
    struct fixture *f = *state;
    struct hwp_str whole = {0};

    put_main(&whole);
    for (size_t n = 0; n < whole.len; n += 4) {
        struct hwp_str part = {0};
        hwp_str_addn(&part, whole.data, n);
        save(f, 100, 0, &part);
        struct hwp_error *err = convert(f, false, true);
        if (err) {
            assert_true(n < sizeof(struct hwm_record_process) + 40);
            assert_int_equal(err->code, HWP_E_FORMAT);
            hwp_error_destroy(err);
        } else {
            assert_true(has_note(&f->run, HWP_NOTE_MODEL_CUT));
            assert_true(f->run.truncated);
            assert_int_equal(f->run.events.data[0].total.state, HWP_COUNT_COUNTED);
            assert_true(f->run.events.data[0].total.value <= 113);
        }
    }
    hwp_str_deinit(&whole);
}

static void test_garbage(void **state)
{
    struct fixture *f = *state;
    struct hwp_str whole = {0};
    unsigned seed = 7;

    put_main(&whole);
    for (int round = 0; round < 3000; round++) {
        struct hwp_str s = {0};
        hwp_str_addn(&s, whole.data, whole.len);
        for (int i = 0; i < 2; i++)
            s.data[(size_t)rand_r(&seed) % s.len] = (char)rand_r(&seed);
        save(f, 100, 0, &s);
        hwp_error_destroy(convert(f, false, true));
    }
    hwp_str_deinit(&whole);
}

static void test_nothing(void **state)
{
    struct fixture *f = *state;
    struct hwp_error *err = convert(f, false, false);

    assert_non_null(err);
    assert_non_null(err->hint);
    hwp_error_destroy(err);
}

/* A million costs, each a sample with a chain, in bounded time: generous, for slow machines. */
static void test_speed(void **state)
{
    struct fixture *f = *state;
    struct hwp_str s = {0};
    struct timespec a, b;

    put_process(&s, 0, 100, 1, false, "/bin/app");
    put_map(&s, 0, 0x400000, 0x100000, 0, "/bin/app");
    put_task(&s, 0, 100, 0, "app");
    for (uint32_t i = 0; i < 10; i++)
        put_chain(&s, i, i ? i - 1 : HWM_NO_CHAIN, 0x400000 + i);
    for (uint32_t i = 0; i < 1000000; i++)
        put_cost(&s, i, 100, 0, 0x400000 + i % 0x10000, i % 10, 1, 1);
    put_end(&s);
    save(f, 100, 0, &s);
    clock_gettime(CLOCK_MONOTONIC, &a);
    struct hwp_recording_event event = {.name = "cycles", .ids = ids, .nr_ids = 1};
    struct hwp_recording *r hwp_cleanup(hwp_recording_cleanup) = NULL;
    hwp_model_sample_attr(&event.attr, true);
    f->columns.len = 1;
    assert_null(hwp_recording_create(f->path, &event, 1, &r));
    struct hwp_model_output_config config = {.directory = f->dir, .machine = &f->machine,
                                             .columns = &f->columns, .call_chains = true,
                                             .recording = r};
    assert_null(hwp_model_output_read(&config, &f->run));
    clock_gettime(CLOCK_MONOTONIC, &b);
    double seconds = (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
    print_message("1,000,000 costs: %.3f s\n", seconds);
    assert_int_equal(f->run.events.data[0].total.value, 1000000);
    assert_true(seconds < 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_recording, setup, teardown),
        cmocka_unit_test_setup_teardown(test_count_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deep_chain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_speed, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
