/* Annotations as data: every instruction, nothing folded. */
#include "reports/annotate_table.h"

#include "analysis/atomics.h"
#include "analysis/hot.h"
#include "base/mem.h"
#include "reports/columns.h"
#include "reports/json.h"

static void add_columns(struct hwp_table *t, const struct hwp_profile *p, bool alone)
{
    const struct hwp_events *events = &p->run.events;

    if (alone) {
        hwp_table_column(t, &(struct hwp_column){.key = "function", .title = "function"});
        hwp_table_column(t, &(struct hwp_column){.key = "module", .title = "module"});
    }
    hwp_table_column(
        t, &(struct hwp_column){.key = "address", .title = "address", .align = HWP_ALIGN_RIGHT});
    for (size_t e = 0; e < events->len; e++) {
        const char *unit = hwp_event_is_time(&events->data[e]) ? "ns" : "";
        hwp_table_event_column(t, events, e,
                               &(struct hwp_event_column){"percent", "share", "%", 2});
        hwp_table_event_column(t, events, e, &(struct hwp_event_column){NULL, "count", unit, 0});
        hwp_table_event_column(t, events, e, &(struct hwp_event_column){"samples", NULL, "", 0});
    }
    hwp_table_column(t, &(struct hwp_column){.key = "atomic", .title = "atomic"});
    hwp_table_column(t, &(struct hwp_column){.key = "jump_target", .title = "target"});
    hwp_table_column(t, &(struct hwp_column){.key = "instruction", .title = "instruction"});
    hwp_table_column(t, &(struct hwp_column){.key = "inlined", .title = "inlined"});
    hwp_table_column(t, &(struct hwp_column){.key = "file", .title = "file", .shrinks = true});
    hwp_table_column(
        t, &(struct hwp_column){.key = "line", .title = "line", .align = HWP_ALIGN_RIGHT});
}

static void add_costs(struct hwp_table *t, const struct hwp_profile *p,
                      const struct hwp_annotation *a, size_t insn)
{
    for (size_t e = 0; e < a->nr_events; e++) {
        const struct hwp_event *ev = &p->run.events.data[e];
        const struct hwp_cost *cost = &a->costs[insn * a->nr_events + e];
        struct hwp_count count = hwp_cost_count(&p->run, ev, cost);
        bool known = hwp_event_has_costs(ev);
        hwp_table_add(t, hwp_count_known(&count) && a->totals[e].value
                             ? hwp_field_percent(hwp_cost_percent(cost, &a->totals[e]))
                             : hwp_field_unknown());
        hwp_table_add(t, hwp_field_event_count(ev, &count));
        hwp_table_add(t, known ? hwp_field_count(cost->samples) : hwp_field_unknown());
    }
}

/* Inlined frames from the innermost out, without the function itself. */
static struct hwp_field inlined_at(const struct hwp_annotation *a, uint64_t vaddr)
{
    struct hwp_inline_frames frames = {0};
    HWP_VEC(const char *) names = {0};

    hwp_module_inlines(a->module, vaddr, &frames);
    for (size_t i = 0; i + 1 < frames.len; i++)
        hwp_vec_push(&names, frames.data[i].function);
    struct hwp_field field = hwp_field_list(names.data, names.len);
    hwp_vec_deinit(&names);
    hwp_vec_deinit(&frames);
    return field;
}

static void add_insn(struct hwp_table *t, const struct hwp_profile *p,
                     const struct hwp_annotation *a, size_t i, bool alone)
{
    const struct hwp_insn *insn = &a->insns.data[i];
    struct hwp_line line = hwp_module_line(a->module, insn->addr);
    const char *atomic = hwp_atomic_name((enum hwp_atomic)insn->atomic);

    hwp_table_row(t, false);
    if (alone) {
        hwp_table_add(t, hwp_field_text(a->symbol->name));
        hwp_table_add(t, hwp_field_text(a->module->short_name));
    }
    hwp_table_add(t, hwp_field_address(insn->addr));
    add_costs(t, p, a, i);
    hwp_table_add(t, hwp_field_text(atomic && *atomic ? atomic : NULL));
    hwp_table_add(t, a->has_code ? hwp_field_bool(a->targets[i]) : hwp_field_unknown());
    hwp_table_add(t, hwp_field_text(insn->text));
    hwp_table_add(t, inlined_at(a, insn->addr));
    hwp_table_add(t, hwp_field_text(line.line ? line.file : NULL));
    hwp_table_add(t, line.line ? hwp_field_count(line.line) : hwp_field_unknown());
}

static void build(const struct hwp_profile *p, const struct hwp_annotation *all, size_t n,
                  bool alone, struct hwp_table *ret)
{
    *ret = (struct hwp_table){.name = "instructions"};
    add_columns(ret, p, alone);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < all[k].insns.len; i++)
            add_insn(ret, p, &all[k], i, alone);
}

void hwp_annotate_table(const struct hwp_profile *p, const struct hwp_annotation *all, size_t n,
                        struct hwp_table *ret)
{
    build(p, all, n, true, ret);
}

static struct cJSON *costs_json(const struct hwp_profile *p, const struct hwp_annotation *a)
{
    struct cJSON *array = hwp_json_array();

    for (size_t e = 0; e < a->nr_events; e++) {
        struct cJSON *object = hwp_json_object();
        bool known = hwp_event_has_costs(&p->run.events.data[e]);
        struct hwp_count count =
            hwp_cost_count(&p->run, &p->run.events.data[e], &a->totals[e]);
        char *key hwp_cleanup(hwp_free_cleanup) = hwp_event_key(&p->run.events, e);
        hwp_json_put_text(object, "event", key);
        if (known) {
            if (hwp_count_known(&count))
                hwp_json_put_uint(object, "count", a->totals[e].value);
            else
                hwp_json_put_null(object, "count");
            hwp_json_put_uint(object, "samples", a->totals[e].samples);
            hwp_json_put_uint(object, "moved_samples", a->moved[e].samples);
        }
        if (known && a->has_code && a->totals[e].value)
            hwp_json_put_number(object, "atomic_percent",
                                hwp_cost_percent(&a->atomic[e], &a->totals[e]));
        else
            hwp_json_put_null(object, "atomic_percent");
        hwp_json_append(array, object);
    }
    return array;
}

struct cJSON *hwp_annotate_json(const struct hwp_profile *p, const struct hwp_annotation *a)
{
    struct cJSON *object = hwp_json_object();
    struct hwp_table t;

    hwp_json_put_text(object, "function", a->symbol->name);
    hwp_json_put_text(object, "symbol", a->symbol->raw_name);
    hwp_json_put_text(object, "module", a->module->short_name);
    hwp_json_put_text(object, "path", a->module->dso->path);
    hwp_json_put_bool(object, "has_code", a->has_code);
    hwp_json_put(object, "events", costs_json(p, a));
    build(p, a, 1, false, &t);
    hwp_json_put(object, "instructions", hwp_table_json(&t));
    hwp_table_deinit(&t);
    return object;
}

void hwp_annotations_print(const struct hwp_profile *p, const struct hwp_annotations *all,
                           const struct hwp_report_options *options, struct hwp_out *out)
{
    if (options->format == HWP_FORMAT_TEXT) {
        hwp_vec_foreach (all, a)
            hwp_annotate_text(p, a, options, out);
    } else if (options->format == HWP_FORMAT_CSV) {
        struct hwp_table t;
        hwp_annotate_table(p, all->data, all->len, &t);
        hwp_table_csv(&t, options->separator, out);
        hwp_table_deinit(&t);
    } else {
        struct cJSON *array hwp_cleanup(hwp_json_cleanup) = hwp_json_array();
        hwp_vec_foreach (all, a)
            hwp_json_append(array, hwp_annotate_json(p, a));
        hwp_json_print(array, true, out);
    }
}
