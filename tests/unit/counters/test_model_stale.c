/* Directories of sessions: in use, stale, being made, somebody's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "counters/model/protocol.h"
#include "counters/model_stale.h"

static char tmp[] = "/tmp/test_model_stale-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(tmp) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    hwp_model_remove(tmp);
    return access(tmp, F_OK) ? 0 : -1;
}

static char *make(const char *name)
{
    char *path = hwp_asprintf("%s/%s", tmp, name);

    assert_int_equal(mkdir(path, 0700), 0);
    return path;
}

static bool is_there(const char *path)
{
    hwp_model_remove_stale(tmp);
    return access(path, F_OK) == 0;
}

static void describe(int machine)
{
    static const struct hwm_machine m;

    assert_int_equal(write(machine, &m, sizeof(m)), sizeof(m));
}

static void test_removes_what_nobody_uses(void **state)
{
    char *path hwp_cleanup(hwp_free_cleanup) = make("hwprof-abcdef");
    char *other hwp_cleanup(hwp_free_cleanup) = make("other-abcdef");
    int alive, machine;

    (void)state;
    assert_true(is_there(path)); /* being made */
    assert_null(hwp_model_hold(path, &alive, &machine));
    close(machine);
    assert_true(is_there(path)); /* still: `machine` is empty */
    char *file hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s/machine", path);
    machine = open(file, O_WRONLY);
    describe(machine);
    close(alive);
    close(machine);
    assert_false(is_there(path));
    assert_true(is_there(other));
}

static void test_keeps_what_is_in_use(void **state)
{
    char *path hwp_cleanup(hwp_free_cleanup) = make("hwprof-ghijkl");
    int alive, machine;

    (void)state;
    assert_null(hwp_model_hold(path, &alive, &machine));
    describe(machine);
    close(alive);
    assert_true(is_there(path)); /* the workload still has `machine` */
    close(machine);
    assert_false(is_there(path));
}

static void put(const char *directory, const char *name, const char *text)
{
    char *path hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s/%s", directory, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* Whatever looks like one of ours but isn't. */
static void test_keeps_what_is_not_ours(void **state)
{
    char *dirs hwp_cleanup(hwp_free_cleanup) = make("hwprof-direct");
    char *files hwp_cleanup(hwp_free_cleanup) = make("hwprof-filess");
    char *name hwp_cleanup(hwp_free_cleanup) = make("hwprof-mine");
    char *a hwp_cleanup(hwp_free_cleanup) = make("hwprof-direct/hwprof");
    char *b hwp_cleanup(hwp_free_cleanup) = make("hwprof-direct/machine");
    int alive, machine;

    (void)state;
    put(files, "hwprof", "a text\n");
    put(files, "machine", "another\n");
    assert_true(is_there(dirs));
    assert_true(is_there(files));
    assert_null(hwp_model_hold(name, &alive, &machine));
    describe(machine);
    close(alive);
    close(machine);
    assert_true(is_there(name));

    /* what lies deeper is nobody's to remove */
    char *ours hwp_cleanup(hwp_free_cleanup) = make("hwprof-mnopqr");
    char *deep hwp_cleanup(hwp_free_cleanup) = make("hwprof-mnopqr/src");
    put(deep, "file.c", "x");
    assert_null(hwp_model_hold(ours, &alive, &machine));
    describe(machine);
    close(alive);
    close(machine);
    hwp_model_remove_stale(tmp);
    assert_int_equal(access(deep, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_removes_what_nobody_uses),
        cmocka_unit_test(test_keeps_what_is_in_use),
        cmocka_unit_test(test_keeps_what_is_not_ours),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
