/* Launching: exit statuses, names that can't be run, what the workload inherits, untouched runs. */
#include "workload.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

static void test_exit_status(void **state)
{
    static const struct {
        int line;
        const char *script;
        int status;
    } rows[] = {
        {__LINE__, "exit 0", 0},
        {__LINE__, "exit 3", 3},
        {__LINE__, "exit 255", 255},
        {__LINE__, "kill -SEGV $$", 139},
        {__LINE__, "kill -KILL $$", 137},
        {__LINE__, "kill -TERM $$", 143},
        {__LINE__, "(exit 4)", 4},
        {__LINE__, "sh -c 'kill -ABRT $$'; exit $?", 134},
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows) * 2; i++) {
        struct workload w;
        workload_init(&w);
        w.late_is_fine = true;
        if (i % 2)
            w.config.plan = NULL;
        workload_sh(&w, rows[i / 2].script);
        print_message("row %d, %s plan\n", rows[i / 2].line, i % 2 ? "no" : "a");
        workload_expect(&w, rows[i / 2].status);
        assert_true(w.run.has_exit);
        assert_true(w.run.duration_ns > 0 && w.run.duration_ns < 30000000000u);
        assert_true(workload_plan_is_idle(&w));
        workload_deinit(&w);
    }
}

static void test_times(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct workload w;
        workload_init(&w);
        w.late_is_fine = true;
        if (i)
            w.config.plan = NULL;
        /* The busy part runs in a child that the workload waits for. */
        workload_sh(&w, "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; sleep 0.1");
        workload_expect(&w, 0);
        assert_true(w.run.user_ns > 20000000u);
        assert_true(w.run.duration_ns > 100000000u + w.run.user_ns / 2);
        workload_deinit(&w);
    }
}

static void expect_error(char *name, enum hwp_code code, const char *hint, int line)
{
    struct workload w;

    workload_init(&w);
    workload_run_args(&w, name);
    if (!w.error || w.error->code != code)
        fail_msg("row %d: wrong error for %s", line, name);
    if (hint && (!w.error->hint || !strstr(w.error->hint, hint)))
        fail_msg("row %d: hint %s", line, w.error->hint ? w.error->hint : "none");
    workload_deinit(&w);
}

static void test_names(void **state)
{
    char *cwd = getcwd(NULL, 0), *path = hwp_strdup(getenv("PATH"));
    char *files[] = {
        workload_file("mine", "#!/bin/sh\nexit 7\n", 0755),
        workload_file("plain", "text\n", 0644),
        workload_file("noshebang", "exit 9\n", 0755),
        workload_file("nointerp", "#!/no/such/interpreter\n", 0755),
        workload_file("bad", "\177ELF nonsense", 0755),
    };

    (void)state;
    assert_int_equal(chdir(workload_dir), 0);
    const struct {
        int line;
        const char *name;
        enum hwp_code code;
        const char *hint;
    } rows[] = {
        {__LINE__, "mine", HWP_E_NO_WORKLOAD, "./mine"},
        {__LINE__, "plain", HWP_E_NO_WORKLOAD, "chmod +x"},
        {__LINE__, "./plain", HWP_E_CANT_RUN, "chmod +x"},
        {__LINE__, "/tmp", HWP_E_CANT_RUN, NULL},
        {__LINE__, "./mime", HWP_E_NO_WORKLOAD, "mine"},
        {__LINE__, "slepe", HWP_E_NO_WORKLOAD, "sleep"},
        {__LINE__, "", HWP_E_NO_WORKLOAD, NULL},
        {__LINE__, "./mine/x", HWP_E_NO_WORKLOAD, NULL},
        {__LINE__, "./nointerp", HWP_E_CANT_RUN, "interpreter"},
    };
    for (size_t i = 0; i < hwp_array_size(rows); i++)
        expect_error((char *)(uintptr_t)rows[i].name, rows[i].code, rows[i].hint, rows[i].line);

    struct workload w;
    workload_init(&w);
    workload_run_args(&w, (char *)(uintptr_t) "./noshebang");
    workload_expect(&w, 9);
    workload_deinit(&w);

    /* Found on PATH behind a directory that does not exist, and behind an empty element. */
    const char *paths[] = {"/no/such/dir:.", "/no/such/dir:", ":/bin"};
    for (size_t i = 0; i < hwp_array_size(paths); i++) {
        setenv("PATH", paths[i], 1);
        workload_init(&w);
        workload_run_args(&w, (char *)(uintptr_t) "mine");
        workload_expect(&w, 7);
        workload_deinit(&w);
    }
    setenv("PATH", path, 1);
    assert_int_equal(chdir(cwd), 0);
    for (size_t i = 0; i < hwp_array_size(files); i++)
        free(files[i]);
    free(path);
    free(cwd);
}

/* The workload's signal mask and actions are those hwprof was started with. */
static void test_signal_state(void **state)
{
    sigset_t mask, old;

    (void)state;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    sigprocmask(SIG_BLOCK, &mask, &old);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    for (int i = 0; i < 2; i++) {
        struct workload w;
        workload_init(&w);
        w.late_is_fine = true;
        if (i)
            w.config.plan = NULL;
        workload_run_args(&w, (char *)(uintptr_t) "grep", (char *)(uintptr_t) "-E",
                          (char *)(uintptr_t) "Sig(Blk|Ign)", (char *)(uintptr_t) "/proc/self/status");
        workload_expect(&w, 0);
        unsigned long blocked, ignored;
        assert_int_equal(sscanf(w.output, "SigBlk: %lx SigIgn: %lx", &blocked, &ignored), 2);
        assert_int_equal(blocked, 1ul << (SIGUSR2 - 1));
        assert_int_equal(ignored & 0x7fffffff,
                         1ul << (SIGUSR1 - 1) | 1ul << (SIGCHLD - 1));
        workload_deinit(&w);
    }
    struct sigaction now;
    sigaction(SIGCHLD, NULL, &now);
    assert_true(now.sa_handler == SIG_IGN);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

/* Only what was open is open: 0, 1, 2, the descriptor of the listing, and one of the test's. */
static void test_descriptors(void **state)
{
    int inherited = dup(STDERR_FILENO);

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct workload w;
        workload_init(&w);
        w.late_is_fine = true;
        if (i)
            w.config.plan = NULL;
        workload_run_args(&w, (char *)(uintptr_t) "ls", (char *)(uintptr_t) "/proc/self/fd");
        workload_expect(&w, 0);
        char *wanted = hwp_asprintf("\n%d\n", inherited);
        assert_non_null(strstr(w.output, wanted));
        assert_int_equal(strncmp(w.output, "0\n1\n", 4), 0);
        free(wanted);
        workload_deinit(&w);
    }
    close(inherited);
}

static void test_no_plan_is_not_traced(void **state)
{
    struct workload w;

    (void)state;
    workload_init(&w);
    w.config.plan = NULL;
    workload_sh(&w, "grep -E '^(TracerPid|Seccomp):' /proc/self/status");
    workload_expect(&w, 0);
    FILE *plain = popen("grep -E '^(TracerPid|Seccomp):' /proc/self/status", "r");
    char *wanted = workload_read(fileno(plain));
    pclose(plain);
    assert_string_equal(w.output, wanted);
    assert_non_null(strstr(wanted, "TracerPid:\t0\n"));
    free(wanted);
    assert_int_equal(w.run.pins.len, 0);
    workload_deinit(&w);
}

struct exec_seen {
    unsigned calls;
    char exe[64];
    bool fail;
};

static struct hwp_error *on_exec(void *ctx, pid_t pid)
{
    struct exec_seen *seen = ctx;
    char path[64];

    seen->calls++;
    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    ssize_t n = readlink(path, seen->exe, sizeof(seen->exe) - 1);
    if (n > 0)
        seen->exe[n] = '\0';
    return seen->fail ? hwp_error(HWP_E_INVALID, "not this one") : NULL;
}

static void test_on_exec(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct workload w;
        struct exec_seen seen = {.fail = i >= 2};
        workload_init(&w);
        w.late_is_fine = true;
        if (i % 2)
            w.config.plan = NULL;
        w.config.on_exec = on_exec;
        w.config.ctx = &seen;
        workload_sh(&w, "echo ran; sh -c true; grep TracerPid /proc/self/status; exit 5");
        if (w.error && w.error->code == HWP_E_DENIED)
            skip();
        assert_int_equal(seen.calls, 1);
        assert_non_null(strstr(seen.exe, "sh"));
        if (seen.fail) {
            assert_non_null(w.error);
            assert_string_equal(w.error->msg, "not this one");
            assert_string_equal(w.output, "");
        } else {
            workload_expect(&w, 5);
            assert_int_equal(strstr(w.output, "TracerPid:\t0") != NULL, i % 2);
        }
        workload_deinit(&w);
    }
}

/* Launched and never let go: it ends with the target, and leaves no zombie. */
static void test_destroy(void **state)
{
    struct hwp_target *target = NULL;
    char *argv[] = {(char *)(uintptr_t) "sleep", (char *)(uintptr_t) "100", NULL};
    struct hwp_target_config config = {.argv = argv};

    (void)state;
    assert_null(hwp_target_launch(&config, &target));
    pid_t pid = hwp_target_pid(target);
    assert_int_equal(kill(pid, 0), 0);
    hwp_target_destroy(target);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_killed_while_held(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct hwp_target *target hwp_cleanup(hwp_target_cleanup) = NULL;
        struct workload w;
        char *argv[] = {(char *)(uintptr_t) "true", NULL};
        workload_init(&w);
        w.config.argv = argv;
        if (i)
            w.config.plan = NULL;
        assert_null(hwp_target_launch(&w.config, &target));
        kill(hwp_target_pid(target), SIGKILL);
        w.error = hwp_target_run(target, &w.run);
        workload_expect(&w, 137);
        workload_deinit(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_status),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_signal_state),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_no_plan_is_not_traced),
        cmocka_unit_test(test_on_exec),
        cmocka_unit_test(test_destroy),
        cmocka_unit_test(test_killed_while_held),
    };

    return cmocka_run_group_tests(tests, workload_setup, workload_teardown);
}
