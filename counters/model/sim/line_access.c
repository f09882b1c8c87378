#include "weave_private.h"

static size_t bucket_of(uint64_t address)
{
    return (size_t)(address * 0x9e3779b97f4a7c15ull >> 48) & (HWM_SUMMARY_BUCKETS - 1);
}

struct hwm_summary *hwm_summary_get(struct hwm_weave *w, uint64_t address)
{
    struct hwm_summary **bucket = &w->summaries[bucket_of(address)], *s;

    for (s = *bucket; s; s = s->next)
        if (s->address == address) {
            s->nr_lines++;
            return s;
        }
    s = hwm_alloc(sizeof(*s));
    s->nr_lines = 1;
    s->address = address;
    s->next = *bucket;
    *bucket = s;
    w->nr_summaries++;
    return s;
}

static void free_rows(struct hwm_summary *s)
{
    if (s->rows)
        hwm_free(s->rows, sizeof(*s->rows) * s->max_rows);
    s->rows = NULL;
    s->nr_rows = s->max_rows = 0;
}

void hwm_summary_forget_counts(struct hwm_summary *s)
{
    s->transfers = s->false_transfers = s->invalidations = 0;
    s->contended_atomics = s->stall_ticks = 0;
    free_rows(s);
}

/* Nothing moved, and nothing in it is known to be a lock. */
static bool is_needless(const struct hwm_summary *s)
{
    if (s->transfers)
        return false;
    for (unsigned i = 0; i < HWM_LINE_LOCKS; i++)
        if (s->locks[i].seen || s->locks[i].nr_waiters)
            return false;
    return true;
}

void hwm_summary_put(struct hwm_weave *w, struct hwm_summary *s)
{
    struct hwm_summary **link = &w->summaries[bucket_of(s->address)];

    if (--s->nr_lines || !is_needless(s)) {
        if (!s->transfers)
            hwm_summary_forget_counts(s);
        return;
    }
    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    free_rows(s);
    hwm_free(s, sizeof(*s));
    w->nr_summaries--;
}

void hwm_summaries_free(struct hwm_weave *w)
{
    for (size_t i = 0; i < HWM_SUMMARY_BUCKETS; i++)
        for (struct hwm_summary *s = w->summaries[i], *next; s; s = next) {
            next = s->next;
            free_rows(s);
            hwm_free(s, sizeof(*s));
        }
    hwm_free(w->summaries, sizeof(*w->summaries) * HWM_SUMMARY_BUCKETS);
}

/* The row of an access, or the empty one where it goes. */
static struct hwm_access_row *find_row(struct hwm_summary *s, uint64_t ip, uint32_t tid,
                                       uint32_t what)
{
    uint64_t hash = (ip ^ (uint64_t)tid << 40 ^ (uint64_t)what << 20) * 0x9e3779b97f4a7c15ull;

    for (uint32_t i = (uint32_t)(hash >> 32);; i++) {
        struct hwm_access_row *row = &s->rows[i & (s->max_rows - 1)];

        if (!row->count || (row->ip == ip && row->tid == tid &&
                            (row->offset | row->bytes << 8 | row->kind << 16) == (int)what))
            return row;
    }
}

static void grow(struct hwm_summary *s)
{
    struct hwm_access_row *old = s->rows;
    uint32_t nr = s->max_rows;

    s->max_rows = nr ? nr * 2 : 4;
    s->rows = hwm_alloc(sizeof(*s->rows) * s->max_rows);
    for (uint32_t i = 0; i < nr; i++)
        if (old[i].count)
            *find_row(s, old[i].ip, old[i].tid,
                      old[i].offset | (uint32_t)old[i].bytes << 8 | (uint32_t)old[i].kind << 16) =
                old[i];
    if (old)
        hwm_free(old, sizeof(*old) * nr);
}

static bool is_row_of(const struct hwm_access_row *row, const struct hwm_entry *e)
{
    return row->count && row->ip == e->ip && row->tid == e->tid && row->offset == e->offset &&
           row->bytes == e->bytes && row->kind == e->kind;
}

static struct hwm_access_row *make_row(struct hwm_summary *s, const struct hwm_entry *e)
{
    uint32_t what = e->offset | (uint32_t)e->bytes << 8 | (uint32_t)e->kind << 16;
    struct hwm_access_row *row = find_row(s, e->ip, e->tid, what);

    if (!row->count) {
        row->ip = e->ip;
        row->tid = e->tid;
        row->offset = e->offset;
        row->bytes = e->bytes;
        row->kind = e->kind;
        s->nr_rows++;
    }
    return row;
}

/* A core mostly does what it did before. */
void hwm_summary_access(const struct hwm_entry *e, struct hwm_holder *h, unsigned core, bool moved)
{
    struct hwm_summary *s = e->line->summary;
    struct hwm_access_row *row;

    if (s->nr_rows * 4 >= s->max_rows * 3)
        grow(s);
    row = &s->rows[h->row & (s->max_rows - 1)];
    if (!is_row_of(row, e))
        row = make_row(s, e);
    h->row = (uint32_t)(row - s->rows);
    row->core = (uint16_t)core;
    row->count++;
    row->transfers += moved;
}
