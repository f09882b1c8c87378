/*
 * Why the kernel forbids an event: the paranoid level, a capability, a filter, another user's task.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/mem.h"
#include "counters/diagnose_internal.h"

/* The highest kernel.perf_event_paranoid that still allows each thing without CAP_PERFMON
 * (kernel: perf_allow_cpu, perf_allow_kernel, perf_allow_tracepoint; level 3 and up forbid
 * everything, in the kernels of Debian, Ubuntu and Android). */
enum {
    PARANOID_FOR_RAW_TRACEPOINT = -1,
    PARANOID_FOR_SYSTEM = 0,
    PARANOID_FOR_KERNEL = 1,
    PARANOID_FOR_USER = 2,
};

/* "setcap cap_perfmon+ep /usr/bin/hwprof". The caller frees it. */
static char *setcap(const struct hwp_system_facts *facts)
{
    return hwp_asprintf("setcap cap_perfmon+ep %s",
                        facts->program ? facts->program : "\"$(command -v hwprof)\"");
}

static int paranoid_needed(enum hwp_scope scope, const struct perf_event_attr *attr)
{
    if (attr->type == PERF_TYPE_TRACEPOINT && hwp_attr_is_sampling(attr) &&
        attr->sample_type & PERF_SAMPLE_RAW)
        return PARANOID_FOR_RAW_TRACEPOINT;
    if (scope == HWP_SCOPE_SYSTEM)
        return PARANOID_FOR_SYSTEM;
    return attr->exclude_kernel ? PARANOID_FOR_USER : PARANOID_FOR_KERNEL;
}

static const char *forbidden_thing(int needed)
{
    switch (needed) {
    case PARANOID_FOR_RAW_TRACEPOINT:
        return "sampling raw tracepoint data";
    case PARANOID_FOR_SYSTEM:
        return "observing whole CPUs";
    case PARANOID_FOR_KERNEL:
        return "observing the kernel";
    default:
        return "every use of perf_event_open";
    }
}

static struct hwp_diagnosis paranoid(const struct hwp_system_facts *facts, int needed)
{
    char *assignment = hwp_asprintf("kernel.perf_event_paranoid=%d", needed);
    char *first = hwp_remedy_sysctl(facts, assignment);
    bool user_only_helps = needed == PARANOID_FOR_KERNEL && facts->paranoid <= PARANOID_FOR_USER;
    char *capability_command = setcap(facts);
    char *remedy = hwp_asprintf("%s, or %s%s%s", first, hwp_remedy_sudo(facts), capability_command,
                                user_only_helps ? ", or count user code alone with :u" : "");
    bool total = facts->paranoid > PARANOID_FOR_USER;

    free(assignment);
    free(first);
    free(capability_command);
    return hwp_diagnosis_of(
        HWP_CAUSE_PARANOID, HWP_COUNT_DENIED,
        hwp_asprintf("kernel.perf_event_paranoid is %d, which forbids %s without "
                     "CAP_PERFMON",
                     facts->paranoid,
                     total ? forbidden_thing(PARANOID_FOR_USER) : forbidden_thing(needed)),
        remedy);
}

/* Not even a user-only software event of our own is allowed, and the paranoid level isn't why. */
static struct hwp_diagnosis filtered(const struct hwp_system_facts *facts)
{
    if (facts->seccomp)
        return hwp_diagnosis_of(
            HWP_CAUSE_SECCOMP, HWP_COUNT_DENIED,
            hwp_strdup(facts->in_container
                           ? "the container's seccomp filter forbids perf_event_open"
                           : "a seccomp filter forbids perf_event_open"),
            hwp_strdup(facts->in_container ? HWP_REMEDY_CONTAINER
                                           : "run outside the sandbox that set the filter"));
    return hwp_diagnosis_of(
        HWP_CAUSE_OTHER, HWP_COUNT_DENIED,
        hwp_strdup("a security module (SELinux, AppArmor, lockdown) forbids "
                   "perf_event_open"),
        hwp_asprintf("see why: %sdmesg | grep -i 'denied\\|lockdown'", hwp_remedy_sudo(facts)));
}

static struct hwp_diagnosis capability(const struct hwp_system_facts *facts, const char *reason,
                                       const char *remedy)
{
    if (facts->in_container)
        remedy = HWP_REMEDY_CONTAINER;
    return hwp_diagnosis_of(HWP_CAUSE_CAPABILITY, HWP_COUNT_DENIED, hwp_strdup(reason),
                            hwp_strdup(remedy));
}

static bool is_kernel_address(uint64_t addr)
{
    return addr >> 63;
}

struct hwp_diagnosis hwp_diagnose_denied(const struct hwp_system_facts *facts, enum hwp_scope scope,
                                         const struct perf_event_attr *attr)
{
    int needed = paranoid_needed(scope, attr);
    bool known = facts->paranoid != INT_MIN;
    /* The paranoid level answers EACCES, a container's filter EPERM. */
    bool filter = facts->software_denied && facts->seccomp && facts->software_errno == EPERM;

    if (!filter && !facts->cap_perfmon && known && facts->paranoid > needed)
        return paranoid(facts, needed);
    if (facts->software_denied)
        return filtered(facts);
    if (attr->type == PERF_TYPE_BREAKPOINT && is_kernel_address(attr->bp_addr))
        return capability(facts, "a breakpoint on a kernel address takes CAP_SYS_ADMIN",
                          "run as root: sudo hwprof …");
    if (scope == HWP_SCOPE_ATTACH)
        return hwp_diagnosis_of(
            HWP_CAUSE_CAPABILITY, HWP_COUNT_DENIED,
            hwp_strdup("the task is another user's, or protected from being traced"),
            hwp_strdup("run as the task's user, or as root: sudo hwprof …"));
    if (facts->cap_perfmon)
        return capability(facts,
                          "CAP_PERFMON of a user namespace does not count; the machine's "
                          "own is needed",
                          "run as root outside the namespace: sudo hwprof …");
    char *command hwp_cleanup(hwp_free_cleanup) = setcap(facts);
    char *remedy hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("sudo %s", command);
    return capability(facts, "CAP_PERFMON is needed", remedy);
}
