/* The whole report of a profile built by hand, with names meant to break it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "reports/document.h"

#define KERNEL 0xffffffff81000000ull

struct fixture {
    struct hwp_profile *p;
    struct hwp_symbols *s;
    struct hwp_hot hot;
    struct hwp_annotations annotations;
    struct hwp_cores cores;
    char kallsyms[64];
};

static void add_event(struct hwp_profile *p, const char *name, struct hwp_count total)
{
    hwp_vec_push(&p->run.events, (struct hwp_event){.name = hwp_strdup(name),
                                                    .leader = -1,
                                                    .requested = true,
                                                    .sampled = hwp_count_known(&total),
                                                    .total = total});
}

static void add(struct hwp_profile *p, uint32_t dso, uint32_t event, uint64_t addr,
                uint64_t samples)
{
    hwp_profile_add(p, &(struct hwp_cell){.event = event,
                                          .loc = hwp_profile_loc(p, dso, addr),
                                          .cpu = 0,
                                          .task = hwp_profile_task(p, 1, 1),
                                          .samples = samples,
                                          .value = samples * 100});
}

static void setup(struct fixture *f)
{
    *f = (struct fixture){.kallsyms = "/tmp/hwprof-test-XXXXXX"};
    int fd = mkstemp(f->kallsyms);
    assert_true(fd >= 0);
    dprintf(fd, "%llx T spin\n%llx T work\"er\n%llx T end\n", KERNEL, KERNEL + 0x40, KERNEL + 0x80);
    close(fd);

    f->p = hwp_profile_create();
    uint32_t dso = hwp_profile_dso(f->p, HWP_DSO_KERNEL, "[kernel]", -1, NULL, 0);
    add_event(f->p, "cycles", hwp_count_exact(30000));
    add_event(f->p, "cache-misses", (struct hwp_count){0});
    add_event(f->p, "cycles", hwp_count_exact(10));
    f->p->run.command = hwp_strdup("evil\033]0;\xff\n\"x\",y");
    hwp_profile_task_name(f->p, hwp_profile_task(f->p, 1, 1), "\033[2J\"t\"");
    add(f->p, dso, 0, KERNEL + 4, 200);
    add(f->p, dso, 0, KERNEL + 0x44, 100);
    hwp_profile_seal(f->p);
    hwp_note_raise(&f->p->run.notes, HWP_NOTE_LOST, "3\033 records");
    hwp_note_raise(&f->p->run.notes, HWP_NOTE_SCALED, NULL);

    f->s = hwp_symbols_create(f->p, &(struct hwp_symbols_options){.kallsyms = f->kallsyms});
    assert_null(hwp_hot_analyse(f->p, f->s, &(struct hwp_hot_options){.top = 1}, &f->hot));
    assert_int_equal(f->hot.functions.len, 1);
    struct hwp_annotation a;
    hwp_annotate(f->p, f->s, f->hot.functions.data[0].dso, f->hot.functions.data[0].symbol,
                 &(struct hwp_annotate_options){0}, &a);
    hwp_vec_push(&f->annotations, a);
    hwp_cores_analyse(&f->p->run, f->p, NULL, &f->cores);
}

static void teardown(struct fixture *f)
{
    hwp_cores_deinit(&f->cores);
    hwp_annotations_deinit(&f->annotations);
    hwp_hot_deinit(&f->hot);
    hwp_symbols_destroy(f->s);
    hwp_profile_destroy(f->p);
    unlink(f->kallsyms);
}

static char *print(const struct fixture *f, const struct hwp_report_options *options)
{
    struct hwp_document doc = {f->p, &f->hot, &f->annotations, &f->cores};
    struct hwp_out out;

    hwp_out_init_memory(&out);
    hwp_document_print(&doc, options, &out);
    char *text = hwp_str_steal(&out.text);
    hwp_error_destroy(hwp_out_close(&out));
    return text;
}

static void as_text(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    char *text hwp_cleanup(hwp_free_cleanup) = print(&f, &(struct hwp_report_options){0});
    static const char *const want[] = {
        "evil\\x1b]0;\xef\xbf\xbd\\x0a\"x\",y\n",
        "events  cycles        measured 30,000, 300 samples\n",
        "        cache-misses  not supported\n",
        "warning: records were lost; shares are of what was kept (3\\x1b records)\n",
        "66.67%  20,000           –      –      –      –      –  [kernel]  spin\n",
        "33.33%  10,000           –      –      –      –      –            (1 other)\n",
        "spin in [kernel]: 200 samples of cycles, 0 samples of cycles#2\n",
        "its machine code can't be read here: addresses alone\n",
        "note: counters were shared between events; counts are scaled estimates\n",
    };
    for (size_t i = 0; i < hwp_array_size(want); i++)
        if (!strstr(text, want[i]))
            fail_msg("no '%s' in:\n%s", want[i], text);
    assert_null(strchr(text, '\033'));
    teardown(&f);
}

/* What was modelled is counted, not sampled; lines that moved a few times are summed up. */
static void as_text_of_a_model(void **state)
{
    struct hwp_cache_line few = {.address = 0x1000, .transfers = 3};
    struct hwp_contention lines = {.transfers = 5, .nr_others = 1};
    struct fixture f;
    struct hwp_out out;

    (void)state;
    setup(&f);
    f.p->run.events.data[0].origin = HWP_ORIGIN_MODELLED;
    hwp_vec_push(&lines.rows, (struct hwp_line_row){.line = &few});
    struct hwp_document doc = {f.p, &f.hot, &f.annotations, NULL, .lines = &lines};
    hwp_out_init_memory(&out);
    hwp_document_print(&doc, &(struct hwp_report_options){0}, &out);
    assert_non_null(strstr(out.text.data, "events  cycles        modelled 30,000\n"));
    assert_non_null(strstr(out.text.data, "spin in [kernel]: 20,000 cycles, 0 samples of cycles#2\n"));
    assert_non_null(strstr(out.text.data, "Contended cache lines: none. 2 lines moved between cores, "
                                          "5 times in all (--json lists them)\n"));
    few.transfers = 100;
    hwp_document_print(&doc, &(struct hwp_report_options){0}, &out);
    assert_non_null(strstr(out.text.data, "Contended cache lines\n"));
    hwp_error_destroy(hwp_out_close(&out));
    hwp_vec_deinit(&lines.rows);
    teardown(&f);
}

static const cJSON *get(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    if (!item)
        fail_msg("no %s", key);
    return item;
}

static void as_json(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    char *text hwp_cleanup(hwp_free_cleanup) =
        print(&f, &(struct hwp_report_options){.format = HWP_FORMAT_JSON});
    cJSON *root = cJSON_Parse(text);
    assert_non_null(root);
    assert_string_equal(get(get(root, "header"), "command")->valuestring,
                        "evil\033]0;\xef\xbf\xbd\n\"x\",y");
    assert_true(cJSON_IsNull(get(get(root, "header"), "exit_status")));
    assert_int_equal(cJSON_GetArraySize(get(root, "events")), 3);

    const cJSON *functions = get(root, "functions");
    double share = 0;
    const cJSON *row;
    cJSON_ArrayForEach(row, functions) share += get(row, "cycles_percent")->valuedouble;
    assert_true(share > 99.999 && share < 100.001);
    row = cJSON_GetArrayItem(functions, 0);
    assert_string_equal(get(row, "function")->valuestring, "spin");
    assert_true(cJSON_IsNull(get(row, "cache-misses")));
    assert_true(cJSON_IsNull(get(row, "cycles_atomic_percent")));
    assert_true(get(row, "cycles#2_samples")->valuedouble == 0);

    const cJSON *a = cJSON_GetArrayItem(get(root, "annotations"), 0);
    assert_string_equal(get(a, "function")->valuestring, "spin");
    assert_int_equal(cJSON_GetArraySize(get(a, "instructions")), 1);
    assert_int_equal(cJSON_GetArraySize(get(root, "cores")), 1);
    assert_string_equal(get(cJSON_GetArrayItem(get(root, "notes"), 0), "id")->valuestring, "LOST");
    cJSON_Delete(root);
    teardown(&f);
}

/* Every line of a table has the same number of fields, and nothing reaches a terminal raw. */
static void as_csv(void **state)
{
    struct fixture f;
    size_t tables = 1;

    (void)state;
    setup(&f);
    char *text hwp_cleanup(hwp_free_cleanup) =
        print(&f, &(struct hwp_report_options){.format = HWP_FORMAT_CSV, .separator = ";"});
    assert_null(strchr(text, '\033'));
    size_t fields = 0;
    for (char *line = text, *next; *line; line = next) {
        char *eol = strchr(line, '\n');
        assert_non_null(eol);
        *eol = '\0';
        next = eol + 1;
        if (!*line) {
            fields = 0;
            tables++;
            continue;
        }
        size_t n = 1;
        bool quoted = false;
        for (const char *p = line; *p; p++) {
            quoted ^= *p == '"';
            n += *p == ';' && !quoted;
        }
        if (!fields)
            fields = n;
        if (n != fields)
            fail_msg("%zu fields, not %zu, in: %s", n, fields, line);
    }
    assert_int_equal(tables, 5); /* events, functions, instructions, cores, notes */
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_text),
        cmocka_unit_test(as_text_of_a_model),
        cmocka_unit_test(as_json),
        cmocka_unit_test(as_csv),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
