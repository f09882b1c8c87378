/* Hot functions and cores of profiles built by hand; names come from a kallsyms file. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/annotate.h"
#include "analysis/cores.h"
#include "analysis/hot.h"
#include "base/mem.h"

#define KERNEL 0xffffffff81000000ull /* where the made-up kernel's functions begin */

struct fixture {
    struct hwp_profile *p;
    struct hwp_symbols *s;
    char kallsyms[64];
    uint32_t kernel;
};

static void add_event(struct hwp_profile *p, const char *name, bool has_it)
{
    hwp_vec_push(&p->run.events,
                 (struct hwp_event){
                     .name = hwp_strdup(name),
                     .leader = -1,
                     .requested = true,
                     .sampled = has_it,
                     .total = has_it ? hwp_count_exact(1000) : (struct hwp_count){0},
                 });
}

/* Function k (0: alpha, 1: beta, 2: gamma) at KERNEL + 0x100 × k. */
static void add(struct fixture *f, uint32_t event, unsigned k, uint64_t value, uint32_t cpu,
                int32_t tid, unsigned caller)
{
    uint32_t loc = hwp_profile_loc(f->p, f->kernel, KERNEL + 0x100 * k + 4);
    uint32_t chain = HWP_NO_CHAIN;

    if (caller < 3)
        chain = hwp_profile_chain(f->p, HWP_NO_CHAIN,
                                  hwp_profile_loc(f->p, f->kernel, KERNEL + 0x100 * caller + 8));
    hwp_profile_add(f->p, &(struct hwp_cell){.event = event,
                                             .loc = loc,
                                             .cpu = cpu,
                                             .task = hwp_profile_task(f->p, 10, tid),
                                             .chain = chain,
                                             .samples = value / 10,
                                             .value = value});
}

#define NO_CALLER 9

static void begin(struct fixture *f)
{
    strcpy(f->kallsyms, "/tmp/hwprof-test-XXXXXX");
    int fd = mkstemp(f->kallsyms);
    assert_true(fd >= 0);
    dprintf(fd, "%llx T alpha\n%llx T beta\n%llx T gamma\n%llx T end\n", KERNEL, KERNEL + 0x100,
            KERNEL + 0x200, KERNEL + 0x300);
    close(fd);
    f->p = hwp_profile_create();
    f->kernel = hwp_profile_dso(f->p, HWP_DSO_KERNEL, "[kernel]", -1, NULL, 0);
    add_event(f->p, "cycles", true);
    add_event(f->p, "cache-misses", false);
    add_event(f->p, "instructions", true);
}

static void seal(struct fixture *f)
{
    hwp_profile_task_name(f->p, hwp_profile_task(f->p, 10, 10), "main");
    hwp_profile_task_name(f->p, hwp_profile_task(f->p, 10, 11), "worker");
    hwp_profile_seal(f->p);
    f->s = hwp_symbols_create(f->p, &(struct hwp_symbols_options){.kallsyms = f->kallsyms});
}

static void end(struct fixture *f)
{
    hwp_symbols_destroy(f->s);
    hwp_profile_destroy(f->p);
    unlink(f->kallsyms);
}

static void standard(struct fixture *f)
{
    begin(f);
    add(f, 0, 1, 600, 0, 10, 0); /* beta, called by alpha */
    add(f, 0, 0, 300, 1, 11, NO_CALLER);
    add(f, 0, 2, 100, 0, 10, 2); /* gamma calls itself */
    add(f, 2, 1, 1200, 0, 10, 0);
    seal(f);
}

static uint64_t accounted(const struct hwp_hot *hot, size_t e)
{
    uint64_t sum = hot->others[e].value + hot->filtered[e].value;

    hwp_vec_foreach (&hot->functions, f)
        sum += f->self[e].value;
    return sum;
}

static void functions_are_sorted_and_add_up(void **state)
{
    static const struct {
        int line;
        struct hwp_hot_options options;
        const char *names[4];
        size_t nr_others;
        uint64_t filtered;
    } rows[] = {
        {__LINE__, {0}, {"beta", "alpha", "gamma"}, 0, 0},
        {__LINE__, {.top = 1}, {"beta"}, 2, 0},
        {__LINE__, {.percent_limit = 20}, {"beta", "alpha"}, 1, 0},
        {__LINE__, {.percent_limit = 30}, {"beta", "alpha"}, 1, 0},
        {__LINE__, {.percent_limit = 30.01}, {"beta"}, 2, 0},
        {__LINE__, {.filter.comms = "worker"}, {"alpha"}, 0, 700},
        {__LINE__, {.filter.comms = "worker,main"}, {"beta", "alpha", "gamma"}, 0, 0},
        {__LINE__, {.filter.comms = "work"}, {NULL}, 0, 1000},
        {__LINE__, {.filter.symbols = "gamma,alpha"}, {"alpha", "gamma"}, 0, 600},
        {__LINE__, {.filter.dsos = "[kernel]"}, {"beta", "alpha", "gamma"}, 0, 0},
        {__LINE__, {.filter.dsos = "libc.so.6"}, {NULL}, 0, 1000},
        {__LINE__, {.sort_total = true}, {"alpha", "beta", "gamma"}, 0, 0},
        {__LINE__, {.sort_event = "instructions"}, {"beta", "alpha", "gamma"}, 0, 0},
    };
    struct fixture f;

    (void)state;
    standard(&f);
    for (size_t r = 0; r < hwp_array_size(rows); r++) {
        struct hwp_hot hot;
        assert_null(hwp_hot_analyse(f.p, f.s, &rows[r].options, &hot));
        for (size_t i = 0; i < 4; i++) {
            const char *name = i < hot.functions.len ? hot.functions.data[i].symbol->name : NULL;
            if ((name == NULL) != (rows[r].names[i] == NULL) ||
                (name && strcmp(name, rows[r].names[i]) != 0))
                fail_msg("line %d: row %zu is %s", rows[r].line, i, name ? name : "missing");
        }
        if (hot.nr_others != rows[r].nr_others || hot.filtered[0].value != rows[r].filtered)
            fail_msg("line %d: %zu others, %llu filtered", rows[r].line, hot.nr_others,
                     (unsigned long long)hot.filtered[0].value);
        for (size_t e = 0; e < 3; e++)
            assert_int_equal(accounted(&hot, e), hot.totals[e].value);
        assert_int_equal(hot.totals[0].value, 1000);
        hwp_hot_deinit(&hot);
    }
    end(&f);
}

static void totals_count_each_function_once(void **state)
{
    struct hwp_hot hot;
    struct fixture f;

    (void)state;
    standard(&f);
    assert_null(hwp_hot_analyse(f.p, f.s, &(struct hwp_hot_options){0}, &hot));
    assert_true(hot.has_total);
    hwp_vec_foreach (&hot.functions, fn) {
        uint64_t want = strcmp(fn->symbol->name, "alpha") == 0  ? 900
                        : strcmp(fn->symbol->name, "beta") == 0 ? 600
                                                                : 100;
        assert_int_equal(fn->total[0].value, want);
        /* no machine code of this kernel: the part on atomics is not known */
        assert_null(fn->atomic);
    }
    hwp_hot_deinit(&hot);
    end(&f);
}

static void metrics_of_a_function(void **state)
{
    struct hwp_hot hot;
    struct fixture f;
    size_t seen = 0;

    (void)state;
    standard(&f);
    assert_null(hwp_hot_analyse(f.p, f.s, &(struct hwp_hot_options){0}, &hot));
    hwp_vec_foreach (&hot.metrics, use) {
        assert_int_equal(use->metric, HWP_METRIC_IPC); /* no cache misses to make others of */
        struct hwp_value beta = hwp_cost_metric(&f.p->run, hot.functions.data[0].self, use);
        struct hwp_value alpha = hwp_cost_metric(&f.p->run, hot.functions.data[1].self, use);
        assert_true(beta.known && beta.value == 2.0);
        assert_false(alpha.known); /* no sample of one of the two: not 0 */
        seen++;
    }
    assert_int_equal(seen, 1);
    hwp_hot_deinit(&hot);
    end(&f);
}

static void errors_say_what_there_is(void **state)
{
    struct hwp_hot hot;
    struct fixture f;

    (void)state;
    begin(&f);
    add(&f, 0, 0, 100, 0, 10, NO_CALLER);
    seal(&f);
    struct hwp_error *err hwp_cleanup(hwp_error_cleanup) =
        hwp_hot_analyse(f.p, f.s, &(struct hwp_hot_options){.sort_event = "cylces"}, &hot);
    assert_non_null(err);
    assert_non_null(strstr(err->hint, "cycles, cache-misses, instructions"));
    struct hwp_error *chains hwp_cleanup(hwp_error_cleanup) =
        hwp_hot_analyse(f.p, f.s, &(struct hwp_hot_options){.sort_total = true}, &hot);
    assert_non_null(chains);
    assert_non_null(chains->hint);
    end(&f);
}

static void nothing_sampled_is_no_error(void **state)
{
    struct hwp_hot hot;
    struct fixture f;

    (void)state;
    begin(&f);
    seal(&f);
    assert_null(hwp_hot_analyse(f.p, f.s, &(struct hwp_hot_options){0}, &hot));
    assert_int_equal(hot.functions.len, 0);
    hwp_hot_deinit(&hot);
    end(&f);
}

static void cores_sum_samples(void **state)
{
    struct hwp_cores cores;
    struct fixture f;

    (void)state;
    standard(&f);
    hwp_vec_push(&f.p->run.pins, (struct hwp_pin){10, 11, hwp_strdup("worker"), 1, 1});
    hwp_cores_analyse(&f.p->run, f.p, NULL, &cores);
    assert_int_equal(cores.cores.len, 2);
    assert_int_equal(cores.cores.data[0].counts[0].value, 700);
    assert_int_equal(cores.cores.data[1].counts[0].value, 300);
    assert_int_equal(cores.cores.data[0].counts[0].state, HWP_COUNT_SCALED); /* an estimate */
    assert_int_equal(hwp_count_value(&cores.cores.data[0].counts[0]), 700);
    assert_false(hwp_count_known(&cores.cores.data[1].counts[2])); /* no sample isn't 0 */
    assert_false(hwp_count_known(&cores.cores.data[0].counts[1]));
    assert_int_equal(cores.cores.data[1].tasks.len, 1); /* pinned and seen is one task */
    assert_true(cores.cores.data[1].tasks.data[0].pinned);
    assert_int_equal(cores.cores.data[1].core, 1);
    assert_int_equal(hwp_count_value(&cores.totals[0]), 1000);
    hwp_cores_deinit(&cores);
    end(&f);
}

static void no_sample_is_unknown_unless_all_are_taken(void **state)
{
    static const struct {
        int line;
        uint64_t period, samples, lost;
        bool truncated, known;
    } rows[] = {
        {__LINE__, 1000, 0, 0, false, false}, {__LINE__, 0, 0, 0, false, false},
        {__LINE__, 1000, 1, 0, false, true},  {__LINE__, 1, 0, 0, false, true},
        {__LINE__, 1, 0, 1, false, false},    {__LINE__, 1, 0, 0, true, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hwp_event ev = {.sampled = true,
                               .period = rows[i].period,
                               .nr_samples = 5,
                               .total = hwp_count_exact(10)};
        struct hwp_run run = {.lost_samples = rows[i].lost, .truncated = rows[i].truncated};
        struct hwp_cost cost = {rows[i].samples * rows[i].period, rows[i].samples};
        struct hwp_count count = hwp_cost_count(&run, &ev, &cost);
        if (hwp_count_known(&count) != rows[i].known)
            fail_msg("line %d: %s", rows[i].line, hwp_count_state_name(count.state));
        assert_int_equal(hwp_count_value(&count), cost.value);
    }
}

static void cores_prefer_exact_counts(void **state)
{
    struct hwp_cores cores;
    struct fixture f;

    (void)state;
    standard(&f);
    struct hwp_event *ev = &f.p->run.events.data[0];
    hwp_vec_push(&ev->per_cpu, hwp_count_make(5000, 10, 10));
    hwp_vec_push(&ev->per_cpu, hwp_count_make(0, 10, 0));
    hwp_vec_push(&ev->per_cpu, hwp_count_make(0, 10, 10));
    hwp_vec_push(&ev->per_cpu, hwp_count_make(7, 10, 10));
    hwp_cores_analyse(&f.p->run, f.p, NULL, &cores);
    assert_int_equal(cores.cores.len, 3); /* CPU 2 had neither task nor count */
    assert_int_equal(cores.cores.data[0].counts[0].value, 5000);
    assert_false(hwp_count_known(&cores.cores.data[1].counts[0]));
    assert_int_equal(cores.cores.data[2].cpu, 3);
    hwp_cores_deinit(&cores);

    hwp_cores_analyse(&f.p->run, NULL, NULL, &cores); /* counted only */
    assert_int_equal(cores.cores.len, 2);
    hwp_cores_deinit(&cores);
    end(&f);
}

static void functions_are_found_by_name(void **state)
{
    struct hwp_found_symbols found = {0};
    struct fixture f;

    (void)state;
    standard(&f);
    assert_null(hwp_annotate_find(f.p, f.s, "beta", &found));
    assert_int_equal(found.len, 1);
    assert_string_equal(found.data[0].symbol->name, "beta");
    struct hwp_error *err hwp_cleanup(hwp_error_cleanup) =
        hwp_annotate_find(f.p, f.s, "bta", &found);
    assert_non_null(err);
    assert_int_equal(err->code, HWP_E_NOT_FOUND);
    assert_non_null(strstr(err->hint, "beta"));

    /* without machine code, addresses stand for themselves */
    struct hwp_annotation a;
    hwp_annotate(f.p, f.s, found.data[0].dso, found.data[0].symbol,
                 &(struct hwp_annotate_options){0}, &a);
    assert_false(a.has_code);
    assert_int_equal(a.insns.len, 1);
    assert_int_equal(a.insns.data[0].addr, KERNEL + 0x104);
    assert_int_equal(a.totals[0].value, 600);
    assert_int_equal(a.rows.len, 1);
    hwp_annotation_deinit(&a);
    hwp_vec_deinit(&found);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_sorted_and_add_up),
        cmocka_unit_test(totals_count_each_function_once),
        cmocka_unit_test(metrics_of_a_function),
        cmocka_unit_test(errors_say_what_there_is),
        cmocka_unit_test(nothing_sampled_is_no_error),
        cmocka_unit_test(cores_sum_samples),
        cmocka_unit_test(no_sample_is_unknown_unless_all_are_taken),
        cmocka_unit_test(cores_prefer_exact_counts),
        cmocka_unit_test(functions_are_found_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
