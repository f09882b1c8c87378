/* Plans handing out CPUs, memory policies, and both on a drawing of the machine. */
#include "load.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "topology/draw.h"
#include "topology/mempolicy.h"
#include "topology/plan.h"

/* Who gets which CPU as tasks come and go. */
static void test_sequences(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text;
        bool oversubscribed;
        int steps[12]; /* ≥ 0: assign gives it; < 0: ~cpu is released; 99 ends */
    } rows[] = {
        {__LINE__, "0-2", false, {0, 1, 2, 99}},
        {__LINE__, "0-2", true, {0, 1, 2, 0, 1, 99}},
        {__LINE__, "0-2", false, {0, 1, ~0, 0, 2, 99}},
        {__LINE__, "2,0,1", false, {2, 0, ~2, 2, 1, ~0, ~2, 2, 0, 99}},
        {__LINE__, "0-1", true, {0, 1, 0, ~1, 1, 1, 99}},
        {__LINE__, "3,3", false, {3, 3, ~3, 3, 99}},
        {__LINE__, "3,3", true, {3, 3, 3, 99}},
        {__LINE__, "0-1", false, {0, ~7, ~1, ~0, ~0, 0, 1, 99}},
        {__LINE__, "none", false, {~1000, 99}},
    };
    struct hwp_topology *t = load("pack:1 core:4 pu:1", NULL);

    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_plan *plan = NULL;
        assert_null(hwp_plan_create(t, rows[i].text, &plan));
        for (const int *step = rows[i].steps; *step != 99; step++)
            if (*step < 0)
                hwp_plan_release(plan, ~*step);
            else if (hwp_plan_assign(plan) != *step)
                fail_msg("row at line %d, step %d", rows[i].line, (int)(step - rows[i].steps));
        if (plan->was_oversubscribed != rows[i].oversubscribed)
            fail_msg("row at line %d: oversubscribed", rows[i].line);
        if (!plan->slots.len)
            assert_int_equal(hwp_plan_assign(plan), -1);
        hwp_plan_destroy(plan);
    }
    struct hwp_plan *plan = NULL;
    struct hwp_error *err = hwp_plan_create(t, "core:9", &plan);
    assert_non_null(err);
    assert_null(plan);
    hwp_error_destroy(err);
    hwp_topology_destroy(t);
}

static void test_mempolicy_parse(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *topology, *nodes, *formatted, *error;
    } rows[] = {
        {__LINE__, SMT, "0", "bind:0", NULL},
        {__LINE__, SMT, "all", "bind:0-1", NULL},
        {__LINE__, MEMORY, "1", "bind:4", NULL},
        {__LINE__, MEMORY, "0-1", "bind:0,4", NULL},
        {__LINE__, SMT, "2", NULL, "there is no NUMA node 2 | this machine has NUMA node 0-1"},
        {__LINE__, SMT, "", NULL, "no NUMA node is named"},
        {__LINE__, SMT, "x", NULL, "NUMA nodes: "},
    };

    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_topology *t = load(rows[i].topology, NULL);
        struct hwp_mempolicy policy = {0};
        struct hwp_error *err =
            hwp_mempolicy_parse(t, HWP_MEMPOLICY_BIND, rows[i].nodes, &policy);
        char *got = err ? hwp_asprintf("%s | %s", err->msg, err->hint)
                        : hwp_mempolicy_format(&policy);
        if (rows[i].error ? !err || !strstr(got, rows[i].error)
                          : err || strcmp(got, rows[i].formatted) != 0)
            fail_msg("row at line %d: %s", rows[i].line, got);
        free(got);
        hwp_error_destroy(err);
        if (!rows[i].error) {
            err = hwp_mempolicy_apply(t, &policy);
            assert_non_null(err); /* not this machine */
            hwp_error_destroy(err);
        }
        hwp_topology_destroy(t);
    }
    assert_null(hwp_mempolicy_format(&(struct hwp_mempolicy){0}));
}

/* In a child, as the launcher does: 0 the kernel has it, 1 it has not, 77 it is not to be had. */
static int child_applies(const struct hwp_topology *t, const struct hwp_mempolicy *policy, int mode)
{
    struct hwp_error *err = hwp_mempolicy_apply(t, policy);
    unsigned long nodes[64] = {0};
    int got = -1;

    if (err) {
        bool cannot = err->errnum == ENOSYS || err->errnum == EPERM;
        hwp_error_destroy(err);
        return cannot ? 77 : 1;
    }
    if (syscall(SYS_get_mempolicy, &got, nodes, sizeof(nodes) * 8, NULL, 0) < 0)
        return 1;
    return (got & 0xff) != mode || nodes[0] != policy->nodes.words[0];
}

static void test_mempolicy_apply(void **state)
{
    (void)state;
    static const struct {
        enum hwp_mempolicy_kind kind;
        int mode;
    } rows[] = {{HWP_MEMPOLICY_BIND, MPOL_BIND}, {HWP_MEMPOLICY_INTERLEAVE, MPOL_INTERLEAVE}};
    struct hwp_topology *t = NULL;

    assert_null(hwp_topology_load(HWP_TOPOLOGY_THIS, NULL, NULL, &t));
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_mempolicy policy;
        int status;
        assert_null(hwp_mempolicy_parse(t, rows[i].kind, "all", &policy));
        pid_t pid = fork();
        if (pid == 0)
            _exit(child_applies(t, &policy, rows[i].mode));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        int rc = WEXITSTATUS(status);
        if (rc == 77)
            print_message("no memory policies here: not checked\n");
        else
            assert_int_equal(rc, 0);
    }
    hwp_topology_destroy(t);
}

static void check_drawing(const char *topology, const char *allowed, const char *plan_text,
                          unsigned width, const char *want)
{
    struct hwp_topology *t = load(topology, allowed);
    struct hwp_plan *plan = NULL;
    struct hwp_out out;

    assert_null(hwp_plan_create(t, plan_text, &plan));
    hwp_out_init_memory(&out);
    out.width = width;
    hwp_topology_draw(t, plan, &out);
    assert_string_equal(out.text.data, want);
    hwp_str_deinit(&out.text);
    hwp_plan_destroy(plan);
    hwp_topology_destroy(t);
}

static void test_drawing(void **state)
{
    (void)state;
    check_drawing(SMT, "0-13", "0-1,8", 40,
                  "2 packages, 8 cores, 16 CPUs, 2 × L3 32 MiB, 2 NUMA nodes\n\n"
                  "Package 0\n"
                  "  NUMA node 0, 8 GiB\n"
                  "    L3 0, 32 MiB\n"
                  "      [0←1 1←2]   [2 3]\n"
                  "      [4 5]       [6 7]\n"
                  "Package 1\n"
                  "  NUMA node 1, 8 GiB\n"
                  "    L3 1, 32 MiB\n"
                  "      [8←3 9]     [10 11]\n"
                  "      [12 13]     [(14) (15)]\n"
                  "\n[ ] is a core with its CPUs; (n) is not allowed here (14 of 16 CPUs are)\n"
                  "--pin 0-1,8: n←1 gets the 1st task (CPU 0), n←2 the 2nd (CPU 1); after 3, CPUs "
                  "are shared\n");
    check_drawing(MEMORY, NULL, "none", 0,
                  "1 package, 4 cores, 4 CPUs, 2 NUMA nodes\n\n"
                  "Package 0\n"
                  "  NUMA node 0, 8 GiB\n"
                  "    [0] [1] [2] [3]\n"
                  "NUMA node 1, 64 GiB, memory without CPUs\n"
                  "\n[ ] is a core with its CPUs\n"
                  "--pin none: tasks are not pinned\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_mempolicy_parse),
        cmocka_unit_test(test_mempolicy_apply),
        cmocka_unit_test(test_drawing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
