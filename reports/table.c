#include "reports/table.h"

#include <assert.h>
#include <math.h>

#include "base/mem.h"
#include "reports/json.h"

struct hwp_field hwp_field_unknown(void)
{
    return (struct hwp_field){.kind = HWP_FIELD_UNKNOWN};
}

struct hwp_field hwp_field_text(const char *text)
{
    if (!text)
        return hwp_field_unknown();
    return (struct hwp_field){.kind = HWP_FIELD_TEXT, .text = hwp_strdup(text)};
}

struct hwp_field hwp_field_count(uint64_t count)
{
    return (struct hwp_field){.kind = HWP_FIELD_COUNT, .count = count};
}

static struct hwp_field real(enum hwp_field_kind kind, double number)
{
    return isfinite(number) ? (struct hwp_field){.kind = kind, .number = number}
                            : hwp_field_unknown();
}

struct hwp_field hwp_field_percent(double percent)
{
    return real(HWP_FIELD_PERCENT, percent);
}

struct hwp_field hwp_field_ratio(double ratio)
{
    return real(HWP_FIELD_RATIO, ratio);
}

struct hwp_field hwp_field_duration(uint64_t ns)
{
    return (struct hwp_field){.kind = HWP_FIELD_DURATION, .count = ns};
}

struct hwp_field hwp_field_address(uint64_t address)
{
    return (struct hwp_field){.kind = HWP_FIELD_ADDRESS, .count = address};
}

struct hwp_field hwp_field_bool(bool truth)
{
    return (struct hwp_field){.kind = HWP_FIELD_BOOL, .truth = truth};
}

struct hwp_field hwp_field_value(const struct hwp_value *v)
{
    struct hwp_field field = v->known ? hwp_field_ratio(v->value) : hwp_field_unknown();

    field.estimate = v->known && v->estimate;
    return field;
}

struct hwp_field hwp_field_counted(const struct hwp_count *c)
{
    if (!hwp_count_known(c))
        return hwp_field_unknown();
    struct hwp_field field = hwp_field_count(hwp_count_value(c));
    field.estimate = c->state == HWP_COUNT_SCALED;
    return field;
}

struct hwp_field hwp_field_list(const char *const *items, size_t n)
{
    struct hwp_field field = {.kind = HWP_FIELD_LIST};

    field.list.items = hwp_calloc(n, sizeof(*field.list.items));
    field.list.n = n;
    for (size_t i = 0; i < n; i++)
        field.list.items[i] = hwp_strdup(items[i] ? items[i] : "");
    return field;
}

static void field_deinit(struct hwp_field *field)
{
    if (field->kind == HWP_FIELD_TEXT)
        free(field->text);
    if (field->kind != HWP_FIELD_LIST)
        return;
    for (size_t i = 0; i < field->list.n; i++)
        free(field->list.items[i]);
    free(field->list.items);
}

void hwp_table_column(struct hwp_table *t, const struct hwp_column *column)
{
    struct hwp_column copy = *column;

    assert(t->rows.len == 0);
    copy.key = hwp_strdup(column->key);
    copy.title = hwp_strdup(column->title);
    copy.group = hwp_strdup(column->group);
    copy.unit = hwp_strdup(column->unit);
    hwp_vec_push(&t->columns, copy);
}

void hwp_table_row(struct hwp_table *t, bool is_summary)
{
    hwp_vec_push(&t->rows,
                 (struct hwp_row){.fields = hwp_calloc(t->columns.len, sizeof(struct hwp_field)),
                                  .is_summary = is_summary});
}

void hwp_table_add(struct hwp_table *t, struct hwp_field field)
{
    struct hwp_row *row = hwp_vec_last(&t->rows);

    assert(row->len < t->columns.len);
    row->fields[row->len++] = field;
}

/* The strings of a column are its own copies, const to everyone else. */
static void free_const(const char *s)
{
    free((void *)(uintptr_t)s);
}

void hwp_table_deinit(struct hwp_table *t)
{
    hwp_vec_foreach (&t->rows, row) {
        for (size_t i = 0; i < row->len; i++)
            field_deinit(&row->fields[i]);
        free(row->fields);
    }
    hwp_vec_foreach (&t->columns, column) {
        free_const(column->key);
        free_const(column->title);
        free_const(column->group);
        free_const(column->unit);
    }
    hwp_vec_deinit(&t->rows);
    hwp_vec_deinit(&t->columns);
}

void hwp_table_print(const struct hwp_table *t, const struct hwp_report_options *options,
                     struct hwp_out *out)
{
    if (options->format == HWP_FORMAT_TEXT) {
        hwp_table_text(t, options, out);
    } else if (options->format == HWP_FORMAT_CSV) {
        hwp_table_csv(t, options->separator, out);
    } else {
        struct cJSON *json hwp_cleanup(hwp_json_cleanup) = hwp_table_json(t);
        hwp_json_print(json, true, out);
    }
}
