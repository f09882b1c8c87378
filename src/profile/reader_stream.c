/*
 * Streams: what "perf record -o -" writes. No header tells where things are; attributes and
 * features are records among the others.
 */
#include "base/error.h"
#include "profile/reader_internal.h"

/* Its attr, whose own `size` says how long it is, then its ids up to the record's end. */
static void read_attr_record(struct hwp_reader *r, struct hwp_cursor c)
{
    struct hwp_attr a = {0};
    uint32_t size = 0;
    size_t left = (size_t)(c.end - c.at);

    if (left < PERF_ATTR_SIZE_VER0)
        return;
    memcpy(&size, c.at + offsetof(struct perf_event_attr, size), sizeof(size));
    if (size < PERF_ATTR_SIZE_VER0 || size > left)
        return;
    memcpy(&a.attr, hwp_cursor_bytes(&c, size), size < sizeof(a.attr) ? size : sizeof(a.attr));
    while (c.end - c.at >= 8) {
        uint64_t id = hwp_cursor_u64(&c);
        if (!a.first_id)
            a.first_id = id;
        *hwp_map_put(&r->attr_of_id, id, r->attrs.len, NULL) = r->attrs.len;
    }
    hwp_vec_push(&r->attrs, a);
}

static void read_feature_record(struct hwp_reader *r, struct hwp_cursor c)
{
    uint64_t bit = hwp_cursor_u64(&c);

    if (!c.bad && bit < PERF_FEATURE_END)
        r->stream_features[bit] = c;
}

struct hwp_error *hwp_stream_read_head(struct hwp_reader *r)
{
    struct hwp_cursor at = {r->data + PERF_PIPE_HEADER_SIZE, r->data + r->size, false};
    struct hwp_record rec;
    bool cut;

    r->is_stream = true;
    r->records = at;
    while (hwp_record_next(&at, &rec, &cut)) {
        if (rec.header.type == PERF_RECORD_HEADER_ATTR)
            read_attr_record(r, rec.body);
        else if (rec.header.type == PERF_RECORD_HEADER_FEATURE)
            read_feature_record(r, rec.body);
    }
    if (!r->attrs.len)
        return hwp_error(HWP_E_FORMAT, "%s has no events in it", r->name);
    if (r->attrs.len > HWP_EVENTS_MAX)
        return hwp_error(HWP_E_UNSUPPORTED, "%s has more than %d events", r->name, HWP_EVENTS_MAX);
    return NULL;
}
