#include "counters/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/suggest.h"
#include "counters/generic.h"
#include "counters/model_events.h"
#include "counters/pfm.h"
#include "counters/tracefs.h"

struct hwp_encoding *hwp_resolve_add(struct hwp_resolver *r, const struct hwp_spec *spec,
                                     char *name, const char *via, const struct hwp_pmu *pmu)
{
    struct hwp_encoding e = {
        .name = name,
        .via = hwp_strdup(via),
        .unit = hwp_strdup(""),
        .scale = 1,
        .leader = -1,
        .weight = 1,
        .mods = spec->mods,
    };

    if (pmu) {
        e.pmu = hwp_strdup(pmu->name);
        if (!pmu->core || r->pmus.cores > 1) /* the only core PMU is on every CPU */
            e.cpus = pmu->cpus;
        e.per_cpu_only = pmu->per_cpu_only;
    }
    hwp_vec_push(r->out, e);
    return hwp_vec_last(r->out);
}

static bool is_hybrid(const struct hwp_resolver *r)
{
    return r->pmus.cores >= 2;
}

/* The machine's one core PMU; NULL if there is none, or several. */
static struct hwp_pmu *only_core(struct hwp_resolver *r)
{
    if (r->pmus.cores != 1)
        return NULL;
    hwp_vec_foreach (&r->pmus, pmu)
        if (pmu->core)
            return pmu;
    return NULL;
}

/* "cpu_core/cycles/u" from the spec "cycles:u". */
static char *twin_name(const struct hwp_spec *spec, const struct hwp_pmu *pmu)
{
    size_t len = strcspn(spec->text, ":");

    return hwp_asprintf("%s/%.*s/%s", pmu->name, (int)len, spec->text,
                        spec->text[len] ? spec->text + len + 1 : "");
}

/* One encoding on the only core PMU, whose CPUs need not be named, or one on each of several.
 * `config` gets the PMU's type in its upper half where there are several; `raw` events take the
 * PMU's type as their own instead. */
static void add_on_cores(struct hwp_resolver *r, const struct hwp_spec *spec, uint32_t type,
                         uint64_t config)
{
    if (!is_hybrid(r)) {
        struct hwp_encoding *e =
            hwp_resolve_add(r, spec, hwp_strdup(spec->text), "perf", only_core(r));
        e->attr.type = type;
        e->attr.config = config;
        return;
    }
    hwp_vec_foreach (&r->pmus, pmu) {
        if (!pmu->core)
            continue;
        struct hwp_encoding *e = hwp_resolve_add(r, spec, twin_name(spec, pmu), "perf", pmu);
        e->attr.type = type == PERF_TYPE_RAW ? pmu->type : type;
        e->attr.config = hwp_pmu_extended(pmu, type != PERF_TYPE_RAW, config);
    }
}

static void resolve_generic(struct hwp_resolver *r, const struct hwp_spec *spec,
                            const struct hwp_generic *row)
{
    if (row->type != PERF_TYPE_SOFTWARE) {
        add_on_cores(r, spec, row->type, row->config);
        return;
    }
    struct hwp_encoding *e = hwp_resolve_add(r, spec, hwp_strdup(spec->text), "perf", NULL);
    e->attr.type = row->type;
    e->attr.config = row->config;
}

/* Terms on one PMU. Takes `name`, which a name= term replaces. */
static struct hwp_error *add_terms(struct hwp_resolver *r, const struct hwp_spec *spec,
                                   struct hwp_pmu *pmu, const struct hwp_terms *terms, char *name)
{
    struct hwp_pmu_event event;
    struct hwp_error *err = hwp_pmu_encode(pmu, is_hybrid(r), terms, &event);

    if (err) {
        free(name);
        hwp_pmu_event_deinit(&event);
        return err;
    }
    struct hwp_encoding *e = hwp_resolve_add(r, spec, name, "sysfs", pmu);
    e->attr = event.attr;
    e->scale = event.scale;
    e->period = event.period;
    e->freq = event.freq;
    if (event.name) {
        free(e->name);
        e->name = hwp_steal(&event.name);
    }
    if (event.unit) {
        free(e->unit);
        e->unit = hwp_steal(&event.unit);
    }
    hwp_pmu_event_deinit(&event);
    return NULL;
}

/* An event alias of the core PMUs: mem-loads, topdown-retiring … *ret_found says if any has it. */
static struct hwp_error *resolve_alias(struct hwp_resolver *r, const struct hwp_spec *spec,
                                       bool *ret_found)
{
    struct hwp_term term = {.key = spec->name};
    struct hwp_terms terms = {.data = &term, .len = 1, .cap = 1};

    hwp_vec_foreach (&r->pmus, pmu) {
        if (!pmu->core || !hwp_pmu_alias_find(pmu, spec->name))
            continue;
        *ret_found = true;
        HWP_TRY(add_terms(r, spec, pmu, &terms,
                          is_hybrid(r) ? twin_name(spec, pmu) : hwp_strdup(spec->text)));
    }
    return NULL;
}

static struct hwp_error *foreign(const char *native)
{
    struct hwp_error *err = hwp_error(HWP_E_UNSUPPORTED,
                                      "'%s' is an event of another CPU than "
                                      "this one",
                                      native);

    return hwp_error_hint(err, "its code would count something else here; `hwprof list` shows "
                               "this machine's events");
}

struct hwp_error *hwp_resolve_native(struct hwp_resolver *r, const struct hwp_spec *spec,
                                     const char *native, const char *via, char *name)
{
    struct hwp_pfm_event event;
    struct hwp_error *err = hwp_pfm_encode(native, &event);

    if (!err && event.inactive && r->pmus.cores > 0)
        err = foreign(native);
    if (err) {
        free(name);
        return err;
    }
    const struct hwp_pmu *pmu = hwp_pmus_by_type(&r->pmus, event.attr.type);
    bool core = event.attr.type == PERF_TYPE_HARDWARE || event.attr.type == PERF_TYPE_HW_CACHE ||
                event.attr.type == PERF_TYPE_RAW;
    if (core && only_core(r))
        pmu = only_core(r);
    struct hwp_encoding *e = hwp_resolve_add(r, spec, name, via, pmu);
    e->attr = event.attr;
    e->period = event.period;
    e->freq = event.freq;
    if (event.cpu >= 0 && event.cpu < HWP_MAX_CPUS) {
        e->cpus = (struct hwp_cpuset){0};
        hwp_cpuset_add(&e->cpus, (unsigned)event.cpu);
    }
    return NULL;
}

/* perf's own lists write EVENT.UMASK in lower case; libpfm4 doesn't mind the case. */
static char *with_colons(const char *name)
{
    char *native = hwp_strdup(name);

    for (char *p = native; (p = strchr(p, '.'));)
        *p = ':';
    return native;
}

static void offer_generic(void *ctx, const struct hwp_generic *row)
{
    hwp_suggest_offer(ctx, row->name);
    if (row->alias)
        hwp_suggest_offer(ctx, row->alias);
}

static void offer_name(void *ctx, const char *name)
{
    hwp_suggest_offer(ctx, name);
}

static struct hwp_error *unknown_name(struct hwp_resolver *r, const struct hwp_spec *spec)
{
    hwp_cleanup(hwp_free_cleanup) char *elsewhere = hwp_pfm_elsewhere(spec->name);
    hwp_cleanup(hwp_free_cleanup) char *event =
        hwp_strndup(spec->name, strcspn(spec->name, ":")); /* its unit mask is not in doubt */
    struct hwp_error *err = hwp_error(HWP_E_NOT_FOUND, "no event '%s'", spec->name);
    struct hwp_suggest near = {.wanted = event};

    if (elsewhere)
        return hwp_error_hint(err, "%s", elsewhere);
    hwp_generic_each(offer_generic, &near);
    for (const struct hwp_model_event *ev = hwp_model_events; ev->name; ev++)
        hwp_suggest_offer(&near, ev->name);
    hwp_vec_foreach (&r->pmus, pmu) {
        if (pmu->core)
            hwp_pmu_load(pmu);
        hwp_vec_foreach (&pmu->aliases, alias)
            hwp_suggest_offer(&near, alias->name);
    }
    hwp_pfm_suggest(&near);
    if (near.n == 0)
        hwp_tracepoints_each(offer_name, &near);
    hwp_cleanup(hwp_free_cleanup) char *names = hwp_suggest_text(&near);
    hwp_suggest_deinit(&near);
    if (names)
        return hwp_error_hint(err, "did you mean %s?", names);
    return hwp_error_hint(err, "`hwprof list` shows the events of this machine");
}

static bool find_tracepoint(const char *system, const char *name, uint64_t *ret)
{
    struct hwp_error *err = hwp_tracepoint_id(system, name, ret);
    bool found = !err;

    hwp_error_destroy(err);
    return found;
}

/* What only the modelled PMU counts is data, like any event that can't be opened. */
static bool resolve_modelled(struct hwp_resolver *r, const struct hwp_spec *spec)
{
    if (strchr(spec->name, ':') || !hwp_model_event_find(spec->name))
        return false;
    struct hwp_encoding *e = hwp_resolve_add(r, spec, hwp_strdup(spec->text), "model", NULL);
    e->attr.type = PERF_TYPE_RAW;
    e->unavailable = hwp_strdup("only the modelled PMU counts it");
    e->remedy = hwp_strdup("--source model");
    return true;
}

static void add_tracepoint(struct hwp_resolver *r, const struct hwp_spec *spec, uint64_t id)
{
    struct hwp_encoding *e = hwp_resolve_add(r, spec, hwp_strdup(spec->text), "tracefs", NULL);

    e->attr.type = PERF_TYPE_TRACEPOINT;
    e->attr.config = id;
}

/* A name that looked native may be a tracepoint with capitals: probe_libFoo:bar. */
static bool try_tracepoint(struct hwp_resolver *r, const struct hwp_spec *spec)
{
    const char *colon = strchr(spec->name, ':');
    uint64_t id;

    if (!colon || strchr(colon + 1, ':'))
        return false;
    hwp_cleanup(hwp_free_cleanup) char *system =
        hwp_strndup(spec->name, (size_t)(colon - spec->name));
    if (!find_tracepoint(system, colon + 1, &id))
        return false;
    add_tracepoint(r, spec, id);
    return true;
}

static struct hwp_error *resolve_name(struct hwp_resolver *r, const struct hwp_spec *spec)
{
    struct hwp_generic row;
    bool found = false;

    if (hwp_generic_find(spec->name, &row)) {
        resolve_generic(r, spec, &row);
        return NULL;
    }
    HWP_TRY(resolve_alias(r, spec, &found));
    if (found || resolve_modelled(r, spec))
        return NULL;
    hwp_cleanup(hwp_free_cleanup) char *colons = with_colons(spec->name);
    bool as_written = hwp_pfm_knows(spec->name);
    if (as_written || hwp_pfm_knows(colons))
        return hwp_resolve_native(r, spec, as_written ? spec->name : colons, "libpfm4",
                                  hwp_strdup(spec->text));
    if (try_tracepoint(r, spec))
        return NULL;
    struct hwp_error *err =
        hwp_resolve_native(r, spec, spec->name, "libpfm4", hwp_strdup(spec->text));
    if (err && (err->code != HWP_E_NOT_FOUND || strstr(spec->name, "::")))
        return err; /* more exact than what is said below */
    hwp_error_destroy(err);
    return unknown_name(r, spec);
}

static struct hwp_error *resolve_tracepoint(struct hwp_resolver *r, const struct hwp_spec *spec)
{
    hwp_cleanup(hwp_free_cleanup) char *native = hwp_asprintf("%s:%s", spec->pmu, spec->name);
    uint64_t id;
    struct hwp_error *err = hwp_tracepoint_id(spec->pmu, spec->name, &id);

    if (!err) {
        add_tracepoint(r, spec, id);
        return NULL;
    }
    if (!hwp_pfm_knows(native))
        return err;
    hwp_error_destroy(err); /* inst_retired:any_p, a native name in lower case */
    return hwp_resolve_native(r, spec, native, "libpfm4", hwp_strdup(spec->text));
}

static void resolve_breakpoint(struct hwp_resolver *r, const struct hwp_spec *spec)
{
    struct hwp_encoding *e = hwp_resolve_add(r, spec, hwp_strdup(spec->text), "perf", NULL);

    e->attr.type = PERF_TYPE_BREAKPOINT;
    e->attr.bp_addr = spec->raw;
    e->attr.bp_type = (spec->bp_read ? 1 : 0) | (spec->bp_write ? 2 : 0) | (spec->bp_exec ? 4 : 0);
    e->bp_symbol = hwp_strdup(spec->name);
    if (spec->bp_len)
        e->attr.bp_len = spec->bp_len;
    else if (spec->bp_exec)
#if defined(__x86_64__) || defined(__i386__)
        e->attr.bp_len = sizeof(long); /* x86 takes no other length for execution */
#else
        e->attr.bp_len = 4; /* one A64 instruction */
#endif
    else
        e->attr.bp_len = 4;
}

static struct hwp_error *unknown_pmu(struct hwp_resolver *r, const char *name)
{
    struct hwp_error *err = hwp_error(HWP_E_NOT_FOUND, "no PMU '%s' here", name);
    struct hwp_suggest near = {.wanted = name};
    struct hwp_str list = {0};

    hwp_vec_foreach (&r->pmus, pmu) {
        hwp_suggest_offer(&near, pmu->name);
        if (list.len < 200)
            hwp_str_addf(&list, "%s%s", list.len ? ", " : "", pmu->name);
    }
    hwp_cleanup(hwp_free_cleanup) char *names = hwp_suggest_text(&near);
    hwp_suggest_deinit(&near);
    if (names)
        err = hwp_error_hint(err, "did you mean %s?", names);
    else
        err = hwp_error_hint(err, "the PMUs are %s", list.data ? list.data : "none at all");
    hwp_str_deinit(&list);
    return err;
}

/* "cpu" means the cores' PMUs where they have other names. */
static bool pmu_is_meant(const struct hwp_pmu *pmu, const char *pattern)
{
    return strcmp(pattern, "cpu") == 0 ? pmu->core : hwp_pmu_matches(pmu, pattern);
}

/* On every PMU that is meant and can encode the terms: not every core PMU has every event. */
static struct hwp_error *resolve_pmu(struct hwp_resolver *r, const struct hwp_spec *spec)
{
    struct hwp_pmu *exact = hwp_pmus_by_name(&r->pmus, spec->pmu);
    struct hwp_error *first = NULL;
    size_t before = r->out->len;

    if (exact)
        return add_terms(r, spec, exact, &spec->terms, hwp_strdup(spec->text));
    hwp_vec_foreach (&r->pmus, pmu) {
        if (!pmu_is_meant(pmu, spec->pmu))
            continue;
        struct hwp_error *err = add_terms(r, spec, pmu, &spec->terms,
                                          hwp_asprintf("%s%s", pmu->name, strchr(spec->text, '/')));
        if (first)
            hwp_error_destroy(err);
        else
            first = err;
    }
    if (r->out->len > before) {
        hwp_error_destroy(first);
        return NULL;
    }
    return first ? first : unknown_pmu(r, spec->pmu);
}

struct hwp_error *hwp_resolve(struct hwp_resolver *r, const struct hwp_spec *spec)
{
    switch (spec->kind) {
    case HWP_SPEC_NAME:
        return resolve_name(r, spec);
    case HWP_SPEC_RAW:
        add_on_cores(r, spec, PERF_TYPE_RAW, spec->raw);
        return NULL;
    case HWP_SPEC_PMU:
        return resolve_pmu(r, spec);
    case HWP_SPEC_TRACEPOINT:
        return resolve_tracepoint(r, spec);
    case HWP_SPEC_BREAKPOINT:
        resolve_breakpoint(r, spec);
        return NULL;
    case HWP_SPEC_PAPI:
    case HWP_SPEC_COMPONENT:
        return hwp_resolve_papi(r, spec);
    }
    return NULL;
}
