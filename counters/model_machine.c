#include "counters/model_machine.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/suggest.h"
#include "counters/model_machine_private.h"

/* Percent of a latency that the core can't hide: 30 to 50 for independent loads out of order,
 * little for stores, which the buffer takes. */
#define OVERLAP_PERCENT       40
#define STORE_OVERLAP_PERCENT 10
#define SLICE_CYCLES          10000

void hwp_model_assume(const struct hwp_model_build *b, const char *fmt, ...)
{
    va_list ap;

    if (b->is_preset)
        return;
    va_start(ap, fmt);
    hwp_vec_push(b->assumed, hwp_vasprintf(fmt, ap));
    va_end(ap);
}

void hwp_model_unassume(const struct hwp_model_build *b, const char *what)
{
    size_t len = strlen(what), kept = 0;

    hwp_vec_foreach (b->assumed, text) {
        if (strncasecmp(*text, what, len) == 0 && (*text)[len] == ' ')
            free(*text);
        else
            b->assumed->data[kept++] = *text;
    }
    b->assumed->len = kept;
}

/* --- from a name to a topology ---------------------------------------------------------------- */

static struct hwp_error *unknown(const char *name)
{
    const struct hwp_model_preset_info *p = hwp_model_presets();
    struct hwp_suggest near = {.wanted = name};
    struct hwp_str all = {0};

    for (; p->name; p++) {
        hwp_suggest_offer(&near, p->name);
        hwp_str_addf(&all, "%s%s", all.len ? ", " : "", p->name);
    }
    hwp_cleanup(hwp_free_cleanup) char *names = hwp_suggest_text(&near);
    hwp_cleanup(hwp_free_cleanup) char *list = hwp_str_steal(&all);
    hwp_suggest_deinit(&near);
    struct hwp_error *err = hwp_error(HWP_E_NOT_FOUND, "there is no machine '%s'", name);
    if (names)
        return hwp_error_hint(err, "did you mean %s?", names);
    return hwp_error_hint(err,
                          "name this, a preset (%s), a file of hwloc XML, or a shape as in "
                          "'pack:2 numa:1 l3:1 core:4 pu:1'",
                          list);
}

static struct hwp_error *load_topology(const char *name, const struct hwp_model_preset *preset,
                                       struct hwp_topology **ret)
{
    if (strcmp(name, "this") == 0)
        return hwp_topology_load(HWP_TOPOLOGY_THIS, NULL, NULL, ret);
    if (preset) {
        HWP_TRY(hwp_topology_load(HWP_TOPOLOGY_SYNTHETIC, preset->topology, NULL, ret));
        hwp_topology_set_cpu_model(*ret, preset->cpu_model);
        return NULL;
    }
    if (access(name, F_OK) == 0 || strchr(name, '/') || hwp_ends_with(name, ".xml"))
        return hwp_topology_load(HWP_TOPOLOGY_XML, name, NULL, ret);
    if (!strpbrk(name, ": ") || !strpbrk(name, "0123456789"))
        return unknown(name);
    return hwp_topology_load(HWP_TOPOLOGY_SYNTHETIC, name, NULL, ret);
}

/* --- the core's own values -------------------------------------------------------------------- */

static void fill_core(const struct hwp_model_build *b)
{
    const struct hwp_model_uarch *u = b->uarch;
    struct hwm_machine *m = b->machine;

    m->flags = HWM_PREFETCH | HWM_PREDICTOR | HWM_ALLOCATIONS | (u->adjacent ? HWM_ADJACENT : 0);
    m->itlb = u->itlb;
    m->dtlb = u->dtlb;
    m->stlb = u->stlb;
    m->walk_cycles = u->walk_cycles;
    m->cpi_ticks = (HWM_TICKS * 100 + u->ipc_percent / 2) / u->ipc_percent;
    m->mispredict_cycles = u->mispredict_cycles;
    m->atomic_cycles = u->atomic_cycles;
    m->forward_cycles = u->forward_cycles;
    m->store_buffer = u->store_buffer;
    m->overlap_percent = OVERLAP_PERCENT;
    m->store_overlap_percent = STORE_OVERLAP_PERCENT;
    m->slice_cycles = SLICE_CYCLES;
    m->seed = 1;
}

static struct hwp_error *build(const struct hwp_model_build *b, const char *settings)
{
    struct hwm_machine *m = b->machine;

    m->magic = HWM_MAGIC;
    m->size = sizeof(*m);
    m->mhz = b->uarch->mhz;
    HWP_TRY(hwp_model_settings_clock(settings, b));
    HWP_TRY(hwp_model_build_cores(b));
    fill_core(b);
    hwp_model_build_caches(b);
    hwp_model_build_times(b);
    return hwp_model_settings_apply(settings, b);
}

struct hwp_error *hwp_model_machine_load(const char *name, const char *settings,
                                         struct hwp_model_machine *ret)
{
    struct hwp_model_machine m hwp_cleanup(hwp_model_machine_deinit) = {0};

    name = name ? name : "this";
    const struct hwp_model_preset *preset = hwp_model_preset_find(name);
    HWP_TRY(load_topology(name, preset, &m.topology));

    struct hwp_model_build b = {
        .topology = m.topology,
        .uarch = preset ? preset->uarch : hwp_model_uarch_of(m.topology),
        .is_preset = preset != NULL,
        .machine = &m.machine,
        .assumed = &m.assumed,
    };
    HWP_TRY(hwp_error_prefix(build(&b, settings), "machine %s", name));
    m.name = hwp_strdup(name);
    *ret = m;
    m = (struct hwp_model_machine){0};
    return NULL;
}

void hwp_model_machine_deinit(struct hwp_model_machine *m)
{
    free(m->name);
    hwp_topology_destroy(m->topology);
    hwp_vec_foreach (&m->assumed, text)
        free(*text);
    hwp_vec_deinit(&m->assumed);
    *m = (struct hwp_model_machine){0};
}
