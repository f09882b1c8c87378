#include "reports/hot_table.h"

#include "base/mem.h"
#include "reports/columns.h"

static void add_event_columns(struct hwp_table *t, const struct hwp_profile *p,
                              const struct hwp_hot *hot, size_t e)
{
    const struct hwp_events *events = &p->run.events;
    const char *unit = hwp_event_is_time(&events->data[e]) ? "ns" : "";
    bool on_atomics = e == hot->sort_event;

    hwp_table_event_column(t, events, e, &(struct hwp_event_column){"percent", "share", "%", 2});
    if (hot->has_total)
        hwp_table_event_column(t, events, e,
                               &(struct hwp_event_column){"total_percent", "with callees", "%", 2});
    hwp_table_event_column(t, events, e, &(struct hwp_event_column){NULL, "count", unit, 0});
    hwp_table_event_column(t, events, e, &(struct hwp_event_column){"samples", NULL, "", 0});
    hwp_table_event_column(
        t, events, e,
        &(struct hwp_event_column){"atomic_percent", on_atomics ? "on atomics" : NULL, "%", 2});
}

static void add_columns(struct hwp_table *t, const struct hwp_profile *p, const struct hwp_hot *hot)
{
    hwp_table_column(t, &(struct hwp_column){.key = "row"});
    for (size_t e = 0; e < hot->nr_events; e++)
        add_event_columns(t, p, hot, e);
    hwp_table_metric_columns(t, &p->run.events, &hot->metrics);
    hwp_table_column(t, &(struct hwp_column){.key = "module", .title = "module", .shrinks = true});
    hwp_table_column(t,
                     &(struct hwp_column){.key = "function", .title = "function", .shrinks = true});
    hwp_table_column(t, &(struct hwp_column){.key = "symbol"});
    hwp_table_column(t, &(struct hwp_column){.key = "path"});
}

static struct hwp_field share(const struct hwp_profile *p, size_t e, const struct hwp_cost *cost,
                              const struct hwp_cost *whole)
{
    if (!cost || !whole->value)
        return hwp_field_unknown();
    struct hwp_count count = hwp_cost_count(&p->run, &p->run.events.data[e], cost);
    if (!hwp_count_known(&count))
        return hwp_field_unknown();
    return hwp_field_percent(hwp_cost_percent(cost, whole));
}

static void add_event_fields(struct hwp_table *t, const struct hwp_profile *p,
                             const struct hwp_hot *hot, size_t e, const struct hwp_hot_function *f,
                             const struct hwp_cost *self)
{
    const struct hwp_event *ev = &p->run.events.data[e];
    struct hwp_count count = hwp_cost_count(&p->run, ev, &self[e]);

    hwp_table_add(t, share(p, e, &self[e], &hot->totals[e]));
    if (hot->has_total)
        hwp_table_add(t, share(p, e, f ? &f->total[e] : NULL, &hot->totals[e]));
    hwp_table_add(t, hwp_field_event_count(ev, &count));
    hwp_table_add(t,
                  hwp_event_has_costs(ev) ? hwp_field_count(self[e].samples) : hwp_field_unknown());
    /* part of samples that there are: none of them on atomics is 0 */
    hwp_table_add(t, f && f->atomic && self[e].value
                         ? hwp_field_percent(hwp_cost_percent(&f->atomic[e], &self[e]))
                         : hwp_field_unknown());
}

static void add_function(struct hwp_table *t, const struct hwp_profile *p,
                         const struct hwp_hot *hot, const struct hwp_hot_function *f)
{
    hwp_table_row(t, false);
    hwp_table_add(t, hwp_field_text("function"));
    for (size_t e = 0; e < hot->nr_events; e++)
        add_event_fields(t, p, hot, e, f, f->self);
    hwp_vec_foreach (&hot->metrics, use) {
        struct hwp_value value = hwp_cost_metric(&p->run, f->self, use);
        hwp_table_add(t, hwp_field_value(&value));
    }
    hwp_table_add(t, hwp_field_text(f->module->short_name));
    hwp_table_add(t, hwp_field_text(f->symbol->name));
    hwp_table_add(t, hwp_field_text(f->symbol->raw_name));
    hwp_table_add(t, hwp_field_text(f->module->dso->path));
}

static void add_rest(struct hwp_table *t, const struct hwp_profile *p, const struct hwp_hot *hot,
                     const char *kind, const char *title, const struct hwp_cost *costs)
{
    hwp_table_row(t, true);
    hwp_table_add(t, hwp_field_text(kind));
    for (size_t e = 0; e < hot->nr_events; e++)
        add_event_fields(t, p, hot, e, NULL, costs);
    for (size_t i = 0; i < hot->metrics.len; i++)
        hwp_table_add(t, hwp_field_unknown());
    hwp_table_add(t, hwp_field_text(""));
    hwp_table_add(t, hwp_field_text(title));
}

void hwp_hot_table(const struct hwp_profile *p, const struct hwp_hot *hot, struct hwp_table *ret)
{
    *ret = (struct hwp_table){.name = "functions"};
    add_columns(ret, p, hot);
    hwp_vec_foreach (&hot->functions, f)
        add_function(ret, p, hot, f);
    if (hot->nr_others) {
        char *title hwp_cleanup(hwp_free_cleanup) =
            hwp_asprintf("(%zu other%s)", hot->nr_others, hot->nr_others == 1 ? "" : "s");
        add_rest(ret, p, hot, "others", title, hot->others);
    }
    if (hot->has_filter)
        add_rest(ret, p, hot, "filtered", "(filtered out)", hot->filtered);
}
