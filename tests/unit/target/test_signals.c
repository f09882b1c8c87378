/* Signals, stops, timeouts, daemons: what following must not disturb. */
#include "workload.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "base/limits.h"
#include "target/attach.h"
#include "target/signals_hold.h"

#define MS 1000000u

/* A helper process of the test's that does something to the workload after a while. */
static pid_t after_ms(unsigned ms, void (*act)(pid_t pid), pid_t pid)
{
    pid_t helper = fork();

    if (helper)
        return helper;
    /* A grandchild, so that the target's wait for any child never sees it. */
    if (fork())
        _exit(0);
    usleep(ms * 1000);
    act(pid);
    _exit(0);
}

static char state_of(pid_t pid)
{
    char path[64], state = '?';

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (f) {
        if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
            state = '?';
        fclose(f);
    }
    return state;
}

static void stop_and_continue(pid_t pid)
{
    kill(pid, SIGSTOP);
    usleep(300000);
    char state = state_of(pid);
    /* The exit status tells whether it really stood still. */
    if (state != 'T' && state != 't')
        kill(pid, SIGKILL);
    kill(pid, SIGCONT);
}

static void start_stop_and_continue(struct workload *w, pid_t pid)
{
    (void)w;
    waitpid(after_ms(100, stop_and_continue, pid), NULL, 0);
}

static void test_stop_and_continue(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct workload w;
        workload_init(&w);
        w.late_is_fine = true;
        if (i)
            w.config.plan = NULL;
        w.meanwhile = start_stop_and_continue;
        workload_run_args(&w, (char *)(uintptr_t) "perl", (char *)(uintptr_t) "-e",
                          (char *)(uintptr_t) "for (1..20) { select(undef,undef,undef,0.01) } "
                                              "exit 21");
        workload_expect(&w, 21);
        assert_true(w.run.duration_ns > 350 * MS);
        workload_deinit(&w);
    }
}

/* A job-control shell inside the workload: it must see its child stop and go on. */
static void test_child_stops(void **state)
{
    static const char source[] =
        "#include <signal.h>\n#include <sys/wait.h>\n#include <unistd.h>\n"
        "int main(void) { pid_t p = fork(); int st;\n"
        "    if (!p) { raise(SIGSTOP); raise(SIGSTOP); _exit(8); }\n"
        "    for (int i = 0; i < 2; i++) {\n"
        "        if (waitpid(p, &st, WUNTRACED) != p || !WIFSTOPPED(st)) return 1;\n"
        "        kill(p, SIGCONT);\n"
        "        if (waitpid(p, &st, WCONTINUED) != p || !WIFCONTINUED(st)) return 2; }\n"
        "    waitpid(p, &st, 0); return WEXITSTATUS(st) + 1; }\n";
    char *program = workload_compile("childstops", source, "");
    struct workload w;

    (void)state;
    workload_init(&w);
    w.late_is_fine = true;
    workload_run_args(&w, program);
    workload_expect(&w, 9);
    workload_deinit(&w);
    free(program);
}

static void test_timer_storm(void **state)
{
    static const char source[] =
        "#include <signal.h>\n#include <sys/time.h>\n#include <unistd.h>\n"
        "static volatile int n; static void on(int s) { n += s == SIGALRM; }\n"
        "int main(void) { struct itimerval v = {{0, 1000}, {0, 1000}};\n"
        "    signal(SIGALRM, on); setitimer(ITIMER_REAL, &v, 0);\n"
        "    while (n < 300) pause(); return 33; }\n";
    char *program = workload_compile("storm", source, "");
    struct workload w;

    (void)state;
    workload_init(&w);
    w.late_is_fine = true;
    workload_run_args(&w, program);
    workload_expect(&w, 33);
    assert_true(w.run.duration_ns < 3000ull * MS);
    workload_deinit(&w);
    free(program);
}

static void test_timeout(void **state)
{
    static const struct {
        int line;
        const char *script;
        int status;
        unsigned min_ms, max_ms;
    } rows[] = {
        {__LINE__, "exec sleep 100", 143, 200, 1500},
        {__LINE__, "sleep 100; exit 5", 143, 200, 1500},
        {__LINE__, "trap 'exit 12' TERM; while :; do sleep 0.05; done", 12, 200, 1500},
        {__LINE__, "kill -STOP $$", 143, 200, 1500},
        {__LINE__, "trap '' TERM; while :; do sleep 0.05; done", 137, 2200, 4000},
        {__LINE__, "exit 3", 3, 0, 200},
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows) * 2; i++) {
        struct workload w;
        workload_init(&w);
        w.late_is_fine = true;
        if (i % 2)
            w.config.plan = NULL;
        w.config.timeout_ns = 200 * MS;
        workload_sh(&w, rows[i / 2].script);
        print_message("row %d, %s plan: %.0f ms\n", rows[i / 2].line, i % 2 ? "no" : "a",
                      (double)w.run.duration_ns / 1e6);
        workload_expect(&w, rows[i / 2].status);
        assert_true(w.run.duration_ns >= (uint64_t)rows[i / 2].min_ms * MS);
        assert_true(w.run.duration_ns <= (uint64_t)rows[i / 2].max_ms * MS);
        workload_deinit(&w);
    }
}

/* hwprof's signals, sent to the test's own process while it runs the workload. */
static pid_t tester;

static void send_int_and_term(pid_t pid)
{
    (void)pid;
    kill(tester, SIGINT);
    kill(tester, SIGQUIT);
    usleep(50000);
    kill(tester, SIGTERM);
}

static void start_int_and_term(struct workload *w, pid_t pid)
{
    (void)w;
    waitpid(after_ms(200, send_int_and_term, pid), NULL, 0);
}

static void test_forwarding(void **state)
{
    (void)state;
    tester = getpid();
    for (int i = 0; i < 2; i++) {
        struct workload w;
        struct sigaction after;
        workload_init(&w);
        w.late_is_fine = true;
        if (i)
            w.config.plan = NULL;
        w.meanwhile = start_int_and_term;
        workload_sh(&w, "trap 'exit 44' TERM; trap 'exit 45' INT; while :; do sleep 0.02; done");
        workload_expect(&w, 44);
        sigaction(SIGTERM, NULL, &after);
        assert_true(after.sa_handler == SIG_DFL);
        sigaction(SIGINT, NULL, &after);
        assert_true(after.sa_handler == SIG_DFL);
        workload_deinit(&w);
    }
}

/* What the workload leaves running goes on: untraced, with the affinity it would have had, able
 * to handle signals, to stop and to continue. */
static void test_daemon_lives_on(void **state)
{
    struct hwp_cpuset mine, its;
    struct workload w;
    char *file = hwp_asprintf("%s/daemon", workload_dir);
    char *script = hwp_asprintf(
        "(trap 'echo usr1 >>%s' USR1; i=0; while [ $i -lt 200 ]; do sleep 0.05; i=$((i+1)); done) "
        ">/dev/null 2>&1 & echo $!; sleep 0.05; exit 2",
        file);

    (void)state;
    workload_init(&w);
    w.late_is_fine = true;
    workload_sh(&w, script);
    workload_expect(&w, 2);
    assert_true(w.run.duration_ns < 2000ull * MS);
    pid_t daemon = (pid_t)atoi(w.output);
    assert_true(daemon > 1);
    assert_int_equal(hwp_cpuset_of_task(0, &mine), 0);
    assert_int_equal(hwp_cpuset_of_task(daemon, &its), 0);
    assert_true(hwp_cpuset_equal(&mine, &its));

    char *command = hwp_asprintf("grep -q 'TracerPid:.0$' /proc/%d/status", (int)daemon);
    assert_int_equal(system(command), 0);
    kill(daemon, SIGSTOP);
    usleep(100000);
    assert_int_equal(state_of(daemon), 'T');
    kill(daemon, SIGCONT);
    kill(daemon, SIGUSR1);
    usleep(200000);
    assert_int_not_equal(state_of(daemon), 'T');
    assert_int_equal(access(file, F_OK), 0);
    kill(daemon, SIGKILL);
    free(command);
    free(script);
    free(file);
    workload_deinit(&w);
}

/* ptrace is taken: the workload is pinned late, and the run says so. */
static void test_late(void **state)
{
    struct workload w;

    (void)state;
    workload_init(&w);
    w.late_is_fine = true;
    struct hwp_target *target hwp_cleanup(hwp_target_cleanup) = NULL;
    char *argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
                    (char *)(uintptr_t) "sleep 0.3 & sleep 0.3 & (sleep 0.3; exit 1) & wait; exit 6",
                    NULL};
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    w.config.argv = argv;
    assert_null(hwp_target_launch(&w.config, &target));
    /* Another process traces the child already, so that seizing it is refused. */
    pid_t tracer = fork();
    if (tracer == 0) {
        long rc = ptrace(PTRACE_SEIZE, hwp_target_pid(target), NULL, NULL);
        byte = rc == 0 ? 'y' : 'n';
        if (write(ready[1], &byte, 1) != 1)
            _exit(1);
        for (int status; waitpid(-1, &status, __WALL) > 0;)
            if (WIFSTOPPED(status))
                ptrace(PTRACE_CONT, hwp_target_pid(target), NULL,
                       (void *)(intptr_t)(status >> 16 ? 0 : WSTOPSIG(status)));
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    w.error = hwp_target_run(target, &w.run);
    waitpid(tracer, NULL, 0);
    workload_expect(&w, 6);
    assert_true(w.run.notes.len >= 1);
    assert_int_equal(w.run.notes.data[0].id, HWP_NOTE_PIN_LATE);
    size_t pinned = 0;
    hwp_vec_foreach(&w.run.pins, pin)
        pinned += pin->cpu >= 0;
    assert_true(pinned >= 3);
    close(ready[0]);
    close(ready[1]);
    workload_deinit(&w);
}

/* Of the first 64 signals. */
static uint64_t blocked(void)
{
    sigset_t set;
    uint64_t ret = 0;

    sigprocmask(SIG_BLOCK, NULL, &set);
    for (int sig = 1; sig < 64; sig++)
        ret |= (uint64_t)(sigismember(&set, sig) == 1) << sig;
    return ret;
}

/* Held signals reach the workload as ever, don't end the tester after it, and are not inherited. */
static void test_hold(void **state)
{
    (void)state;
    tester = getpid();
    for (int i = 0; i < 2; i++) {
        struct workload w;
        uint64_t before = blocked();

        workload_init(&w);
        w.late_is_fine = true;
        if (i)
            w.config.plan = NULL;
        hwp_hold_signals();
        assert_false(hwp_signals_came());
        w.meanwhile = start_int_and_term;
        workload_sh(&w, "trap 'grep SigBlk /proc/self/status; exit 44' TERM; "
                        "while :; do sleep 0.02; done");
        kill(getpid(), SIGINT);
        kill(getpid(), SIGTERM);
        hwp_release_signals();
        assert_true(hwp_signals_came());
        workload_expect(&w, 44);
        assert_string_equal(w.output, "SigBlk:\t0000000000000000\n");
        assert_true(blocked() == before);
        workload_deinit(&w);
    }
    hwp_hold_signals();
    hwp_release_signals();
    assert_false(hwp_signals_came());
}

static void send_hup(pid_t pid)
{
    (void)pid;
    kill(tester, SIGHUP);
}

/* A process that is attached to: SIGHUP ends the wait, unless hwprof was started by nohup. */
static void test_attach_wait(void **state)
{
    const struct {
        void (*hup)(int);
        uint64_t min_ms, max_ms;
    } rows[] = {{SIG_IGN, 600, 3000}, {SIG_DFL, 50, 550}};

    (void)state;
    tester = getpid();
    for (size_t i = 0; i < 2 * hwp_array_size(rows); i++) {
        struct hwp_run run = {0};
        bool held = i % 2;

        signal(SIGHUP, rows[i / 2].hup);
        if (held)
            hwp_hold_signals();
        waitpid(after_ms(100, send_hup, 0), NULL, 0);
        assert_null(hwp_attach_wait(-1, 600ull * MS, &run));
        if (held)
            hwp_release_signals();
        assert_in_range(run.duration_ns, rows[i / 2].min_ms * MS, rows[i / 2].max_ms * MS);
        assert_true(!held || hwp_signals_came() == (i / 2 == 1));
    }
    signal(SIGHUP, SIG_DFL);
}

/* Without a file to read signals from nothing would end the wait: an error, and no hang. */
static void test_attach_without_files(void **state)
{
    struct rlimit limit, none;
    struct hwp_run run = {0};
    uint64_t before = blocked();

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (int i = 0; i < 2; i++) {
        struct hwp_error *err = hwp_attach_wait(i ? getppid() : -1, 10000ull * MS, &run);
        assert_non_null(err);
        assert_int_equal(err->errnum, EMFILE);
        assert_non_null(strstr(err->hint, "ulimit -n"));
        hwp_error_destroy(err);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(blocked() == before);
}

/* A limit that hwprof has raised for itself is not the workload's. */
static void test_limits(void **state)
{
    struct rlimit limit, lower;
    struct workload w;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    lower = (struct rlimit){.rlim_cur = 64, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &lower), 0);
    assert_true(hwp_limits_raise_files());
    workload_init(&w);
    w.late_is_fine = true;
    workload_sh(&w, "ulimit -n");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    workload_expect(&w, 0);
    assert_string_equal(w.output, "64\n");
    workload_deinit(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stop_and_continue),
        cmocka_unit_test(test_child_stops),
        cmocka_unit_test(test_timer_storm),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_forwarding),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_attach_wait),
        cmocka_unit_test(test_attach_without_files),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_daemon_lives_on),
        cmocka_unit_test(test_late),
    };

    return cmocka_run_group_tests(tests, workload_setup, workload_teardown);
}
