#include <errno.h>
#include <limits.h>
#include <linux/hw_breakpoint.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "counters/diagnose.h"
#include "counters/model_launch.h"

/* Opens `attr` for a moment: 0, or the errno it fails with. */
static int try_open(struct perf_event_attr attr, pid_t pid, int cpu)
{
    attr.size = sizeof(attr);
    attr.disabled = 1;

    int fd = (int)syscall(SYS_perf_event_open, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

static void add(struct hwp_findings *list, const char *what, bool ok, char *detail, char *remedy)
{
    hwp_vec_push(list, (struct hwp_finding){
                           .what = what, .ok = ok, .detail = detail, .remedy = remedy});
}

static const char *sudo(const struct hwp_system_facts *facts)
{
    return facts->in_container ? "on the host: sudo " : facts->euid == 0 ? "" : "sudo ";
}

/* Tries it, and says either `fine` or what the diagnosis is. */
static bool add_tried(struct hwp_findings *list, const struct hwp_system_facts *facts,
                      const char *what, struct perf_event_attr attr, enum hwp_scope scope,
                      const char *fine)
{
    bool system_wide = scope == HWP_SCOPE_SYSTEM;
    int errnum = try_open(attr, system_wide ? -1 : 0, system_wide ? 0 : -1);

    if (!errnum) {
        add(list, what, true, hwp_strdup(fine), NULL);
        return true;
    }
    struct hwp_diagnosis d = hwp_diagnose_open_in(facts, scope, &attr, false, errnum);
    add(list, what, false, d.reason, d.remedy);
    return false;
}

static void hardware(struct hwp_findings *list, const struct hwp_system_facts *facts)
{
    struct perf_event_attr cycles = {
        .type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES, .exclude_kernel = 1};
    hwp_cleanup(hwp_free_cleanup) char *fine =
        hwp_asprintf("counted by %s", facts->core_pmu ? facts->core_pmu : "the core PMU");

    if (!add_tried(list, facts, "hardware events", cycles, HWP_SCOPE_OWN, fine))
        return;
    cycles.sample_period = 1000000;
    add_tried(list, facts, "hardware sampling", cycles, HWP_SCOPE_OWN, "by counter overflow");

    int level = 3;
    for (; level > 0; level--) {
        cycles.precise_ip = (unsigned)level & 3;
        if (!try_open(cycles, 0, -1))
            break;
    }
    if (level)
        add(list, "precise sampling", true, hwp_asprintf("cycles up to precise_ip=%d", level), NULL);
    else
        add(list, "precise sampling", false,
            hwp_strdup("none for cycles: sampled addresses trail the causing instruction"), NULL);
    if (facts->nmi_watchdog)
        add(list, "NMI watchdog", false, hwp_strdup("on: it holds one counter on every CPU"),
            hwp_asprintf("%ssysctl kernel.nmi_watchdog=0", sudo(facts)));
}

static void modelled(struct hwp_findings *list)
{
    hwp_cleanup(hwp_free_cleanup) char *directory = NULL;
    struct hwp_error *err = hwp_model_tool_directory(&directory);

    if (!err) {
        add(list, "modelled PMU", true,
            hwp_strdup("cycles, misses, contention on a simulated machine: --source model"), NULL);
        return;
    }
    add(list, "modelled PMU", false, hwp_steal(&err->msg), hwp_steal(&err->hint));
    hwp_error_destroy(err);
}

static void software(struct hwp_findings *list, const struct hwp_system_facts *facts)
{
    struct perf_event_attr clock = {
        .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK, .exclude_kernel = 1};

    clock.sample_freq = 100;
    clock.freq = 1;
    add_tried(list, facts, "clock sampling", clock, HWP_SCOPE_OWN, "cpu-clock, task-clock");
    clock.exclude_kernel = 0;
    add_tried(list, facts, "kernel code", clock, HWP_SCOPE_OWN, "observed too");
    add_tried(list, facts, "system-wide", clock, HWP_SCOPE_SYSTEM, "every task on every CPU");
}

static void tracepoints(struct hwp_findings *list, const struct hwp_system_facts *facts)
{
    if (!facts->has_tracefs)
        add(list, "tracepoints", false, hwp_strdup("tracefs is not mounted, or not readable"),
            facts->euid == 0 && !facts->in_container
                ? hwp_strdup("mount -t tracefs nodev /sys/kernel/tracing")
                : hwp_strdup("sudo mount -t tracefs -o mode=755 nodev /sys/kernel/tracing"));
    else
        add(list, "tracepoints", true, hwp_strdup("listed in tracefs"), NULL);
}

static void breakpoints(struct hwp_findings *list, const struct hwp_system_facts *facts)
{
    static int watched;
    struct perf_event_attr attr = {
        .type = PERF_TYPE_BREAKPOINT,
        .bp_type = HW_BREAKPOINT_W,
        .bp_addr = (uintptr_t)&watched,
        .bp_len = sizeof(watched),
        .exclude_kernel = 1,
    };

    add_tried(list, facts, "watchpoints", attr, HWP_SCOPE_OWN, "mem:SYMBOL, mem:ADDR");
}

static void kernel_symbols(struct hwp_findings *list, const struct hwp_system_facts *facts)
{
    if (facts->kptr_restricted)
        add(list, "kernel symbols", false, hwp_strdup("/proc/kallsyms hides the addresses"),
            /* Shown to everyone at kptr_restrict 0 and paranoid ≤ 1 (kernel: kallsyms_show_value);
             * beyond that it takes CAP_SYSLOG. */
            hwp_asprintf("%ssysctl kernel.kptr_restrict=0 kernel.perf_event_paranoid=1",
                         sudo(facts)));
    else
        add(list, "kernel symbols", true, hwp_strdup("/proc/kallsyms has the addresses"), NULL);
}

/* Below this the default of 4000 Hz isn't reached. The kernel lowers the limit itself when its
 * sampling interrupts take too long, which they easily do in VMs. */
#define WANTED_RATE 4000

static void limits(struct hwp_findings *list, const struct hwp_system_facts *facts)
{
    unsigned rate = facts->max_sample_rate, kb = facts->mlock_kb;

    if (rate)
        add(list, "sampling rate", rate >= WANTED_RATE, hwp_asprintf("up to %u Hz", rate),
            rate >= WANTED_RATE ? NULL
                                : hwp_asprintf("%ssysctl kernel.perf_cpu_time_max_percent=0 "
                                               "kernel.perf_event_max_sample_rate=100000",
                                               sudo(facts)));
    /* One ring buffer of 128 pages and its control page per CPU is what the default asks for. */
    unsigned wanted = (unsigned)(129 * sysconf(_SC_PAGESIZE) / 1024);
    bool roomy = kb >= wanted || facts->cap_ipc_lock;
    if (kb)
        add(list, "buffer memory", roomy, hwp_asprintf("%u KiB per CPU%s", kb,
                                                       facts->cap_ipc_lock ? " (no limit for us)" : ""),
            roomy ? NULL : hwp_asprintf("%ssysctl kernel.perf_event_mlock_kb=%u", sudo(facts),
                                        wanted));
}

void hwp_doctor(const struct hwp_system_facts *facts, struct hwp_findings *ret)
{
    struct hwp_findings list = {0};

    hardware(&list, facts);
    modelled(&list);
    software(&list, facts);
    tracepoints(&list, facts);
    breakpoints(&list, facts);
    kernel_symbols(&list, facts);
    limits(&list, facts);
    *ret = list;
}

void hwp_findings_deinit(struct hwp_findings *findings)
{
    hwp_vec_foreach(findings, f) {
        free(f->detail);
        free(f->remedy);
    }
    hwp_vec_deinit(findings);
}
