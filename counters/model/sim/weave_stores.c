#include "weave_private.h"

void hwm_stores_init(struct hwm_stores *s, uint32_t capacity)
{
    s->capacity = capacity ? capacity : 1;
    s->ring = hwm_alloc(sizeof(*s->ring) * s->capacity);
}

static void drop_done(struct hwm_stores *s, uint64_t now)
{
    if (s->last_done <= now) {
        s->count = 0;
        return;
    }
    while (s->count && s->ring[s->head].done <= now) {
        if (++s->head == s->capacity)
            s->head = 0;
        s->count--;
    }
}

uint64_t hwm_stores_room_at(struct hwm_stores *s, uint64_t now)
{
    drop_done(s, now);
    if (s->count == s->capacity) {
        now = s->ring[s->head].done;
        drop_done(s, now);
    }
    return now;
}

uint64_t hwm_stores_push(struct hwm_stores *s, uint64_t line, uint64_t bytes, uint64_t at)
{
    uint32_t i = s->head + s->count++;
    uint64_t done = hwm_later(at, s->last_done) + HWM_TICKS;

    s->ring[i >= s->capacity ? i - s->capacity : i] = (struct hwm_store){done, line, bytes};
    s->last_done = done;
    return done;
}

bool hwm_stores_forward(const struct hwm_stores *s, uint64_t now, uint64_t line, uint64_t bytes)
{
    for (uint32_t n = s->count; n--;) {
        uint32_t i = s->head + n;
        const struct hwm_store *store = &s->ring[i >= s->capacity ? i - s->capacity : i];

        if (store->done <= now)
            return false;
        if (store->line == line && (store->bytes & bytes))
            return !(bytes & ~store->bytes);
    }
    return false;
}
