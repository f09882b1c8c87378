/* Pinning: every kind of task gets its CPU before it runs, and still sees the whole plan. */
#include "workload.h"

#include <sched.h>
#include <sys/syscall.h>
#include <time.h>

/* Each of N threads notes, in its first instructions, where it may run. */
static const char threads_source[] =
    "#include <pthread.h>\n#include <sched.h>\n#include <stdio.h>\n#include <stdlib.h>\n"
    "#include <string.h>\n#include <unistd.h>\n#include <sys/syscall.h>\n"
    "static pthread_barrier_t all;\n"
    "static void *run(void *arg) {\n"
    "    char path[64], line[256], text[400]; int cpu = sched_getcpu();\n"
    "    pthread_barrier_wait(&all);\n"
    "    snprintf(path, sizeof(path), \"/proc/self/task/%ld/status\", syscall(SYS_gettid));\n"
    "    FILE *f = fopen(path, \"r\");\n"
    "    while (fgets(line, sizeof(line), f))\n"
    "        if (!strncmp(line, \"Cpus_allowed_list:\\t\", 19)) break;\n"
    "    fclose(f);\n"
    "    int n = snprintf(text, sizeof(text), \"%d %s\", cpu, line + 19);\n"
    "    if (write(1, text, n) != n) abort();\n"
    "    pthread_barrier_wait(&all);\n"
    "    return arg;\n"
    "}\n"
    "int main(int argc, char **argv) {\n"
    "    int n = argc > 1 ? atoi(argv[1]) : 1; pthread_t t[64];\n"
    "    pthread_barrier_init(&all, 0, n);\n"
    "    for (int i = 0; i + 1 < n; i++) pthread_create(&t[i], 0, run, 0);\n"
    "    run(0);\n"
    "    for (int i = 0; i + 1 < n; i++) pthread_join(t[i], 0);\n"
    "    return 0;\n"
    "}\n";

/* One thread for each CPU: each has a different one, and started on it. */
static void check_threads(const char *flags)
{
    struct workload w;
    char *program = workload_compile("threads", threads_source, flags);
    struct hwp_cpuset seen = {0};

    workload_init(&w);
    char *n = hwp_asprintf("%zu", w.plan.slots.len < 64 ? w.plan.slots.len : 64);
    workload_run_args(&w, program, n);
    workload_expect(&w, 0);
    for (char *line = strtok(w.output, "\n"); line; line = strtok(NULL, "\n")) {
        int at, only;
        char rest;
        if (sscanf(line, "%d %d%c", &at, &only, &rest) != 2)
            fail_msg("not one CPU: %s", line);
        assert_int_equal(at, only);
        assert_false(hwp_cpuset_has(&seen, (unsigned)only));
        hwp_cpuset_add(&seen, (unsigned)only);
    }
    assert_int_equal(hwp_cpuset_count(&seen), atoi(n));
    assert_int_equal(w.run.pins.len, atoi(n));
    assert_true(workload_plan_is_idle(&w));
    assert_false(w.plan.was_oversubscribed);
    assert_int_equal(w.run.notes.len, 0);
    workload_deinit(&w);
    free(program);
    free(n);
}

static void test_threads(void **state)
{
    (void)state;
    check_threads("-pthread");
}

static void test_static_program(void **state)
{
    (void)state;
    check_threads("-pthread -static");
}

/* A command under a plan of all CPUs prints how many it thinks it has. */
static void expect_sees_all(char *const *argv, int line)
{
    struct workload w;

    workload_init(&w);
    workload_run(&w, argv);
    workload_expect(&w, 0);
    if ((size_t)atoi(w.output) != w.plan.slots.len)
        fail_msg("row %d: sees %s of %zu CPUs", line, w.output, w.plan.slots.len);
    assert_true(workload_plan_is_idle(&w));
    workload_deinit(&w);
}

static bool has_program(const char *name)
{
    char *command = hwp_asprintf("command -v %s >/dev/null 2>&1", name);
    int rc = system(command);

    free(command);
    return rc == 0;
}

static void test_runtimes_see_the_plan(void **state)
{
    static const struct {
        int line;
        const char *program, *script;
    } rows[] = {
        {__LINE__, "nproc", "nproc"},
        {__LINE__, "nproc", "sh -c 'sh -c nproc'"},
        {__LINE__, "python3", "python3 -c 'import os; print(len(os.sched_getaffinity(0)))'"},
        {__LINE__, "python3",
         "python3 -c 'import os, threading as t\n"
         "x = t.Thread(target=lambda: print(len(os.sched_getaffinity(0)))); x.start(); x.join()'"},
        {__LINE__, "perl", "perl -e 'if (!fork) { exec \"nproc\" } wait'"},
        {__LINE__, "taskset", "taskset -c -p $$ | sed 's/.*: //' | tr ',-' '\\n\\n' | wc -l"},
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        char *argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
                        (char *)(uintptr_t)rows[i].script, NULL};
        if (has_program(rows[i].program))
            expect_sees_all(argv, rows[i].line);
    }
}

/* Tasks in a PID namespace of their own have other numbers there than here. */
static void test_pid_namespace(void **state)
{
    static const struct {
        int line;
        const char *script;
    } rows[] = {
        {__LINE__, "unshare --pid --fork python3 -c 'import os\n"
                   "print(len(os.sched_getaffinity(os.getpid())))'"},
        {__LINE__, "unshare --pid --fork python3 -c 'import os, time\n"
                   "p = os.fork()\n"
                   "if not p: time.sleep(60); os._exit(0)\n"
                   "print(len(os.sched_getaffinity(p)))\n"
                   "os.kill(p, 9)'"},
    };

    (void)state;
    if (!has_program("python3") || system("unshare --pid --fork true 2>/dev/null") != 0) {
        print_message("no python3, or no PID namespaces\n");
        skip();
    }
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        char *argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
                        (char *)(uintptr_t)rows[i].script, NULL};
        expect_sees_all(argv, rows[i].line);
    }
}

static void test_go(void **state)
{
    (void)state;
    if (!has_program("go")) {
        print_message("no go\n");
        skip();
    }
    char *source = workload_file(
        "procs.go", "package main\nimport (\"fmt\"; \"runtime\")\n"
        "func main() { fmt.Println(runtime.GOMAXPROCS(0)) }\n", 0644);
    char *program = hwp_asprintf("%s/procs", workload_dir);
    char *command = hwp_asprintf("go build -o %s %s", program, source);
    assert_int_equal(system(command), 0);
    expect_sees_all((char *[]){program, NULL}, __LINE__);
    free(command);
    free(program);
    free(source);
}

/* sched_getaffinity as a program sees it, compared with the kernel's own rules. */
static const char rules_source[] =
    "#include <errno.h>\n#include <sched.h>\n#include <stdio.h>\n#include <string.h>\n"
    "#include <unistd.h>\n#include <sys/syscall.h>\n"
    "static long ask(long pid, unsigned long n, void *p) {\n"
    "    long r = syscall(SYS_sched_getaffinity, pid, n, p); return r < 0 ? -errno : r; }\n"
    "int main(void) {\n"
    "    unsigned char a[8192]; memset(a, 0xee, sizeof(a));\n"
    "    long n = ask(0, sizeof(a), a);\n"
    "    printf(\"%ld %ld %ld %ld %ld %ld %d \", ask(0, 0, a), ask(0, 7, a), ask(0, 12, a),\n"
    "           ask(0, 128, (void *)16), ask(999999999, 128, a), n, a[n] == 0xee);\n"
    "    cpu_set_t one; CPU_ZERO(&one); CPU_SET(sched_getcpu(), &one);\n"
    "    cpu_set_t other; sched_getaffinity(0, sizeof(other), &other);\n"
    "    printf(\"%d \", CPU_COUNT(&other));\n"
    "    cpu_set_t self; sched_getaffinity(getpid(), sizeof(self), &self);\n"
    "    printf(\"%d \", CPU_COUNT(&self));\n"
    "    sched_setaffinity(0, sizeof(one), &one); sched_getaffinity(0, sizeof(self), &self);\n"
    "    printf(\"%d\\n\", CPU_EQUAL(&one, &self));\n"
    "    return 0; }\n";

static void test_affinity_rules(void **state)
{
    char *program = workload_compile("rules", rules_source, "");
    struct workload with, without;

    (void)state;
    workload_init(&with);
    workload_init(&without);
    without.config.plan = NULL;
    workload_run_args(&with, program);
    workload_run_args(&without, program);
    workload_expect(&with, 0);
    workload_expect(&without, 0);
    assert_string_equal(with.output, without.output);
    workload_deinit(&with);
    workload_deinit(&without);
    free(program);
}

/* What the workload pins itself stays where it put it, and what that creates too. */
static void test_own_pinning_is_left_alone(void **state)
{
    struct workload w;

    (void)state;
    workload_init(&w);
    if (w.plan.slots.len < 2) {
        workload_deinit(&w);
        print_message("one CPU\n");
        skip();
    }
    unsigned last = w.plan.slots.data[w.plan.slots.len - 1].cpu;
    char *script = hwp_asprintf(
        "taskset -c %u sh -c 'for i in 1 2 3; do grep Cpus_allowed_list /proc/self/status; done; "
        "nproc'", last);
    char *line = hwp_asprintf("Cpus_allowed_list:\t%u\n", last);
    char *wanted = hwp_asprintf("%s%s%s1\n", line, line, line);
    /* taskset is the second task, which has that very CPU by the plan where there are two. */
    workload_run_args(&w, (char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
                      (char *)(uintptr_t) "exec sh -c \"$1\"", (char *)(uintptr_t) "sh", script);
    workload_expect(&w, 0);
    assert_string_equal(w.output, wanted);
    size_t left_alone = 0;
    hwp_vec_foreach(&w.run.pins, pin)
        left_alone += pin->cpu < 0;
    assert_true(left_alone >= 3);
    workload_deinit(&w);
    free(script);
    free(line);
    free(wanted);
}

static void test_spawn(void **state)
{
    static const char source[] =
        "#include <spawn.h>\n#include <stdio.h>\n#include <sys/wait.h>\n#include <unistd.h>\n"
        "extern char **environ;\n"
        "int main(void) {\n"
        "    char *argv[] = {\"sh\", \"-c\", \"exit 3\", 0}; int bad = 0;\n"
        "    for (int i = 0; i < 20; i++) { pid_t p; int st;\n"
        "        if (posix_spawn(&p, \"/bin/sh\", 0, 0, argv, environ)) return 1;\n"
        "        waitpid(p, &st, 0); bad |= WEXITSTATUS(st) != 3; }\n"
        "    pid_t v = vfork(); if (!v) { execl(\"/bin/true\", \"true\", (char *)0); _exit(9); }\n"
        "    int st; waitpid(v, &st, 0); return bad || st; }\n";
    char *program = workload_compile("spawn", source, "");
    struct workload w;

    (void)state;
    workload_init(&w);
    workload_run_args(&w, program);
    workload_expect(&w, 0);
    assert_int_equal(w.run.pins.len, 22);
    hwp_vec_foreach(&w.run.pins, pin)
        assert_true(pin->cpu >= 0);
    assert_string_equal(w.run.pins.data[21].comm, "true");
    assert_true(workload_plan_is_idle(&w));
    workload_deinit(&w);
    free(program);
}

/* An exec by a thread that is not the leader: the thread ids change. */
static void test_exec_from_thread(void **state)
{
    static const char source[] =
        "#include <pthread.h>\n#include <unistd.h>\n"
        "static void *spin(void *a) { for (;;) pause(); return a; }\n"
        "static void *run(void *a) { execl(\"/bin/sh\", \"sh\", \"-c\", \"nproc; (exit 3); exit 6\",\n"
        "    (char *)0); return a; }\n"
        "int main(void) { pthread_t t; for (int i = 0; i < 5; i++) pthread_create(&t, 0, spin, 0);\n"
        "    pthread_create(&t, 0, run, 0); pthread_join(t, 0); return 1; }\n";
    char *program = workload_compile("execthread", source, "-pthread");

    (void)state;
    for (int i = 0; i < 20; i++) {
        struct workload w;
        workload_init(&w);
        workload_run_args(&w, program);
        workload_expect(&w, 6);
        assert_int_equal(atoi(w.output), (int)w.plan.slots.len);
        assert_true(workload_plan_is_idle(&w));
        workload_deinit(&w);
    }
    free(program);
}

static void test_leader_exits_first(void **state)
{
    static const char source[] =
        "#include <pthread.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
        "static void *run(void *a) { usleep(100000); if (write(1, \"x\", 1) != 1) abort();\n"
        "    exit(11); return a; }\n"
        "int main(void) { pthread_t t; pthread_create(&t, 0, run, 0); pthread_exit(0); }\n";
    char *program = workload_compile("leader", source, "-pthread");
    struct workload w;

    (void)state;
    workload_init(&w);
    workload_run_args(&w, program);
    workload_expect(&w, 11);
    assert_string_equal(w.output, "x");
    workload_deinit(&w);
    free(program);
}

static void test_names(void **state)
{
    static const char source[] =
        "#include <pthread.h>\n#include <stdio.h>\n#include <unistd.h>\n"
        "static void *run(void *a) { char n[16]; snprintf(n, 16, \"worker-%ld\", (long)a);\n"
        "    pthread_setname_np(pthread_self(), n); usleep(300000); return a; }\n"
        "int main(void) { pthread_t t[3];\n"
        "    for (long i = 0; i < 3; i++) pthread_create(&t[i], 0, run, (void *)i);\n"
        "    usleep(250000); _exit(0); }\n";
    char *program = workload_compile("names", source, "-pthread");
    struct workload w;

    (void)state;
    workload_init(&w);
    workload_run_args(&w, program);
    workload_expect(&w, 0);
    assert_int_equal(w.run.pins.len, 4);
    static const char *const wanted[] = {"names", "worker-0", "worker-1", "worker-2"};
    for (size_t i = 0; i < 4; i++) {
        size_t found = 0; /* threads may start in another order than they were created in */
        hwp_vec_foreach(&w.run.pins, pin)
            found += strcmp(pin->comm, wanted[i]) == 0;
        assert_int_equal(found, 1);
        assert_int_equal(w.run.pins.data[i].pid, w.run.pins.data[0].pid);
    }
    workload_deinit(&w);
    free(program);
}

static void test_oversubscribed(void **state)
{
    struct workload w;

    (void)state;
    workload_init(&w);
    workload_sh(&w, "sleep 0.1 & sleep 0.1 & sleep 0.1 & sleep 0.1 & wait");
    workload_expect(&w, 0);
    assert_int_equal(w.plan.was_oversubscribed, w.plan.slots.len < 5);
    assert_int_equal(w.run.notes.len, w.plan.slots.len < 5);
    if (w.run.notes.len) {
        assert_int_equal(w.run.notes.data[0].id, HWP_NOTE_OVERSUBSCRIBED);
        print_message("%s\n", w.run.notes.data[0].detail);
        assert_non_null(strstr(w.run.notes.data[0].detail, "up to 5 tasks"));
    }
    workload_deinit(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_static_program),
        cmocka_unit_test(test_runtimes_see_the_plan),
        cmocka_unit_test(test_go),
        cmocka_unit_test(test_pid_namespace),
        cmocka_unit_test(test_affinity_rules),
        cmocka_unit_test(test_own_pinning_is_left_alone),
        cmocka_unit_test(test_spawn),
        cmocka_unit_test(test_exec_from_thread),
        cmocka_unit_test(test_leader_exits_first),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_oversubscribed),
    };

    return cmocka_run_group_tests(tests, workload_setup, workload_teardown);
}
