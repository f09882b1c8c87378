/* The header's facts for CSV and JSON. */
#include "base/mem.h"
#include "reports/columns.h"
#include "reports/header.h"
#include "reports/json.h"

static struct cJSON *pins_json(const struct hwp_run *run)
{
    struct cJSON *array = hwp_json_array();

    hwp_vec_foreach (&run->pins, pin) {
        struct cJSON *object = hwp_json_object();
        hwp_json_put_int(object, "pid", pin->pid);
        hwp_json_put_int(object, "tid", pin->tid);
        hwp_json_put_text(object, "comm", pin->comm);
        if (pin->cpu >= 0)
            hwp_json_put_int(object, "cpu", pin->cpu);
        else
            hwp_json_put_null(object, "cpu");
        if (pin->core >= 0)
            hwp_json_put_int(object, "core", pin->core);
        else
            hwp_json_put_null(object, "core");
        hwp_json_append(array, object);
    }
    return array;
}

static void put_known(struct cJSON *object, const char *key, uint64_t n)
{
    if (n)
        hwp_json_put_uint(object, key, n);
    else
        hwp_json_put_null(object, key);
}

static void put_workload(struct cJSON *object, const struct hwp_run *run)
{
    hwp_json_put_text(object, "command", run->command);
    if (run->has_exit)
        hwp_json_put_int(object, "exit_status", run->exit_status);
    else
        hwp_json_put_null(object, "exit_status");
    put_known(object, "duration_ns", run->duration_ns);
    put_known(object, "user_ns", run->user_ns);
    put_known(object, "system_ns", run->system_ns);
    put_known(object, "start_time_s", run->start_time_s);
}

static void put_machine(struct cJSON *object, const struct hwp_run *run)
{
    hwp_json_put_text(object, "hostname", run->hostname);
    hwp_json_put_text(object, "os_release", run->os_release);
    hwp_json_put_text(object, "arch", run->arch);
    hwp_json_put_text(object, "cpu_model", run->cpu_model);
    hwp_json_put_text(object, "cpuid", run->cpuid);
    hwp_json_put_text(object, "topology", run->topology);
    put_known(object, "cpus", run->nr_cpus);
}

struct cJSON *hwp_header_json(const struct hwp_run *run)
{
    struct cJSON *object = hwp_json_object();

    put_workload(object, run);
    put_machine(object, run);
    hwp_json_put_text(object, "version", run->version);
    hwp_json_put_text(object, "source", run->source);
    hwp_json_put_text(object, "pin_plan", run->pin_plan);
    hwp_json_put_text(object, "memory_policy", run->memory_policy);
    hwp_json_put(object, "pins", pins_json(run));
    hwp_json_put_bool(object, "call_chains", run->call_chains);
    hwp_json_put_uint(object, "lost_records", run->lost_records);
    hwp_json_put_uint(object, "lost_samples", run->lost_samples);
    hwp_json_put_uint(object, "throttled", run->throttled);
    hwp_json_put_bool(object, "truncated", run->truncated);
    return object;
}

static const struct hwp_column columns[] = {
    {.key = "event", .title = "event"},
    {.key = "origin", .title = "origin"},
    {.key = "state", .title = "state"},
    {.key = "count", .title = "count", .align = HWP_ALIGN_RIGHT},
    {.key = "unit", .title = "unit"},
    {.key = "running_percent", .title = "ran", .align = HWP_ALIGN_RIGHT, .decimals = 2},
    {.key = "samples", .title = "samples", .align = HWP_ALIGN_RIGHT},
    {.key = "requested", .title = "requested"},
    {.key = "precise", .title = NULL},
    {.key = "period", .title = NULL},
    {.key = "freq_hz", .title = NULL},
    {.key = "source", .title = "source"},
    {.key = "encoding", .title = NULL},
    {.key = "reason", .title = "reason"},
    {.key = "remedy", .title = "remedy", .shrinks = true},
};

static struct hwp_field known_count(uint64_t n)
{
    return n ? hwp_field_count(n) : hwp_field_unknown();
}

/* What other tools recorded has samples without a total. */
static const char *state_of(const struct hwp_event *ev)
{
    if (!hwp_count_known(&ev->total) && ev->nr_samples)
        return "sampled";
    return hwp_count_state_name(ev->total.state);
}

static void add_event(struct hwp_table *t, const struct hwp_events *events, size_t e)
{
    const struct hwp_event *ev = &events->data[e];
    char *key hwp_cleanup(hwp_free_cleanup) = hwp_event_key(events, e);

    hwp_table_row(t, false);
    hwp_table_add(t, hwp_field_text(key));
    hwp_table_add(t, hwp_field_text(hwp_origin_name(ev->origin)));
    hwp_table_add(t, hwp_field_text(state_of(ev)));
    hwp_table_add(t, hwp_field_event_count(ev, &ev->total));
    hwp_table_add(t, hwp_field_text(hwp_event_is_time(ev) ? "ns" : ev->unit));
    hwp_table_add(t, hwp_count_known(&ev->total)
                         ? hwp_field_percent(hwp_count_running_percent(&ev->total))
                         : hwp_field_unknown());
    hwp_table_add(t, ev->sampled || ev->nr_samples ? hwp_field_count(ev->nr_samples)
                                                   : hwp_field_unknown());
    hwp_table_add(t, hwp_field_bool(ev->requested));
    hwp_table_add(t, hwp_field_bool(ev->precise));
    hwp_table_add(t, known_count(ev->period));
    hwp_table_add(t, known_count(ev->freq_hz));
    hwp_table_add(t, hwp_field_text(ev->source));
    hwp_table_add(t, hwp_field_text(ev->encoding));
    hwp_table_add(t, hwp_field_text(ev->reason));
    hwp_table_add(t, hwp_field_text(ev->remedy));
}

void hwp_header_events(const struct hwp_run *run, struct hwp_table *ret)
{
    *ret = (struct hwp_table){.name = "events"};
    for (size_t i = 0; i < hwp_array_size(columns); i++)
        hwp_table_column(ret, &columns[i]);
    for (size_t e = 0; e < run->events.len; e++)
        add_event(ret, &run->events, e);
}
