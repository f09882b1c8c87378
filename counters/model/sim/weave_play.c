#include "weave_private.h"

/* The bytes of an access, as a mask; of lines over 64 bytes, groups of bytes. */
static uint64_t mask_of(const struct hwm_weave *w, const struct hwm_entry *e)
{
    unsigned first = e->offset >> w->granule_bits;
    unsigned last = (e->offset + (e->bytes ? e->bytes : 1u) - 1) >> w->granule_bits;
    uint64_t up_to_last = last >= 63 ? ~0ull : (2ull << last) - 1;

    return up_to_last & (~0ull << (first & 63));
}

static struct hwm_fetch fetch_for(const struct hwm_entry *e)
{
    return (struct hwm_fetch){.filled = e->flags & HWM_EVENT_FILLED};
}

static void delay(struct hwm_woven *c, const struct hwm_entry *e, uint64_t ticks)
{
    if (!ticks)
        return;
    c->delay += ticks;
    hwm_cost_wait(e->cost, ticks);
    if (e->line)
        e->line->summary->stall_ticks += ticks;
}

/* An atomic's miss is its load's: the store finds the line. */
static void count_misses(const struct hwm_entry *e, const struct hwm_fetch *f)
{
    uint64_t *n = e->cost->n;
    bool store = e->kind == HWM_STORE;

    if (!f->missed)
        return;
    if (!(e->flags & HWM_EVENT_MISSED))
        n[store ? HWM_L1D_STORE_MISSES : HWM_L1D_LOAD_MISSES]++;
    if (!(e->flags & HWM_EVENT_MISSED_L2))
        n[store ? HWM_L2_STORE_MISSES : HWM_L2_LOAD_MISSES]++;
    if (f->far_l3 && !(e->flags & HWM_EVENT_FILLED))
        n[store ? HWM_LLC_STORE_MISSES : HWM_LLC_LOAD_MISSES]++;
}

static void count_fetch(const struct hwm_entry *e, const struct hwm_fetch *f)
{
    struct hwm_summary *s = e->line->summary;
    uint64_t *n = e->cost->n;

    count_misses(e, f);
    n[HWM_INVALIDATIONS] += f->invalidations;
    s->invalidations += f->invalidations;
    if (!f->moved)
        return;
    n[HWM_TRANSFERS]++;
    s->transfers++;
    if (f->modified)
        n[f->far_node ? HWM_HITM_REMOTE : HWM_HITM_LOCAL]++;
    if (f->unrelated) {
        n[HWM_FALSE_SHARING]++;
        s->false_transfers++;
    }
}

static void note_user(struct hwm_weave *w, struct hwm_line *line, unsigned core)
{
    if (line->last_core == (int)core)
        return;
    line->last_core = (int16_t)core;
    line->changed_run = w->runs;
    line->changed_event = w->events;
}

static void play_load(struct hwm_weave *w, unsigned core, const struct hwm_entry *e, uint64_t now)
{
    struct hwm_woven *c = &w->cores[core];
    struct hwm_holder *h = hwm_line_holder(e->line, core);
    uint64_t bytes = mask_of(w, e);
    struct hwm_fetch fetch = fetch_for(e);

    if (h->store_done <= now || !hwm_stores_forward(&c->stores, now, e->line->address, bytes)) {
        delay(c, e, hwm_line_read(e->line, core, now, bytes, &fetch) - now);
        h->touched |= bytes;
        if (fetch.missed)
            count_fetch(e, &fetch);
    }
    hwm_summary_access(e, h, core, fetch.moved);
}

/* The line is asked for at once, while older stores may still wait for theirs. Stores that were
 * issued before the line came and went again leave the buffer together, when it comes. */
static void play_store(struct hwm_weave *w, unsigned core, const struct hwm_entry *e, uint64_t now)
{
    struct hwm_woven *c = &w->cores[core];
    struct hwm_holder *h = hwm_line_holder(e->line, core);
    uint64_t room_at = hwm_stores_room_at(&c->stores, now);
    uint64_t bytes = mask_of(w, e);
    struct hwm_fetch fetch = fetch_for(e);
    uint64_t at = hwm_line_write(e->line, core, room_at, bytes, &fetch);

    h->touched |= bytes;
    h->wrote |= bytes;
    h->store_done = hwm_stores_push(&c->stores, e->line->address, bytes, at);
    delay(c, e, room_at - now);
    count_fetch(e, &fetch);
    hwm_summary_access(e, h, core, fetch.moved);
    if (e->flags & HWM_EVENT_CLEARS)
        hwm_lock_released(w, core, e, h->store_done);
}

static bool play_rmw(struct hwm_weave *w, unsigned core, const struct hwm_entry *e, uint64_t now)
{
    struct hwm_woven *c = &w->cores[core];
    struct hwm_holder *h = hwm_line_holder(e->line, core);
    uint64_t drained_at = hwm_later(now, c->stores.last_done), at;
    uint64_t bytes = mask_of(w, e);
    struct hwm_fetch fetch = fetch_for(e);

    if (e->flags & HWM_EVENT_ACQUIRES && hwm_lock_must_wait(w, core, e, now))
        return false;
    at = hwm_line_write(e->line, core, drained_at, bytes, &fetch);
    h->touched |= bytes;
    h->wrote |= bytes;
    delay(c, e, at - now);
    count_fetch(e, &fetch);
    if (fetch.moved || at > drained_at) {
        e->cost->n[HWM_CONTENDED_ATOMICS]++;
        e->line->summary->contended_atomics++;
    }
    hwm_summary_access(e, h, core, fetch.moved);
    if (e->flags & HWM_EVENT_CLEARS)
        hwm_lock_released(w, core, e, at);
    if (e->flags & HWM_EVENT_ACQUIRES)
        hwm_lock_acquired(core, e);
    return true;
}

/* First come, first served, `dram_service_ticks` each. */
static void play_dram(struct hwm_weave *w, unsigned core, const struct hwm_entry *e, uint64_t now)
{
    uint64_t *busy = &w->memory_busy[e->offset];
    uint64_t start = hwm_later(now, *busy);

    *busy = start + w->machine->dram_service_ticks;
    delay(&w->cores[core], e, (start - now) * e->bytes / 100);
}

bool hwm_weave_play(struct hwm_weave *w, unsigned core, const struct hwm_entry *e, uint64_t now)
{
    struct hwm_woven *c = &w->cores[core];

    if (e->kind <= HWM_RMW)
        note_user(w, e->line, core);
    switch (e->kind) {
    case HWM_LOAD:
        play_load(w, core, e, now);
        return true;
    case HWM_STORE:
        play_store(w, core, e, now);
        return true;
    case HWM_RMW:
        return play_rmw(w, core, e, now);
    case HWM_PLAY_DRAM:
        play_dram(w, core, e, now);
        return true;
    case HWM_PLAY_DRAIN:
        delay(c, e, hwm_later(now, c->stores.last_done) - now);
        return true;
    default:
        hwm_line_drop(e->line, core, now);
        return true;
    }
}
