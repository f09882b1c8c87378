/*
 * PAPI presets through PAPI to native events, and those through libpfm4.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "counters/model_events.h"
#include "counters/papi.h"
#include "counters/resolve.h"

/* One encoding per native event of the preset. A preset of one is that event; a part of several
 * is shown under its own name, so that no part passes for the whole. */
static struct hwp_error *add_parts(struct hwp_resolver *r, const struct hwp_spec *spec,
                                   const struct hwp_papi_preset *preset)
{
    bool whole = preset->parts.len == 1 && preset->linear && preset->parts.data[0].weight == 1;

    hwp_vec_foreach (&preset->parts, part) {
        char *name =
            whole ? hwp_strdup(spec->text) : hwp_asprintf("%s[%s]", spec->name, part->native);
        struct hwp_error *err = hwp_resolve_native(r, spec, part->native, "papi → libpfm4", name);
        if (err)
            return hwp_error_prefix(err, "%s", spec->name);
        struct hwp_encoding *e = hwp_vec_last(r->out);
        if (!whole) {
            e->preset = hwp_strdup(spec->name);
            e->weight = part->weight;
        }
    }
    return NULL;
}

/* A preset that PAPI knows but can't count here is data, like any event that can't be opened. Takes
 * the error. */
static void add_unavailable(struct hwp_resolver *r, const struct hwp_spec *spec,
                            struct hwp_error *why)
{
    struct hwp_encoding *e = hwp_resolve_add(r, spec, hwp_strdup(spec->text), "papi", NULL);

    e->attr.type = PERF_TYPE_RAW;
    e->unavailable = hwp_steal(&why->msg);
    e->remedy = hwp_model_event_find(spec->name) ? hwp_strdup("--source model counts it")
                                                 : hwp_steal(&why->hint);
    hwp_error_destroy(why);
}

struct hwp_error *hwp_resolve_papi(struct hwp_resolver *r, const struct hwp_spec *spec)
{
    struct hwp_papi_preset preset = {0};

    if (spec->kind == HWP_SPEC_COMPONENT)
        return hwp_papi_component(spec->pmu, spec->name);
    struct hwp_error *err = hwp_papi_preset(spec->name, &preset);
    if (err && err->code == HWP_E_UNSUPPORTED) {
        add_unavailable(r, spec, err);
        return NULL;
    }
    if (!err)
        err = add_parts(r, spec, &preset);
    hwp_papi_preset_deinit(&preset);
    return err;
}
