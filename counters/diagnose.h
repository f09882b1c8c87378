/*
 * Why an event can't be counted, told apart: pure functions from facts about the system and an
 * errno to a reason and a remedy. Facts are gathered once; tests make them up.
 *
 * Sources: perf_event_open(2) "ERRORS"; kernel Documentation/admin-guide/perf-security.rst and
 * sysctl/kernel.rst (perf_event_paranoid, nmi_watchdog).
 */
#ifndef HWP_COUNTERS_DIAGNOSE_H
#define HWP_COUNTERS_DIAGNOSE_H

#include <linux/perf_event.h>
#include <stdbool.h>

#include "base/vec.h"
#include "profile/count.h"

struct hwp_system_facts {
    bool has_perf_events;     /* the system call exists */
    bool has_core_pmu;        /* a PMU of type PERF_TYPE_HARDWARE/RAW is registered */
    char *core_pmu;           /* "cpu", "cpu_core", "armv8_pmuv3_0", or NULL */
    char *hypervisor;         /* "KVM", "VMware" … or NULL on bare metal */
    bool in_container;
    int paranoid;             /* kernel.perf_event_paranoid; INT_MIN if unreadable */
    bool cap_perfmon;         /* effective CAP_PERFMON or CAP_SYS_ADMIN */
    bool cap_ipc_lock;        /* effective CAP_IPC_LOCK: the mlock limit does not bind */
    bool seccomp;             /* a seccomp filter is on this process */
    bool software_denied;     /* even a software event of our own was refused */
    int software_errno;       /* and how */
    bool nmi_watchdog;        /* kernel.nmi_watchdog is on, holding a counter per CPU */
    unsigned max_sample_rate; /* kernel.perf_event_max_sample_rate; 0 unknown */
    unsigned mlock_kb;        /* kernel.perf_event_mlock_kb */
    bool kptr_restricted;     /* /proc/kallsyms shows zeros */
    bool has_tracefs;
    int euid;
    char *program;            /* the path of hwprof itself, or NULL */
};

void hwp_system_facts_gather(struct hwp_system_facts *ret);
void hwp_system_facts_deinit(struct hwp_system_facts *facts);

enum hwp_cause {
    HWP_CAUSE_NONE,
    HWP_CAUSE_NO_PERF_EVENTS, /* the kernel is built without */
    HWP_CAUSE_NO_PMU,
    HWP_CAUSE_EVENT_UNKNOWN,  /* there is a PMU, but not with this event */
    HWP_CAUSE_PARANOID,
    HWP_CAUSE_CAPABILITY,     /* no sysctl would do: the capability is needed */
    HWP_CAUSE_SECCOMP,
    HWP_CAUSE_NMI_WATCHDOG,
    HWP_CAUSE_NO_FIT,         /* the group or the pinned event doesn't fit the counters */
    HWP_CAUSE_PRECISION,      /* no such precise_ip here */
    HWP_CAUSE_LIMIT,          /* EMFILE, mlock limit … */
    HWP_CAUSE_OTHER,
};

struct hwp_diagnosis {
    enum hwp_cause cause;
    enum hwp_count_state state; /* what the event's counts become */
    char *reason;               /* one clause: "this VM (KVM) exposes no PMU" */
    char *remedy;               /* the next command or step, or NULL */
};

/* What an event was opened on; how much privilege that takes depends on it. */
enum hwp_scope {
    HWP_SCOPE_OWN,    /* our own workload */
    HWP_SCOPE_ATTACH, /* a task that ran already, perhaps another user's */
    HWP_SCOPE_SYSTEM, /* everything on a CPU */
};

/* perf_event_open failed with `errnum` for `attr` (as group member if `in_group`), on a task of our
 * own. */
struct hwp_diagnosis hwp_diagnose_open(const struct hwp_system_facts *facts,
                                       const struct perf_event_attr *attr, bool in_group,
                                       int errnum);

/* The same for any scope. */
struct hwp_diagnosis hwp_diagnose_open_in(const struct hwp_system_facts *facts,
                                          enum hwp_scope scope,
                                          const struct perf_event_attr *attr, bool in_group,
                                          int errnum);

/* It opened, but time_running stayed 0 while time_enabled did not. */
struct hwp_diagnosis hwp_diagnose_never_ran(const struct hwp_system_facts *facts,
                                            const struct perf_event_attr *attr, bool in_group);
void hwp_diagnosis_deinit(struct hwp_diagnosis *d);

/* An event that only the core PMU or another hardware PMU can count. */
bool hwp_attr_is_hardware(const struct perf_event_attr *attr);

/* "no-pmu", "paranoid", … for JSON. */
const char *hwp_cause_name(enum hwp_cause cause);

/* One line of `doctor`: something that can or can't be had. */
struct hwp_finding {
    const char *what;   /* "hardware events" */
    bool ok;
    char *detail;       /* owned */
    char *remedy;       /* owned; NULL if ok or nothing would help */
};
HWP_VEC_TYPE(hwp_findings, struct hwp_finding);

/* Everything that bears on what can be measured here. */
void hwp_doctor(const struct hwp_system_facts *facts, struct hwp_findings *ret);
void hwp_findings_deinit(struct hwp_findings *findings);

#endif
