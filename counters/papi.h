/*
 * PAPI's names: presets, resolved to native events, and component events, which can only be
 * checked here. PAPI is initialised at first use and then stays; it says nothing on stderr. Not
 * safe from two threads at once.
 */
#ifndef HWP_COUNTERS_PAPI_H
#define HWP_COUNTERS_PAPI_H

#include <stdbool.h>

#include "base/error.h"
#include "base/vec.h"

/* A native event of a preset and its factor: the preset is the sum of factor × count. */
struct hwp_papi_part {
    char *native;
    double weight;
};

struct hwp_papi_preset {
    HWP_VEC(struct hwp_papi_part) parts;
    bool linear; /* false: the preset is no such sum (a rate, a product); the weights are 0 */
};

/* Unknown: HWP_E_NOT_FOUND with the nearest matches. Known to PAPI but not on this CPU:
 * HWP_E_UNSUPPORTED with PAPI's reason. */
struct hwp_error *hwp_papi_preset(const char *name, struct hwp_papi_preset *ret) hwp_must_use;
void hwp_papi_preset_deinit(struct hwp_papi_preset *preset);

/* Always an error: what is wrong with the component or the event, or, for a valid one, that it
 * can't be sampled. */
struct hwp_error *hwp_papi_component(const char *component, const char *event) hwp_must_use;

/* The presets available on this CPU. */
typedef void hwp_papi_fn(void *ctx, const char *name, const char *description);
void hwp_papi_each(hwp_papi_fn *fn, void *ctx);

/* The weights that a postfix formula of PAPI ("N0|N1|4|*|+|") gives its n operands. False if it
 * is not linear in them, or malformed. */
bool hwp_papi_postfix(const char *formula, unsigned n, double *ret_weights);

#endif
