/* Between the diagnosis of failed events and its part about permissions. */
#ifndef HWP_COUNTERS_DIAGNOSE_INTERNAL_H
#define HWP_COUNTERS_DIAGNOSE_INTERNAL_H

#include "counters/diagnose.h"

#define HWP_REMEDY_CONTAINER "docker run --cap-add PERFMON --security-opt seccomp=unconfined …"

/* Takes `reason` and `remedy` over. */
struct hwp_diagnosis hwp_diagnosis_of(enum hwp_cause cause, enum hwp_count_state state,
                                      char *reason, char *remedy);

bool hwp_attr_is_sampling(const struct perf_event_attr *attr);

/* "sudo " for those who need it. */
const char *hwp_remedy_sudo(const struct hwp_system_facts *facts);

/* The command that sets a sysctl, for where it has to be typed; owned by the caller. */
char *hwp_remedy_sysctl(const struct hwp_system_facts *facts, const char *assignment);

/* EACCES and EPERM. */
struct hwp_diagnosis hwp_diagnose_denied(const struct hwp_system_facts *facts, enum hwp_scope scope,
                                         const struct perf_event_attr *attr);

#endif
