/*
 * Streams of accesses to consecutive lines, one per page, the 16 pages used last.
 *
 * A stream has begun when three accesses in a row each touched the line after (or before) the
 * previous one. From then on it keeps `distance` lines ahead of the access, at most two more at
 * each access; the distance grows with every access that goes on as expected. Accesses a little out
 * of order do not end it; one that leaves the window around its front does.
 */
#include "prefetch.h"

#define STREAMS      16
#define RUN_MIN      3 /* sequential lines that make a stream */
#define DISTANCE_MIN 2 /* lines ahead, at first and at most */
#define DISTANCE_MAX 4
#define DEGREE       2 /* lines per access */
#define WINDOW       8 /* an access further behind the front than this belongs to no stream */
#define NO_PAGE      UINT64_MAX

_Static_assert(DEGREE <= HWM_PREFETCH_MAX, "the caller's array is too small");

struct stream {
    uint64_t page;
    uint64_t used;     /* the prefetcher's clock at the last access */
    int32_t previous;  /* line of the page */
    int32_t step, run; /* direction (+1, -1, 0) of the last accesses, and how many they are */
    int32_t direction; /* of the stream; 0: there is none */
    int32_t front;     /* the furthest line asked for or used */
    int32_t distance;
};

struct hwm_prefetcher {
    uint64_t clock;
    uint32_t line_bits;
    uint32_t recent; /* index of the stream used last */
    struct stream streams[STREAMS];
};

struct hwm_prefetcher *hwm_prefetcher_create(uint32_t line_bytes)
{
    struct hwm_prefetcher *p = hwm_alloc(sizeof(*p));

    p->line_bits = (uint32_t)__builtin_ctz(line_bytes);
    for (unsigned i = 0; i < STREAMS; i++)
        p->streams[i].page = NO_PAGE;
    return p;
}

/* The page's stream; an empty one, instead of the one used longest ago, if it has none. */
static struct stream *stream_of(struct hwm_prefetcher *p, uint64_t page)
{
    struct stream *s = &p->streams[p->recent], *oldest = s;

    if (s->page == page)
        return s;
    for (s = p->streams; s < p->streams + STREAMS; s++) {
        if (s->page == page)
            break;
        if (s->used < oldest->used)
            oldest = s;
    }
    if (s == p->streams + STREAMS) {
        s = oldest;
        *s = (struct stream){.page = page, .previous = -2};
    }
    p->recent = (uint32_t)(s - p->streams);
    return s;
}

/* How the access continues the ones before it, and whether that makes a stream. */
static void follow(struct stream *s, int32_t line)
{
    int32_t step = line - s->previous;

    if (step != 1 && step != -1)
        step = 0;
    s->run = step == 0 ? 1 : step == s->step ? s->run + 1 : 2;
    s->step = step;
    s->previous = line;
    if (s->run >= RUN_MIN && s->direction != step) {
        s->direction = step;
        s->front = line;
        s->distance = DISTANCE_MIN - 1; /* this access adds one */
    }
}

/* Lines to ask for after an access to `line` of a stream that has begun. */
static unsigned ask(struct hwm_prefetcher *p, struct stream *s, int32_t line, uint64_t *ret)
{
    int32_t last = (int32_t)(HWM_PAGE_BYTES >> p->line_bits) - 1, end = s->direction > 0 ? last : 0;
    int32_t ahead = (s->front - line) * s->direction; /* lines asked for and not used yet */
    unsigned n = 0;

    if (ahead < -1 || ahead > WINDOW) {
        s->direction = 0;
        return 0;
    }
    if (ahead < 0)
        s->front = line;
    s->distance += s->distance < DISTANCE_MAX;
    while (n < DEGREE && s->front != end && (s->front - line) * s->direction < s->distance) {
        s->front += s->direction;
        ret[n++] = s->page << HWM_PAGE_BITS | (uint64_t)s->front << p->line_bits;
    }
    return n;
}

unsigned hwm_prefetch_observe(struct hwm_prefetcher *p, uint64_t address,
                              uint64_t ret[HWM_PREFETCH_MAX])
{
    struct stream *s = stream_of(p, address >> HWM_PAGE_BITS);
    int32_t line = (int32_t)((address & (HWM_PAGE_BYTES - 1)) >> p->line_bits);

    s->used = ++p->clock;
    if (line == s->previous)
        return 0;
    follow(s, line);
    return s->direction ? ask(p, s, line, ret) : 0;
}
