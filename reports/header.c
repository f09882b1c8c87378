#include "reports/header.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "reports/columns.h"
#include "reports/json.h"
#include "reports/notes.h"
#include "reports/text.h"

#define MANY_PINS 4 /* more are summed up */

/* Only what `in` has of it. */
static bool mentions(const char *in, const char *what)
{
    return in && what && strstr(in, what);
}

static const char *state_word(const struct hwp_event *ev)
{
    switch (ev->total.state) {
    case HWP_COUNT_SCALED:
    case HWP_COUNT_COUNTED:
        return hwp_origin_name(ev->origin);
    default:
        /* A recording of another tool has samples, but says nothing of totals. */
        return ev->nr_samples ? hwp_origin_name(ev->origin) : hwp_count_state_name(ev->total.state);
    }
}

static void add_total(struct hwp_str *text, const struct hwp_event *ev, bool big_num)
{
    if (!hwp_count_known(&ev->total))
        return;
    uint64_t value = hwp_count_value(&ev->total);
    char *number hwp_cleanup(hwp_free_cleanup) =
        hwp_event_is_time(ev) ? hwp_text_duration(value) : hwp_text_count(value, big_num);
    bool scaled = ev->total.state == HWP_COUNT_SCALED;

    hwp_str_addf(text, " %s%s", scaled ? "~" : "", number);
    if (scaled && ev->total.time_running_ns < ev->total.time_enabled_ns)
        hwp_str_addf(text, " (scaled: ran %.1f%% of the time)",
                     hwp_count_running_percent(&ev->total));
}

/* What was modelled was not sampled: each occurrence is in the count. */
static void add_samples(struct hwp_str *text, const struct hwp_event *ev, bool big_num)
{
    if (ev->origin == HWP_ORIGIN_MODELLED)
        return;
    if (!ev->nr_samples && !(ev->sampled && hwp_count_known(&ev->total)))
        return;
    char *samples hwp_cleanup(hwp_free_cleanup) = hwp_text_count(ev->nr_samples, big_num);
    hwp_str_addf(text, ", %s sample%s", samples, ev->nr_samples == 1 ? "" : "s");
}

char *hwp_header_event_state(const struct hwp_event *ev, bool big_num)
{
    struct hwp_str text = {0};

    hwp_str_add(&text, state_word(ev));
    add_total(&text, ev, big_num);
    add_samples(&text, ev, big_num);
    if (ev->reason) {
        char *reason hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(ev->reason);
        hwp_str_addf(&text, ": %s", reason);
    }
    return hwp_str_steal(&text);
}

static int by_value(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

/* "0-3,8" */
static void add_ranges(struct hwp_str *text, const int32_t *sorted, size_t n)
{
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && sorted[end] <= sorted[end - 1] + 1; end++)
            ;
        hwp_str_addf(text, "%s%d", i ? "," : "", sorted[i]);
        if (sorted[end - 1] != sorted[i])
            hwp_str_addf(text, "-%d", sorted[end - 1]);
    }
}

static size_t distinct(const int32_t *sorted, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += i == 0 || sorted[i] != sorted[i - 1];
    return count;
}

/* Cores where every pin's core is known, else CPUs. */
static void add_summary(struct hwp_str *text, const struct hwp_run *run, size_t nr_pinned)
{
    int32_t *places hwp_cleanup(hwp_free_cleanup) = hwp_calloc(nr_pinned, sizeof(*places));
    bool cores = true;
    size_t n = 0;

    hwp_vec_foreach (&run->pins, pin)
        cores = cores && (pin->cpu < 0 || pin->core >= 0);
    hwp_vec_foreach (&run->pins, pin)
        if (pin->cpu >= 0)
            places[n++] = cores ? pin->core : pin->cpu;
    qsort(places, n, sizeof(*places), by_value);
    size_t different = distinct(places, n);
    hwp_str_addf(text, "%zu tasks on %zu %s%s (", n, different, cores ? "core" : "CPU",
                 different == 1 ? "" : "s");
    add_ranges(text, places, n);
    hwp_str_addc(text, ')');
}

static void add_pin(struct hwp_str *text, const struct hwp_pin *pin)
{
    char *comm hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(pin->comm ? pin->comm : "");

    if (text->len)
        hwp_str_add(text, ", ");
    if (*comm)
        hwp_str_add(text, comm);
    else
        hwp_str_addf(text, "task %d", pin->tid);
    if (pin->core >= 0)
        hwp_str_addf(text, "→core %d", pin->core);
    else
        hwp_str_addf(text, "→CPU %d", pin->cpu);
}

char *hwp_header_pins(const struct hwp_run *run)
{
    struct hwp_str text = {0};
    size_t nr_pinned = 0;

    hwp_vec_foreach (&run->pins, pin)
        nr_pinned += pin->cpu >= 0;
    if (!nr_pinned)
        return NULL;
    if (nr_pinned > MANY_PINS) {
        add_summary(&text, run, nr_pinned);
    } else {
        hwp_vec_foreach (&run->pins, pin)
            if (pin->cpu >= 0)
                add_pin(&text, pin);
    }
    return hwp_str_steal(&text);
}

static void add_part(struct hwp_str *line, const char *part)
{
    if (!part || !*part)
        return;
    char *text hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(part);
    hwp_str_addf(line, "%s%s", line->len ? " · " : "", text);
}

static void write_line(struct hwp_str *line, enum hwp_color color, struct hwp_out *out)
{
    if (line->len) {
        hwp_color_begin(out, color);
        hwp_out_puts(out, line->data);
        hwp_color_end(out, color);
        hwp_out_puts(out, "\n");
    }
    hwp_str_deinit(line);
}

static bool is_modelled(const struct hwp_run *run)
{
    hwp_vec_foreach (&run->events, ev)
        if (ev->origin == HWP_ORIGIN_MODELLED)
            return true;
    return false;
}

static void write_command(const struct hwp_run *run, struct hwp_out *out)
{
    struct hwp_str line = {0};

    add_part(&line, run->command);
    if (run->has_exit)
        hwp_str_addf(&line, "%sexit %d", line.len ? " · " : "", run->exit_status);
    if (run->duration_ns) {
        char *time hwp_cleanup(hwp_free_cleanup) = hwp_text_duration(run->duration_ns);
        add_part(&line, time);
        hwp_str_add(&line, is_modelled(run) ? " under the model" : "");
    }
    write_line(&line, HWP_COLOR_BOLD, out);
}

static void write_machine(const struct hwp_run *run, struct hwp_out *out)
{
    struct hwp_str line = {0};
    char *pins hwp_cleanup(hwp_free_cleanup) = hwp_header_pins(run);

    /* The processor that hwprof ran on is not the modelled one. */
    if (!mentions(run->topology, run->cpu_model) && !(run->topology && is_modelled(run)))
        add_part(&line, run->cpu_model);
    if (run->topology && line.len)
        hwp_str_add(&line, ", ");
    if (run->topology) {
        char *topology hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(run->topology);
        hwp_str_add(&line, topology);
    }
    if (pins)
        hwp_str_addf(&line, "%spinned: %s", line.len ? " · " : "", pins);
    else if (run->pin_plan)
        add_part(&line, "not pinned");
    if (run->memory_policy) {
        char *memory hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(run->memory_policy);
        hwp_str_addf(&line, " · memory %s", memory);
    }
    if (line.len && is_modelled(run))
        hwp_out_puts(out, "modelled machine: ");
    write_line(&line, HWP_COLOR_NONE, out);
}

static size_t widest_name(const struct hwp_events *events)
{
    size_t widest = 0;

    hwp_vec_foreach (events, ev) {
        char *name hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(ev->name ? ev->name : "?");
        size_t width = hwp_display_width(name);
        widest = width > widest ? width : widest;
    }
    return widest;
}

/* A remedy that several events share is given once, under the last of them. */
static bool remedy_follows(const struct hwp_events *events, size_t e)
{
    const char *remedy = events->data[e].remedy;

    for (size_t i = e + 1; remedy && i < events->len; i++)
        if (events->data[i].remedy && strcmp(events->data[i].remedy, remedy) == 0)
            return true;
    return false;
}

static bool is_missing(const struct hwp_event *ev)
{
    return ev->requested && !hwp_count_known(&ev->total) && !ev->nr_samples;
}

static const struct hwp_note *stand_in(const struct hwp_run *run)
{
    hwp_vec_foreach (&run->notes, note)
        if (note->id == HWP_NOTE_CLOCK_STANDS_IN)
            return note;
    return NULL;
}

static void write_events(const struct hwp_run *run, bool big_num, struct hwp_out *out)
{
    size_t width = widest_name(&run->events);

    for (size_t e = 0; e < run->events.len; e++) {
        const struct hwp_event *ev = &run->events.data[e];
        char *name hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(ev->name ? ev->name : "?");
        char *state hwp_cleanup(hwp_free_cleanup) = hwp_header_event_state(ev, big_num);
        hwp_out_puts(out, e ? "        " : "events  ");
        hwp_text_pad(out, name, width, false);
        hwp_out_printf(out, "  %s\n", state);
        if (!ev->remedy || remedy_follows(&run->events, e) || (is_missing(ev) && stand_in(run)))
            continue;
        char *remedy hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(ev->remedy);
        hwp_out_printf(out, "        %*s  hint: %s\n", (int)width, "", remedy);
    }
}

static void write_lost(const struct hwp_run *run, bool big_num, struct hwp_out *out)
{
    bool sampled = false;

    hwp_vec_foreach (&run->events, ev)
        sampled |= ev->nr_samples > 0 && ev->origin != HWP_ORIGIN_MODELLED;
    if (!sampled && !run->lost_records && !run->lost_samples)
        return;
    char *records hwp_cleanup(hwp_free_cleanup) = hwp_text_count(run->lost_records, big_num);
    char *samples hwp_cleanup(hwp_free_cleanup) = hwp_text_count(run->lost_samples, big_num);
    hwp_out_printf(out, "lost    %s records, %s samples", records, samples);
    if (run->throttled)
        hwp_out_printf(out, "; throttled %llu time%s", (unsigned long long)run->throttled,
                       run->throttled == 1 ? "" : "s");
    hwp_out_puts(out, "\n");
}

static bool same_reason(const struct hwp_event *a, const struct hwp_event *b)
{
    return a->reason && b->reason && strcmp(a->reason, b->reason) == 0;
}

/* "cache-misses, cycles": the events from `first` on that are missing for its reason; empty if an
 * event before it was. */
static char *missing_like(const struct hwp_events *events, size_t first)
{
    const struct hwp_event *like = &events->data[first];
    struct hwp_str names = {0};

    for (size_t i = 0; i < first; i++)
        if (is_missing(&events->data[i]) && same_reason(&events->data[i], like))
            return hwp_str_steal(&names);
    for (size_t i = first; i < events->len; i++) {
        const struct hwp_event *ev = &events->data[i];
        if (i != first && !(is_missing(ev) && same_reason(ev, like)))
            continue;
        char *name hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(ev->name ? ev->name : "?");
        hwp_str_addf(&names, "%s%s", names.len ? ", " : "", name);
    }
    return hwp_str_steal(&names);
}

static void write_missing(const struct hwp_events *events, size_t e, struct hwp_out *out)
{
    char *names hwp_cleanup(hwp_free_cleanup) = missing_like(events, e);
    const struct hwp_event *ev = &events->data[e];

    if (!*names)
        return;
    char *reason hwp_cleanup(hwp_free_cleanup) =
        hwp_text_printable(ev->reason ? ev->reason : hwp_count_state_name(ev->total.state));
    hwp_color_begin(out, HWP_COLOR_WARN);
    hwp_out_puts(out, "warning: ");
    hwp_color_end(out, HWP_COLOR_WARN);
    hwp_out_printf(out, "%s can't be counted: %s\n", names, reason);
    if (ev->remedy) {
        char *remedy hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(ev->remedy);
        hwp_out_printf(out, "  hint: %s\n", remedy);
    }
}

/* That the clock stands in must not be missed: it goes first, with what is missing and why. */
static void write_stand_in(const struct hwp_run *run, struct hwp_out *out)
{
    const struct hwp_note *note = stand_in(run);

    if (!note)
        return;
    for (size_t e = 0; e < run->events.len; e++)
        if (is_missing(&run->events.data[e]))
            write_missing(&run->events, e, out);
    hwp_out_printf(out, "%s\n  %s\n\n", hwp_note_info(note->id)->text,
                   hwp_note_info(note->id)->remedy);
}

bool hwp_header_tells(enum hwp_note_id id)
{
    return id == HWP_NOTE_CLOCK_STANDS_IN || id == HWP_NOTE_NO_PMU;
}

void hwp_header_text(const struct hwp_run *run, const struct hwp_report_options *options,
                     struct hwp_out *out)
{
    write_stand_in(run, out);
    write_command(run, out);
    write_machine(run, out);
    write_events(run, !options->no_big_num, out);
    write_lost(run, !options->no_big_num, out);
}
