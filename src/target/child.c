#include "target/child.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "target/filter.h"

static_assert(sizeof(struct hwp_child_report) <= PIPE_BUF, "a report must be written whole");

static void report(const struct hwp_child *child, const struct hwp_child_report *what)
{
    ssize_t n;

    do
        n = write(child->reports, what, sizeof(*what));
    while (n < 0 && errno == EINTR);
}

static void apply_memory_policy(const struct hwp_child *child)
{
    const struct hwp_mempolicy *policy = child->config->memory;

    if (!policy || policy->kind == HWP_MEMPOLICY_DEFAULT)
        return;

    struct hwp_error *err = hwp_mempolicy_apply(child->config->topology, policy);
    if (!err)
        return;
    struct hwp_child_report what = {
        .stage = HWP_CHILD_MEMORY, .code = err->code, .errnum = err->errnum};
    snprintf(what.msg, sizeof(what.msg), "%s", err->msg);
    snprintf(what.hint, sizeof(what.hint), "%s", err->hint ? err->hint : "");
    report(child, &what);
    _exit(125);
}

/* A file of no format that the kernel knows is a script of the shell's, as for execvp(3). */
static void exec_by_shell(const struct hwp_child *child)
{
    char *const *argv = child->config->argv;
    size_t n = 0;

    while (argv[n])
        n++;
    const char **args = hwp_calloc(n + 2, sizeof(*args));
    args[0] = "/bin/sh";
    args[1] = child->path;
    for (size_t i = 1; i < n; i++)
        args[i + 1] = argv[i];
    execv(args[0], (char *const *)(uintptr_t)args);
    free(args);
    errno = ENOEXEC;
}

static void apply_settings(const struct hwp_child *child)
{
    const struct hwp_target_config *config = child->config;

    for (char *const *setting = config->env; setting && *setting; setting++)
        putenv(*setting);
    if (config->fixed_addresses) {
        int now = personality(0xffffffff); /* asks */
        if (now >= 0)
            personality((unsigned long)now | ADDR_NO_RANDOMIZE);
    }
}

_Noreturn static void exec_workload(const struct hwp_child *child)
{
    apply_settings(child);
    hwp_limits_restore();
    sigprocmask(SIG_SETMASK, &child->mask, NULL);
    execv(child->path, child->config->argv);
    if (errno == ENOEXEC)
        exec_by_shell(child);
    report(child, &(struct hwp_child_report){.stage = HWP_CHILD_EXEC, .errnum = errno});
    _exit(127);
}

_Noreturn void hwp_child_main(const struct hwp_child *child)
{
    char order;
    ssize_t n;

    apply_memory_policy(child);
    report(child, &(struct hwp_child_report){.stage = HWP_CHILD_READY});
    while ((n = read(child->orders, &order, 1)) != 0) {
        if (n < 0 && errno != EINTR)
            break;
        if (n == 1 && order == HWP_ORDER_EXEC)
            exec_workload(child);
        if (n == 1 && order == HWP_ORDER_FILTER)
            report(child, &(struct hwp_child_report){.stage = HWP_CHILD_FILTERED,
                                                     .errnum = hwp_filter_install()});
    }
    _exit(125);
}
