/*
 * Every event that could be asked for on this machine, origin by origin.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "counters/events.h"
#include "counters/generic.h"
#include "counters/model_events.h"
#include "counters/model_launch.h"
#include "counters/papi.h"
#include "counters/pfm.h"
#include "counters/sysfs.h"
#include "counters/tracefs.h"

struct listing {
    const char *wanted; /* an origin, or NULL */
    hwp_known_event_fn *fn;
    void *ctx;
    struct hwp_pmus pmus;
};

static bool wants(const struct listing *l, const char *origin)
{
    return !l->wanted || strcmp(l->wanted, origin) == 0;
}

/* Whether the event can be opened on this task; without the kernel, if that is what is denied. */
static bool can_open(struct perf_event_attr attr)
{
    attr.size = sizeof(attr);
    attr.disabled = 1;
    for (int user_only = 0; user_only < 2; user_only++) {
        attr.exclude_kernel = attr.exclude_hv = user_only ? 1 : 0;
        long fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
        if (fd >= 0) {
            close((int)fd);
            return true;
        }
        if (errno != EACCES && errno != EPERM)
            return false;
    }
    return false;
}

/* On a hybrid machine a generic event is available if any core PMU has it. */
static bool generic_available(struct listing *l, const struct hwp_generic *row)
{
    struct perf_event_attr attr = {.type = row->type, .config = row->config};

    if (l->pmus.cores < 2 || row->type == PERF_TYPE_SOFTWARE)
        return can_open(attr);
    hwp_vec_foreach (&l->pmus, pmu) {
        if (!pmu->core)
            continue;
        attr.config = hwp_pmu_extended(pmu, true, row->config);
        if (can_open(attr))
            return true;
    }
    return false;
}

static void list_generic(void *ctx, const struct hwp_generic *row)
{
    struct listing *l = ctx;
    const char *origin = row->type == PERF_TYPE_HARDWARE   ? "hardware"
                         : row->type == PERF_TYPE_SOFTWARE ? "software"
                                                           : "cache";

    if (!wants(l, origin))
        return;
    struct hwp_known_event ev = {row->name, origin, NULL, row->description,
                                 generic_available(l, row)};
    l->fn(l->ctx, &ev);
}

static void list_forms(struct listing *l)
{
    static const int watched;
    struct perf_event_attr attr = {
        .type = PERF_TYPE_BREAKPOINT,
        .bp_type = 3,
        .bp_addr = (uintptr_t)&watched,
        .bp_len = sizeof(watched),
    };

    if (wants(l, "raw")) {
        struct hwp_known_event ev = {"rNNN", "raw", NULL,
                                     "the core PMU's event code in hex, as in its manual",
                                     l->pmus.cores > 0};
        l->fn(l->ctx, &ev);
    }
    if (wants(l, "breakpoint")) {
        struct hwp_known_event ev = {"mem:ADDRESS[/LENGTH][:rwx]", "breakpoint", NULL,
                                     "accesses to an address, or to a variable: mem:SYMBOL+OFFSET",
                                     can_open(attr)};
        l->fn(l->ctx, &ev);
    }
}

static void list_sysfs(struct listing *l)
{
    hwp_vec_foreach (&l->pmus, pmu) {
        hwp_pmu_load(pmu);
        hwp_vec_foreach (&pmu->aliases, alias) {
            hwp_cleanup(hwp_free_cleanup) char *name =
                hwp_asprintf("%s/%s/", pmu->name, alias->name);
            struct hwp_known_event ev = {name, "sysfs", pmu->name, alias->terms, true};
            l->fn(l->ctx, &ev);
        }
    }
}

static void list_native(void *ctx, const char *pmu, const char *name, const char *description)
{
    struct listing *l = ctx;
    struct hwp_known_event ev = {name, "libpfm4", pmu, description, true};

    l->fn(l->ctx, &ev);
}

static void list_preset(void *ctx, const char *name, const char *description)
{
    struct listing *l = ctx;
    struct hwp_known_event ev = {name, "papi", NULL, description, true};

    l->fn(l->ctx, &ev);
}

static void list_tracepoint(void *ctx, const char *name)
{
    struct listing *l = ctx;
    struct hwp_known_event ev = {name, "tracepoint", NULL, NULL, true};

    l->fn(l->ctx, &ev);
}

/* Nothing but the modelled PMU counts it. */
static bool is_models_own(const struct hwp_model_event *ev)
{
    struct hwp_generic row;

    return !hwp_generic_find(ev->name, &row) && strncmp(ev->name, "PAPI_", 5) != 0;
}

/* All that the model answers if that is asked for, else what isn't listed elsewhere. */
static void list_modelled(struct listing *l)
{
    hwp_cleanup(hwp_free_cleanup) char *directory = NULL;
    struct hwp_error *err = hwp_model_tool_directory(&directory);

    for (const struct hwp_model_event *ev = hwp_model_events; ev->name; ev++) {
        struct hwp_known_event known = {ev->name, "model", NULL, ev->description, !err};
        if (!l->wanted && !is_models_own(ev))
            continue;
        l->fn(l->ctx, &known);
        if (l->wanted && ev->papi && strcmp(ev->papi, ev->name) != 0) {
            known.name = ev->papi;
            l->fn(l->ctx, &known);
        }
    }
    hwp_error_destroy(err);
}

void hwp_events_list(const char *origin, hwp_known_event_fn *fn, void *ctx)
{
    struct listing l = {.wanted = origin, .fn = fn, .ctx = ctx};

    hwp_pmus_load(&l.pmus);
    hwp_generic_each(list_generic, &l);
    list_forms(&l);
    if (wants(&l, "model"))
        list_modelled(&l);
    if (wants(&l, "sysfs"))
        list_sysfs(&l);
    if (wants(&l, "libpfm4"))
        hwp_pfm_each(list_native, &l);
    if (wants(&l, "papi"))
        hwp_papi_each(list_preset, &l);
    if (wants(&l, "tracepoint"))
        hwp_tracepoints_each(list_tracepoint, &l);
    hwp_pmus_deinit(&l.pmus);
}
