#include "reports/lines_report.h"

#include <string.h>

#include "base/mem.h"

static const char *const object_names[] = {
    [HWP_LINE_UNKNOWN] = "unknown",
    [HWP_LINE_HEAP] = "heap",
    [HWP_LINE_STACK] = "stack",
    [HWP_LINE_STATIC] = "static",
    [HWP_LINE_THREAD] = "thread",
    [HWP_LINE_MAPPING] = "mapping",
};

static const struct hwp_column line_columns[] = {
    {.key = "row"},
    {.key = "address", .title = "line", .align = HWP_ALIGN_RIGHT},
    {.key = "transfers", .title = "transfers", .align = HWP_ALIGN_RIGHT},
    {.key = "transfers_percent", .title = "share", .unit = "%", .align = HWP_ALIGN_RIGHT,
     .decimals = 2},
    {.key = "false_percent", .title = "false", .unit = "%", .align = HWP_ALIGN_RIGHT,
     .decimals = 2},
    {.key = "false_transfers"},
    {.key = "invalidations", .title = "invalidations", .align = HWP_ALIGN_RIGHT},
    {.key = "contended_atomics", .title = "contended atomics", .align = HWP_ALIGN_RIGHT},
    {.key = "stall_cycles", .title = "stall cycles", .align = HWP_ALIGN_RIGHT},
    {.key = "readers", .title = "readers", .align = HWP_ALIGN_RIGHT},
    {.key = "writers", .title = "writers", .align = HWP_ALIGN_RIGHT},
    {.key = "object", .title = "object"},
    {.key = "owner", .title = "owner", .shrinks = true},
    {.key = "module", .title = "module", .shrinks = true},
    {.key = "pid"},
};

static const struct hwp_column word_columns[] = {
    {.key = "address", .title = "line", .align = HWP_ALIGN_RIGHT},
    {.key = "offset", .title = "offset", .align = HWP_ALIGN_RIGHT},
    {.key = "bytes", .title = "bytes", .align = HWP_ALIGN_RIGHT},
    {.key = "transfers", .title = "transfers", .align = HWP_ALIGN_RIGHT},
    {.key = "loads", .title = "loads", .align = HWP_ALIGN_RIGHT},
    {.key = "stores", .title = "stores", .align = HWP_ALIGN_RIGHT},
    {.key = "atomics", .title = "atomics", .align = HWP_ALIGN_RIGHT},
    {.key = "readers", .title = "readers", .shrinks = true},
    {.key = "writers", .title = "writers", .shrinks = true},
    {.key = "code", .title = "code", .shrinks = true},
    {.key = "pid"},
};

#define NOTABLE_PERCENT 1   /* of the most contended line's transfers; of a line's, for its words */
#define NOTABLE_MIN     100 /* transfers: less is what the start of a process or thread leaves */
#define WORDS_OF_LINES  3   /* lines whose words are shown */
#define CODE_MAX        4   /* places of a word */

static bool is_notable(uint64_t part, uint64_t whole)
{
    return part > 0 && part >= whole * NOTABLE_PERCENT / 100;
}

/* The lines to show: the first so many. */
static size_t nr_shown(const struct hwp_contention *c, enum hwp_lines_extent extent)
{
    size_t n = 0;

    if (extent == HWP_LINES_ALL)
        return c->rows.len;
    while (n < c->rows.len && c->rows.data[n].line->transfers >= NOTABLE_MIN &&
           is_notable(c->rows.data[n].line->transfers, c->rows.data[0].line->transfers))
        n++;
    return n;
}

static struct hwp_field percent_of(uint64_t part, uint64_t whole)
{
    return whole ? hwp_field_percent(100.0 * (double)part / (double)whole) : hwp_field_unknown();
}

/* Where a variable was found, the data are static: zeroed ones lie in a mapping without a file. */
static enum hwp_line_object object_of(const struct hwp_line_row *row)
{
    bool is_variable = row->module && (row->line->object == HWP_LINE_UNKNOWN ||
                                       row->line->object == HWP_LINE_MAPPING);

    return is_variable ? HWP_LINE_STATIC : row->line->object;
}

static void add_line(struct hwp_table *t, const struct hwp_contention *c,
                     const struct hwp_line_row *row)
{
    const struct hwp_cache_line *line = row->line;

    hwp_table_row(t, false);
    hwp_table_add(t, hwp_field_text("line"));
    hwp_table_add(t, hwp_field_address(line->address));
    hwp_table_add(t, hwp_field_count(line->transfers));
    hwp_table_add(t, percent_of(line->transfers, c->transfers));
    hwp_table_add(t, percent_of(line->false_transfers, line->transfers));
    hwp_table_add(t, hwp_field_count(line->false_transfers));
    hwp_table_add(t, hwp_field_count(line->invalidations));
    hwp_table_add(t, hwp_field_count(line->contended_atomics));
    hwp_table_add(t, hwp_field_count(line->stall_cycles));
    hwp_table_add(t, hwp_field_count(row->nr_readers));
    hwp_table_add(t, hwp_field_count(row->nr_writers));
    hwp_table_add(t, hwp_field_text(object_names[object_of(row)]));
    hwp_table_add(t, hwp_field_text(row->owner));
    hwp_table_add(t, hwp_field_text(row->module));
    hwp_table_add(t, hwp_field_count((uint64_t)line->pid));
}

/* Lines that are no rows of the result, and its rows from `shown` on. */
static void add_others(struct hwp_table *t, const struct hwp_contention *c, size_t shown)
{
    uint64_t nr = c->nr_others + (c->rows.len - shown), transfers = c->others_transfers;

    if (!nr)
        return;
    for (size_t i = shown; i < c->rows.len; i++)
        transfers += c->rows.data[i].line->transfers;
    hwp_table_row(t, true);
    hwp_table_add(t, hwp_field_text("others"));
    hwp_table_add(t, hwp_field_unknown());
    hwp_table_add(t, hwp_field_count(transfers));
    hwp_table_add(t, percent_of(transfers, c->transfers));
    for (int i = 0; i < 8; i++) /* false_percent … object */
        hwp_table_add(t, hwp_field_unknown());
    char *title hwp_cleanup(hwp_free_cleanup) =
        hwp_asprintf("(%llu other%s)", (unsigned long long)nr,
                     nr == 1 ? "" : "s");
    hwp_table_add(t, hwp_field_text(title));
}

bool hwp_lines_have_notable(const struct hwp_contention *c)
{
    return nr_shown(c, HWP_LINES_NOTABLE) > 0;
}

void hwp_lines_table(const struct hwp_contention *c, enum hwp_lines_extent extent,
                     struct hwp_table *ret)
{
    size_t shown = nr_shown(c, extent);

    *ret = (struct hwp_table){.name = "lines"};
    for (size_t i = 0; i < hwp_array_size(line_columns); i++)
        hwp_table_column(ret, &line_columns[i]);
    for (size_t i = 0; i < shown; i++)
        add_line(ret, c, &c->rows.data[i]);
    add_others(ret, c, shown);
}

/* --- words ----------------------------------------------------------------------------------- */

static struct hwp_field list_of(char **items, size_t n)
{
    struct hwp_field field = hwp_field_list((const char *const *)items, n);

    for (size_t i = 0; i < n; i++)
        free(items[i]);
    free(items);
    return field;
}

/* "worker/1234" for each. */
static struct hwp_field tasks_of(const struct hwp_contention *c, const struct hwp_line_tasks *tasks)
{
    char **items = hwp_calloc(tasks->len + 1, sizeof(*items));

    for (size_t i = 0; i < tasks->len; i++) {
        const struct hwp_line_task *task = &c->tasks.data[tasks->data[i]];
        items[i] = hwp_asprintf("%s/%d", task->comm, task->tid);
    }
    return list_of(items, tasks->len);
}

static struct hwp_field code_of(const struct hwp_line_word *word, enum hwp_lines_extent extent)
{
    char **items = hwp_calloc(word->code.len + 1, sizeof(*items));
    size_t n = word->code.len;

    if (extent == HWP_LINES_NOTABLE && n > CODE_MAX)
        n = CODE_MAX;
    for (size_t i = 0; i < n; i++)
        items[i] = hwp_strdup(word->code.data[i].text);
    if (n < word->code.len)
        items[n] = hwp_asprintf("%zu more", word->code.len - n);
    return list_of(items, n + (n < word->code.len));
}

static void add_word(struct hwp_table *t, const struct hwp_contention *c,
                     const struct hwp_line_row *row, const struct hwp_line_word *word,
                     enum hwp_lines_extent extent)
{
    hwp_table_row(t, false);
    hwp_table_add(t, hwp_field_address(row->line->address));
    hwp_table_add(t, hwp_field_count(word->offset));
    hwp_table_add(t, hwp_field_count(word->bytes));
    hwp_table_add(t, hwp_field_count(word->transfers));
    hwp_table_add(t, hwp_field_count(word->loads));
    hwp_table_add(t, hwp_field_count(word->stores));
    hwp_table_add(t, hwp_field_count(word->atomics));
    hwp_table_add(t, tasks_of(c, &word->readers));
    hwp_table_add(t, tasks_of(c, &word->writers));
    hwp_table_add(t, code_of(word, extent));
    hwp_table_add(t, hwp_field_count((uint64_t)row->line->pid));
}

static void add_words(struct hwp_table *t, const struct hwp_contention *c,
                      const struct hwp_line_row *row, enum hwp_lines_extent extent)
{
    hwp_vec_foreach (&row->words, word)
        if (extent == HWP_LINES_ALL || is_notable(word->transfers, row->line->transfers))
            add_word(t, c, row, word, extent);
}

void hwp_line_words_table(const struct hwp_contention *c, enum hwp_lines_extent extent,
                          struct hwp_table *ret)
{
    bool all = extent == HWP_LINES_ALL;
    size_t shown = nr_shown(c, extent);

    *ret = (struct hwp_table){.name = "line_words"};
    for (size_t i = 0; i < hwp_array_size(word_columns); i++)
        hwp_table_column(ret, &word_columns[i]);
    for (size_t i = 0; i < shown && (all || i < WORDS_OF_LINES); i++)
        add_words(ret, c, &c->rows.data[i], extent);
}
