#include "weave_private.h"

/* Heapsort by address: no recursion and no memory. */
static void sift_down(struct hwm_summary **v, size_t i, size_t nr)
{
    for (size_t child; (child = 2 * i + 1) < nr; i = child) {
        struct hwm_summary *swap = v[i];

        if (child + 1 < nr && v[child + 1]->address > v[child]->address)
            child++;
        if (v[child]->address <= swap->address)
            return;
        v[i] = v[child];
        v[child] = swap;
    }
}

static void sort(struct hwm_summary **v, size_t nr)
{
    for (size_t i = nr / 2; i--;)
        sift_down(v, i, nr);
    for (size_t i = nr; i-- > 1;) {
        struct hwm_summary *top = v[0];

        v[0] = v[i];
        v[i] = top;
        sift_down(v, 0, i);
    }
}

/* Those that ever moved. */
static size_t gather(const struct hwm_weave *w, struct hwm_summary **ret)
{
    size_t nr = 0;

    for (size_t i = 0; i < HWM_SUMMARY_BUCKETS; i++)
        for (struct hwm_summary *s = w->summaries[i]; s; s = s->next)
            if (s->transfers)
                ret[nr++] = s;
    return nr;
}

static void report_line(const struct hwm_summary *s,
                        void (*line)(void *ctx, struct hwm_record_line *record), void *ctx)
{
    struct hwm_record_line record = {.address = s->address,
                                     .transfers = s->transfers,
                                     .false_transfers = s->false_transfers,
                                     .invalidations = s->invalidations,
                                     .contended_atomics = s->contended_atomics,
                                     .stall_ticks = s->stall_ticks};

    line(ctx, &record);
}

static void report_access(const struct hwm_summary *s, const struct hwm_access_row *row,
                          void (*access)(void *ctx, struct hwm_record_access *record), void *ctx)
{
    struct hwm_record_access record = {.line = s->address,
                                       .ip = row->ip,
                                       .tid = row->tid,
                                       .core = row->core,
                                       .offset = row->offset,
                                       .bytes = row->bytes,
                                       .kind = row->kind,
                                       .count = row->count,
                                       .transfers = row->transfers};

    access(ctx, &record);
}

void hwm_weave_lines(struct hwm_weave *w, void (*line)(void *ctx, struct hwm_record_line *record),
                     void (*access)(void *ctx, struct hwm_record_access *record), void *ctx)
{
    size_t bytes = sizeof(struct hwm_summary *) * (w->nr_summaries + 1);
    struct hwm_summary **v = hwm_alloc(bytes);
    size_t nr = gather(w, v);

    sort(v, nr);
    for (size_t i = 0; i < nr; i++) {
        report_line(v[i], line, ctx);
        for (uint32_t j = 0; j < v[i]->max_rows; j++)
            if (v[i]->rows[j].count)
                report_access(v[i], &v[i]->rows[j], access, ctx);
    }
    hwm_free(v, bytes);
}

void hwm_weave_reset_counts(struct hwm_weave *w)
{
    for (size_t i = 0; i < HWM_SUMMARY_BUCKETS; i++)
        for (struct hwm_summary *s = w->summaries[i]; s; s = s->next)
            hwm_summary_forget_counts(s);
}
