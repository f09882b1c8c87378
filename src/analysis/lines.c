#include "analysis/lines.h"

#include <string.h>

#include "analysis/lines_owner.h"
#include "base/map.h"
#include "base/mem.h"

struct build {
    const struct hwp_profile *p;
    struct hwp_symbols *symbols;
    struct hwp_contention *result;
    struct hwp_owners *owners;
    struct hwp_map task_of; /* pid << 32 | tid → index in tasks */
    struct hwp_map comm_of; /* the same → index in the profile's tasks */
};

static uint64_t task_key(int32_t pid, int32_t tid)
{
    return (uint64_t)(uint32_t)pid << 32 | (uint32_t)tid;
}

static uint32_t task_of(struct build *b, int32_t pid, int32_t tid)
{
    bool is_new;
    uint64_t i = *hwp_map_put(&b->task_of, task_key(pid, tid), b->result->tasks.len, &is_new);

    if (is_new) {
        const uint64_t *known = hwp_map_get(&b->comm_of, task_key(pid, tid));
        const char *comm = known ? b->p->tasks.data[*known].comm : "";
        hwp_vec_push(&b->result->tasks,
                     (struct hwp_line_task){pid, tid, comm[0] ? comm : "task"});
    }
    return (uint32_t)i;
}

/* True if it wasn't there. */
static bool add_once(struct hwp_line_tasks *tasks, uint32_t task)
{
    hwp_vec_foreach (tasks, known)
        if (*known == task)
            return false;
    hwp_vec_push(tasks, task);
    return true;
}

/* --- words ----------------------------------------------------------------------------------- */

static struct hwp_line_word *word_of(struct hwp_line_row *row, const struct hwp_line_access *access)
{
    hwp_vec_foreach (&row->words, word)
        if (word->offset == access->offset && word->bytes == access->bytes)
            return word;
    hwp_vec_push(&row->words,
                 (struct hwp_line_word){.offset = access->offset, .bytes = access->bytes});
    return hwp_vec_last(&row->words);
}

static void add_code(struct build *b, struct hwp_line_word *word,
                     const struct hwp_line_access *access)
{
    char *text = hwp_place_text(b->p, b->symbols, access->loc, access->ip);

    hwp_vec_foreach (&word->code, code) {
        if (strcmp(code->text, text) != 0)
            continue;
        code->transfers += access->transfers;
        code->count += access->count;
        free(text);
        return;
    }
    hwp_vec_push(&word->code, (struct hwp_line_code){text, access->transfers, access->count});
}

static void add_access(struct build *b, struct hwp_line_row *row,
                       const struct hwp_line_access *access)
{
    struct hwp_line_word *word = word_of(row, access);
    uint32_t task = task_of(b, row->line->pid, access->tid);

    word->transfers += access->transfers;
    word->loads += access->kind == HWP_LINE_LOAD ? access->count : 0;
    word->stores += access->kind == HWP_LINE_STORE ? access->count : 0;
    word->atomics += access->kind == HWP_LINE_ATOMIC ? access->count : 0;
    if (access->kind != HWP_LINE_STORE)
        add_once(&word->readers, task);
    if (access->kind != HWP_LINE_LOAD)
        add_once(&word->writers, task);
    add_code(b, word, access);
}

static int by_offset(const void *a, const void *b)
{
    const struct hwp_line_word *x = a, *y = b;

    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

static int hottest_first(const void *a, const void *b)
{
    const struct hwp_line_code *x = a, *y = b;

    if (x->transfers != y->transfers)
        return x->transfers < y->transfers ? 1 : -1;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return strcmp(x->text, y->text);
}

static void order_words(struct hwp_line_row *row)
{
    if (row->words.len)
        qsort(row->words.data, row->words.len, sizeof(*row->words.data), by_offset);
    hwp_vec_foreach (&row->words, word)
        if (word->code.len)
            qsort(word->code.data, word->code.len, sizeof(*word->code.data), hottest_first);
}

static void count_tasks(struct hwp_line_row *row)
{
    struct hwp_line_tasks readers = {0}, writers = {0};

    hwp_vec_foreach (&row->words, word) {
        hwp_vec_foreach (&word->readers, task)
            add_once(&readers, *task);
        hwp_vec_foreach (&word->writers, task)
            add_once(&writers, *task);
    }
    row->nr_readers = readers.len;
    row->nr_writers = writers.len;
    hwp_vec_deinit(&readers);
    hwp_vec_deinit(&writers);
}

/* --- rows ------------------------------------------------------------------------------------ */

static void add_row(struct build *b, const struct hwp_cache_line *line)
{
    const struct hwp_cache_lines *lines = &b->p->run.lines;
    struct hwp_line_row row = {.line = line};

    for (uint64_t i = 0; i < line->nr_accesses; i++)
        add_access(b, &row, &lines->accesses.data[line->first_access + i]);
    order_words(&row);
    count_tasks(&row);
    uint32_t stack_task = task_of(b, line->pid, line->object_tid);
    hwp_owner_of(b->owners, &row, b->result->tasks.data[stack_task].comm);
    hwp_vec_push(&b->result->rows, row);
}

void hwp_lines_analyse(const struct hwp_profile *p, struct hwp_symbols *s, size_t top,
                       struct hwp_contention *ret)
{
    const struct hwp_cache_lines *lines = &p->run.lines;
    struct build b = {.p = p, .symbols = s, .result = ret, .owners = hwp_owners_create(p, s)};
    uint64_t transfers = 0;

    *ret = (struct hwp_contention){.transfers = lines->transfers};
    for (size_t i = 0; i < p->tasks.len; i++)
        hwp_map_put(&b.comm_of, task_key(p->tasks.data[i].pid, p->tasks.data[i].tid), i, NULL);
    hwp_vec_foreach (&lines->lines, line) {
        if (top && ret->rows.len >= top)
            break;
        add_row(&b, line);
        transfers += line->transfers;
    }
    ret->nr_others = lines->nr_seen > ret->rows.len ? lines->nr_seen - ret->rows.len : 0;
    ret->others_transfers = lines->transfers > transfers ? lines->transfers - transfers : 0;
    hwp_owners_destroy(b.owners);
    hwp_map_deinit(&b.task_of);
    hwp_map_deinit(&b.comm_of);
}

static void row_deinit(struct hwp_line_row *row)
{
    hwp_vec_foreach (&row->words, word) {
        hwp_vec_foreach (&word->code, code)
            free(code->text);
        hwp_vec_deinit(&word->code);
        hwp_vec_deinit(&word->readers);
        hwp_vec_deinit(&word->writers);
    }
    hwp_vec_deinit(&row->words);
    free(row->owner);
    free(row->module);
}

void hwp_contention_deinit(struct hwp_contention *c)
{
    hwp_vec_foreach (&c->rows, row)
        row_deinit(row);
    hwp_vec_deinit(&c->rows);
    hwp_vec_deinit(&c->tasks);
    *c = (struct hwp_contention){0};
}
