/*
 * One spec to its encodings; private to counters/events.c. The resolver reads the machine's PMUs
 * once for a whole event list.
 */
#ifndef HWP_COUNTERS_RESOLVE_H
#define HWP_COUNTERS_RESOLVE_H

#include "counters/events.h"
#include "counters/sysfs.h"

struct hwp_resolver {
    struct hwp_pmus pmus;
    struct hwp_encodings *out;
};

/* Appends to r->out; modifiers, groups and texts are left to the caller. */
struct hwp_error *hwp_resolve(struct hwp_resolver *r, const struct hwp_spec *spec) hwp_must_use;

/* Presets and component events: resolve_papi.c. */
struct hwp_error *hwp_resolve_papi(struct hwp_resolver *r, const struct hwp_spec *spec) hwp_must_use;

/* A libpfm4 name to one encoding called `name`; ownership of `name` passes in any case. */
struct hwp_error *hwp_resolve_native(struct hwp_resolver *r, const struct hwp_spec *spec,
                                     const char *native, const char *via, char *name) hwp_must_use;

/* Appends an encoding; takes `name`, copies `via`. `pmu` may be NULL. The pointer is good until the
 * next one is added. */
struct hwp_encoding *hwp_resolve_add(struct hwp_resolver *r, const struct hwp_spec *spec,
                                     char *name, const char *via, const struct hwp_pmu *pmu);

#endif
