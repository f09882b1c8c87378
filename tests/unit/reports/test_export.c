/* Exports of a profile built by hand; names come from the kernel's symbols that it carries. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "profile.pb-c.h"
#include "reports/export_pprof.h"
#include "reports/export_speedscope.h"

#define KERNEL 0xffffffff81000000ull /* where its functions begin, 0x100 bytes each */

enum { CYCLES, MISSES, CLOCK };

struct fixture {
    struct hwp_profile *p;
    struct hwp_symbols *s;
    uint32_t kernel;
};

static void add_event(struct hwp_profile *p, const char *name, const char *unit, bool has_it)
{
    hwp_vec_push(&p->run.events,
                 (struct hwp_event){
                     .name = hwp_strdup(name),
                     .unit = hwp_strdup(unit),
                     .reason = has_it ? NULL : hwp_strdup("no PMU"),
                     .leader = -1,
                     .sampled = has_it,
                     .total = has_it ? hwp_count_exact(1000) : (struct hwp_count){0},
                 });
}

static uint32_t loc_of(struct fixture *f, unsigned function, uint64_t offset)
{
    return hwp_profile_loc(f->p, f->kernel, KERNEL + 0x100 * function + offset);
}

static void add(struct fixture *f, uint32_t event, uint32_t loc, uint32_t chain, int32_t tid,
                uint32_t cpu, uint64_t value)
{
    hwp_profile_add(f->p, &(struct hwp_cell){.event = event,
                                             .loc = loc,
                                             .cpu = cpu,
                                             .task = hwp_profile_task(f->p, 10, tid),
                                             .chain = chain,
                                             .samples = 2,
                                             .value = value});
}

static void begin(struct fixture *f)
{
    static const uint8_t build_id[] = {0xab, 0x01};

    *f = (struct fixture){.p = hwp_profile_create()};
    f->kernel = hwp_profile_dso(f->p, HWP_DSO_KERNEL, "[kernel]", -1, build_id, 2);
    f->p->kallsyms = hwp_asprintf("%llx T alpha\n%llx T _ZN1b4betaEv\n%llx T end\n", KERNEL,
                                  KERNEL + 0x100, KERNEL + 0x200);
    f->p->run.command = hwp_strdup("./prog --fast");
    f->p->run.start_time_s = 1700000000;
    f->p->run.duration_ns = 5000;
    add_event(f->p, "cycles", "", true);
    add_event(f->p, "cache-misses", "", false);
    add_event(f->p, "cpu-clock", "ns", true);
    f->p->run.events.data[CYCLES].origin = HWP_ORIGIN_MODELLED;
    f->p->run.events.data[CLOCK].period = 250;
}

static void seal(struct fixture *f)
{
    hwp_profile_task_name(f->p, hwp_profile_task(f->p, 10, 10), "main");
    hwp_profile_task_name(f->p, hwp_profile_task(f->p, 10, 11), "wor\xffker");
    hwp_profile_seal(f->p);
    f->s = hwp_symbols_create(f->p, &(struct hwp_symbols_options){0});
}

/* alpha called by beta on CPU 0, twice at one place and event; alpha alone in another thread. */
static void fill(struct fixture *f)
{
    uint32_t chain = hwp_profile_chain(f->p, HWP_NO_CHAIN, loc_of(f, 1, 7));

    add(f, CYCLES, loc_of(f, 0, 4), chain, 10, 0, 100);
    add(f, CLOCK, loc_of(f, 0, 4), chain, 10, 0, 3000);
    add(f, CYCLES, loc_of(f, 0, 4), chain, 10, 0, 20);
    add(f, CYCLES, loc_of(f, 0, 4), HWP_NO_CHAIN, 11, HWP_NO_CPU, 7);
    seal(f);
}

static void end(struct fixture *f)
{
    hwp_symbols_destroy(f->s);
    hwp_profile_destroy(f->p);
}

/* --- pprof -------------------------------------------------------------------------------------
 */

static Hwp__Pprof__Profile *inflated(const struct hwp_str *text)
{
    static uint8_t plain[1 << 20];
    z_stream z = {0};

    assert_int_equal(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
    z.next_in = (uint8_t *)text->data;
    z.avail_in = (unsigned)text->len;
    z.next_out = plain;
    z.avail_out = sizeof(plain);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.avail_in, 0);
    Hwp__Pprof__Profile *profile = hwp__pprof__profile__unpack(NULL, z.total_out, plain);
    inflateEnd(&z);
    assert_non_null(profile);
    return profile;
}

static Hwp__Pprof__Profile *pprof_of(const struct fixture *f,
                                     const struct hwp_pprof_options *options)
{
    struct hwp_out out;

    hwp_out_init_memory(&out);
    hwp_pprof_print(f->p, f->s, options, &out);
    Hwp__Pprof__Profile *profile = inflated(&out.text);
    assert_null(hwp_out_close(&out));
    return profile;
}

static const char *text_of(const Hwp__Pprof__Profile *p, int64_t index)
{
    assert_true(index >= 0 && (size_t)index < p->n_string_table);
    return p->string_table[index];
}

/* "innermost<caller<… | value value | label=value …" */
static char *sample_text(const Hwp__Pprof__Profile *p, const Hwp__Pprof__Sample *sample)
{
    struct hwp_str s = {0};

    for (size_t i = 0; i < sample->n_location_id; i++) {
        const Hwp__Pprof__Location *l = NULL;
        for (size_t k = 0; k < p->n_location; k++)
            if (p->location[k]->id == sample->location_id[i])
                l = p->location[k];
        assert_non_null(l);
        assert_int_equal(l->n_line, 1);
        assert_int_equal(l->mapping_id, p->mapping[0]->id);
        const Hwp__Pprof__Function *f = p->function[l->line[0]->function_id - 1];
        assert_int_equal(f->id, l->line[0]->function_id);
        hwp_str_addf(&s, "%s%s+%llx", i ? "<" : "", text_of(p, f->name),
                     (unsigned long long)(l->address - KERNEL));
    }
    for (size_t i = 0; i < sample->n_value; i++)
        hwp_str_addf(&s, "%s%lld", i ? " " : " | ", (long long)sample->value[i]);
    for (size_t i = 0; i < sample->n_label; i++) {
        const Hwp__Pprof__Label *l = sample->label[i];
        hwp_str_addf(&s, "%s%s=", i ? " " : " | ", text_of(p, l->key));
        if (l->str)
            hwp_str_add(&s, text_of(p, l->str));
        else
            hwp_str_addf(&s, "%lld%s", (long long)l->num, text_of(p, l->num_unit));
    }
    return hwp_str_steal(&s);
}

static void check_samples(const Hwp__Pprof__Profile *p, const char *const *expected)
{
    for (size_t i = 0; i < p->n_sample; i++) {
        char *text = sample_text(p, p->sample[i]);
        assert_non_null(expected[i]);
        assert_string_equal(text, expected[i]);
        free(text);
    }
    assert_null(expected[p->n_sample]);
}

static void test_pprof_samples(void **state)
{
    (void)state;
    struct fixture f;
    struct hwp_pprof_options options = {.event = CLOCK};

    begin(&f);
    fill(&f);
    Hwp__Pprof__Profile *p = pprof_of(&f, &options);
    /* CPU 0 has a unit, without which readers drop a 0; the unknown CPU is left out. */
    check_samples(p, (const char *const[]){
                         "alpha+4 | 7 0 | thread=wor\xef\xbf\xbdker pid=10id tid=11id",
                         "alpha+4<b::beta+107 | 120 3000 | thread=main pid=10id tid=10id cpu=0id",
                         NULL});
    hwp__pprof__profile__free_unpacked(p, NULL);
    end(&f);
}

static void test_pprof_facts(void **state)
{
    (void)state;
    struct fixture f;
    struct hwp_pprof_options options = {.event = CLOCK};

    begin(&f);
    fill(&f);
    Hwp__Pprof__Profile *p = pprof_of(&f, &options);
    assert_string_equal(text_of(p, 0), "");
    assert_int_equal(p->n_sample_type, 2);
    assert_string_equal(text_of(p, p->sample_type[0]->type), "cycles");
    assert_string_equal(text_of(p, p->sample_type[0]->unit), "count");
    assert_string_equal(text_of(p, p->sample_type[1]->type), "cpu-clock");
    assert_string_equal(text_of(p, p->sample_type[1]->unit), "nanoseconds");
    assert_string_equal(text_of(p, p->default_sample_type), "cpu-clock");
    assert_int_equal(p->period, 250);
    assert_string_equal(text_of(p, p->period_type->type), "cpu-clock");
    assert_int_equal(p->time_nanos, 1700000000000000000);
    assert_int_equal(p->duration_nanos, 5000);
    assert_int_equal(p->n_comment, 3);
    assert_string_equal(text_of(p, p->comment[0]), "command: ./prog --fast");
    assert_string_equal(text_of(p, p->comment[1]), "cycles: modelled, not measured");
    assert_string_equal(text_of(p, p->comment[2]), "cache-misses: no PMU");
    assert_int_equal(p->n_mapping, 1);
    assert_string_equal(text_of(p, p->mapping[0]->filename), "[kernel]");
    assert_string_equal(text_of(p, p->mapping[0]->build_id), "ab01");
    assert_int_equal(p->mapping[0]->memory_start, KERNEL);
    assert_int_equal(p->mapping[0]->memory_limit, KERNEL + 0x1000);
    /* the raw name where it is another */
    assert_int_equal(p->n_function, 2);
    assert_string_equal(text_of(p, p->function[0]->system_name), "");
    assert_string_equal(text_of(p, p->function[1]->system_name), "_ZN1b4betaEv");
    hwp__pprof__profile__free_unpacked(p, NULL);
    end(&f);
}

/* The mean of what is exported stands for a period that varies. */
static void test_pprof_filter_and_period(void **state)
{
    (void)state;
    struct fixture f;
    struct hwp_pprof_options options = {.event = CYCLES, .filter = {.comms = "main"}};

    begin(&f);
    fill(&f);
    Hwp__Pprof__Profile *p = pprof_of(&f, &options);
    assert_int_equal(p->n_sample, 1);
    assert_int_equal(p->period, 30);
    assert_string_equal(text_of(p, p->default_sample_type), "cycles");
    hwp__pprof__profile__free_unpacked(p, NULL);
    end(&f);
}

/* Enough to need more than one buffer; a count that the format can't hold; indexes out of range. */
static void test_pprof_many(void **state)
{
    (void)state;
    struct fixture f;
    struct hwp_pprof_options options = {.event = CYCLES};
    uint64_t sum = 0;

    begin(&f);
    add(&f, CYCLES, loc_of(&f, 0, 0), HWP_NO_CHAIN, 10, 0, UINT64_MAX);
    add(&f, 99, loc_of(&f, 0, 0), HWP_NO_CHAIN, 10, 0, 5);
    add(&f, CYCLES, 99, HWP_NO_CHAIN, 10, 0, 5);
    for (uint32_t i = 1; i <= 20000; i++)
        add(&f, CYCLES, loc_of(&f, 0, i % 256), HWP_NO_CHAIN, 10, i, i);
    seal(&f);
    f.p->locs.len = 90; /* cells beyond are left out, location 99's among them */
    Hwp__Pprof__Profile *p = pprof_of(&f, &options);
    assert_int_equal(p->sample[0]->value[0], INT64_MAX);
    assert_int_equal(p->n_location, 90);
    for (size_t i = 1; i < p->n_sample; i++)
        sum += (uint64_t)p->sample[i]->value[0];
    uint64_t expected = 0;
    for (uint32_t i = 1; i <= 20000; i++)
        expected += i % 256 < 90 ? i : 0;
    assert_int_equal(sum, expected);
    hwp__pprof__profile__free_unpacked(p, NULL);
    end(&f);
}

/* Nothing passes the filter: a valid profile without samples. */
static void test_pprof_nothing(void **state)
{
    (void)state;
    struct fixture f;
    struct hwp_pprof_options options = {.event = CYCLES, .filter = {.symbols = "none"}};

    begin(&f);
    fill(&f);
    Hwp__Pprof__Profile *p = pprof_of(&f, &options);
    assert_int_equal(p->n_sample + p->n_location + p->n_mapping, 0);
    assert_int_equal(p->n_sample_type, 2);
    hwp__pprof__profile__free_unpacked(p, NULL);
    end(&f);
}

/* --- speedscope --------------------------------------------------------------------------------
 */

static void check_speedscope(const struct hwp_stacks *stacks, const struct hwp_run *run,
                             uint32_t event, const char *title, const char *expected)
{
    struct hwp_out out;

    hwp_out_init_memory(&out);
    hwp_speedscope_print(stacks, run, event, title, &out);
    for (char *c = out.text.data; *c; c++)
        *c = *c == '\n' ? ' ' : *c == '"' ? '\'' : *c;
    assert_string_equal(out.text.data, expected);
    assert_null(hwp_out_close(&out));
}

#define HEAD                                                            \
    "{'$schema':'https://www.speedscope.app/file-format-schema.json', " \
    "'exporter':'hwprof " HWP_VERSION "', "

static void test_speedscope(void **state)
{
    (void)state;
    struct fixture f;
    struct hwp_stacks stacks;

    begin(&f);
    fill(&f);
    hwp_stacks_build(f.p, f.s, &(struct hwp_stacks_options){.lines = true}, &stacks);
    check_speedscope(&stacks, &f.p->run, CLOCK, "./prog --fast",
                     HEAD
                     "'name':'./prog --fast' ,'shared':{'frames':[ {'name':'main'} "
                     ",{'name':'b::beta','file':'[kernel]'} ,{'name':'alpha','file':'[kernel]'} "
                     ",{'name':'wor\xef\xbf\xbdker'} ]}, 'profiles':[ "
                     "{'type':'sampled','name':'cycles (modelled)' "
                     ",'unit':'none','startValue':0,'samples':[[0,1,2], [3,2]],'weights':[120,7],"
                     "'endValue':127}, {'type':'sampled','name':'cpu-clock' "
                     ",'unit':'nanoseconds','startValue':0,'samples':[[0,1,2]],'weights':[3000],"
                     "'endValue':3000}], 'activeProfileIndex':1} ");
    hwp_stacks_deinit(&stacks);
    end(&f);
}

static void test_speedscope_of_text(void **state)
{
    (void)state;
    static const char text[] = "t;a\\b;c 18446744073709551615\nt 2\n";
    struct hwp_stacks stacks;
    size_t skipped;

    hwp_stacks_parse(text, strlen(text), &stacks, &skipped);
    stacks.frames.data[2].file = "dir/a.c";
    stacks.frames.data[2].line = 12;
    check_speedscope(&stacks, NULL, 0, "x",
                     HEAD "'name':'x' ,'shared':{'frames':[ {'name':'t'} "
                          ",{'name':'a\\\\b','file':'dir/a.c','line':12} ,{'name':'c'} ]}, "
                          "'profiles':[ {'type':'sampled','name':'samples' ,'unit':'none',"
                          "'startValue':0,'samples':[[0], [0,1,2]],"
                          "'weights':[2,18446744073709551615],'endValue':18446744073709551615}], "
                          "'activeProfileIndex':0} ");
    hwp_stacks_deinit(&stacks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pprof_samples),           cmocka_unit_test(test_pprof_facts),
        cmocka_unit_test(test_pprof_filter_and_period), cmocka_unit_test(test_pprof_many),
        cmocka_unit_test(test_pprof_nothing),           cmocka_unit_test(test_speedscope),
        cmocka_unit_test(test_speedscope_of_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
