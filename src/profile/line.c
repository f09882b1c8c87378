#include "profile/line.h"

#include <string.h>

/* The section: this header, the lines, the accesses, as they lie in memory. A program that knows
 * other structs has other sizes and reads none of it. */
struct section {
    uint32_t version;
    uint32_t line_bytes;
    uint32_t line_size, access_size;
    uint64_t nr_seen, transfers, false_transfers;
    uint64_t nr_lines, nr_accesses;
};

#define VERSION 1

void hwp_cache_lines_deinit(struct hwp_cache_lines *lines)
{
    hwp_vec_deinit(&lines->lines);
    hwp_vec_deinit(&lines->accesses);
    *lines = (struct hwp_cache_lines){0};
}

/* --- ranking --------------------------------------------------------------------------------- */

static int order(uint64_t a, uint64_t b)
{
    return a > b ? -1 : a < b;
}

static int most_transfers_first(const void *a, const void *b)
{
    const struct hwp_cache_line *x = a, *y = b;
    int by = order(x->transfers, y->transfers);

    if (!by)
        by = order(x->invalidations, y->invalidations);
    if (!by)
        by = -order(x->address, y->address);
    return by ? by : (x->pid > y->pid) - (x->pid < y->pid);
}

static void take_accesses(const struct hwp_cache_lines *from, struct hwp_cache_line *line,
                          struct hwp_cache_lines *into)
{
    uint64_t first = into->accesses.len;

    for (uint64_t i = 0; i < line->nr_accesses; i++)
        hwp_vec_push(&into->accesses, from->accesses.data[line->first_access + i]);
    line->first_access = first;
}

void hwp_cache_lines_rank(struct hwp_cache_lines *lines, size_t max)
{
    struct hwp_cache_lines ranked = *lines;

    if (lines->lines.len)
        qsort(lines->lines.data, lines->lines.len, sizeof(*lines->lines.data),
              most_transfers_first);
    if (lines->lines.len > max)
        ranked.lines.len = max;
    memset(&ranked.accesses, 0, sizeof(ranked.accesses));
    hwp_vec_foreach (&ranked.lines, line)
        take_accesses(lines, line, &ranked);
    hwp_vec_deinit(&lines->accesses);
    *lines = ranked;
}

/* --- bytes ----------------------------------------------------------------------------------- */

void hwp_cache_lines_encode(const struct hwp_cache_lines *lines, struct hwp_str *out)
{
    struct section head = {
        .version = VERSION,
        .line_bytes = lines->line_bytes,
        .line_size = sizeof(struct hwp_cache_line),
        .access_size = sizeof(struct hwp_line_access),
        .nr_seen = lines->nr_seen,
        .transfers = lines->transfers,
        .false_transfers = lines->false_transfers,
        .nr_lines = lines->lines.len,
        .nr_accesses = lines->accesses.len,
    };

    hwp_str_addn(out, (const char *)&head, sizeof(head));
    hwp_vec_foreach (&lines->lines, line)
        hwp_str_addn(out, (const char *)line, sizeof(*line));
    hwp_vec_foreach (&lines->accesses, access)
        hwp_str_addn(out, (const char *)access, sizeof(*access));
}

static bool fits(const struct section *head, size_t size)
{
    size_t left = size - sizeof(*head);

    if (head->version != VERSION || head->line_size != sizeof(struct hwp_cache_line) ||
        head->access_size != sizeof(struct hwp_line_access) || !head->line_bytes ||
        head->line_bytes > HWP_LINE_BYTES_MAX || head->nr_lines > left / head->line_size)
        return false;
    left -= head->nr_lines * head->line_size;
    return head->nr_accesses == left / head->access_size && left % head->access_size == 0;
}

/* Makes it harmless: what is no index or no value of an enum is none of what others rely on.
 * Accesses follow each other in the order of lines, so no two lines have the same ones. */
static void check_line(const struct hwp_cache_lines *lines, struct hwp_cache_line *line,
                       uint64_t *next_access)
{
    if (line->first_access != *next_access ||
        line->nr_accesses > lines->accesses.len - *next_access)
        line->first_access = line->nr_accesses = 0;
    *next_access += line->nr_accesses;
    if (line->object > HWP_LINE_MAPPING)
        line->object = HWP_LINE_UNKNOWN;
    line->anchor_loc = HWP_NO_LOC;
    for (size_t i = 0; i < HWP_LINE_CALLERS; i++)
        line->caller_locs[i] = HWP_NO_LOC;
}

static void check_access(const struct hwp_cache_lines *lines, struct hwp_line_access *access)
{
    if (access->offset >= lines->line_bytes)
        access->offset = 0;
    if (access->bytes > lines->line_bytes - access->offset)
        access->bytes = (uint16_t)(lines->line_bytes - access->offset);
    if (access->kind > HWP_LINE_ATOMIC)
        access->kind = HWP_LINE_LOAD;
    access->loc = HWP_NO_LOC;
}

bool hwp_cache_lines_decode(const void *bytes, size_t size, struct hwp_cache_lines *ret)
{
    struct section head;
    const char *at = (const char *)bytes + sizeof(head);

    *ret = (struct hwp_cache_lines){0};
    if (size < sizeof(head))
        return false;
    memcpy(&head, bytes, sizeof(head));
    if (!fits(&head, size))
        return false;
    ret->line_bytes = head.line_bytes;
    ret->nr_seen = head.nr_seen;
    ret->transfers = head.transfers;
    ret->false_transfers = head.false_transfers;
    hwp_vec_reserve(&ret->lines, head.nr_lines);
    hwp_vec_reserve(&ret->accesses, head.nr_accesses);
    ret->lines.len = head.nr_lines;
    ret->accesses.len = head.nr_accesses;
    if (head.nr_lines)
        memcpy(ret->lines.data, at, head.nr_lines * sizeof(struct hwp_cache_line));
    at += head.nr_lines * sizeof(struct hwp_cache_line);
    if (head.nr_accesses)
        memcpy(ret->accesses.data, at, head.nr_accesses * sizeof(struct hwp_line_access));
    hwp_vec_foreach (&ret->accesses, access)
        check_access(ret, access);
    uint64_t next_access = 0;
    hwp_vec_foreach (&ret->lines, line)
        check_line(ret, line, &next_access);
    return true;
}
