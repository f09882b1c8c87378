/* Many tasks: none is lost, stuck or listed twice, every slot comes back, and what one costs. */
#include "workload.h"

#include <signal.h>

static uint64_t run_program(char *program, char *arg, bool has_plan, size_t pins, int line)
{
    struct workload w;

    workload_init(&w);
    if (!has_plan)
        w.config.plan = NULL;
    workload_run_args(&w, program, arg);
    workload_expect(&w, 0);
    if (has_plan && w.run.pins.len != pins)
        fail_msg("row %d: %zu pins instead of %zu", line, w.run.pins.len, pins);
    hwp_vec_foreach(&w.run.pins, pin)
        assert_true(pin->cpu >= 0);
    assert_true(workload_plan_is_idle(&w));
    uint64_t ns = w.run.duration_ns;
    workload_deinit(&w);
    return ns;
}

/* Nanoseconds per task with and without a plan: the best of three. */
static void measure(char *program, size_t tasks, double *ret_with, double *ret_without)
{
    char *n = hwp_asprintf("%zu", tasks);
    uint64_t with = UINT64_MAX, without = UINT64_MAX;

    for (int i = 0; i < 3; i++) {
        uint64_t a = run_program(program, n, true, tasks + 1, __LINE__);
        uint64_t b = run_program(program, n, false, 0, __LINE__);
        with = a < with ? a : with;
        without = b < without ? b : without;
    }
    free(n);
    *ret_with = (double)with / (double)tasks;
    *ret_without = (double)without / (double)tasks;
}

/* Not a benchmark: eight times as many tasks may not cost thrice as much each (with a quadratic
 * cost it would be up to eight times), beyond what they cost without a plan. */
static void compare(char *program, const char *what, size_t tasks)
{
    double few, few_without, many, many_without;

    measure(program, tasks / 8, &few, &few_without);
    measure(program, tasks, &many, &many_without);
    print_message("%zu %s: %.1f us each with a plan, %.1f without; of %zu %.1f and %.1f\n", tasks,
                  what, many / 1e3, many_without / 1e3, tasks / 8, few / 1e3, few_without / 1e3);
    double growth = many_without > few_without ? many_without / few_without : 1;
    assert_true(many < few * growth * 3);
    assert_true(many < many_without * 30);
}

static void test_threads_one_by_one(void **state)
{
    static const char source[] =
        "#include <pthread.h>\n#include <stdlib.h>\n"
        "static void *run(void *a) { return a; }\n"
        "int main(int c, char **v) { pthread_t t; (void)c;\n"
        "    for (int i = 0; i < atoi(v[1]); i++) {\n"
        "        if (pthread_create(&t, 0, run, 0)) return 1; pthread_join(t, 0); }\n"
        "    return 0; }\n";
    char *program = workload_compile("onebyone", source, "-pthread");

    (void)state;
    compare(program, "threads, one at a time", 1600);
    free(program);
}

static void test_threads_at_once(void **state)
{
    static const char source[] =
        "#include <pthread.h>\n#include <stdlib.h>\n"
        "static pthread_barrier_t all;\n"
        "static void *run(void *a) { pthread_barrier_wait(&all); return a; }\n"
        "int main(int c, char **v) { static pthread_t t[2000]; int n = atoi(v[1]); (void)c;\n"
        "    pthread_attr_t at; pthread_attr_init(&at); pthread_attr_setstacksize(&at, 65536);\n"
        "    pthread_barrier_init(&all, 0, n);\n"
        "    for (int i = 0; i < n; i++) if (pthread_create(&t[i], &at, run, 0)) return 1;\n"
        "    for (int i = 0; i < n; i++) pthread_join(t[i], 0);\n"
        "    return 0; }\n";
    char *program = workload_compile("atonce", source, "-pthread");

    (void)state;
    compare(program, "threads at once", 1600);
    free(program);
}

static void test_forks(void **state)
{
    static const char source[] =
        "#include <stdlib.h>\n#include <sys/wait.h>\n#include <unistd.h>\n"
        "int main(int c, char **v) { int n = atoi(v[1]), st, live = 0; (void)c;\n"
        "    for (int i = 0; i < n; i++) {\n"
        "        if (live == 8) { wait(&st); if (st) return 1; live--; }\n"
        "        pid_t p = fork(); if (p < 0) return 2; if (!p) _exit(0); live++; }\n"
        "    while (wait(&st) > 0) if (st) return 1;\n"
        "    return 0; }\n";
    char *program = workload_compile("forks", source, "");

    (void)state;
    compare(program, "processes, eight at a time", 2000);
    free(program);
}

/* Creators that are killed in the middle of creating: nobody may stay held. */
static void test_killed_creators(void **state)
{
    static const char source[] =
        "#include <pthread.h>\n#include <signal.h>\n#include <stdlib.h>\n#include <sys/wait.h>\n"
        "#include <unistd.h>\n"
        "static void *run(void *a) { return a; }\n"
        "int main(void) { int st;\n"
        "    for (int i = 0; i < 100; i++) { pid_t p = fork();\n"
        "        if (!p) for (;;) { pthread_t t; if (!fork()) _exit(0);\n"
        "            if (!pthread_create(&t, 0, run, 0)) pthread_detach(t); }\n"
        "        usleep(200 + i * 7); kill(p, SIGKILL); waitpid(p, &st, 0);\n"
        "        if (!WIFSIGNALED(st)) return 1; }\n"
        "    return 0; }\n";
    char *program = workload_compile("killed", source, "-pthread");
    struct workload w;

    (void)state;
    workload_init(&w);
    workload_run_args(&w, program);
    workload_expect(&w, 0);
    assert_true(workload_plan_is_idle(&w));
    print_message("%zu tasks\n", w.run.pins.len);
    workload_deinit(&w);
    free(program);
}

/* What a system call costs under the filter, which every call of the workload passes. */
static void test_filter_cost(void **state)
{
    static const char source[] =
        "#include <stdlib.h>\n#include <sys/syscall.h>\n#include <unistd.h>\n"
        "int main(int c, char **v) { (void)c; for (int i = 0; i < atoi(v[1]); i++)\n"
        "    syscall(SYS_getppid); return 0; }\n";
    char *program = workload_compile("calls", source, "");
    char *n = hwp_strdup("1000000");

    (void)state;
    uint64_t with = run_program(program, n, true, 1, __LINE__);
    uint64_t without = run_program(program, n, false, 0, __LINE__);
    print_message("a system call: %.0f ns with a plan, %.0f without\n", (double)with / 1e6,
                  (double)without / 1e6);
    assert_true(with < without * 20);
    free(program);
    free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_one_by_one), cmocka_unit_test(test_threads_at_once),
        cmocka_unit_test(test_forks),              cmocka_unit_test(test_killed_creators),
        cmocka_unit_test(test_filter_cost),
    };

    return cmocka_run_group_tests(tests, workload_setup, workload_teardown);
}
