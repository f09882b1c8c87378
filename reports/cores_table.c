#include "reports/cores_table.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "reports/columns.h"

static void add_columns(struct hwp_table *t, const struct hwp_run *run,
                        const struct hwp_cores *cores)
{
    hwp_table_column(t,
                     &(struct hwp_column){.key = "cpu", .title = "CPU", .align = HWP_ALIGN_RIGHT});
    hwp_table_column(
        t, &(struct hwp_column){.key = "core", .title = "core", .align = HWP_ALIGN_RIGHT});
    hwp_table_column(
        t, &(struct hwp_column){.key = "node", .title = "node", .align = HWP_ALIGN_RIGHT});
    for (size_t e = 0; e < cores->nr_events; e++) {
        const char *unit = hwp_event_is_time(&run->events.data[e]) ? "ns" : "";
        hwp_table_event_column(t, &run->events, e,
                               &(struct hwp_event_column){"percent", "share", "%", 2});
        hwp_table_event_column(t, &run->events, e,
                               &(struct hwp_event_column){NULL, "count", unit, 0});
        hwp_table_event_column(t, &run->events, e,
                               &(struct hwp_event_column){"samples", NULL, "", 0});
    }
    hwp_table_metric_columns(t, &run->events, &cores->metrics);
    hwp_table_column(
        t, &(struct hwp_column){
               .key = "tasks_text", .title = "tasks", .shrinks = true, .text_only = true});
    hwp_table_column(t, &(struct hwp_column){.key = "tasks"});
    hwp_table_column(t, &(struct hwp_column){.key = "pinned_tasks"});
}

static const char *comm_of(const struct hwp_core_task *task)
{
    return task->comm && *task->comm ? task->comm : "task";
}

/* "worker ×8, main": names in order of appearance. */
static struct hwp_field names_of(const struct hwp_core *core)
{
    struct hwp_str text = {0};
    struct hwp_intern names = {0};
    HWP_VEC(size_t) times = {0};

    hwp_vec_foreach (&core->tasks, task) {
        uint32_t id = hwp_intern(&names, comm_of(task));
        while (times.len <= id)
            hwp_vec_push(&times, 0);
        times.data[id]++;
    }
    for (size_t i = 0; i < times.len; i++) {
        hwp_str_addf(&text, "%s%s", i ? ", " : "", names.strings[i]);
        if (times.data[i] > 1)
            hwp_str_addf(&text, " ×%zu", times.data[i]);
    }
    struct hwp_field field = hwp_field_text(text.data);
    hwp_str_deinit(&text);
    hwp_vec_deinit(&times);
    hwp_intern_deinit(&names);
    return field;
}

/* "worker/1234" for each. */
static struct hwp_field list_of(const struct hwp_core *core, bool pinned_only)
{
    HWP_VEC(char *) items = {0};

    hwp_vec_foreach (&core->tasks, task)
        if (task->pinned || !pinned_only)
            hwp_vec_push(&items, hwp_asprintf("%s/%d", comm_of(task), task->tid));
    struct hwp_field field = hwp_field_list((const char *const *)items.data, items.len);
    hwp_vec_foreach (&items, item)
        free(*item);
    hwp_vec_deinit(&items);
    return field;
}

static struct hwp_field share(const struct hwp_count *part, const struct hwp_count *whole)
{
    if (!hwp_count_known(part) || !hwp_count_known(whole) || !hwp_count_value(whole))
        return hwp_field_unknown();
    return hwp_field_percent(100.0 * (double)hwp_count_value(part) /
                             (double)hwp_count_value(whole));
}

static struct hwp_field index_field(int32_t index)
{
    return index < 0 ? hwp_field_unknown() : hwp_field_count((uint64_t)index);
}

static void add_core(struct hwp_table *t, const struct hwp_run *run, const struct hwp_cores *cores,
                     const struct hwp_core *core)
{
    hwp_table_row(t, false);
    hwp_table_add(t, core->cpu == HWP_NO_CPU ? hwp_field_unknown() : hwp_field_count(core->cpu));
    hwp_table_add(t, index_field(core->core));
    hwp_table_add(t, index_field(core->node));
    for (size_t e = 0; e < cores->nr_events; e++) {
        const struct hwp_event *ev = &run->events.data[e];
        hwp_table_add(t, share(&core->counts[e], &cores->totals[e]));
        hwp_table_add(t, hwp_field_event_count(ev, &core->counts[e]));
        hwp_table_add(t, ev->nr_samples ? hwp_field_count(core->samples[e]) : hwp_field_unknown());
    }
    hwp_vec_foreach (&cores->metrics, use) {
        struct hwp_value value = hwp_metric_evaluate(use, &run->events, core->counts, 0);
        hwp_table_add(t, hwp_field_value(&value));
    }
    hwp_table_add(t, names_of(core));
    hwp_table_add(t, list_of(core, false));
    hwp_table_add(t, list_of(core, true));
}

void hwp_cores_table(const struct hwp_run *run, const struct hwp_cores *cores,
                     struct hwp_table *ret)
{
    *ret = (struct hwp_table){.name = "cores"};
    add_columns(ret, run, cores);
    hwp_vec_foreach (&cores->cores, core)
        add_core(ret, run, cores, core);
}
