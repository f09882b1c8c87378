/* Contended lines of a program compiled here: names of variables, allocation sites and code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/lines.h"
#include "base/mem.h"
#include "symbols/variable.h"

static const char source[] = "__attribute__((aligned(64))) long hits = 1; long misses = 2;\n"
                             "char *block;\n"
                             "void spin(void) { hits++; }\n"
                             "int main(void) { spin(); return (int)misses; }\n";

struct fixture {
    char dir[64], *program;
    struct hwp_profile *p;
    struct hwp_symbols *s;
    struct hwp_contention c;
    uint32_t dso;
    uint64_t hits, base;
};

static uint64_t address_of(const struct fixture *f, const char *name, uint64_t *ret_base)
{
    struct hwp_variable v;

    assert_null(hwp_variable_find(f->program, name, &v, ret_base));
    return v.vaddr;
}

static int setup(void **state)
{
    struct fixture *f = hwp_calloc(1, sizeof(*f));

    *state = f;
    snprintf(f->dir, sizeof(f->dir), "/tmp/hwp-lines-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    f->program = hwp_asprintf("%s/p", f->dir);
    char *path hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s/p.c", f->dir);
    FILE *file = fopen(path, "we");
    fputs(source, file);
    fclose(file);
    char *command hwp_cleanup(hwp_free_cleanup) =
        hwp_asprintf("env -u LD_PRELOAD cc -g -O0 -no-pie -Wl,-z,norelro,-z,noseparate-code "
                     "-o %s %s 2>/dev/null", f->program, path);
    if (system(command) != 0)
        return 0; /* no compiler: the tests skip */
    f->p = hwp_profile_create();
    f->dso = hwp_profile_dso(f->p, HWP_DSO_USER, f->program, 0, NULL, 0);
    f->hits = address_of(f, "hits", &f->base);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char *command hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("rm -r %s", f->dir);
    int status = system(command);

    hwp_contention_deinit(&f->c);
    hwp_symbols_destroy(f->s);
    hwp_profile_destroy(f->p);
    free(f->program);
    free(f);
    return status;
}

static void add_access(struct fixture *f, struct hwp_cache_line *line, uint64_t ip, uint16_t offset,
                       enum hwp_line_access_kind kind, int32_t tid, uint64_t count)
{
    hwp_vec_push(&f->p->run.lines.accesses,
                 (struct hwp_line_access){.ip = ip, .offset = offset, .bytes = 8, .kind = kind,
                                          .tid = tid, .count = count, .transfers = count / 2,
                                          .loc = hwp_profile_loc(f->p, f->dso, ip - f->base)});
    line->nr_accesses++;
}

/* The first segment begins at the file's front, so that an offset in it is its address less the
 * base. */
static struct hwp_cache_line new_line(struct fixture *f, uint64_t address,
                                      enum hwp_line_object object, uint64_t transfers)
{
    struct hwp_cache_lines *l = &f->p->run.lines;

    l->line_bytes = 64;
    l->nr_seen++;
    l->transfers += transfers;
    return (struct hwp_cache_line){.address = address, .object = object, .pid = 7,
                                   .transfers = transfers, .false_transfers = transfers / 4,
                                   .anchor = f->base,
                                   .anchor_loc = hwp_profile_loc(f->p, f->dso, 0),
                                   .first_access = l->accesses.len};
}

static void analyse(struct fixture *f, size_t top)
{
    uint32_t task = hwp_profile_task(f->p, 7, 8);

    hwp_profile_task_name(f->p, task, "worker");
    hwp_profile_seal(f->p);
    f->s = hwp_symbols_create(f->p, &(struct hwp_symbols_options){0});
    hwp_lines_analyse(f->p, f->s, top, &f->c);
}

static void test_variable(void **state)
{
    struct fixture *f = *state;

    if (!f->p)
        skip();
    uint64_t spin = address_of(f, "spin", &f->base) + 4;
    struct hwp_cache_line line = new_line(f, f->hits, HWP_LINE_STATIC, 40);
    add_access(f, &line, spin, 8, HWP_LINE_LOAD, 9, 3);
    add_access(f, &line, spin, 0, HWP_LINE_ATOMIC, 8, 30);
    add_access(f, &line, spin, 0, HWP_LINE_STORE, 7, 10);
    hwp_vec_push(&f->p->run.lines.lines, line);
    analyse(f, 0);

    assert_int_equal(f->c.rows.len, 1);
    const struct hwp_line_row *row = &f->c.rows.data[0];
    assert_string_equal(row->owner, "hits, misses");
    assert_string_equal(row->module, "p");
    assert_int_equal(row->nr_readers, 2);
    assert_int_equal(row->nr_writers, 2);
    assert_int_equal(row->words.len, 2);
    const struct hwp_line_word *word = &row->words.data[0];
    assert_int_equal(word->offset, 0);
    assert_int_equal(word->atomics, 30);
    assert_int_equal(word->stores, 10);
    assert_int_equal(word->loads, 0);
    assert_int_equal(word->transfers, 20);
    assert_int_equal(word->readers.len, 1);
    assert_int_equal(word->writers.len, 2);
    assert_string_equal(f->c.tasks.data[word->readers.data[0]].comm, "worker");
    assert_int_equal(word->code.len, 1);
    assert_string_equal(word->code.data[0].text, "spin p.c:3");
    assert_int_equal(word->code.data[0].count, 40);
}

/* The allocator has no source lines here; its caller has. */
static void test_heap_and_stack(void **state)
{
    struct fixture *f = *state;

    if (!f->p)
        skip();
    uint64_t in_main = address_of(f, "main", &f->base) + 4;
    struct hwp_cache_line heap = new_line(f, 0x10040, HWP_LINE_HEAP, 9);
    heap.object_address = 0x10000;
    heap.object_bytes = 4096;
    heap.callers[0] = 0x99;
    heap.caller_locs[0] = hwp_profile_loc(f->p, hwp_profile_dso(f->p, HWP_DSO_UNKNOWN, "[unknown]",
                                                                0, NULL, 0), 0x98);
    heap.callers[1] = in_main + 1;
    heap.caller_locs[1] = hwp_profile_loc(f->p, f->dso, in_main - f->base);
    hwp_vec_push(&f->p->run.lines.lines, heap);
    struct hwp_cache_line stack = new_line(f, 0x7f0040, HWP_LINE_STACK, 5);
    stack.object_tid = 8;
    hwp_vec_push(&f->p->run.lines.lines, stack);
    hwp_vec_push(&f->p->run.lines.lines, new_line(f, 0x20, HWP_LINE_UNKNOWN, 2));
    analyse(f, 2);

    assert_int_equal(f->c.rows.len, 2);
    assert_string_equal(f->c.rows.data[0].owner, "4096 bytes + 0x40 from main p.c:4");
    assert_string_equal(f->c.rows.data[1].owner, "stack of worker/8");
    assert_int_equal(f->c.nr_others, 1);
    assert_int_equal(f->c.others_transfers, 2);
}

/* A C library whose source lines are known is not who wanted the memory. */
static void test_heap_by_way_of_libc(void **state)
{
    struct fixture *f = *state;

    if (!f->p)
        skip();
    uint64_t in_main = address_of(f, "main", &f->base) + 4;
    uint64_t in_libc = address_of(f, "spin", &f->base) + 4;
    char *libc hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s/libc.so.6", f->dir);
    char *command hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("cp %s %s", f->program, libc);
    assert_int_equal(system(command), 0);
    uint32_t dso = hwp_profile_dso(f->p, HWP_DSO_USER, libc, 0, NULL, 0);
    struct hwp_cache_line heap = new_line(f, 0x10000, HWP_LINE_HEAP, 9);
    heap.callers[0] = in_libc + 1;
    heap.caller_locs[0] = hwp_profile_loc(f->p, dso, in_libc - f->base);
    heap.callers[1] = in_main + 1;
    heap.caller_locs[1] = hwp_profile_loc(f->p, f->dso, in_main - f->base);
    hwp_vec_push(&f->p->run.lines.lines, heap);
    heap.callers[1] = 0; /* nobody else is known */
    hwp_vec_push(&f->p->run.lines.lines, heap);
    analyse(f, 0);

    assert_string_equal(f->c.rows.data[0].owner, "heap from main p.c:4");
    assert_string_equal(f->c.rows.data[1].owner, "heap from spin p.c:3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_variable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_heap_and_stack, setup, teardown),
        cmocka_unit_test_setup_teardown(test_heap_by_way_of_libc, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
