#include "reports/events_table.h"

#include <string.h>

#include "base/mem.h"
#include "reports/text.h"

static const struct hwp_column columns[] = {
    {.key = "event", .title = "event"},
    {.key = "origin", .title = "origin"},
    {.key = "available", .title = "available"},
    {.key = "description", .title = "description", .shrinks = true},
    {.key = "reason", .title = "reason", .shrinks = true},
};

static struct hwp_field available_field(enum hwp_available available)
{
    return available == HWP_AVAILABLE_UNKNOWN ? hwp_field_unknown()
                                              : hwp_field_bool(available == HWP_AVAILABLE_YES);
}

void hwp_events_table(const struct hwp_event_row *rows, size_t n, struct hwp_table *ret)
{
    *ret = (struct hwp_table){.name = "events"};
    for (size_t i = 0; i < hwp_array_size(columns); i++)
        hwp_table_column(ret, &columns[i]);
    for (size_t i = 0; i < n; i++) {
        hwp_table_row(ret, false);
        hwp_table_add(ret, hwp_field_text(rows[i].name));
        hwp_table_add(ret, hwp_field_text(rows[i].origin));
        hwp_table_add(ret, available_field(rows[i].available));
        hwp_table_add(ret, hwp_field_text(rows[i].description));
        hwp_table_add(ret, hwp_field_text(rows[i].reason));
    }
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

#define NAME_WIDTH 40

static void write_event(const struct hwp_event_row *row, struct hwp_out *out)
{
    bool missing = row->available == HWP_AVAILABLE_NO;
    char *name hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(row->name);
    char *text hwp_cleanup(hwp_free_cleanup) =
        hwp_text_printable(row->description ? row->description : "");
    size_t used = 4 + NAME_WIDTH + 1;
    size_t room = out->width > used + 16 ? out->width - used : SIZE_MAX;
    char *fit hwp_cleanup(hwp_free_cleanup) = hwp_text_fit(text, room);

    hwp_color_begin(out, missing ? HWP_COLOR_DIM : HWP_COLOR_NONE);
    hwp_out_puts(out, missing ? "  - " : "    ");
    if (*fit) {
        hwp_text_pad(out, name, NAME_WIDTH, false);
        hwp_out_printf(out, " %s", fit);
    } else {
        hwp_out_puts(out, name);
    }
    hwp_color_end(out, missing ? HWP_COLOR_DIM : HWP_COLOR_NONE);
    hwp_out_puts(out, "\n");
}

/* The reason that all events of a group share, or NULL. */
static const char *shared_reason(const struct hwp_event_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].available != HWP_AVAILABLE_NO || !same(rows[i].reason, rows[0].reason))
            return NULL;
    return rows[0].reason;
}

static void write_group(const struct hwp_event_row *rows, size_t n, struct hwp_out *out)
{
    const char *reason = shared_reason(rows, n);

    hwp_color_begin(out, HWP_COLOR_BOLD);
    hwp_out_puts(out, rows[0].origin ? rows[0].origin : "other");
    hwp_color_end(out, HWP_COLOR_BOLD);
    if (reason)
        hwp_out_printf(out, ": not available: %s", reason);
    hwp_out_puts(out, "\n");
    for (size_t i = 0; i < n; i++) {
        write_event(&rows[i], out);
        if (!reason && rows[i].reason && rows[i].available == HWP_AVAILABLE_NO)
            hwp_out_printf(out, "      not available: %s\n", rows[i].reason);
    }
    hwp_out_puts(out, "\n");
}

static bool has_missing(const struct hwp_event_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].available == HWP_AVAILABLE_NO)
            return true;
    return false;
}

void hwp_events_print(const struct hwp_event_row *rows, size_t n,
                      const struct hwp_report_options *options, struct hwp_out *out)
{
    if (options->format != HWP_FORMAT_TEXT) {
        struct hwp_table t;
        hwp_events_table(rows, n, &t);
        hwp_table_print(&t, options, out);
        hwp_table_deinit(&t);
        return;
    }
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && same(rows[end].origin, rows[i].origin); end++)
            ;
        write_group(&rows[i], end - i, out);
    }
    if (has_missing(rows, n))
        hwp_out_puts(out, "- can't be counted here: 'hwprof doctor' says why\n");
}
