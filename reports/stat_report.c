#include "reports/stat_report.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "reports/json.h"
#include "reports/text.h"

/* One line: an event, over everything or on one core. */
struct line {
    const struct hwp_event *ev;
    const struct hwp_core *core; /* NULL: everything */
    struct hwp_count count;
    double mean;          /* over the runs, scaled; meaningful if the count is known */
    double error_percent; /* standard error of the mean */
    const struct hwp_metric_info *metric; /* NULL: none */
    struct hwp_value value;
};

typedef void line_fn(const struct hwp_stat *s, const struct hwp_stat_report_options *options,
                     const struct line *line, struct hwp_out *out);

static struct line total_line(const struct hwp_stat *s, size_t e)
{
    const struct hwp_stat_event *se = &s->counts.data[e];
    struct hwp_metric_use use;
    struct line line = {
        .ev = &s->events.data[e],
        .count = se->count,
        .mean = se->values.mean,
        .error_percent = hwp_moments_error_percent(&se->values),
    };

    line.value = hwp_stat_metric(s, e, &use);
    if (line.value.known)
        line.metric = hwp_metric_info(use.metric);
    return line;
}

static struct line core_line(const struct hwp_stat *s,
                             const struct hwp_stat_report_options *options,
                             const struct hwp_core *core, size_t e)
{
    struct line line = {
        .ev = &s->events.data[e],
        .core = core,
        .count = core->counts[e],
        .mean = (double)hwp_count_value(&core->counts[e]),
    };

    hwp_vec_foreach (&options->cores->metrics, use) {
        if (use->numerator != e)
            continue;
        line.value = hwp_metric_evaluate(use, &s->events, core->counts, 0);
        if (!line.value.known)
            continue;
        line.metric = hwp_metric_info(use->metric);
        break;
    }
    return line;
}

static void each_line(const struct hwp_stat *s, const struct hwp_stat_report_options *options,
                      line_fn *fn, struct hwp_out *out)
{
    if (!options->cores) {
        for (size_t e = 0; e < s->events.len; e++) {
            struct line line = total_line(s, e);
            fn(s, options, &line, out);
        }
        return;
    }
    hwp_vec_foreach (&options->cores->cores, core) {
        for (size_t e = 0; e < s->events.len && e < options->cores->nr_events; e++) {
            struct line line = core_line(s, options, core, e);
            fn(s, options, &line, out);
        }
    }
}

/* Denied events say why below; perf knows these two words alone. */
static const char *unknown_text(const struct hwp_count *count)
{
    return count->state == HWP_COUNT_NOT_COUNTED ? "<not counted>" : "<not supported>";
}

static bool in_msec(const struct hwp_event *ev)
{
    return hwp_event_is_time(ev);
}

static const char *unit_of(const struct line *line)
{
    if (!hwp_count_known(&line->count))
        return "";
    return in_msec(line->ev) ? "msec" : line->ev->unit ? line->ev->unit : "";
}

/* As perf prints it: clocks in ms with two digits, counts whole. */
static char *value_text(const struct line *line, bool big_num)
{
    if (!hwp_count_known(&line->count))
        return hwp_strdup(unknown_text(&line->count));
    if (in_msec(line->ev))
        return hwp_asprintf("%.2f", line->mean / 1e6);
    return hwp_text_count((uint64_t)llround(line->mean), big_num);
}

/* Rates get a K, M or G; *ret_unit is the caller's to free. */
static double metric_scaled(const struct line *line, char **ret_unit)
{
    static const char *const prefixes[] = {"", "K", "M", "G"};
    double value = line->value.value;
    size_t i = 0;

    if (line->metric->title[0] == '/')
        for (; i < 3 && value >= 1000; i++)
            value /= 1000;
    *ret_unit = hwp_asprintf("%s%s", prefixes[i], line->metric->title);
    return value;
}

static void text_time(const struct hwp_stat_report_options *options, struct hwp_out *out)
{
    if (options->has_time)
        hwp_out_printf(out, "%16.9f ", (double)options->time_ns / 1e9);
}

static char *metric_text(const struct line *line)
{
    if (!line->metric)
        return hwp_strdup("");
    char *unit hwp_cleanup(hwp_free_cleanup) = NULL;
    double value = metric_scaled(line, &unit);
    const char *percent = line->metric->unit[0] == '%' ? "%" : "";
    return hwp_asprintf("# %8.*f%s %s%s", (int)line->metric->decimals, value, percent, unit,
                        line->value.estimate ? " (estimate)" : "");
}

static bool is_modelled(const struct line *line)
{
    return hwp_count_known(&line->count) && line->ev->origin == HWP_ORIGIN_MODELLED;
}

static void text_line(const struct hwp_stat *s, const struct hwp_stat_report_options *options,
                      const struct line *line, struct hwp_out *out)
{
    char *value hwp_cleanup(hwp_free_cleanup) = value_text(line, !options->report.no_big_num);
    char *name hwp_cleanup(hwp_free_cleanup) =
        hwp_text_printable(line->ev->name ? line->ev->name : "?");
    char *metric hwp_cleanup(hwp_free_cleanup) = metric_text(line);
    bool known = hwp_count_known(&line->count);
    bool noisy = known && s->nr_runs > 1 && !line->core;
    bool scaled = line->count.state == HWP_COUNT_SCALED;
    struct hwp_str text = {0};

    text_time(options, out);
    if (line->core)
        hwp_out_printf(out, "CPU%-4u ", line->core->cpu);
    hwp_text_pad(out, value, 18, true);
    hwp_out_printf(out, " %-4s ", unit_of(line));
    hwp_str_add(&text, name);
    if (*metric || noisy || scaled || is_modelled(line))
        for (size_t w = hwp_display_width(name); w < 28; w++)
            hwp_str_addc(&text, ' ');
    hwp_str_addf(&text, "%s%s", *metric ? " " : "", metric);
    if (noisy)
        hwp_str_addf(&text, "  ( +-%6.2f%% )", line->error_percent);
    if (scaled)
        hwp_str_addf(&text, "  (%.2f%%)", hwp_count_running_percent(&line->count));
    if (is_modelled(line))
        hwp_str_add(&text, "  (modelled)");
    hwp_out_printf(out, "%s\n", text.data);
    hwp_str_deinit(&text);
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool shares_reason(const struct hwp_event *a, const struct hwp_event *b)
{
    return a->reason && b->reason && same(a->reason, b->reason) && same(a->remedy, b->remedy);
}

static bool reason_was_given(const struct hwp_stat *s, size_t e)
{
    for (size_t i = 0; i < e; i++)
        if (shares_reason(&s->events.data[i], &s->events.data[e]))
            return true;
    return false;
}

/* Names of all events with the reason of event `e`, which is the first of them. */
static char *names_with_reason(const struct hwp_stat *s, size_t e)
{
    struct hwp_str names = {0};

    for (size_t i = e; i < s->events.len; i++) {
        const struct hwp_event *ev = &s->events.data[i];
        if (shares_reason(ev, &s->events.data[e]))
            hwp_str_addf(&names, "%s%s", names.len ? ", " : "", ev->name ? ev->name : "?");
    }
    char *joined hwp_cleanup(hwp_free_cleanup) = hwp_str_steal(&names);
    return hwp_text_printable(joined);
}

static void text_reasons(const struct hwp_stat *s, struct hwp_out *out)
{
    for (size_t e = 0; e < s->events.len; e++) {
        const struct hwp_event *ev = &s->events.data[e];
        if (!ev->reason || reason_was_given(s, e))
            continue;
        char *names hwp_cleanup(hwp_free_cleanup) = names_with_reason(s, e);
        char *reason hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(ev->reason);
        hwp_out_printf(out, "  %s: %s\n", names, reason);
        if (ev->remedy) {
            char *remedy hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(ev->remedy);
            hwp_out_printf(out, "    hint: %s\n", remedy);
        }
    }
}

/* The times are those of the run, which the model made longer. */
static const char *under_model(const struct hwp_stat *s)
{
    hwp_vec_foreach (&s->events, ev)
        if (ev->origin == HWP_ORIGIN_MODELLED)
            return " under the model";
    return "";
}

static void text_times(const struct hwp_stat *s, struct hwp_out *out)
{
    const char *model = under_model(s);
    double root = s->duration_ns.n ? sqrt((double)s->duration_ns.n) : 1;

    hwp_out_puts(out, "\n");
    if (s->duration_ns.mean <= 0)
        hwp_out_puts(out, "                 – seconds time elapsed\n");
    else if (s->nr_runs > 1)
        hwp_out_printf(out, " %17.9f +- %.9f seconds time elapsed%s  ( +-%6.2f%% )\n",
                       s->duration_ns.mean / 1e9, hwp_moments_stddev(&s->duration_ns) / root / 1e9,
                       model, hwp_moments_error_percent(&s->duration_ns));
    else
        hwp_out_printf(out, " %17.9f seconds time elapsed%s\n", s->duration_ns.mean / 1e9, model);
    if (s->user_ns.mean > 0 || s->system_ns.mean > 0) {
        hwp_out_printf(out, "\n %17.9f seconds user\n", s->user_ns.mean / 1e9);
        hwp_out_printf(out, " %17.9f seconds sys\n", s->system_ns.mean / 1e9);
    }
    hwp_out_puts(out, "\n");
}

static void text_report(const struct hwp_stat *s, const struct hwp_stat_report_options *options,
                        struct hwp_out *out)
{
    if (options->has_time && !options->no_header)
        hwp_out_puts(out, "#           time             counts unit events\n");
    if (!options->has_time) {
        char *command hwp_cleanup(hwp_free_cleanup) =
            hwp_text_printable(s->command ? s->command : "(not recorded)");
        hwp_out_printf(out, "\n Performance counter stats for '%s'", command);
        if (s->nr_runs > 1)
            hwp_out_printf(out, " (%llu runs)", (unsigned long long)s->nr_runs);
        hwp_out_puts(out, ":\n\n");
    }
    each_line(s, options, text_line, out);
    if (options->has_time)
        return;
    text_times(s, out);
    text_reasons(s, out);
}

static void csv_line(const struct hwp_stat *s, const struct hwp_stat_report_options *options,
                     const struct line *line, struct hwp_out *out)
{
    const char *sep =
        options->report.separator && *options->report.separator ? options->report.separator : ",";
    char *value hwp_cleanup(hwp_free_cleanup) = value_text(line, false);

    if (options->has_time)
        hwp_out_printf(out, "%.9f%s", (double)options->time_ns / 1e9, sep);
    if (line->core)
        hwp_out_printf(out, "CPU%u%s1%s", line->core->cpu, sep, sep);
    hwp_csv_text(value, sep, out);
    hwp_out_puts(out, sep);
    hwp_csv_text(unit_of(line), sep, out);
    hwp_out_puts(out, sep);
    hwp_csv_text(line->ev->name ? line->ev->name : "", sep, out);
    if (s->nr_runs > 1 && !line->core)
        hwp_out_printf(out, "%s%.2f%%", sep, line->error_percent);
    hwp_out_printf(out, "%s%llu%s%.2f%s", sep, (unsigned long long)line->count.time_running_ns, sep,
                   hwp_count_running_percent(&line->count), sep);
    if (line->metric) {
        char *unit hwp_cleanup(hwp_free_cleanup) = NULL;
        double scaled = metric_scaled(line, &unit);
        hwp_out_printf(out, "%.*f%s", (int)line->metric->decimals, scaled, sep);
        hwp_csv_text(unit, sep, out);
    } else {
        hwp_out_puts(out, sep);
    }
    if (is_modelled(line))
        hwp_out_printf(out, "%smodelled", sep);
    hwp_out_puts(out, "\n");
}

static void put_metric(struct cJSON *object, const struct line *line)
{
    if (!line->metric)
        return;
    char *unit hwp_cleanup(hwp_free_cleanup) = NULL;
    hwp_json_put_number(object, "metric-value", metric_scaled(line, &unit));
    hwp_json_put_text(object, "metric-unit", unit);
    if (line->value.estimate)
        hwp_json_put_bool(object, "metric-estimate", true);
}

static char *json_value(const struct line *line)
{
    if (!hwp_count_known(&line->count))
        return hwp_strdup(unknown_text(&line->count));
    return hwp_asprintf("%f", in_msec(line->ev) ? line->mean / 1e6 : line->mean);
}

static void json_line(const struct hwp_stat *s, const struct hwp_stat_report_options *options,
                      const struct line *line, struct hwp_out *out)
{
    struct cJSON *object hwp_cleanup(hwp_json_cleanup) = hwp_json_object();
    char *value hwp_cleanup(hwp_free_cleanup) = json_value(line);

    if (options->has_time)
        hwp_json_put_number(object, "interval", (double)options->time_ns / 1e9);
    if (line->core) {
        char *name hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("CPU%u", line->core->cpu);
        hwp_json_put_text(object, "core", name);
        hwp_json_put_uint(object, "aggregate-number", 1);
    }
    hwp_json_put_text(object, "counter-value", value);
    hwp_json_put_text(object, "unit", unit_of(line));
    hwp_json_put_text(object, "event", line->ev->name);
    if (s->nr_runs > 1 && !line->core)
        hwp_json_put_number(object, "variance", line->error_percent);
    hwp_json_put_uint(object, "event-runtime", line->count.time_running_ns);
    hwp_json_put_number(object, "pcnt-running", hwp_count_running_percent(&line->count));
    put_metric(object, line);
    if (is_modelled(line))
        hwp_json_put_text(object, "origin", hwp_origin_name(line->ev->origin));
    if (!hwp_count_known(&line->count) && line->ev->reason)
        hwp_json_put_text(object, "reason", line->ev->reason);
    hwp_json_print(object, false, out);
}

void hwp_stat_report(const struct hwp_stat *s, const struct hwp_stat_report_options *options,
                     struct hwp_out *out)
{
    if (options->report.format == HWP_FORMAT_TEXT)
        text_report(s, options, out);
    else
        each_line(s, options, options->report.format == HWP_FORMAT_CSV ? csv_line : json_line, out);
}
