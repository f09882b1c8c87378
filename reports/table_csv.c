#include <string.h>

#include "base/mem.h"
#include "reports/table.h"
#include "reports/text.h"

void hwp_csv_text(const char *s, const char *separator, struct hwp_out *out)
{
    char *text hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(s);
    /* A space at either end is data (RFC 4180, 2.4), which readers only honour within quotes. */
    bool spaces = text[0] == ' ' || (text[0] && text[strlen(text) - 1] == ' ');

    if (!spaces && !strpbrk(text, "\"\r\n") && !strpbrk(text, separator)) {
        hwp_out_puts(out, text);
        return;
    }
    hwp_out_puts(out, "\"");
    for (const char *p = text; *p; p++) {
        if (*p == '"')
            hwp_out_puts(out, "\"");
        hwp_out_write(out, p, 1);
    }
    hwp_out_puts(out, "\"");
}

static void write_list(const struct hwp_field *field, const char *separator, struct hwp_out *out)
{
    struct hwp_str text = {0};

    for (size_t i = 0; i < field->list.n; i++)
        hwp_str_addf(&text, "%s%s", i ? ";" : "", field->list.items[i]);
    hwp_csv_text(text.data ? text.data : "", separator, out);
    hwp_str_deinit(&text);
}

static void write_field(const struct hwp_field *field, const char *separator, struct hwp_out *out)
{
    char number[40];

    switch (field->kind) {
    case HWP_FIELD_UNKNOWN:
        return;
    case HWP_FIELD_TEXT:
        hwp_csv_text(field->text, separator, out);
        return;
    case HWP_FIELD_LIST:
        write_list(field, separator, out);
        return;
    case HWP_FIELD_COUNT:
    case HWP_FIELD_DURATION:
        snprintf(number, sizeof(number), "%llu", (unsigned long long)field->count);
        break;
    case HWP_FIELD_ADDRESS:
        snprintf(number, sizeof(number), "0x%llx", (unsigned long long)field->count);
        break;
    case HWP_FIELD_PERCENT:
    case HWP_FIELD_RATIO:
        snprintf(number, sizeof(number), "%.8g", field->number);
        break;
    case HWP_FIELD_BOOL:
        snprintf(number, sizeof(number), "%d", field->truth);
        break;
    }
    /* through the same door: the separator may be one of its characters */
    hwp_csv_text(number, separator, out);
}

void hwp_table_csv(const struct hwp_table *t, const char *separator, struct hwp_out *out)
{
    const char *sep = separator && *separator ? separator : ",";
    bool first = true;

    hwp_vec_foreach (&t->columns, column) {
        if (column->text_only)
            continue;
        hwp_out_puts(out, first ? "" : sep);
        hwp_csv_text(column->key, sep, out);
        first = false;
    }
    hwp_out_puts(out, "\n");
    hwp_vec_foreach (&t->rows, row) {
        first = true;
        for (size_t i = 0; i < t->columns.len; i++) {
            if (t->columns.data[i].text_only)
                continue;
            hwp_out_puts(out, first ? "" : sep);
            write_field(&row->fields[i], sep, out);
            first = false;
        }
        hwp_out_puts(out, "\n");
    }
}
