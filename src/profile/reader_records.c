#include "profile/reader_internal.h"

#define BITS_BEFORE_ID (PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR)
#define BITS_AFTER_ID  (PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU)
#define BITS_TRAILER                                                               \
    (PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | \
     PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER)

/* AUX trace data follows its record, outside of the record's own size. */
static bool skip_auxtrace(struct hwp_cursor *at, struct hwp_cursor body)
{
    return hwp_cursor_bytes(at, hwp_cursor_u64(&body)) != NULL;
}

/* The same for a stream's table of tracepoint formats. */
static bool skip_tracing_data(struct hwp_cursor *at, struct hwp_cursor body)
{
    return hwp_cursor_bytes(at, ((size_t)hwp_cursor_u32(&body) + 7) / 8 * 8) != NULL;
}

bool hwp_record_next(struct hwp_cursor *at, struct hwp_record *ret, bool *ret_cut)
{
    size_t left = (size_t)(at->end - at->at);

    *ret_cut = false;
    if (left == 0)
        return false;
    *ret_cut = true;
    if (left < sizeof(ret->header))
        return false;
    memcpy(&ret->header, at->at, sizeof(ret->header));
    if (ret->header.size < sizeof(ret->header) || ret->header.size > left)
        return false;
    ret->body.at = at->at + sizeof(ret->header);
    ret->body.end = at->at + ret->header.size;
    ret->body.bad = false;
    at->at += ret->header.size;
    if (ret->header.type == PERF_RECORD_AUXTRACE && !skip_auxtrace(at, ret->body))
        return false;
    if (ret->header.type == PERF_RECORD_HEADER_TRACING_DATA && !skip_tracing_data(at, ret->body))
        return false;
    *ret_cut = false;
    return true;
}

static unsigned bits(uint64_t mask)
{
    return (unsigned)__builtin_popcountll(mask);
}

/* Where the id stands in a record, in u64s: from the body's front in a sample, from its back in
 * any other. Events that share a file have it in the same place (perf sees to it), so the first
 * event's sample_type tells. Negative: nowhere. */
static int id_position(const struct perf_event_attr *attr, bool is_sample)
{
    if (attr->sample_type & PERF_SAMPLE_IDENTIFIER)
        return is_sample ? 0 : 1;
    if (!(attr->sample_type & PERF_SAMPLE_ID))
        return -1;
    if (is_sample)
        return (int)bits(attr->sample_type & BITS_BEFORE_ID);
    return 1 + (int)bits(attr->sample_type & BITS_AFTER_ID);
}

const struct hwp_attr *hwp_record_attr(const struct hwp_reader *r, const struct hwp_record *rec)
{
    const struct hwp_attr *first = &r->attrs.data[0];
    bool is_sample = rec->header.type == PERF_RECORD_SAMPLE;

    if (r->attrs.len == 1)
        return first;
    int position = id_position(&first->attr, is_sample);
    size_t n = (size_t)(rec->body.end - rec->body.at) / 8;
    if (position < 0)
        return first;
    if ((size_t)position + is_sample > n)
        return NULL;

    uint64_t id;
    const uint8_t *base = is_sample ? rec->body.at : rec->body.end;
    memcpy(&id, is_sample ? base + position * 8 : base - position * 8, sizeof(id));
    const uint64_t *index = hwp_map_get(&r->attr_of_id, id);
    if (index)
        return &r->attrs.data[*index];
    /* perf's own synthesized records have id 0. */
    return id == 0 ? first : NULL;
}

uint64_t hwp_record_time(const struct hwp_reader *r, const struct hwp_record *rec)
{
    const struct hwp_attr *a = hwp_record_attr(r, rec);
    uint64_t type = a ? a->attr.sample_type : 0;
    size_t trailer = 8 * bits(type & BITS_TRAILER);
    uint64_t time;

    if (!a || !a->attr.sample_id_all || !(type & PERF_SAMPLE_TIME) ||
        (size_t)(rec->body.end - rec->body.at) < trailer)
        return 0;
    memcpy(&time, rec->body.end - trailer + (type & PERF_SAMPLE_TID ? 8 : 0), sizeof(time));
    return time;
}

bool hwp_attr_has_chains(const struct perf_event_attr *attr)
{
    return attr->sample_type & PERF_SAMPLE_CALLCHAIN &&
           !(attr->sample_type & PERF_SAMPLE_STACK_USER) && !attr->exclude_callchain_user;
}

/* Steps over the values of PERF_SAMPLE_READ (perf_event_open(2), "Reading results"). */
static void skip_read(struct hwp_cursor *c, uint64_t format)
{
    uint64_t times =
        bits(format & (PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING));
    uint64_t per_value = 1 + bits(format & (PERF_FORMAT_ID | PERF_FORMAT_LOST));
    uint64_t nr = format & PERF_FORMAT_GROUP ? hwp_cursor_u64(c) : 1;

    if (nr > UINT16_MAX) /* more than fits any record */
        c->bad = true;
    else
        hwp_cursor_bytes(c, 8 * (times + nr * per_value));
}

static void parse_chain(struct hwp_cursor *c, struct hwp_sample *s)
{
    uint64_t nr = hwp_cursor_u64(c);

    s->chain.at = c->at;
    if (nr > UINT16_MAX)
        c->bad = true;
    else
        hwp_cursor_bytes(c, 8 * nr);
    s->chain.end = c->at;
}

/* In the order of the kernel's perf_output_sample(). What stands behind the call chain (raw data,
 * registers, branch stack, weights …) is not used, so parsing ends there. */
bool hwp_sample_parse(const struct hwp_attr *a, const struct hwp_record *rec,
                      struct hwp_sample *ret)
{
    uint64_t type = a->attr.sample_type;
    struct hwp_cursor c = rec->body;

    *ret = (struct hwp_sample){.pid = -1, .tid = -1, .cpu = HWP_NO_CPU};
    if (type & PERF_SAMPLE_IDENTIFIER)
        ret->id = hwp_cursor_u64(&c);
    if (type & PERF_SAMPLE_IP)
        ret->ip = hwp_cursor_u64(&c);
    if (type & PERF_SAMPLE_TID) {
        ret->pid = (int32_t)hwp_cursor_u32(&c);
        ret->tid = (int32_t)hwp_cursor_u32(&c);
    }
    ret->has_time = type & PERF_SAMPLE_TIME;
    ret->time = ret->has_time ? hwp_cursor_u64(&c) : UINT64_MAX;
    if (type & PERF_SAMPLE_ADDR)
        hwp_cursor_u64(&c);
    if (type & PERF_SAMPLE_ID)
        ret->id = hwp_cursor_u64(&c);
    if (type & PERF_SAMPLE_STREAM_ID)
        hwp_cursor_u64(&c);
    if (type & PERF_SAMPLE_CPU)
        ret->cpu = (uint32_t)hwp_cursor_u64(&c);
    ret->period = a->attr.freq ? 1 : a->attr.sample_period;
    if (type & PERF_SAMPLE_PERIOD)
        ret->period = hwp_cursor_u64(&c);
    ret->read.at = ret->read.end = c.at;
    if (type & PERF_SAMPLE_READ) {
        ret->has_read = true;
        skip_read(&c, a->attr.read_format);
        ret->read.end = c.at;
    }
    ret->chain.at = ret->chain.end = c.at;
    if (type & PERF_SAMPLE_CALLCHAIN)
        parse_chain(&c, ret);
    if (!hwp_attr_has_chains(&a->attr))
        ret->chain.end = ret->chain.at;
    return !c.bad;
}
