#include "reports/columns.h"

#include <string.h>

#include "base/mem.h"

static const char *name_of(const struct hwp_event *ev)
{
    return ev->name ? ev->name : "unnamed";
}

char *hwp_event_key(const struct hwp_events *events, size_t e)
{
    const char *name = name_of(&events->data[e]);
    size_t nth = 1;

    for (size_t i = 0; i < e; i++)
        nth += strcmp(name_of(&events->data[i]), name) == 0;
    return nth == 1 ? hwp_strdup(name) : hwp_asprintf("%s#%zu", name, nth);
}

void hwp_table_event_column(struct hwp_table *t, const struct hwp_events *events, size_t e,
                            const struct hwp_event_column *column)
{
    char *name hwp_cleanup(hwp_free_cleanup) = hwp_event_key(events, e);
    char *key hwp_cleanup(hwp_free_cleanup) = hwp_asprintf(
        "%s%s%s", name, column->suffix ? "_" : "", column->suffix ? column->suffix : "");

    hwp_table_column(t, &(struct hwp_column){
                            .key = key,
                            .title = column->title,
                            .group = name,
                            .unit = column->unit,
                            .align = HWP_ALIGN_RIGHT,
                            .decimals = column->decimals,
                        });
}

static bool is_ambiguous(const struct hwp_metric_uses *uses, const struct hwp_metric_use *use)
{
    size_t n = 0;

    hwp_vec_foreach (uses, other)
        n += other->metric == use->metric;
    return n > 1;
}

void hwp_table_metric_columns(struct hwp_table *t, const struct hwp_events *events,
                              const struct hwp_metric_uses *uses)
{
    hwp_vec_foreach (uses, use) {
        const struct hwp_metric_info *info = hwp_metric_info(use->metric);
        bool ambiguous = is_ambiguous(uses, use);
        const char *event = name_of(&events->data[use->numerator]);
        char *key hwp_cleanup(hwp_free_cleanup) =
            hwp_asprintf("%s%s%s", info->key, ambiguous ? "_" : "", ambiguous ? event : "");
        char *title hwp_cleanup(hwp_free_cleanup) =
            hwp_asprintf("%s%s%s", info->column, ambiguous ? " " : "", ambiguous ? event : "");
        hwp_table_column(t, &(struct hwp_column){
                                .key = key,
                                .title = title,
                                .unit = info->unit,
                                .align = HWP_ALIGN_RIGHT,
                                .decimals = info->decimals,
                            });
    }
}

struct hwp_field hwp_field_event_count(const struct hwp_event *ev, const struct hwp_count *c)
{
    struct hwp_field field = hwp_field_counted(c);

    if (field.kind == HWP_FIELD_COUNT && hwp_event_is_time(ev))
        field.kind = HWP_FIELD_DURATION;
    return field;
}
