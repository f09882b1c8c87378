#include "reports/groups_table.h"

#include "analysis/hot.h"
#include "base/mem.h"
#include "base/str.h"
#include "reports/columns.h"

char *hwp_groups_title(const struct hwp_groups *groups)
{
    struct hwp_str title = {0};

    for (size_t k = 0; k < groups->nr_keys; k++)
        hwp_str_addf(&title, "%s%s", k ? ", " : "Costs by ", hwp_group_key_name(groups->keys[k]));
    return hwp_str_steal(&title);
}

static void add_columns(struct hwp_table *t, const struct hwp_profile *p,
                        const struct hwp_groups *groups)
{
    const struct hwp_events *events = &p->run.events;

    hwp_table_column(t, &(struct hwp_column){.key = "row"});
    for (size_t e = 0; e < groups->nr_events; e++) {
        const char *unit = hwp_event_is_time(&events->data[e]) ? "ns" : "";
        hwp_table_event_column(t, events, e,
                               &(struct hwp_event_column){"percent", "share", "%", 2});
        hwp_table_event_column(t, events, e, &(struct hwp_event_column){NULL, "count", unit, 0});
        hwp_table_event_column(t, events, e, &(struct hwp_event_column){"samples", NULL, "", 0});
    }
    hwp_table_metric_columns(t, events, &groups->metrics);
    for (size_t k = 0; k < groups->nr_keys; k++) {
        const char *name = hwp_group_key_name(groups->keys[k]);
        hwp_table_column(t, &(struct hwp_column){.key = name, .title = name, .shrinks = true});
    }
}

static void add_costs(struct hwp_table *t, const struct hwp_profile *p,
                      const struct hwp_groups *groups, const char *kind,
                      const struct hwp_cost *costs)
{
    hwp_table_add(t, hwp_field_text(kind));
    for (size_t e = 0; e < groups->nr_events; e++) {
        const struct hwp_event *ev = &p->run.events.data[e];
        struct hwp_count count = hwp_cost_count(&p->run, ev, &costs[e]);
        bool known = hwp_count_known(&count) && groups->totals[e].value;
        hwp_table_add(t, known ? hwp_field_percent(hwp_cost_percent(&costs[e], &groups->totals[e]))
                               : hwp_field_unknown());
        hwp_table_add(t, hwp_field_event_count(ev, &count));
        hwp_table_add(t, hwp_event_has_costs(ev) ? hwp_field_count(costs[e].samples)
                                                 : hwp_field_unknown());
    }
}

static void add_group(struct hwp_table *t, const struct hwp_profile *p,
                      const struct hwp_groups *groups, const struct hwp_group *group)
{
    hwp_table_row(t, false);
    add_costs(t, p, groups, "group", group->costs);
    hwp_vec_foreach (&groups->metrics, use) {
        struct hwp_value value = hwp_cost_metric(&p->run, group->costs, use);
        hwp_table_add(t, hwp_field_value(&value));
    }
    for (size_t k = 0; k < groups->nr_keys; k++)
        hwp_table_add(t, hwp_field_text(group->texts[k]));
}

static void add_rest(struct hwp_table *t, const struct hwp_profile *p,
                     const struct hwp_groups *groups, const char *kind, const char *title,
                     const struct hwp_cost *costs)
{
    hwp_table_row(t, true);
    add_costs(t, p, groups, kind, costs);
    for (size_t i = 0; i < groups->metrics.len; i++)
        hwp_table_add(t, hwp_field_unknown());
    hwp_table_add(t, hwp_field_text(title));
    for (size_t k = 1; k < groups->nr_keys; k++)
        hwp_table_add(t, hwp_field_text(""));
}

void hwp_groups_table(const struct hwp_profile *p, const struct hwp_groups *groups,
                      struct hwp_table *ret)
{
    *ret = (struct hwp_table){.name = "groups"};
    add_columns(ret, p, groups);
    hwp_vec_foreach (&groups->rows, row)
        add_group(ret, p, groups, row);
    if (groups->nr_others) {
        char *title hwp_cleanup(hwp_free_cleanup) = hwp_asprintf(
            "(%zu other%s)", groups->nr_others, groups->nr_others == 1 ? "" : "s");
        add_rest(ret, p, groups, "others", title, groups->others);
    }
    if (groups->has_filter)
        add_rest(ret, p, groups, "filtered", "(filtered out)", groups->filtered);
}
