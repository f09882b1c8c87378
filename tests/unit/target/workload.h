/*
 * For the tests of src/target: runs a command as hwprof would, under a plan of the test's making,
 * with its output caught; and compiles small programs into a scratch directory.
 */
#ifndef TESTS_UNIT_TARGET_WORKLOAD_H
#define TESTS_UNIT_TARGET_WORKLOAD_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "target/target.h"

struct workload {
    struct hwp_plan plan;
    struct hwp_run run;
    struct hwp_target_config config;
    struct hwp_error *error;
    bool late_is_fine; /* the test holds where ptrace or seccomp is refused, too */
    char *output; /* what it wrote to stdout */
    void (*meanwhile)(struct workload *w, pid_t pid); /* between launch and run */
};

static char workload_dir[] = "/tmp/hwp-target-XXXXXX";

/* One slot for each CPU that the test itself may use. */
static inline void workload_init(struct workload *w)
{
    struct hwp_cpuset mine;

    *w = (struct workload){0};
    assert_int_equal(hwp_cpuset_of_task(0, &mine), 0);
    hwp_cpuset_foreach(&mine, cpu) {
        hwp_vec_push(&w->plan.slots, (struct hwp_slot){.cpu = (unsigned)cpu});
        hwp_cpuset_add(&w->plan.cpus, (unsigned)cpu);
    }
    w->config.plan = &w->plan;
}

static inline void workload_deinit(struct workload *w)
{
    hwp_vec_deinit(&w->plan.slots);
    hwp_run_deinit(&w->run);
    hwp_error_destroy(w->error);
    free(w->output);
}

static inline char *workload_read(int fd)
{
    struct hwp_str text = {0};
    char buffer[4096];
    ssize_t n;

    while ((n = read(fd, buffer, sizeof(buffer))) > 0)
        hwp_str_addn(&text, buffer, (size_t)n);
    return hwp_str_steal(&text);
}

static inline void workload_run(struct workload *w, char *const *argv)
{
    struct hwp_target *target hwp_cleanup(hwp_target_cleanup) = NULL;
    FILE *output = tmpfile();
    int saved = dup(STDOUT_FILENO);

    assert_non_null(output);
    fflush(stdout);
    dup2(fileno(output), STDOUT_FILENO);
    w->config.argv = argv;
    w->error = hwp_target_launch(&w->config, &target);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    if (!w->error && w->meanwhile)
        w->meanwhile(w, hwp_target_pid(target));
    if (!w->error)
        w->error = hwp_target_run(target, &w->run);
    lseek(fileno(output), 0, SEEK_SET);
    w->output = workload_read(fileno(output));
    fclose(output);
    if (w->error)
        print_message("error: %s (%s)\n", w->error->msg, w->error->hint ? w->error->hint : "-");
}

#define workload_run_args(w, ...) workload_run((w), (char *[]){__VA_ARGS__, NULL})
#define workload_sh(w, script)                                                                    \
    workload_run_args((w), (char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",                    \
                      (char *)(uintptr_t)(script))

/* Fails with the workload's own error and output in view. */
static inline void workload_expect(const struct workload *w, int status)
{
    if (w->error)
        fail_msg("error: %s", w->error->msg);
    if (w->run.exit_status != status)
        fail_msg("exit status %d instead of %d; output: %s", w->run.exit_status, status,
                 w->output);
    hwp_vec_foreach(&w->run.notes, note)
        if (note->id == HWP_NOTE_PIN_LATE && !w->late_is_fine) {
            print_message("pinned late: %s\n", note->detail);
            skip();
        }
}

/* Whether every slot of the plan is free again. */
static inline bool workload_plan_is_idle(const struct workload *w)
{
    hwp_vec_foreach(&w->plan.slots, slot)
        if (slot->live)
            return false;
    return true;
}

static inline int workload_setup(void **state)
{
    (void)state;
    return mkdtemp(workload_dir) ? 0 : -1;
}

static inline int workload_teardown(void **state)
{
    char *command = hwp_asprintf("rm -rf %s", workload_dir);
    int rc = system(command);

    (void)state;
    free(command);
    return rc;
}

/* The path of a file in the scratch directory; the caller frees it. */
static inline char *workload_file(const char *name, const char *text, mode_t mode)
{
    char *path = hwp_asprintf("%s/%s", workload_dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

/* Compiles a C program with cc; skips the test where there is none. The caller frees the path. */
static inline char *workload_compile(const char *name, const char *source, const char *flags)
{
    char *file_name = hwp_asprintf("%s.c", name);
    char *c = workload_file(file_name, source, 0644);
    char *path = hwp_asprintf("%s/%s", workload_dir, name);
    char *command = hwp_asprintf("cc -O1 -D_GNU_SOURCE -o %s %s %s 2>&1", path, c, flags);
    bool has_cc = system("command -v cc >/dev/null 2>&1") == 0;
    int rc = has_cc ? system(command) : 0;

    free(file_name);
    free(c);
    free(command);
    if (!has_cc) {
        print_message("no cc\n");
        skip();
    }
    if (rc)
        fail_msg("%s does not compile", name);
    return path;
}

#endif
