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
    int32_t previous;  /* line of the page */
    int32_t step, run; /* direction (+1, -1, 0) of the last accesses, and how many they are */
    int32_t direction; /* of the stream; 0: there is none */
    int32_t front;     /* the furthest line asked for or used */
    int32_t distance;
};

/* Four pages' low halves at once. */
typedef uint32_t quad __attribute__((vector_size(16)));

struct hwm_prefetcher {
    quad tags[STREAMS / 4]; /* the low halves of the streams' page numbers */
    uint64_t order;         /* the streams' indices by time of use, the latest in the lowest 4 bits */
    uint32_t line_bits;
    struct stream streams[STREAMS];
};

_Static_assert(STREAMS == 16, "a stream's index has 4 bits, and all of them fill a word");

struct hwm_prefetcher *hwm_prefetcher_create(uint32_t line_bytes)
{
    struct hwm_prefetcher *p = hwm_alloc(sizeof(*p));

    p->line_bits = (uint32_t)__builtin_ctz(line_bytes);
    p->order = UINT64_C(0xfedcba9876543210);
    for (unsigned i = 0; i < STREAMS; i++) {
        p->streams[i].page = NO_PAGE;
        p->tags[i / 4][i % 4] = (uint32_t)NO_PAGE;
    }
    return p;
}

/* Bit i: stream i has this tag. */
static unsigned streams_with(const struct hwm_prefetcher *p, uint32_t tag)
{
    const quad wanted = {tag, tag, tag, tag}, bits = {1, 2, 4, 8};
    quad found = (quad)(p->tags[0] == wanted) & bits;

    found |= (quad)(p->tags[1] == wanted) & bits << 4;
    found |= (quad)(p->tags[2] == wanted) & bits << 8;
    found |= (quad)(p->tags[3] == wanted) & bits << 12;
    return found[0] | found[1] | found[2] | found[3];
}

/* Makes a stream the latest: its 4 bits move to the low end, past all that came after it. */
static void renew(struct hwm_prefetcher *p, unsigned stream)
{
    const uint64_t ones = UINT64_C(0x1111111111111111);
    uint64_t x = p->order ^ stream * ones; /* its 4 bits are the first that are 0 */
    unsigned place = (unsigned)__builtin_ctzll((x - ones) & ~x & ones << 3) - 3;
    uint64_t later = p->order & ((UINT64_C(1) << place) - 1);

    p->order = (p->order & ~UINT64_C(15) << place) | later << 4 | stream;
}

/* The page's stream; an empty one, instead of the one used longest ago, if it has none. */
static struct stream *stream_of(struct hwm_prefetcher *p, uint64_t page)
{
    unsigned i = p->order & (STREAMS - 1), found;
    struct stream *s = &p->streams[i];

    if (s->page == page)
        return s;
    found = streams_with(p, (uint32_t)page);
    i = found ? (unsigned)__builtin_ctz(found) : (unsigned)(p->order >> 60);
    s = &p->streams[i];
    renew(p, i);
    if (s->page != page) {
        *s = (struct stream){.page = page, .previous = -2};
        p->tags[i / 4][i % 4] = (uint32_t)page;
    }
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

    if (line == s->previous)
        return 0;
    follow(s, line);
    return s->direction ? ask(p, s, line, ret) : 0;
}
