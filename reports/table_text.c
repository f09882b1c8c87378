#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "reports/table.h"
#include "reports/text.h"

#define GAP      2  /* columns between columns */
#define MIN_NAME 16 /* a column that shrinks keeps this much */
#define UNKNOWN  "–"

/* What is laid out: one string per shown column and row, and the columns' widths. */
struct layout {
    const struct hwp_table *table;
    struct hwp_out *out;
    size_t *columns; /* indexes of the shown ones */
    size_t *widths;
    size_t n;
    char **cells; /* [row × n + column] */
    bool has_groups;
};

static char *list_text(const struct hwp_field *field)
{
    struct hwp_str text = {0};

    for (size_t i = 0; i < field->list.n; i++)
        hwp_str_addf(&text, "%s%s", i ? ", " : "", field->list.items[i]);
    char *joined hwp_cleanup(hwp_free_cleanup) = hwp_str_steal(&text);
    return hwp_text_printable(joined);
}

static char *plain_text(const struct hwp_field *field, const struct hwp_column *column,
                        bool big_num)
{
    switch (field->kind) {
    case HWP_FIELD_TEXT:
        return hwp_text_printable(field->text);
    case HWP_FIELD_COUNT:
        return hwp_text_count(field->count, big_num);
    case HWP_FIELD_PERCENT:
        return hwp_asprintf("%.*f%%", (int)column->decimals, field->number);
    case HWP_FIELD_RATIO:
        return hwp_asprintf("%.*f", (int)column->decimals, field->number);
    case HWP_FIELD_DURATION:
        return hwp_text_duration(field->count);
    case HWP_FIELD_ADDRESS:
        return hwp_asprintf("%llx", (unsigned long long)field->count);
    case HWP_FIELD_BOOL:
        return hwp_strdup(field->truth ? "yes" : "no");
    case HWP_FIELD_LIST:
        return list_text(field);
    case HWP_FIELD_UNKNOWN:
        break;
    }
    return hwp_strdup(UNKNOWN);
}

static char *field_text(const struct hwp_field *field, const struct hwp_column *column,
                        bool big_num)
{
    char *text = plain_text(field, column, big_num);

    if (!field->estimate)
        return text;
    char *marked = hwp_asprintf("~%s", text);
    free(text);
    return marked;
}

static const struct hwp_column *column_at(const struct layout *l, size_t i)
{
    return &l->table->columns.data[l->columns[i]];
}

static void fill(struct layout *l, bool big_num)
{
    const struct hwp_table *t = l->table;

    for (size_t i = 0; i < t->columns.len; i++) {
        if (!t->columns.data[i].title)
            continue;
        l->columns[l->n] = i;
        l->widths[l->n++] = hwp_display_width(t->columns.data[i].title);
        l->has_groups |= t->columns.data[i].group != NULL;
    }
    l->cells = hwp_calloc(t->rows.len * l->n, sizeof(*l->cells));
    for (size_t r = 0; r < t->rows.len; r++) {
        for (size_t i = 0; i < l->n; i++) {
            char *text =
                field_text(&t->rows.data[r].fields[l->columns[i]], column_at(l, i), big_num);
            size_t width = hwp_display_width(text);
            l->cells[r * l->n + i] = text;
            if (width > l->widths[i])
                l->widths[i] = width;
        }
    }
}

/* The end (exclusive) of the columns that share the group of column i. */
static size_t group_end(const struct layout *l, size_t i)
{
    const char *group = column_at(l, i)->group;
    size_t end = i + 1;

    while (group && end < l->n && column_at(l, end)->group &&
           strcmp(column_at(l, end)->group, group) == 0)
        end++;
    return end;
}

static size_t span(const struct layout *l, size_t from, size_t to)
{
    size_t width = (to - from - 1) * GAP;

    for (size_t i = from; i < to; i++)
        width += l->widths[i];
    return width;
}

/* A group's title must fit above its columns; the first of them takes what is missing. */
static void widen_groups(struct layout *l)
{
    for (size_t i = 0, end; i < l->n; i = end) {
        end = group_end(l, i);
        size_t need = column_at(l, i)->group ? hwp_display_width(column_at(l, i)->group) : 0;
        size_t have = span(l, i, end);
        if (need > have)
            l->widths[i] += need - have;
    }
}

/* Takes what is too wide for the terminal from the columns that may shrink, the last one first. */
static void shrink(struct layout *l)
{
    size_t total = l->n ? span(l, 0, l->n) : 0;

    if (!l->out->width)
        return;
    for (size_t i = l->n; i-- > 0 && total > l->out->width;) {
        size_t over = total - l->out->width;
        if (!column_at(l, i)->shrinks || l->widths[i] <= MIN_NAME)
            continue;
        size_t spare = l->widths[i] - MIN_NAME;
        size_t taken = over < spare ? over : spare;
        l->widths[i] -= taken;
        total -= taken;
    }
}

static void gap(struct hwp_out *out)
{
    hwp_out_printf(out, "%*s", GAP, "");
}

/* Pads, except behind the last column. */
static void write_cell(struct layout *l, size_t i, const char *text, enum hwp_color color)
{
    bool right = column_at(l, i)->align == HWP_ALIGN_RIGHT;
    char *fit hwp_cleanup(hwp_free_cleanup) =
        column_at(l, i)->shrinks ? hwp_text_fit(text, l->widths[i]) : hwp_strdup(text);
    size_t width = hwp_display_width(fit);
    int fill_width = width < l->widths[i] ? (int)(l->widths[i] - width) : 0;

    if (right)
        hwp_out_printf(l->out, "%*s", fill_width, "");
    hwp_color_begin(l->out, color);
    hwp_out_puts(l->out, fit);
    hwp_color_end(l->out, color);
    if (!right && i + 1 < l->n)
        hwp_out_printf(l->out, "%*s", fill_width, "");
}

/* The last group that has a title ends the line. */
static void write_groups(struct layout *l)
{
    size_t last = 0;

    for (size_t i = 0; i < l->n; i++)
        if (column_at(l, i)->group)
            last = i;
    hwp_color_begin(l->out, HWP_COLOR_BOLD);
    for (size_t i = 0, end; i <= last; i = end) {
        const char *group = column_at(l, i)->group;
        end = group_end(l, i);
        if (i)
            gap(l->out);
        hwp_text_pad(l->out, group ? group : "", span(l, i, end),
                     column_at(l, i)->align == HWP_ALIGN_RIGHT);
    }
    hwp_color_end(l->out, HWP_COLOR_BOLD);
    hwp_out_puts(l->out, "\n");
}

static void write_titles(struct layout *l)
{
    for (size_t i = 0; i < l->n; i++) {
        if (i)
            gap(l->out);
        write_cell(l, i, column_at(l, i)->title, HWP_COLOR_BOLD);
    }
    hwp_out_puts(l->out, "\n");
}

static void write_row(struct layout *l, size_t r)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct hwp_field *field = &l->table->rows.data[r].fields[l->columns[i]];
        enum hwp_color color = HWP_COLOR_NONE;
        if (field->kind == HWP_FIELD_PERCENT)
            color = hwp_color_of_percent(field->number);
        if (i)
            gap(l->out);
        write_cell(l, i, l->cells[r * l->n + i], color);
    }
    hwp_out_puts(l->out, "\n");
}

static void layout_deinit(struct layout *l)
{
    for (size_t i = 0; i < l->table->rows.len * l->n; i++)
        free(l->cells[i]);
    free(l->cells);
    free(l->columns);
    free(l->widths);
}

void hwp_table_text(const struct hwp_table *t, const struct hwp_report_options *options,
                    struct hwp_out *out)
{
    struct layout l = {
        .table = t,
        .out = out,
        .columns = hwp_calloc(t->columns.len, sizeof(size_t)),
        .widths = hwp_calloc(t->columns.len, sizeof(size_t)),
    };

    fill(&l, !options->no_big_num);
    widen_groups(&l);
    shrink(&l);
    if (l.has_groups)
        write_groups(&l);
    if (l.n)
        write_titles(&l);
    for (size_t r = 0; r < t->rows.len; r++)
        write_row(&l, r);
    layout_deinit(&l);
}
