#include "counters/pfm.h"

#include <linux/perf_event.h> /* before libpfm4's, which then leaves out its own copy */

#include <perfmon/pfmlib_perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"

#define INACTIVE   "LIBPFM_ENCODE_INACTIVE"
#define ALL_LEVELS (PFM_PLM0 | PFM_PLM3 | PFM_PLMH)

struct hwp_error *hwp_pfm_init(void)
{
    static bool done;
    static int status;

    if (!done) {
        /* libpfm4 reads its environment once, here. Put back, so that the workload, which inherits
         * ours, sees what the user set. */
        hwp_cleanup(hwp_free_cleanup) char *before = hwp_strdup(getenv(INACTIVE));
        setenv(INACTIVE, "1", 1);
        status = pfm_initialize();
        if (before)
            setenv(INACTIVE, before, 1);
        else
            unsetenv(INACTIVE);
        done = true;
    }
    if (status != PFM_SUCCESS)
        return hwp_error_hint(
            hwp_error(HWP_E_UNSUPPORTED, "libpfm4 does not start: %s", pfm_strerror(status)),
            getenv("LIBPFM_FORCE_PMU") ? "LIBPFM_FORCE_PMU names no PMU of this libpfm4"
                                       : "use generic names, PMU/terms/ or raw codes");
    return NULL;
}

static bool info_of(int idx, pfm_event_info_t *ret)
{
    *ret = (pfm_event_info_t){.size = sizeof(*ret)};
    return pfm_get_event_info(idx, PFM_OS_PERF_EVENT_EXT, ret) == PFM_SUCCESS;
}

static bool attribute_of(int idx, int attribute, pfm_event_attr_info_t *ret)
{
    *ret = (pfm_event_attr_info_t){.size = sizeof(*ret)};
    return pfm_get_event_attr_info(idx, attribute, PFM_OS_PERF_EVENT_EXT, ret) == PFM_SUCCESS;
}

static bool pmu_of(pfm_pmu_t pmu, pfm_pmu_info_t *ret)
{
    *ret = (pfm_pmu_info_t){.size = sizeof(*ret)};
    return pfm_get_pmu_info(pmu, ret) == PFM_SUCCESS;
}

/* Calls fn for each event of the PMUs that `want` accepts; stops when fn returns false. */
typedef bool event_fn(void *ctx, const pfm_pmu_info_t *pmu, int idx, const pfm_event_info_t *info);

static void each_event(bool (*want)(const pfm_pmu_info_t *, const void *), const void *want_ctx,
                       event_fn *fn, void *ctx)
{
    pfm_pmu_t id;

    pfm_for_all_pmus(id)
    {
        pfm_pmu_info_t pmu;
        if (!pmu_of(id, &pmu) || !want(&pmu, want_ctx))
            continue;
        for (int idx = pmu.first_event; idx != -1; idx = pfm_get_event_next(idx)) {
            pfm_event_info_t info;
            if (info_of(idx, &info) && !fn(ctx, &pmu, idx, &info))
                return;
        }
    }
}

static bool is_active(const pfm_pmu_info_t *pmu, const void *ctx)
{
    (void)ctx;
    return pmu->is_present;
}

/* Without the pseudo-PMUs "perf" and "perf_raw", whose events have better names. */
static bool is_active_hardware(const pfm_pmu_info_t *pmu, const void *ctx)
{
    (void)ctx;
    return pmu->is_present && pmu->type != PFM_PMU_TYPE_OS_GENERIC &&
           strcmp(pmu->name, "perf") != 0 && strcmp(pmu->name, "perf_raw") != 0;
}

static bool is_inactive(const pfm_pmu_info_t *pmu, const void *ctx)
{
    (void)ctx;
    return !pmu->is_present;
}

static bool is_named(const pfm_pmu_info_t *pmu, const void *name)
{
    return strcasecmp(pmu->name, name) == 0;
}

/* "skx::EVENT:UMASK" to "skx" (NULL without prefix), "EVENT", and the rest after ':' (NULL). */
struct parts {
    char *pmu, *event, *rest;
};

static struct parts split(const char *name)
{
    const char *doubled = strstr(name, "::");
    const char *event = doubled ? doubled + 2 : name;
    const char *colon = strchr(event, ':');

    return (struct parts){
        .pmu = doubled ? hwp_strndup(name, (size_t)(doubled - name)) : NULL,
        .event = colon ? hwp_strndup(event, (size_t)(colon - event)) : hwp_strdup(event),
        .rest = colon ? hwp_strdup(colon + 1) : NULL,
    };
}

static void parts_deinit(struct parts *p)
{
    free(p->pmu);
    free(p->event);
    free(p->rest);
}

struct find {
    const char *event;
    int idx;
};

static bool match_event(void *ctx, const pfm_pmu_info_t *pmu, int idx, const pfm_event_info_t *info)
{
    struct find *find = ctx;

    (void)pmu;
    if (strcasecmp(info->name, find->event) != 0)
        return true;
    find->idx = idx;
    return false;
}

struct offers {
    struct hwp_suggest *near;
    const char *prefix; /* "skx::", or "" */
};

static bool offer_event(void *ctx, const pfm_pmu_info_t *pmu, int idx, const pfm_event_info_t *info)
{
    const struct offers *o = ctx;
    char name[256];

    (void)pmu;
    (void)idx;
    snprintf(name, sizeof(name), "%s%s", o->prefix, info->name);
    hwp_suggest_offer(o->near, name);
    return true;
}

void hwp_pfm_suggest(struct hwp_suggest *near)
{
    struct hwp_error *err = hwp_pfm_init();
    struct parts p = split(near->wanted);
    hwp_cleanup(hwp_free_cleanup) char *prefix = p.pmu ? hwp_asprintf("%s::", p.pmu) : NULL;
    struct offers offers = {near, prefix ? prefix : ""};

    if (!err)
        each_event(p.pmu ? is_named : is_active_hardware, p.pmu, offer_event, &offers);
    hwp_error_destroy(err);
    parts_deinit(&p);
}

/* The last three PMUs that have the event, which are the newest of a vendor's. */
struct elsewhere {
    const char *event;
    char pmus[3][64];
    unsigned n;
};

static bool match_elsewhere(void *ctx, const pfm_pmu_info_t *pmu, int idx,
                            const pfm_event_info_t *info)
{
    struct elsewhere *e = ctx;

    (void)idx;
    if (strcasecmp(info->name, e->event) != 0)
        return true;
    snprintf(e->pmus[e->n++ % 3], sizeof(e->pmus[0]), "%s", pmu->name);
    return true;
}

char *hwp_pfm_elsewhere(const char *name)
{
    struct hwp_error *err = hwp_pfm_init();
    struct parts p = split(name);
    struct elsewhere e = {.event = p.event};
    char *hint = NULL;

    if (!err && !p.pmu)
        each_event(is_inactive, NULL, match_elsewhere, &e);
    struct hwp_str list = {0};
    for (unsigned i = 0; i < e.n && i < 3; i++)
        hwp_str_addf(&list, "%s%s", i ? ", " : "", e.pmus[(e.n - 1 - i) % 3]);
    if (e.n)
        hint = hwp_asprintf("it is an event of other CPUs (%s%s); %s::%s is its full name",
                            list.data, e.n > 3 ? ", …" : "", e.pmus[(e.n - 1) % 3], name);
    hwp_str_deinit(&list);
    parts_deinit(&p);
    hwp_error_destroy(err);
    return hint;
}

/* Names without PMU are looked for in more places than here: the caller has the better hint. */
static struct hwp_error *unknown_event(const char *name, const struct parts *p)
{
    struct hwp_error *err = hwp_error(HWP_E_NOT_FOUND, "no event '%s'", name);
    hwp_cleanup(hwp_free_cleanup) char *names = NULL;

    if (p->pmu) {
        hwp_cleanup(hwp_free_cleanup) char *event = hwp_asprintf("%s::%s", p->pmu, p->event);
        struct hwp_suggest near = {.wanted = event};
        hwp_pfm_suggest(&near);
        names = hwp_suggest_text(&near);
        hwp_suggest_deinit(&near);
    }
    if (names)
        return hwp_error_hint(err, "did you mean %s?", names);
    return hwp_error_hint(err, "`hwprof list` shows the events of this machine");
}

/* The first part of `rest` that is no attribute of the event, copied; NULL if all are. */
static char *unknown_attribute(int idx, int nattrs, const char *rest)
{
    for (const char *part = rest;;) {
        size_t len = strcspn(part, ":"), name_len = strcspn(part, ":=");
        bool known = false;

        for (int a = 0; a < nattrs && !known; a++) {
            pfm_event_attr_info_t info;
            known = attribute_of(idx, a, &info) && strlen(info.name) == name_len &&
                    strncasecmp(info.name, part, name_len) == 0;
        }
        if (!known)
            return hwp_strndup(part, len);
        if (!part[len])
            return NULL;
        part += len + 1;
    }
}

static struct hwp_error *bad_attribute(const char *name, const struct parts *p, int status)
{
    struct find find = {p->event, -1};
    pfm_event_info_t info;

    each_event(p->pmu ? is_named : is_active, p->pmu, match_event, &find);
    if (find.idx < 0 || !info_of(find.idx, &info))
        return hwp_error(HWP_E_INVALID, "event '%s': %s", name, pfm_strerror(status));
    hwp_cleanup(hwp_free_cleanup) char *wrong =
        p->rest ? unknown_attribute(find.idx, info.nattrs, p->rest) : NULL;
    struct hwp_error *err =
        wrong ? hwp_error(HWP_E_INVALID, "event '%s' has no unit mask or attribute '%s'", info.name,
                          wrong)
              : hwp_error(HWP_E_INVALID, "event '%s': %s", name, pfm_strerror(status));
    struct hwp_suggest near = {.wanted = wrong ? wrong : ""};
    struct hwp_str all = {0};
    for (int a = 0; a < info.nattrs; a++) {
        pfm_event_attr_info_t attribute;
        if (!attribute_of(find.idx, a, &attribute))
            continue;
        if (wrong)
            hwp_suggest_offer(&near, attribute.name);
        if (attribute.type == PFM_ATTR_UMASK)
            hwp_str_addf(&all, "%s%s", all.len ? ", " : "", attribute.name);
    }
    hwp_cleanup(hwp_free_cleanup) char *names = hwp_suggest_text(&near);
    hwp_suggest_deinit(&near);
    if (names)
        err = hwp_error_hint(err, "did you mean %s?", names);
    else if (all.len)
        err = hwp_error_hint(err, "its unit masks are %s", all.data);
    else
        err = hwp_error_hint(err, "it has no unit masks");
    hwp_str_deinit(&all);
    return err;
}

static struct hwp_error *failed(const char *name, int status)
{
    struct parts p = split(name);
    struct hwp_error *err;

    switch (status) {
    case PFM_ERR_NOTFOUND:
        err = unknown_event(name, &p);
        break;
    case PFM_ERR_NOTSUPP:
        err = hwp_error_hint(hwp_error(HWP_E_UNSUPPORTED, "libpfm4 can't encode '%s' here", name),
                             "an uncore event needs its PMU in /sys/bus/event_source/devices");
        break;
    default:
        err = bad_attribute(name, &p, status);
        break;
    }
    parts_deinit(&p);
    return err;
}

/* libpfm4 excludes guests unless told otherwise; here nothing is excluded unless told. */
static bool says_guest(const char *name)
{
    for (const char *p = strchr(name, ':'); p; p = strchr(p + 1, ':'))
        if ((strncasecmp(p, ":mg", 3) == 0 || strncasecmp(p, ":mh", 3) == 0) &&
            (!p[3] || p[3] == ':' || p[3] == '='))
            return true;
    return false;
}

static int encode(const char *name, struct hwp_pfm_event *ret, int *ret_idx)
{
    struct perf_event_attr attr = {.size = sizeof(attr)};
    pfm_perf_encode_arg_t arg = {.attr = &attr, .size = sizeof(arg), .cpu = -1};
    int status = pfm_get_os_event_encoding(name, ALL_LEVELS, PFM_OS_PERF_EVENT_EXT, &arg);

    if (status != PFM_SUCCESS)
        return status;
    *ret = (struct hwp_pfm_event){.attr = attr, .cpu = arg.cpu};
    if (attr.freq)
        ret->freq = attr.sample_freq;
    else
        ret->period = attr.sample_period;
    ret->attr.size = 0;
    ret->attr.freq = 0;
    ret->attr.sample_period = 0;
    if (!says_guest(name))
        ret->attr.exclude_guest = 0;
    *ret_idx = arg.idx;
    return status;
}

struct hwp_error *hwp_pfm_encode(const char *name, struct hwp_pfm_event *ret)
{
    struct hwp_pfm_event event;
    pfm_event_info_t info;
    pfm_pmu_info_t pmu;
    int idx;

    HWP_TRY(hwp_pfm_init());
    int status = encode(name, &event, &idx);
    if (status != PFM_SUCCESS)
        return failed(name, status);
    event.inactive = info_of(idx, &info) && pmu_of(info.pmu, &pmu) && !pmu.is_present &&
                     pmu.type != PFM_PMU_TYPE_OS_GENERIC;
    *ret = event;
    return NULL;
}

bool hwp_pfm_knows(const char *name)
{
    struct hwp_pfm_event event;
    struct hwp_error *err = hwp_pfm_init();
    int idx;

    if (err) {
        hwp_error_destroy(err);
        return false;
    }
    return encode(name, &event, &idx) == PFM_SUCCESS;
}

struct listing {
    hwp_pfm_fn *fn;
    void *ctx;
};

static bool list_event(void *ctx, const pfm_pmu_info_t *pmu, int idx, const pfm_event_info_t *info)
{
    const struct listing *l = ctx;

    l->fn(l->ctx, pmu->name, info->name, info->desc);
    for (int a = 0; a < info->nattrs; a++) {
        pfm_event_attr_info_t attribute;
        char name[512];

        if (!attribute_of(idx, a, &attribute) || attribute.type != PFM_ATTR_UMASK)
            continue;
        snprintf(name, sizeof(name), "%s:%s", info->name, attribute.name);
        l->fn(l->ctx, pmu->name, name, attribute.desc);
    }
    return true;
}

void hwp_pfm_each(hwp_pfm_fn *fn, void *ctx)
{
    struct listing listing = {fn, ctx};
    struct hwp_error *err = hwp_pfm_init();

    if (!err)
        each_event(is_active_hardware, NULL, list_event, &listing);
    hwp_error_destroy(err);
}
