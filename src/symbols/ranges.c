#include "symbols/ranges.h"

#include <stdlib.h>

#define MAX_PAINTED 100000000u /* a broken file must end, too */

static int compare_ranges(const void *a, const void *b)
{
    const struct hwp_range *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (x->end < y->end) - (x->end > y->end);
}

void hwp_ranges_sort(struct hwp_ranges *ranges)
{
    if (ranges->len)
        qsort(ranges->data, ranges->len, sizeof(*ranges->data), compare_ranges);
}

/* Ranges are disjoint in sound files; a few steps back find the enclosing one in others. */
const struct hwp_range *hwp_ranges_find(const struct hwp_ranges *ranges, uint64_t vaddr)
{
    enum { STEPS_BACK = 16 };
    size_t low = 0, high = ranges->len;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (ranges->data[mid].start <= vaddr)
            low = mid + 1;
        else
            high = mid;
    }
    for (size_t i = low; i > 0 && low - i < STEPS_BACK; i--)
        if (vaddr < ranges->data[i - 1].end)
            return &ranges->data[i - 1];
    return NULL;
}

static int compare_segments(const void *a, const void *b)
{
    const struct hwp_segment *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

/* The number of segments that start at or before `vaddr`. */
static size_t upper(const struct hwp_segments *segments, uint64_t vaddr)
{
    size_t low = 0, high = segments->len;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (segments->data[mid].start <= vaddr)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Every boundary starts a segment; ranges then paint theirs, the inner over the outer. */
void hwp_segments_paint(struct hwp_segments *segments, const struct hwp_ranges *ranges)
{
    size_t kept = 0, budget = MAX_PAINTED;

    hwp_vec_foreach (ranges, r) {
        hwp_vec_push(segments, (struct hwp_segment){r->start, -1});
        hwp_vec_push(segments, (struct hwp_segment){r->end, -1});
    }
    if (segments->len)
        qsort(segments->data, segments->len, sizeof(*segments->data), compare_segments);
    for (size_t i = 0; i < segments->len; i++)
        if (!kept || segments->data[kept - 1].start != segments->data[i].start)
            segments->data[kept++] = segments->data[i];
    segments->len = kept;
    hwp_vec_foreach (ranges, r)
        for (size_t i = upper(segments, r->start) - 1; budget && segments->data[i].start < r->end;
             i++, budget--)
            segments->data[i].what = (int)r->what;
}

int hwp_segments_at(const struct hwp_segments *segments, uint64_t vaddr)
{
    size_t at = upper(segments, vaddr);

    return at ? segments->data[at - 1].what : -1;
}
