#include "counters/events.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "counters/resolve.h"

void hwp_encoding_deinit(struct hwp_encoding *e)
{
    free(e->name);
    free(e->via);
    free(e->text);
    free(e->unit);
    free(e->pmu);
    free(e->bp_symbol);
    free(e->unavailable);
    free(e->remedy);
    free(e->preset);
}

void hwp_encodings_deinit(struct hwp_encodings *list)
{
    hwp_vec_foreach (list, e)
        hwp_encoding_deinit(e);
    hwp_vec_deinit(list);
}

/* Software, tracepoint and breakpoint events may join a group of any PMU's. */
static bool fits_anywhere(const struct hwp_encoding *e)
{
    return e->attr.type == PERF_TYPE_SOFTWARE || e->attr.type == PERF_TYPE_TRACEPOINT ||
           e->attr.type == PERF_TYPE_BREAKPOINT;
}

static bool same_pmu(const struct hwp_encoding *a, const struct hwp_encoding *b)
{
    return a->pmu && b->pmu ? strcmp(a->pmu, b->pmu) == 0 : a->pmu == b->pmu;
}

/* Finds a leader for the group's encoding `at`: the group's first on the same PMU, as the kernel
 * takes one PMU per group; else it leads itself. A software leader takes the first PMU that comes
 * along, and so its group. */
static void set_leader(struct hwp_encodings *list, size_t first, size_t at)
{
    struct hwp_encoding *e = &list->data[at];

    e->leader = (int)at;
    for (size_t i = first; i < at; i++) {
        struct hwp_encoding *other = &list->data[i];
        if (fits_anywhere(e) || same_pmu(e, other)) {
            e->leader = other->leader;
            return;
        }
    }
    for (size_t i = first; i < at; i++) { /* a group of software events alone, so far */
        if (!fits_anywhere(&list->data[i]))
            return;
    }
    if (at > first)
        e->leader = list->data[first].leader;
}

static void set_privileges(struct perf_event_attr *attr, const struct hwp_modifiers *mods)
{
    if (mods->user || mods->kernel || mods->hypervisor) {
        attr->exclude_user = !mods->user;
        attr->exclude_kernel = !mods->kernel;
        attr->exclude_hv = !mods->hypervisor;
    }
    if (mods->guest || mods->host) {
        attr->exclude_host = mods->guest && !mods->host;
        attr->exclude_guest = mods->host && !mods->guest;
    }
    if (mods->exclude_idle)
        attr->exclude_idle = 1;
}

static void finish(struct hwp_resolver *r, struct hwp_encoding *e, bool leads)
{
    struct hwp_pmu *pmu = e->pmu ? hwp_pmus_by_name(&r->pmus, e->pmu) : NULL;

    set_privileges(&e->attr, &e->mods);
    if (e->mods.precise)
        e->attr.precise_ip = e->mods.precise;
    if (e->mods.max_precise && pmu)
        e->attr.precise_ip = hwp_pmu_max_precise(pmu);
    if (leads) { /* of a group the kernel looks at the leader's alone */
        e->attr.pinned |= e->mods.pinned;
        e->attr.exclusive |= e->mods.exclusive;
    }
    e->is_clock =
        e->attr.type == PERF_TYPE_SOFTWARE &&
        (e->attr.config == PERF_COUNT_SW_CPU_CLOCK || e->attr.config == PERF_COUNT_SW_TASK_CLOCK);
    if (e->is_clock) {
        free(e->unit);
        e->unit = hwp_strdup("ns");
    }
    e->text = hwp_encoding_text(&e->attr);
}

static struct hwp_error *resolve_all(struct hwp_resolver *r, const struct hwp_specs *specs)
{
    int group = -1;
    size_t group_first = 0;

    hwp_vec_foreach (specs, spec) {
        size_t first = r->out->len;
        if (spec->group != group) {
            group = spec->group;
            group_first = first;
        }
        struct hwp_error *err = hwp_resolve(r, spec);
        if (err)
            return err;
        for (size_t i = first; i < r->out->len; i++) {
            if (spec->group >= 0)
                set_leader(r->out, group_first, i);
            struct hwp_encoding *e = &r->out->data[i];
            finish(r, e, e->leader < 0 || e->leader == (int)i);
        }
    }
    return NULL;
}

struct hwp_error *hwp_events_resolve(const char *text, struct hwp_encodings *ret)
{
    struct hwp_specs specs = {0};
    struct hwp_encodings list = {0};
    struct hwp_resolver r = {.out = &list};

    HWP_TRY(hwp_specs_parse(text, &specs));
    hwp_pmus_load(&r.pmus);
    struct hwp_error *err = resolve_all(&r, &specs);
    hwp_pmus_deinit(&r.pmus);
    hwp_specs_deinit(&specs);
    if (err) {
        hwp_encodings_deinit(&list);
        return err;
    }
    *ret = list;
    return NULL;
}
