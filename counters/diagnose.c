#include "counters/diagnose.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "counters/diagnose_internal.h"

struct hwp_diagnosis hwp_diagnosis_of(enum hwp_cause cause, enum hwp_count_state state,
                                      char *reason, char *remedy)
{
    return (struct hwp_diagnosis){
        .cause = cause, .state = state, .reason = reason, .remedy = remedy};
}

void hwp_diagnosis_deinit(struct hwp_diagnosis *d)
{
    free(d->reason);
    free(d->remedy);
    *d = (struct hwp_diagnosis){0};
}

const char *hwp_cause_name(enum hwp_cause cause)
{
    static const char *const names[] = {
        [HWP_CAUSE_NONE] = "none",         [HWP_CAUSE_NO_PERF_EVENTS] = "no-perf-events",
        [HWP_CAUSE_NO_PMU] = "no-pmu",     [HWP_CAUSE_EVENT_UNKNOWN] = "event-unknown",
        [HWP_CAUSE_PARANOID] = "paranoid", [HWP_CAUSE_CAPABILITY] = "capability",
        [HWP_CAUSE_SECCOMP] = "seccomp",   [HWP_CAUSE_NMI_WATCHDOG] = "nmi-watchdog",
        [HWP_CAUSE_NO_FIT] = "no-fit",     [HWP_CAUSE_PRECISION] = "precision",
        [HWP_CAUSE_LIMIT] = "limit",       [HWP_CAUSE_OTHER] = "other",
    };

    return (size_t)cause < hwp_array_size(names) ? names[cause] : "other";
}

bool hwp_attr_is_hardware(const struct perf_event_attr *attr)
{
    switch (attr->type) {
    case PERF_TYPE_SOFTWARE:
    case PERF_TYPE_TRACEPOINT:
    case PERF_TYPE_BREAKPOINT:
        return false;
    default:
        return true;
    }
}

static bool is_core_event(const struct perf_event_attr *attr)
{
    return attr->type == PERF_TYPE_HARDWARE || attr->type == PERF_TYPE_HW_CACHE ||
           attr->type == PERF_TYPE_RAW;
}

bool hwp_attr_is_sampling(const struct perf_event_attr *attr)
{
    return attr->sample_period != 0; /* in a union with sample_freq */
}

const char *hwp_remedy_sudo(const struct hwp_system_facts *facts)
{
    return facts->euid == 0 ? "" : "sudo ";
}

char *hwp_remedy_sysctl(const struct hwp_system_facts *facts, const char *assignment)
{
    if (facts->in_container)
        return hwp_asprintf("on the host: sudo sysctl %s", assignment);
    return hwp_asprintf("%ssysctl %s", hwp_remedy_sudo(facts), assignment);
}

/* --- no such counter ------------------------------------------------------------------------- */

#define MODEL_INSTEAD "; or have it modelled: --source model"

/* How each hypervisor is made to give its guests a PMU; NULL: it never does. */
static char *pmu_remedy(const char *hypervisor)
{
    static const struct {
        const char *hypervisor, *remedy;
    } rows[] = {
        {"KVM",
         "give the VM a PMU (qemu: -cpu host,pmu=on; libvirt: <cpu mode='host-passthrough'/> "
         "and <features><pmu state='on'/>), or use a bare-metal machine"},
        {"VMware", "set vpmc.enable = \"TRUE\" in the VM's .vmx file (\"Virtualize CPU performance "
                   "counters\"), or use a bare-metal machine"},
        {"Hyper-V", "on the host: Set-VMProcessor NAME -Perfmon @(\"pmu\"), or use a bare-metal "
                    "machine"},
        {"Xen", "boot Xen with vpmu=on, or use a bare-metal machine"},
    };

    for (size_t i = 0; i < hwp_array_size(rows); i++)
        if (!strcmp(rows[i].hypervisor, hypervisor))
            return hwp_asprintf("%s" MODEL_INSTEAD, rows[i].remedy);
    return hwp_strdup("use a bare-metal machine, or a VM type that exposes the PMU" MODEL_INSTEAD);
}

static struct hwp_diagnosis no_pmu(const struct hwp_system_facts *facts)
{
    if (facts->hypervisor)
        return hwp_diagnosis_of(HWP_CAUSE_NO_PMU, HWP_COUNT_UNSUPPORTED,
                                hwp_asprintf("this VM (%s) exposes no PMU", facts->hypervisor),
                                pmu_remedy(facts->hypervisor));
    return hwp_diagnosis_of(
        HWP_CAUSE_NO_PMU, HWP_COUNT_UNSUPPORTED,
        hwp_strdup(facts->in_container ? "the kernel under this container has no driver for a PMU"
                                       : "the kernel has no driver for this machine's PMU"),
        hwp_strdup("a kernel that knows this CPU has one (see: dmesg | grep -i "
                   "'perf\\|pmu')"));
}

static struct hwp_diagnosis unknown_event(const struct hwp_system_facts *facts,
                                          const struct perf_event_attr *attr, const char *on_cpu)
{
    char *remedy = hwp_strdup("'hwprof list' shows what this machine counts");

    if (attr->type == PERF_TYPE_TRACEPOINT && !facts->has_tracefs) {
        free(remedy);
        remedy =
            hwp_asprintf("%smount -t tracefs nodev /sys/kernel/tracing", hwp_remedy_sudo(facts));
    }
    if (attr->type == PERF_TYPE_TRACEPOINT)
        return hwp_diagnosis_of(HWP_CAUSE_EVENT_UNKNOWN, HWP_COUNT_UNSUPPORTED,
                                hwp_strdup("the kernel has no such tracepoint"), remedy);
    if (attr->type == PERF_TYPE_SOFTWARE)
        return hwp_diagnosis_of(HWP_CAUSE_EVENT_UNKNOWN, HWP_COUNT_UNSUPPORTED,
                                hwp_strdup("the kernel has no such software event"), remedy);
    if (!is_core_event(attr))
        return hwp_diagnosis_of(
            HWP_CAUSE_EVENT_UNKNOWN, HWP_COUNT_UNSUPPORTED,
            hwp_asprintf("the PMU of type %u has no such event%s", attr->type, on_cpu), remedy);
    return hwp_diagnosis_of(HWP_CAUSE_EVENT_UNKNOWN, HWP_COUNT_UNSUPPORTED,
                            hwp_asprintf("the PMU (%s) has no such event%s",
                                         facts->core_pmu ? facts->core_pmu : "core", on_cpu),
                            remedy);
}

static struct hwp_diagnosis missing(const struct hwp_system_facts *facts,
                                    const struct perf_event_attr *attr, int errnum)
{
    if (is_core_event(attr) && !facts->has_core_pmu)
        return no_pmu(facts);
    return unknown_event(facts, attr, errnum == ENODEV ? " on this CPU" : "");
}

static struct hwp_diagnosis no_system_call(const struct hwp_system_facts *facts)
{
    /* The sysctl exists where the system call does; a filter may answer ENOSYS in its place. */
    if (facts->seccomp && facts->paranoid != INT_MIN)
        return hwp_diagnosis_of(HWP_CAUSE_SECCOMP, HWP_COUNT_DENIED,
                                hwp_strdup("a seccomp filter forbids perf_event_open"),
                                hwp_strdup(HWP_REMEDY_CONTAINER));
    return hwp_diagnosis_of(HWP_CAUSE_NO_PERF_EVENTS, HWP_COUNT_UNSUPPORTED,
                            hwp_strdup("this kernel has no perf_event_open"),
                            hwp_strdup("a kernel built with CONFIG_PERF_EVENTS"));
}

/* --- limits and misfits ---------------------------------------------------------------------- */

static struct hwp_diagnosis no_precision(const struct perf_event_attr *attr)
{
    return hwp_diagnosis_of(HWP_CAUSE_PRECISION, HWP_COUNT_UNSUPPORTED,
                            hwp_asprintf("this PMU can't sample the event at precise_ip=%u",
                                         (unsigned)attr->precise_ip),
                            hwp_strdup("ask for it without :p, or with :P for the most there is"));
}

static struct hwp_diagnosis not_supported(const struct hwp_system_facts *facts,
                                          const struct perf_event_attr *attr)
{
    if (is_core_event(attr) && !facts->has_core_pmu)
        return no_pmu(facts);
    if (attr->precise_ip)
        return no_precision(attr);
    if (hwp_attr_is_hardware(attr) && hwp_attr_is_sampling(attr))
        return hwp_diagnosis_of(
            HWP_CAUSE_OTHER, HWP_COUNT_UNSUPPORTED,
            hwp_strdup("its PMU raises no interrupts: it can be counted, not sampled"),
            hwp_strdup("count it: hwprof stat -e …"));
    return hwp_diagnosis_of(HWP_CAUSE_OTHER, HWP_COUNT_UNSUPPORTED,
                            hwp_strdup("the kernel does not support the event in this form"), NULL);
}

static struct hwp_diagnosis bad_breakpoint(void)
{
    return hwp_diagnosis_of(
        HWP_CAUSE_EVENT_UNKNOWN, HWP_COUNT_UNSUPPORTED,
        hwp_strdup("the CPU can't watch this: 1, 2, 4 or 8 bytes, aligned to their "
                   "length; on x86 not reads alone"),
        hwp_strdup("mem:ADDR/4:rw watches 4 bytes for reads and writes"));
}

static struct hwp_diagnosis invalid(const struct hwp_system_facts *facts,
                                    const struct perf_event_attr *attr, bool in_group)
{
    if (attr->type == PERF_TYPE_BREAKPOINT)
        return bad_breakpoint();
    if (in_group && hwp_attr_is_hardware(attr))
        return hwp_diagnosis_of(HWP_CAUSE_NO_FIT, HWP_COUNT_NOT_COUNTED,
                                hwp_strdup("the group needs more counters than the PMU has"),
                                hwp_strdup("split the group, or let it be broken up: {…}:W"));
    if (attr->precise_ip)
        return no_precision(attr);
    if (hwp_attr_is_hardware(attr))
        return hwp_diagnosis_of(
            HWP_CAUSE_EVENT_UNKNOWN, HWP_COUNT_UNSUPPORTED,
            hwp_asprintf("the PMU (%s) refuses this encoding",
                         facts->core_pmu && is_core_event(attr) ? facts->core_pmu : "of its type"),
            hwp_strdup("'hwprof list' shows what this machine counts"));
    return hwp_diagnosis_of(HWP_CAUSE_OTHER, HWP_COUNT_UNSUPPORTED,
                            hwp_strdup("the kernel refuses the event in this form (EINVAL)"), NULL);
}

static struct hwp_diagnosis no_space(const struct perf_event_attr *attr)
{
    if (attr->type == PERF_TYPE_BREAKPOINT)
        return hwp_diagnosis_of(
            HWP_CAUSE_LIMIT, HWP_COUNT_NOT_COUNTED,
            hwp_strdup("all hardware breakpoints are in use (x86 has 4 per CPU)"),
            hwp_strdup("watch fewer addresses at once, or end the debugger that holds "
                       "some"));
    return hwp_diagnosis_of(HWP_CAUSE_LIMIT, HWP_COUNT_NOT_COUNTED,
                            hwp_strdup("the PMU has no counter left for it"),
                            hwp_strdup("ask for fewer events at once"));
}

static struct hwp_diagnosis busy(void)
{
    return hwp_diagnosis_of(
        HWP_CAUSE_LIMIT, HWP_COUNT_NOT_COUNTED,
        hwp_strdup("another program holds the PMU for itself"),
        hwp_strdup("end the other profiler; see who: sudo lsof | grep perf_event"));
}

static struct hwp_diagnosis too_many_files(const struct hwp_system_facts *facts, int errnum)
{
    if (errnum == ENFILE)
        return hwp_diagnosis_of(HWP_CAUSE_LIMIT, HWP_COUNT_NOT_COUNTED,
                                hwp_strdup("the system's limit of open files is reached"),
                                hwp_remedy_sysctl(facts, "fs.file-max=1000000"));
    return hwp_diagnosis_of(
        HWP_CAUSE_LIMIT, HWP_COUNT_NOT_COUNTED,
        hwp_strdup("it takes more open files than this process may have"),
        hwp_strdup("ulimit -n 65536 (as root, where the hard limit is lower), or ask "
                   "for fewer events"));
}

static struct hwp_diagnosis other(int errnum)
{
    switch (errnum) {
    case ESRCH:
        return hwp_diagnosis_of(HWP_CAUSE_OTHER, HWP_COUNT_NOT_COUNTED,
                                hwp_strdup("the task has ended"), NULL);
    case E2BIG:
        return hwp_diagnosis_of(HWP_CAUSE_OTHER, HWP_COUNT_UNSUPPORTED,
                                hwp_strdup("this kernel is too old for the event"),
                                hwp_strdup("run a newer kernel"));
    case EOVERFLOW:
        return hwp_diagnosis_of(HWP_CAUSE_LIMIT, HWP_COUNT_NOT_COUNTED,
                                hwp_strdup("call chains are limited to fewer frames here"),
                                hwp_strdup("sudo sysctl kernel.perf_event_max_stack=127"));
    case ENOMEM:
        return hwp_diagnosis_of(HWP_CAUSE_LIMIT, HWP_COUNT_NOT_COUNTED,
                                hwp_strdup("the kernel is out of memory for it"),
                                hwp_strdup("ask for fewer events"));
    default:
        return hwp_diagnosis_of(HWP_CAUSE_OTHER, HWP_COUNT_UNSUPPORTED,
                                hwp_asprintf("perf_event_open failed: %s", strerror(errnum)), NULL);
    }
}

struct hwp_diagnosis hwp_diagnose_open_in(const struct hwp_system_facts *facts,
                                          enum hwp_scope scope, const struct perf_event_attr *attr,
                                          bool in_group, int errnum)
{
    switch (errnum) {
    case ENOSYS:
        return no_system_call(facts);
    case EACCES:
    case EPERM:
        return hwp_diagnose_denied(facts, scope, attr);
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return missing(facts, attr, errnum);
    case EOPNOTSUPP:
        return not_supported(facts, attr);
    case EINVAL:
        return invalid(facts, attr, in_group);
    case ENOSPC:
        return no_space(attr);
    case EBUSY:
        return busy();
    case EMFILE:
    case ENFILE:
        return too_many_files(facts, errnum);
    default:
        return other(errnum);
    }
}

struct hwp_diagnosis hwp_diagnose_open(const struct hwp_system_facts *facts,
                                       const struct perf_event_attr *attr, bool in_group,
                                       int errnum)
{
    return hwp_diagnose_open_in(facts, HWP_SCOPE_OWN, attr, in_group, errnum);
}

struct hwp_diagnosis hwp_diagnose_never_ran(const struct hwp_system_facts *facts,
                                            const struct perf_event_attr *attr, bool in_group)
{
    if (!hwp_attr_is_hardware(attr))
        return hwp_diagnosis_of(HWP_CAUSE_OTHER, HWP_COUNT_NOT_COUNTED,
                                hwp_strdup("the kernel never scheduled it"), NULL);
    if (facts->nmi_watchdog)
        return hwp_diagnosis_of(
            HWP_CAUSE_NMI_WATCHDOG, HWP_COUNT_NOT_COUNTED,
            hwp_strdup(in_group ? "the group never fitted beside the NMI watchdog, "
                                  "which holds a counter on every CPU"
                                : "it never got a counter; the NMI watchdog holds one "
                                  "on every CPU"),
            hwp_remedy_sysctl(facts, "kernel.nmi_watchdog=0"));
    if (in_group)
        return hwp_diagnosis_of(HWP_CAUSE_NO_FIT, HWP_COUNT_NOT_COUNTED,
                                hwp_strdup("the group never fitted on the PMU's counters at once"),
                                hwp_strdup("split the group, or let it be broken up: {…}:W"));
    return hwp_diagnosis_of(HWP_CAUSE_NO_FIT, HWP_COUNT_NOT_COUNTED,
                            hwp_strdup(attr->pinned
                                           ? "pinned, it never got a counter of its own"
                                           : "it never got a counter: others held them all"),
                            hwp_strdup("ask for fewer events at once"));
}
