/*
 * The perf source on this machine, with workloads whose counts are known. What the system denies
 * is skipped, with the reason printed.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/hw_breakpoint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "counters/source.h"

#define TOUCHED_PAGES 2000
/* Page tables and the odd page come on top, and a sanitizer's shadow (an eighth of the memory). */
#define EXTRA_PAGES   (20 + TOUCHED_PAGES / 8)
/* The first run of a new binary finds fewer of its pages in the page cache, and faults more. */
#define FEWER_PAGES   40
#define WRITES        12345
#define BUSY_NS       300000000

static volatile int watched;

/* --- workloads: this program again, as a child ------------------------------------------------ */

static uint64_t cpu_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void touch_pages(size_t pages)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    volatile char *memory = mmap(NULL, pages * page, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    madvise((void *)(uintptr_t)memory, pages * page, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < pages; i++)
        memory[i * page] = 1;
}

static void burn(uint64_t ns)
{
    uint64_t end = cpu_now() + ns;

    while (cpu_now() < end)
        ;
}

static int be_workload(const char *name)
{
    if (!strcmp(name, "pages"))
        touch_pages(TOUCHED_PAGES);
    else if (!strcmp(name, "burn"))
        burn(BUSY_NS);
    return 0;
}

/* A child that waits for a byte, then execs this program as the named workload; with no name it
 * writes `watched` without any exec. */
struct child {
    pid_t pid;
    int go;
};

static struct child fork_child(const char *workload)
{
    int fds[2];
    char byte;

    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(fds[1]);
        if (read(fds[0], &byte, 1) != 1)
            _exit(1);
        if (workload)
            execl("/proc/self/exe", "perf_live", workload, (char *)NULL);
        for (int i = 0; i < WRITES; i++)
            watched = i;
        _exit(workload ? 127 : 0);
    }
    close(fds[0]);
    return (struct child){pid, fds[1]};
}

static void let_go(struct child *child)
{
    int status;

    assert_int_equal(write(child->go, "x", 1), 1);
    close(child->go);
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    assert_int_equal(status, 0);
}

static void abandon(struct child *child)
{
    close(child->go);
    waitpid(child->pid, NULL, 0);
}

/* --- events, made by hand --------------------------------------------------------------------- */

static struct hwp_encoding software(const char *name, uint64_t config)
{
    return (struct hwp_encoding){
        .name = hwp_strdup(name),
        .via = hwp_strdup("perf"),
        .text = hwp_strdup("by hand"),
        .unit = hwp_strdup(""),
        .scale = 1,
        .attr = {.type = PERF_TYPE_SOFTWARE, .config = config},
        .leader = -1,
        .is_clock = config <= PERF_COUNT_SW_TASK_CLOCK,
    };
}

static struct hwp_encoding breakpoint(uint64_t address, const char *symbol)
{
    struct hwp_encoding e = software("mem:watched", 0);

    e.attr = (struct perf_event_attr){.type = PERF_TYPE_BREAKPOINT,
                                      .bp_type = HW_BREAKPOINT_W,
                                      .bp_addr = address,
                                      .bp_len = HW_BREAKPOINT_LEN_4};
    e.bp_symbol = hwp_strdup(symbol);
    e.is_clock = false;
    return e;
}

static struct hwp_encoding cycles(void)
{
    struct hwp_encoding e = software("cycles", 0);

    e.attr = (struct perf_event_attr){.type = PERF_TYPE_HARDWARE,
                                      .config = PERF_COUNT_HW_CPU_CYCLES};
    e.is_clock = false;
    return e;
}

struct fixture {
    struct hwp_system_facts facts;
    struct hwp_encodings events;
    struct hwp_run run;
    struct hwp_session *session;
    char path[64];
};

static int set_up(void **state)
{
    struct fixture *f = hwp_calloc(1, sizeof(*f));

    hwp_system_facts_gather(&f->facts);
    snprintf(f->path, sizeof(f->path), "/tmp/hwp-live-%d.data", getpid());
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    if (f->session)
        f->session->source->close(f->session);
    unlink(f->path);
    hwp_run_deinit(&f->run);
    hwp_vec_foreach(&f->events, e) {
        free(e->name);
        free(e->via);
        free(e->text);
        free(e->unit);
        free(e->bp_symbol);
    }
    hwp_vec_deinit(&f->events);
    hwp_system_facts_deinit(&f->facts);
    free(f);
    return 0;
}

static void no_error(struct hwp_error *err)
{
    if (err)
        fail_msg("%s", err->msg);
}

/* Opens and starts; skips the test where the system forbids all of it. */
static void open_or_skip(struct fixture *f, const struct hwp_source *source,
                         struct hwp_session_config config, struct child *child)
{
    struct hwp_error *err = source->probe(&f->facts);

    config.events = &f->events;
    config.facts = &f->facts;
    config.pid = child->pid;
    if (!err)
        err = source->open(&config, &f->run, &f->session);
    if (err && (err->code == HWP_E_DENIED || err->code == HWP_E_UNSUPPORTED)) {
        printf("skipped: %s\n", err->msg);
        hwp_error_destroy(err);
        abandon(child);
        skip();
    }
    no_error(err);
    no_error(source->start(f->session));
}

static void finish(struct fixture *f)
{
    const struct hwp_source *source = f->session->source;

    no_error(source->stop(f->session));
    no_error(source->collect(f->session, &f->run));
    no_error(source->finish(f->session, &f->run));
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_page_faults(void **state)
{
    struct fixture *f = *state;

    for (int per_cpu = 0; per_cpu < 2; per_cpu++) {
        uint64_t faults[2];

        for (int touching = 0; touching < 2; touching++) {
            struct child child = fork_child(touching ? "pages" : "nothing");

            if (!f->events.len)
                hwp_vec_push(&f->events, software("page-faults", PERF_COUNT_SW_PAGE_FAULTS));
            open_or_skip(f, &hwp_source_perf, (struct hwp_session_config){.per_cpu = per_cpu},
                         &child);
            let_go(&child);
            finish(f);
            assert_int_equal(f->run.events.data[0].total.state, HWP_COUNT_COUNTED);
            faults[touching] = f->run.events.data[0].total.value;
            f->session->source->close(hwp_steal(&f->session));
            hwp_run_deinit(&f->run);
            f->run = (struct hwp_run){0};
        }
        assert_in_range(faults[1] - faults[0], TOUCHED_PAGES - FEWER_PAGES,
                        TOUCHED_PAGES + EXTRA_PAGES);
    }
}

static void test_clock_agrees_with_the_process(void **state)
{
    struct fixture *f = *state;
    struct child child = fork_child("burn");

    hwp_vec_push(&f->events, software("task-clock", PERF_COUNT_SW_TASK_CLOCK));
    hwp_vec_push(&f->events, software("cpu-clock", PERF_COUNT_SW_CPU_CLOCK));
    open_or_skip(f, &hwp_source_perf, (struct hwp_session_config){.per_cpu = true}, &child);
    let_go(&child);
    finish(f);
    hwp_vec_foreach(&f->run.events, ev) {
        uint64_t sum = 0;

        assert_int_equal(ev->total.state, HWP_COUNT_COUNTED);
        assert_in_range(ev->total.value, BUSY_NS - BUSY_NS / 20, BUSY_NS + BUSY_NS / 5);
        hwp_vec_foreach(&ev->per_cpu, c)
            sum += c->value;
        assert_int_equal(sum, ev->total.value);
        assert_null(ev->reason);
    }
}

/* Records of a type in a recording's data section (header: 8 magic, then sizes; the data section's
 * offset and size are the 6th and 7th words). */
static size_t count_records(const char *path, uint32_t type)
{
    uint64_t header[13];
    FILE *file = fopen(path, "r");
    size_t n = 0;

    assert_non_null(file);
    assert_int_equal(fread(header, 1, sizeof(header), file), sizeof(header));
    uint64_t at = header[5], end = header[5] + header[6];
    while (at < end) {
        struct perf_event_header record;

        assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
        assert_int_equal(fread(&record, sizeof(record), 1, file), 1);
        assert_true(record.size >= 8);
        n += record.type == type;
        at += record.size;
    }
    assert_int_equal(at, end);
    fclose(file);
    return n;
}

static void test_clock_sampling(void **state)
{
    struct fixture *f = *state;
    struct child child = fork_child("burn");
    const double expected = 1000.0 * BUSY_NS / 1e9;

    hwp_vec_push(&f->events, software("cpu-clock", PERF_COUNT_SW_CPU_CLOCK));
    open_or_skip(f, &hwp_source_clock,
                 (struct hwp_session_config){.recording_path = f->path, .freq_hz = 1000}, &child);
    let_go(&child);
    finish(f);
    if (f->run.throttled) {
        printf("skipped: the kernel throttled sampling\n");
        skip();
    }
    size_t samples = count_records(f->path, PERF_RECORD_SAMPLE);
    assert_in_range(samples, (size_t)(expected * 0.7), (size_t)(expected * 1.3));
    assert_int_equal(f->run.lost_records, 0);
    /* The image that the workload became, its loader and libraries. */
    assert_true(count_records(f->path, PERF_RECORD_MMAP2) >= 2);
    assert_true(count_records(f->path, PERF_RECORD_COMM) >= 1);
    assert_true(f->run.events.data[0].sampled);
    assert_int_equal(f->run.events.data[0].freq_hz, 1000);
}

/* An event's own period or frequency goes before the session's. */
static void test_own_rates(void **state)
{
    struct fixture *f = *state;
    const struct {
        int line;
        uint64_t period, freq, session_period, session_freq, is_period, is_freq;
    } rows[] = {
        {__LINE__, 1000000, 0, 0, 4000, 1000000, 0},
        {__LINE__, 1000000, 0, 3000000, 0, 1000000, 0},
        {__LINE__, 0, 500, 0, 4000, 0, 500},
        {__LINE__, 0, 500, 3000000, 0, 0, 500},
        {__LINE__, 0, 0, 3000000, 0, 3000000, 0},
        {__LINE__, 0, 0, 0, 2000, 0, 2000},
    };

    hwp_vec_push(&f->events, software("cpu-clock", PERF_COUNT_SW_CPU_CLOCK));
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct child child = fork_child("burn");
        struct hwp_encoding *enc = &f->events.data[0];

        enc->period = rows[i].period;
        enc->freq = rows[i].freq;
        open_or_skip(f, &hwp_source_perf,
                     (struct hwp_session_config){.recording_path = f->path,
                                                 .period = rows[i].session_period,
                                                 .freq_hz = rows[i].session_freq},
                     &child);
        let_go(&child);
        finish(f);
        const struct hwp_event *ev = &f->run.events.data[i];
        double hz = rows[i].is_freq ? (double)rows[i].is_freq : 1e9 / (double)rows[i].is_period;
        double samples = (double)count_records(f->path, PERF_RECORD_SAMPLE);
        if (ev->period != rows[i].is_period || ev->freq_hz != rows[i].is_freq)
            fail_msg("row %d: period %" PRIu64 ", %" PRIu64 " Hz", rows[i].line, ev->period,
                     ev->freq_hz);
        if (!f->run.throttled && (samples < hz * BUSY_NS / 1e9 * 0.7 ||
                                  samples > hz * BUSY_NS / 1e9 * 1.3))
            fail_msg("row %d: %.0f samples", rows[i].line, samples);
        f->session->source->close(f->session);
        f->session = NULL;
    }
}

/* A PMU without interrupts: counted, and the reason is not that it could not be. */
static void test_counted_only(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen("/sys/bus/event_source/devices/msr/type", "re");
    unsigned type = 0;

    if (!file || fscanf(file, "%u", &type) != 1) {
        printf("skipped: no PMU msr\n");
        skip();
    }
    fclose(file);
    hwp_vec_push(&f->events, software("cpu-clock", PERF_COUNT_SW_CPU_CLOCK));
    hwp_vec_push(&f->events, software("msr/tsc/", 0));
    f->events.data[1].attr.type = type;
    f->events.data[1].is_clock = false;
    struct child child = fork_child("burn");
    open_or_skip(f, &hwp_source_perf, (struct hwp_session_config){.recording_path = f->path},
                 &child);
    let_go(&child);
    finish(f);
    const struct hwp_event *tsc = &f->run.events.data[1];
    if (tsc->total.state == HWP_COUNT_UNSUPPORTED) {
        printf("skipped: %s\n", tsc->reason);
        skip();
    }
    assert_false(tsc->sampled);
    assert_int_equal(tsc->total.state, HWP_COUNT_COUNTED);
    assert_true(tsc->total.value > 0);
    assert_non_null(strstr(tsc->reason, "not sampled"));
}

static void test_offline_cpu(void **state)
{
    struct fixture *f = *state;
    struct hwp_session_config config = {.events = &f->events, .facts = &f->facts, .pid = -1};

    hwp_vec_push(&f->events, software("cpu-clock", PERF_COUNT_SW_CPU_CLOCK));
    hwp_cpuset_add(&config.cpus, 0);
    hwp_cpuset_add(&config.cpus, 1023);
    struct hwp_error *err = hwp_source_perf.open(&config, &f->run, &f->session);
    assert_non_null(err);
    assert_int_equal(err->code, HWP_E_INVALID);
    assert_non_null(strstr(err->msg, "CPU 1023 "));
    assert_non_null(strstr(err->hint, "0"));
    hwp_error_destroy(err);
}

static void *burn_and_exit(void *arg)
{
    (void)arg;
    burn(4 * BUSY_NS);
    _exit(0);
}

/* A process whose first thread ends after a byte, while the other one burns on. */
static struct child fork_leaderless(void)
{
    int fds[2];
    char byte;
    pthread_t thread;

    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(fds[1]);
        if (pthread_create(&thread, NULL, burn_and_exit, NULL) || read(fds[0], &byte, 1) != 1)
            _exit(1);
        pthread_exit(NULL);
    }
    close(fds[0]);
    return (struct child){pid, fds[1]};
}

/* The buffers are shared by all threads: they must be read in time after the end of the thread
 * whose event owns them, too. The buffer holds less than comes within the longest pause. */
static void test_first_thread_ends(void **state)
{
    struct fixture *f = *state;
    struct hwp_session_config config = {
        .attach = true, .recording_path = f->path, .freq_hz = 20000, .mmap_pages = 32};

    if (f->facts.max_sample_rate && f->facts.max_sample_rate < config.freq_hz) {
        printf("skipped: kernel.perf_event_max_sample_rate is too low\n");
        skip();
    }
    struct child child = fork_leaderless();
    usleep(50000); /* until it has its second thread */
    hwp_vec_push(&f->events, software("cpu-clock", PERF_COUNT_SW_CPU_CLOCK));
    open_or_skip(f, &hwp_source_clock, config, &child);
    let_go(&child);
    finish(f);
    assert_true(count_records(f->path, PERF_RECORD_SAMPLE) > 5000);
    assert_int_equal(f->run.lost_records, 0);
}

static uint64_t address_of_watched(void *ctx, const char *symbol)
{
    (void)ctx;
    return strcmp(symbol, "watched") ? 0 : (uint64_t)(uintptr_t)&watched;
}

static void check_breakpoint(struct fixture *f, const char *recording)
{
    struct child child = fork_child(NULL);

    hwp_vec_push(&f->events, breakpoint(0, "watched"));
    hwp_vec_push(&f->events, software("page-faults", PERF_COUNT_SW_PAGE_FAULTS));
    open_or_skip(f, &hwp_source_perf, (struct hwp_session_config){.recording_path = recording},
                 &child);
    if (f->run.events.data[0].reason) {
        printf("skipped: %s\n", f->run.events.data[0].reason);
        abandon(&child);
        skip();
    }
    no_error(hwp_source_perf.mapped(f->session, address_of_watched, NULL));
    let_go(&child);
    finish(f);
    assert_int_equal(f->run.events.data[0].total.state, HWP_COUNT_COUNTED);
    assert_int_equal(f->run.events.data[0].total.value, WRITES);
}

static void test_breakpoint_counts(void **state)
{
    check_breakpoint(*state, NULL);
}

static void test_breakpoint_samples(void **state)
{
    struct fixture *f = *state;

    check_breakpoint(f, f->path);
    if (!f->run.lost_records && !f->run.throttled)
        assert_int_equal(count_records(f->path, PERF_RECORD_SAMPLE), WRITES);
}

/* Each time by default; by time where that was asked for. */
static void test_breakpoint_rate(void **state)
{
    struct fixture *f = *state;

    for (int asked = 0; asked < 2; asked++) {
        struct child child = fork_child(NULL);

        if (!f->events.len)
            hwp_vec_push(&f->events, breakpoint((uint64_t)(uintptr_t)&watched, NULL));
        open_or_skip(f, &hwp_source_perf,
                     (struct hwp_session_config){
                         .recording_path = f->path, .freq_hz = 1000, .freq_asked = asked},
                     &child);
        finish(f);
        abandon(&child);
        assert_int_equal(f->run.events.data[asked].period, !asked);
        assert_int_equal(f->run.events.data[asked].freq_hz, asked ? 1000 : 0);
        f->session->source->close(hwp_steal(&f->session));
    }
}

static void test_breakpoint_on_nothing(void **state)
{
    struct fixture *f = *state;
    struct child child = fork_child("nothing");

    hwp_vec_push(&f->events, breakpoint(0, "no_such_symbol"));
    open_or_skip(f, &hwp_source_perf, (struct hwp_session_config){0}, &child);
    no_error(hwp_source_perf.mapped(f->session, address_of_watched, NULL));
    let_go(&child);
    finish(f);
    assert_int_equal(f->run.events.data[0].total.state, HWP_COUNT_NOT_COUNTED);
    assert_non_null(strstr(f->run.events.data[0].reason, "no_such_symbol"));
    assert_non_null(f->run.events.data[0].remedy);
}

/* Where cycles can't be counted, the clock stands in and every event says its part. */
static void test_stand_in(void **state)
{
    struct fixture *f = *state;
    struct child child = fork_child("burn");
    bool noted = false;

    if (f->facts.has_core_pmu) {
        printf("skipped: this machine has a PMU\n");
        abandon(&child);
        skip();
    }
    hwp_vec_push(&f->events, cycles());
    open_or_skip(f, &hwp_source_perf,
                 (struct hwp_session_config){.recording_path = f->path, .stand_in_clock = true},
                 &child);
    let_go(&child);
    finish(f);
    assert_int_equal(f->run.events.len, 2);
    assert_int_equal(f->run.events.data[0].total.state, HWP_COUNT_UNSUPPORTED);
    assert_true(f->run.events.data[0].requested);
    assert_non_null(f->run.events.data[0].reason);
    assert_string_equal(f->run.events.data[1].name, "cpu-clock");
    assert_string_equal(f->run.events.data[1].source, "clock");
    assert_false(f->run.events.data[1].requested);
    assert_int_equal(f->run.events.data[1].total.state, HWP_COUNT_COUNTED);
    hwp_vec_foreach(&f->run.notes, note)
        noted |= note->id == HWP_NOTE_CLOCK_STANDS_IN;
    assert_true(noted);
}

static void test_need_all(void **state)
{
    struct fixture *f = *state;
    struct hwp_session_config config = {
        .events = &f->events, .facts = &f->facts, .pid = getpid(), .need_all = true};

    if (f->facts.has_core_pmu || f->facts.software_denied) {
        printf("skipped: cycles may well be countable here\n");
        skip();
    }
    hwp_vec_push(&f->events, software("page-faults", PERF_COUNT_SW_PAGE_FAULTS));
    hwp_vec_push(&f->events, cycles());
    struct hwp_error *err = hwp_source_perf.open(&config, &f->run, &f->session);
    assert_non_null(err);
    assert_int_equal(err->code, HWP_E_UNSUPPORTED);
    assert_non_null(strstr(err->msg, "cycles"));
    assert_non_null(err->hint);
    hwp_error_destroy(err);
}

/* Nothing has run, so nothing is known: not zero. */
static void test_never_ran(void **state)
{
    struct fixture *f = *state;
    struct child child = fork_child("nothing");

    hwp_vec_push(&f->events, software("page-faults", PERF_COUNT_SW_PAGE_FAULTS));
    open_or_skip(f, &hwp_source_perf, (struct hwp_session_config){0}, &child);
    finish(f);
    abandon(&child);
    assert_int_equal(f->run.events.data[0].total.state, HWP_COUNT_NOT_COUNTED);
    assert_non_null(f->run.events.data[0].reason);
}

static void test_source_names(void **state)
{
    const struct hwp_source *source = NULL;
    bool is_auto = true;

    (void)state;
    no_error(hwp_source_find("clock", &source, &is_auto));
    assert_ptr_equal(source, &hwp_source_clock);
    assert_false(is_auto);
    no_error(hwp_source_find("auto", &source, &is_auto));
    assert_ptr_equal(source, &hwp_source_perf);
    assert_true(is_auto);

    struct hwp_error *err = hwp_source_find("prf", &source, &is_auto);
    assert_non_null(err);
    assert_int_equal(err->code, HWP_E_USAGE);
    assert_non_null(strstr(err->hint, "perf"));
    hwp_error_destroy(err);
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        LIVE(test_page_faults),         LIVE(test_clock_agrees_with_the_process),
        LIVE(test_clock_sampling),      LIVE(test_first_thread_ends),
        LIVE(test_own_rates),           LIVE(test_counted_only),
        LIVE(test_offline_cpu),         LIVE(test_breakpoint_rate),
        LIVE(test_breakpoint_counts),
        LIVE(test_breakpoint_samples),  LIVE(test_breakpoint_on_nothing),
        LIVE(test_stand_in),            LIVE(test_need_all),
        LIVE(test_never_ran),           cmocka_unit_test(test_source_names),
    };

    if (argc > 1)
        return be_workload(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
