#include "reports/findings.h"

#include "base/mem.h"
#include "reports/text.h"

static const struct hwp_column columns[] = {
    {.key = "what", .title = "what"},
    {.key = "ok", .title = "ok"},
    {.key = "detail", .title = "detail", .shrinks = true},
    {.key = "remedy", .title = "remedy", .shrinks = true},
};

void hwp_findings_table(const struct hwp_finding_row *rows, size_t n, struct hwp_table *ret)
{
    *ret = (struct hwp_table){.name = "findings"};
    for (size_t i = 0; i < hwp_array_size(columns); i++)
        hwp_table_column(ret, &columns[i]);
    for (size_t i = 0; i < n; i++) {
        hwp_table_row(ret, false);
        hwp_table_add(ret, hwp_field_text(rows[i].what));
        hwp_table_add(ret, hwp_field_bool(rows[i].ok));
        hwp_table_add(ret, hwp_field_text(rows[i].detail));
        hwp_table_add(ret, hwp_field_text(rows[i].remedy));
    }
}

static size_t widest(const struct hwp_finding_row *rows, size_t n)
{
    size_t width = 0;

    for (size_t i = 0; i < n; i++) {
        size_t w = hwp_display_width(rows[i].what);
        width = w > width ? w : width;
    }
    return width;
}

static void write_finding(const struct hwp_finding_row *row, size_t width, struct hwp_out *out)
{
    enum hwp_color color = row->ok ? HWP_COLOR_WARM : HWP_COLOR_HOT;
    char *what hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(row->what);

    hwp_color_begin(out, color);
    hwp_out_puts(out, row->ok ? "yes  " : "no   ");
    hwp_color_end(out, color);
    if (row->detail) {
        char *detail hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(row->detail);
        hwp_text_pad(out, what, width, false);
        hwp_out_printf(out, "  %s", detail);
    } else {
        hwp_out_puts(out, what);
    }
    hwp_out_puts(out, "\n");
    if (row->remedy) {
        char *remedy hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(row->remedy);
        hwp_out_printf(out, "     %*s  hint: %s\n", (int)width, "", remedy);
    }
}

void hwp_findings_print(const struct hwp_finding_row *rows, size_t n,
                        const struct hwp_report_options *options, struct hwp_out *out)
{
    if (options->format != HWP_FORMAT_TEXT) {
        struct hwp_table t;
        hwp_findings_table(rows, n, &t);
        hwp_table_print(&t, options, out);
        hwp_table_deinit(&t);
        return;
    }
    size_t width = widest(rows, n);
    for (size_t i = 0; i < n; i++)
        write_finding(&rows[i], width, out);
}
