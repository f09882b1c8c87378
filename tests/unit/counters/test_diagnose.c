/* Every cause of a counter that can't be had, told from made-up facts. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "counters/diagnose.h"

static char kvm[] = "KVM", vmware[] = "VMware", cpu[] = "cpu";

/* A bare-metal machine at Debian's usual settings, seen by a plain user. */
#define METAL_AT(level)                                                                           \
    .has_perf_events = true, .has_core_pmu = true, .core_pmu = cpu, .paranoid = (level),          \
    .euid = 1000, .has_tracefs = true
#define METAL METAL_AT(2)
#define VM                                                                                        \
    .has_perf_events = true, .hypervisor = kvm, .paranoid = 2, .euid = 1000, .has_tracefs = true

#define CYCLES .type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES
#define CLOCK  .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK
#define WATCH  .type = PERF_TYPE_BREAKPOINT, .bp_addr = 0x1000, .bp_len = 4
#define USER   .exclude_kernel = 1

struct row {
    int line;
    struct hwp_system_facts facts;
    enum hwp_scope scope;
    struct perf_event_attr attr;
    bool in_group;
    int errnum;
    enum hwp_cause cause;
    enum hwp_count_state state;
    const char *reason, *remedy; /* parts of them; remedy NULL: there must be none */
};

#define ROW(...) {.line = __LINE__, __VA_ARGS__}

static const struct row rows[] = {
    /* no PMU: in a VM, on bare metal, in a container */
    ROW(.facts = {VM}, .attr = {CYCLES}, .errnum = ENOENT, .cause = HWP_CAUSE_NO_PMU,
        .reason = "this VM (KVM) exposes no PMU", .remedy = "host-passthrough"),
    ROW(.facts = {.has_perf_events = true, .hypervisor = vmware, .paranoid = 2},
        .attr = {.type = PERF_TYPE_RAW, .config = 0x1c0}, .errnum = ENOENT,
        .cause = HWP_CAUSE_NO_PMU, .reason = "VMware", .remedy = "vpmc.enable"),
    ROW(.facts = {.has_perf_events = true, .paranoid = 2}, .attr = {CYCLES}, .errnum = ENOENT,
        .cause = HWP_CAUSE_NO_PMU, .reason = "the kernel has no driver for this machine's PMU",
        .remedy = "dmesg"),
    ROW(.facts = {.has_perf_events = true, .paranoid = 2, .in_container = true},
        .attr = {.type = PERF_TYPE_HW_CACHE}, .errnum = ENOENT, .cause = HWP_CAUSE_NO_PMU,
        .reason = "under this container", .remedy = "dmesg"),
    ROW(.facts = {VM}, .attr = {CYCLES}, .errnum = EOPNOTSUPP, .cause = HWP_CAUSE_NO_PMU,
        .reason = "no PMU", .remedy = "bare-metal"),
    ROW(.facts = {VM}, .attr = {CYCLES}, .errnum = ENODEV, .cause = HWP_CAUSE_NO_PMU,
        .reason = "no PMU", .remedy = "bare-metal"),

    /* a PMU without this event */
    ROW(.facts = {METAL}, .attr = {CYCLES}, .errnum = ENOENT, .cause = HWP_CAUSE_EVENT_UNKNOWN,
        .reason = "the PMU (cpu) has no such event", .remedy = "hwprof list"),
    ROW(.facts = {METAL}, .attr = {CYCLES}, .errnum = ENODEV, .cause = HWP_CAUSE_EVENT_UNKNOWN,
        .reason = "on this CPU", .remedy = "hwprof list"),
    ROW(.facts = {METAL}, .attr = {.type = 17}, .errnum = ENOENT,
        .cause = HWP_CAUSE_EVENT_UNKNOWN, .reason = "type 17", .remedy = "hwprof list"),
    ROW(.facts = {METAL}, .attr = {.type = PERF_TYPE_RAW, .config = 1}, .errnum = EINVAL,
        .cause = HWP_CAUSE_EVENT_UNKNOWN, .reason = "refuses this encoding",
        .remedy = "hwprof list"),
    ROW(.facts = {METAL}, .attr = {.type = PERF_TYPE_TRACEPOINT}, .errnum = ENOENT,
        .cause = HWP_CAUSE_EVENT_UNKNOWN, .reason = "tracepoint", .remedy = "hwprof list"),
    ROW(.facts = {.has_perf_events = true, .paranoid = 2, .euid = 1000},
        .attr = {.type = PERF_TYPE_TRACEPOINT}, .errnum = ENOENT,
        .cause = HWP_CAUSE_EVENT_UNKNOWN, .reason = "tracepoint",
        .remedy = "sudo mount -t tracefs"),
    ROW(.facts = {METAL}, .attr = {.type = PERF_TYPE_SOFTWARE, .config = 99}, .errnum = ENOENT,
        .cause = HWP_CAUSE_EVENT_UNKNOWN, .reason = "software event", .remedy = "hwprof list"),

    /* no system call, or a filter that says so */
    ROW(.facts = {.paranoid = INT_MIN}, .attr = {CLOCK}, .errnum = ENOSYS,
        .cause = HWP_CAUSE_NO_PERF_EVENTS, .reason = "no perf_event_open",
        .remedy = "CONFIG_PERF_EVENTS"),
    ROW(.facts = {.paranoid = 2, .seccomp = true}, .attr = {CLOCK}, .errnum = ENOSYS,
        .cause = HWP_CAUSE_SECCOMP, .state = HWP_COUNT_DENIED, .reason = "seccomp",
        .remedy = "--security-opt seccomp="),

    /* the paranoid level: 2 with the kernel observed, Debian's 3, Ubuntu's 4 */
    ROW(.facts = {METAL}, .attr = {CYCLES}, .errnum = EACCES, .cause = HWP_CAUSE_PARANOID,
        .state = HWP_COUNT_DENIED, .reason = "is 2, which forbids observing the kernel",
        .remedy = "sudo sysctl kernel.perf_event_paranoid=1"),
    ROW(.facts = {METAL}, .attr = {CYCLES}, .errnum = EACCES, .cause = HWP_CAUSE_PARANOID,
        .state = HWP_COUNT_DENIED, .reason = "observing the kernel",
        .remedy = "setcap cap_perfmon+ep"),
    ROW(.facts = {METAL}, .attr = {CYCLES}, .errnum = EACCES, .cause = HWP_CAUSE_PARANOID,
        .state = HWP_COUNT_DENIED, .reason = "observing the kernel", .remedy = ":u"),
    ROW(.facts = {METAL_AT(3), .software_denied = true, .software_errno = EACCES},
        .attr = {CYCLES, USER}, .errnum = EACCES, .cause = HWP_CAUSE_PARANOID,
        .state = HWP_COUNT_DENIED, .reason = "is 3, which forbids every use",
        .remedy = "sudo sysctl kernel.perf_event_paranoid=2"),
    ROW(.facts = {METAL_AT(4), .software_denied = true, .software_errno = EACCES},
        .attr = {CLOCK}, .errnum = EACCES, .cause = HWP_CAUSE_PARANOID,
        .state = HWP_COUNT_DENIED, .reason = "is 4, which forbids every use",
        .remedy = "kernel.perf_event_paranoid=1"),
    ROW(.facts = {METAL, .in_container = true}, .attr = {CLOCK}, .errnum = EACCES,
        .cause = HWP_CAUSE_PARANOID, .state = HWP_COUNT_DENIED, .reason = "observing the kernel",
        .remedy = "on the host: sudo sysctl"),

    /* whole CPUs take level 0, raw tracepoint data −1 */
    ROW(.facts = {METAL_AT(1)}, .scope = HWP_SCOPE_SYSTEM, .attr = {CLOCK, USER},
        .errnum = EACCES, .cause = HWP_CAUSE_PARANOID, .state = HWP_COUNT_DENIED,
        .reason = "observing whole CPUs", .remedy = "sudo sysctl kernel.perf_event_paranoid=0"),
    ROW(.facts = {METAL_AT(0)},
        .attr = {.type = PERF_TYPE_TRACEPOINT, .sample_period = 1, .sample_type = PERF_SAMPLE_RAW},
        .errnum = EPERM, .cause = HWP_CAUSE_PARANOID, .state = HWP_COUNT_DENIED,
        .reason = "raw tracepoint data", .remedy = "sudo sysctl kernel.perf_event_paranoid=-1"),

    /* the level would do, so it is something else */
    ROW(.facts = {METAL_AT(0)}, .attr = {CLOCK}, .errnum = EACCES,
        .cause = HWP_CAUSE_CAPABILITY, .state = HWP_COUNT_DENIED, .reason = "CAP_PERFMON",
        .remedy = "sudo setcap cap_perfmon+ep"),
    ROW(.facts = {METAL_AT(1)}, .scope = HWP_SCOPE_ATTACH, .attr = {CLOCK},
        .errnum = EACCES, .cause = HWP_CAUSE_CAPABILITY, .state = HWP_COUNT_DENIED,
        .reason = "another user's", .remedy = "sudo hwprof"),
    ROW(.facts = {METAL, .cap_perfmon = true}, .attr = {CLOCK}, .errnum = EACCES,
        .cause = HWP_CAUSE_CAPABILITY, .state = HWP_COUNT_DENIED, .reason = "user namespace",
        .remedy = "sudo hwprof"),
    ROW(.facts = {METAL, .cap_perfmon = true, .in_container = true}, .attr = {CLOCK},
        .errnum = EPERM, .cause = HWP_CAUSE_CAPABILITY, .state = HWP_COUNT_DENIED,
        .reason = "user namespace", .remedy = "--cap-add PERFMON"),
    ROW(.facts = {METAL_AT(1)},
        .attr = {.type = PERF_TYPE_BREAKPOINT, .bp_addr = UINT64_MAX - 63}, .errnum = EPERM,
        .cause = HWP_CAUSE_CAPABILITY, .state = HWP_COUNT_DENIED, .reason = "kernel address",
        .remedy = "sudo hwprof"),

    /* not even a user-only software event of our own is let through */
    ROW(.facts = {METAL, .seccomp = true, .in_container = true, .software_denied = true,
                  .software_errno = EPERM},
        .attr = {CYCLES, USER}, .errnum = EPERM, .cause = HWP_CAUSE_SECCOMP,
        .state = HWP_COUNT_DENIED, .reason = "container's seccomp filter",
        .remedy = "docker run --cap-add PERFMON --security-opt seccomp="),
    ROW(.facts = {METAL_AT(4), .seccomp = true, .in_container = true,
                  .software_denied = true, .software_errno = EPERM},
        .attr = {CYCLES}, .errnum = EPERM, .cause = HWP_CAUSE_SECCOMP, .state = HWP_COUNT_DENIED,
        .reason = "seccomp", .remedy = "docker run"),
    ROW(.facts = {METAL, .seccomp = true, .software_denied = true, .software_errno = EPERM},
        .attr = {CYCLES, USER}, .errnum = EPERM, .cause = HWP_CAUSE_SECCOMP,
        .state = HWP_COUNT_DENIED, .reason = "a seccomp filter", .remedy = "sandbox"),
    ROW(.facts = {METAL, .cap_perfmon = true, .software_denied = true, .software_errno = EACCES},
        .attr = {CYCLES, USER}, .errnum = EACCES, .cause = HWP_CAUSE_OTHER,
        .state = HWP_COUNT_DENIED, .reason = "security module", .remedy = "dmesg"),

    /* misfits */
    ROW(.facts = {METAL}, .attr = {CYCLES}, .in_group = true, .errnum = EINVAL,
        .cause = HWP_CAUSE_NO_FIT, .state = HWP_COUNT_NOT_COUNTED, .reason = "more counters",
        .remedy = ":W"),
    ROW(.facts = {METAL}, .attr = {CYCLES, .precise_ip = 2}, .errnum = EOPNOTSUPP,
        .cause = HWP_CAUSE_PRECISION, .reason = "precise_ip=2", .remedy = ":P"),
    ROW(.facts = {METAL}, .attr = {CYCLES, .precise_ip = 3}, .errnum = EINVAL,
        .cause = HWP_CAUSE_PRECISION, .reason = "precise_ip=3", .remedy = "without :p"),
    ROW(.facts = {METAL}, .attr = {CYCLES, .sample_period = 1000}, .errnum = EOPNOTSUPP,
        .cause = HWP_CAUSE_OTHER, .reason = "counted, not sampled", .remedy = "hwprof stat"),
    ROW(.facts = {METAL}, .attr = {CLOCK}, .errnum = EOPNOTSUPP, .cause = HWP_CAUSE_OTHER,
        .reason = "does not support"),
    ROW(.facts = {METAL}, .attr = {CLOCK}, .errnum = EINVAL, .cause = HWP_CAUSE_OTHER,
        .reason = "EINVAL"),
    ROW(.facts = {METAL}, .attr = {WATCH}, .errnum = EINVAL, .cause = HWP_CAUSE_EVENT_UNKNOWN,
        .reason = "aligned", .remedy = "mem:ADDR/4:rw"),

    /* limits */
    ROW(.facts = {METAL}, .attr = {WATCH}, .errnum = ENOSPC, .cause = HWP_CAUSE_LIMIT,
        .state = HWP_COUNT_NOT_COUNTED, .reason = "all hardware breakpoints",
        .remedy = "fewer addresses"),
    ROW(.facts = {METAL}, .attr = {CYCLES}, .errnum = ENOSPC, .cause = HWP_CAUSE_LIMIT,
        .state = HWP_COUNT_NOT_COUNTED, .reason = "no counter left", .remedy = "fewer events"),
    ROW(.facts = {METAL}, .attr = {CYCLES}, .errnum = EBUSY, .cause = HWP_CAUSE_LIMIT,
        .state = HWP_COUNT_NOT_COUNTED, .reason = "another program", .remedy = "lsof"),
    ROW(.facts = {METAL}, .attr = {CYCLES}, .errnum = EMFILE, .cause = HWP_CAUSE_LIMIT,
        .state = HWP_COUNT_NOT_COUNTED, .reason = "open files", .remedy = "ulimit -n"),
    ROW(.facts = {METAL}, .attr = {CYCLES}, .errnum = ENFILE, .cause = HWP_CAUSE_LIMIT,
        .state = HWP_COUNT_NOT_COUNTED, .reason = "open files",
        .remedy = "sudo sysctl fs.file-max"),
    ROW(.facts = {METAL}, .attr = {CYCLES}, .errnum = ENOMEM, .cause = HWP_CAUSE_LIMIT,
        .state = HWP_COUNT_NOT_COUNTED, .reason = "memory", .remedy = "fewer"),
    ROW(.facts = {METAL}, .attr = {CYCLES}, .errnum = EOVERFLOW, .cause = HWP_CAUSE_LIMIT,
        .state = HWP_COUNT_NOT_COUNTED, .reason = "call chains", .remedy = "perf_event_max_stack"),

    /* the rest */
    ROW(.facts = {METAL}, .attr = {CYCLES}, .errnum = ESRCH, .cause = HWP_CAUSE_OTHER,
        .state = HWP_COUNT_NOT_COUNTED, .reason = "the task has ended"),
    ROW(.facts = {METAL}, .attr = {CYCLES}, .errnum = E2BIG, .cause = HWP_CAUSE_OTHER,
        .reason = "too old", .remedy = "newer kernel"),
    ROW(.facts = {METAL}, .attr = {CYCLES}, .errnum = EIO, .cause = HWP_CAUSE_OTHER,
        .reason = "Input/output error"),
};

static void check_text(int line, const char *what, const char *text, const char *part)
{
    if (!part && text)
        fail_msg("row at line %d: a %s was not expected: %s", line, what, text);
    if (part && (!text || !strstr(text, part)))
        fail_msg("row at line %d: %s '%s' lacks '%s'", line, what, text ? text : "(none)", part);
}

static void test_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        const struct row *r = &rows[i];
        struct hwp_diagnosis d =
            hwp_diagnose_open_in(&r->facts, r->scope, &r->attr, r->in_group, r->errnum);

        if (d.cause != r->cause)
            fail_msg("row at line %d: cause %s, expected %s", r->line, hwp_cause_name(d.cause),
                     hwp_cause_name(r->cause));
        if (d.state != r->state)
            fail_msg("row at line %d: state %s, expected %s", r->line,
                     hwp_count_state_name(d.state), hwp_count_state_name(r->state));
        check_text(r->line, "reason", d.reason, r->reason);
        check_text(r->line, "remedy", d.remedy, r->remedy);
        hwp_diagnosis_deinit(&d);
        assert_null(d.reason);
    }
}

/* No errno, event or set of facts may be left without a reason or counted as had. */
static void test_every_errno(void **state)
{
    (void)state;
    for (int errnum = 1; errnum < 134; errnum++)
        for (unsigned type = 0; type < 8; type++)
            for (unsigned bits = 0; bits < 128; bits++) {
                struct hwp_system_facts facts = {
                    .has_core_pmu = bits & 1,
                    .in_container = bits & 2,
                    .cap_perfmon = bits & 4,
                    .seccomp = bits & 8,
                    .software_denied = bits & 16,
                    .software_errno = EPERM,
                    .hypervisor = bits & 32 ? kvm : NULL,
                    .paranoid = bits & 64 ? 4 : INT_MIN,
                };
                struct perf_event_attr attr = {.type = type};
                struct hwp_diagnosis d = hwp_diagnose_open(&facts, &attr, bits & 1, errnum);

                assert_int_not_equal(d.cause, HWP_CAUSE_NONE);
                assert_true(d.reason && d.reason[0]);
                assert_true(d.state == HWP_COUNT_UNSUPPORTED || d.state == HWP_COUNT_DENIED ||
                            d.state == HWP_COUNT_NOT_COUNTED);
                hwp_diagnosis_deinit(&d);
            }
}

static void test_never_ran(void **state)
{
    static const struct row never[] = {
        ROW(.facts = {METAL, .nmi_watchdog = true}, .attr = {CYCLES},
            .cause = HWP_CAUSE_NMI_WATCHDOG, .reason = "NMI watchdog",
            .remedy = "sudo sysctl kernel.nmi_watchdog=0"),
        ROW(.facts = {METAL, .nmi_watchdog = true}, .attr = {CYCLES}, .in_group = true,
            .cause = HWP_CAUSE_NMI_WATCHDOG, .reason = "the group never fitted",
            .remedy = "kernel.nmi_watchdog=0"),
        ROW(.facts = {METAL}, .attr = {CYCLES}, .in_group = true, .cause = HWP_CAUSE_NO_FIT,
            .reason = "the group never fitted", .remedy = ":W"),
        ROW(.facts = {METAL}, .attr = {CYCLES, .pinned = 1}, .cause = HWP_CAUSE_NO_FIT,
            .reason = "pinned", .remedy = "fewer events"),
        ROW(.facts = {METAL}, .attr = {CYCLES}, .cause = HWP_CAUSE_NO_FIT,
            .reason = "others held them all", .remedy = "fewer events"),
        ROW(.facts = {METAL, .nmi_watchdog = true}, .attr = {CLOCK}, .cause = HWP_CAUSE_OTHER,
            .reason = "never scheduled"),
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(never); i++) {
        const struct row *r = &never[i];
        struct hwp_diagnosis d = hwp_diagnose_never_ran(&r->facts, &r->attr, r->in_group);

        if (d.cause != r->cause)
            fail_msg("row at line %d: cause %s", r->line, hwp_cause_name(d.cause));
        assert_int_equal(d.state, HWP_COUNT_NOT_COUNTED);
        check_text(r->line, "reason", d.reason, r->reason);
        check_text(r->line, "remedy", d.remedy, r->remedy);
        hwp_diagnosis_deinit(&d);
    }
}

/* Root types no sudo. */
static void test_root_needs_no_sudo(void **state)
{
    struct hwp_system_facts facts = {METAL, .nmi_watchdog = true};
    struct perf_event_attr attr = {CYCLES};

    facts.euid = 0;
    struct hwp_diagnosis d = hwp_diagnose_never_ran(&facts, &attr, false);

    (void)state;
    assert_string_equal(d.remedy, "sysctl kernel.nmi_watchdog=0");
    hwp_diagnosis_deinit(&d);
}

static void test_cause_names(void **state)
{
    (void)state;
    for (int a = HWP_CAUSE_NONE; a <= HWP_CAUSE_OTHER; a++) {
        assert_non_null(hwp_cause_name((enum hwp_cause)a));
        for (int b = HWP_CAUSE_NONE; b < a; b++)
            assert_string_not_equal(hwp_cause_name((enum hwp_cause)a),
                                    hwp_cause_name((enum hwp_cause)b));
    }
}

/* Gathering and the doctor's findings on whatever machine this is: consistent with themselves. */
static void test_doctor(void **state)
{
    struct hwp_system_facts facts;
    struct hwp_findings findings;
    bool hardware_ok = false;

    (void)state;
    hwp_system_facts_gather(&facts);
    hwp_doctor(&facts, &findings);
    assert_true(findings.len >= 7);
    hwp_vec_foreach(&findings, f) {
        assert_true(f->what[0]);
        assert_true(f->detail && f->detail[0]);
        if (f->ok)
            assert_null(f->remedy);
        if (!strcmp(f->what, "hardware events"))
            hardware_ok = f->ok;
    }
    if (!facts.has_core_pmu)
        assert_false(hardware_ok);
    hwp_findings_deinit(&findings);
    hwp_system_facts_deinit(&facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_every_errno),
        cmocka_unit_test(test_never_ran),
        cmocka_unit_test(test_root_needs_no_sudo),
        cmocka_unit_test(test_cause_names),
        cmocka_unit_test(test_doctor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
