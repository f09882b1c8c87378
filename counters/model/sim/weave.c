#include "weave_private.h"

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dull;
}

static void choose_order(struct hwm_weave *w)
{
    uint64_t state = w->machine->seed * 2 + 1;

    for (uint32_t i = 0; i < w->machine->nr_cores; i++) {
        uint32_t j = (uint32_t)((next_random(&state) >> 33) % (i + 1));

        w->order[i] = w->order[j];
        w->order[j] = (uint16_t)i;
    }
}

static void map_places(struct hwm_weave *w)
{
    const struct hwm_machine *m = w->machine;

    w->same_l3 = hwm_alloc(sizeof(*w->same_l3) * HWM_MAX_CORES);
    w->same_node = hwm_alloc(sizeof(*w->same_node) * HWM_MAX_NODES);
    for (uint32_t i = 0; i < m->nr_cores; i++) {
        w->same_l3[m->cores[i].l3][i / 64] |= 1ull << i % 64;
        w->same_node[m->cores[i].node][i / 64] |= 1ull << i % 64;
    }
}

struct hwm_weave *hwm_weave_create(const struct hwm_machine *machine)
{
    struct hwm_weave *w = hwm_alloc(sizeof(*w));

    w->machine = machine;
    w->cores = hwm_alloc(sizeof(*w->cores) * machine->nr_cores);
    for (uint32_t i = 0; i < machine->nr_cores; i++)
        hwm_stores_init(&w->cores[i].stores, machine->store_buffer);
    w->summaries = hwm_alloc(sizeof(*w->summaries) * HWM_SUMMARY_BUCKETS);
    while ((machine->line_bytes >> w->granule_bits) > 64)
        w->granule_bits++;
    choose_order(w);
    map_places(w);
    return w;
}

void hwm_weave_destroy(struct hwm_weave *w)
{
    for (uint32_t i = 0; i < w->machine->nr_cores; i++) {
        struct hwm_woven *c = &w->cores[i];

        while (c->count) {
            if (hwm_woven_next(c)->line)
                hwm_line_unref(hwm_woven_next(c)->line);
            c->head++;
            c->count--;
        }
        if (c->log)
            hwm_free(c->log, sizeof(*c->log) * HWM_LOG_EVENTS);
        hwm_free(c->stores.ring, sizeof(*c->stores.ring) * c->stores.capacity);
    }
    hwm_summaries_free(w);
    hwm_free(w->same_l3, sizeof(*w->same_l3) * HWM_MAX_CORES);
    hwm_free(w->same_node, sizeof(*w->same_node) * HWM_MAX_NODES);
    hwm_free(w->cores, sizeof(*w->cores) * w->machine->nr_cores);
    hwm_free(w, sizeof(*w));
}

/* --- logging --------------------------------------------------------------------------------- */

/* Plays a core's next event whose turn it is. */
static void play_next(struct hwm_weave *w, unsigned core, uint64_t now)
{
    struct hwm_woven *c = &w->cores[core];
    struct hwm_entry *e = hwm_woven_next(c);

    if (!hwm_weave_play(w, core, e, now))
        return;
    if (e->line)
        hwm_line_unref(e->line);
    c->head++;
    if (!--c->count)
        c->head = 0; /* the same memory again: it is in the cache */
    __builtin_prefetch(&c->log[(c->head + 1) & (HWM_LOG_EVENTS - 1)]);
    w->events++;
}

/* The log overflows, as the core went on after it was told not to: its first event cannot wait. */
static void make_room(struct hwm_weave *w, unsigned core)
{
    struct hwm_woven *c = &w->cores[core];

    if (c->waits)
        hwm_lock_give_up(w, c);
    c->goes_on = true;
    play_next(w, core, hwm_woven_next(c)->t0 + c->delay);
    c->goes_on = false;
}

static struct hwm_entry *append(struct hwm_weave *w, unsigned core, uint64_t ticks)
{
    struct hwm_woven *c = &w->cores[core];
    uint64_t t0 = ticks > c->delay ? ticks - c->delay : 0;
    struct hwm_entry *e;

    if (!c->log)
        c->log = hwm_alloc(sizeof(*c->log) * HWM_LOG_EVENTS);
    if (c->count == HWM_LOG_EVENTS)
        make_room(w, core);
    e = &c->log[(c->head + c->count++) & (HWM_LOG_EVENTS - 1)];
    e->t0 = t0;
    return e;
}

static bool has_room(const struct hwm_woven *c)
{
    return c->count < HWM_LOG_EVENTS - HWM_LOG_SPARE;
}

bool hwm_weave_log(struct hwm_weave *w, const struct hwm_event *event)
{
    struct hwm_entry *e = append(w, event->core, event->ticks);

    e->ip = event->ip;
    e->line = event->line;
    e->cost = event->cost ? event->cost : &w->nobody;
    e->tid = event->tid;
    e->kind = event->kind;
    e->flags = event->flags;
    e->offset = event->offset;
    e->bytes = event->bytes;
    e->line->pending++;
    return has_room(&w->cores[event->core]);
}

bool hwm_weave_log_dram(struct hwm_weave *w, unsigned core, unsigned node, uint64_t ticks,
                        unsigned percent, struct hwm_cost *cost)
{
    struct hwm_entry *e = append(w, core, ticks);

    *e = (struct hwm_entry){.t0 = e->t0, .kind = HWM_PLAY_DRAM, .cost = cost ? cost : &w->nobody};
    e->offset = (uint8_t)node;
    e->bytes = (uint8_t)percent;
    return has_room(&w->cores[core]);
}

bool hwm_weave_log_drain(struct hwm_weave *w, unsigned core, uint64_t ticks, struct hwm_cost *cost)
{
    struct hwm_entry *e = append(w, core, ticks);

    *e = (struct hwm_entry){.t0 = e->t0, .kind = HWM_PLAY_DRAIN, .cost = cost ? cost : &w->nobody};
    return has_room(&w->cores[core]);
}

/* Happens after what the core has logged so far. */
void hwm_line_evicted(struct hwm_weave *w, struct hwm_line *line, unsigned core)
{
    struct hwm_woven *c = &w->cores[core];
    uint64_t last;
    struct hwm_entry *e;

    if (!c->count) {
        hwm_line_drop(line, core, HWM_NEVER);
        return;
    }
    last = c->log[(c->head + c->count - 1) & (HWM_LOG_EVENTS - 1)].t0;
    e = append(w, core, last + c->delay);
    *e = (struct hwm_entry){.t0 = last, .kind = HWM_PLAY_EVICT, .line = line, .cost = &w->nobody};
    line->pending++;
}

uint64_t hwm_weave_delay(const struct hwm_weave *w, unsigned core)
{
    return w->cores[core].delay;
}

/* --- merging --------------------------------------------------------------------------------- */

static bool is_before(const struct hwm_turn *a, const struct hwm_turn *b)
{
    return a->when != b->when ? a->when < b->when : a->rank < b->rank;
}

/* A turn that may be too early in the heap goes down to where it belongs. */
static void sift_down(struct hwm_weave *w, uint32_t i)
{
    struct hwm_turn *turns = w->turns, turn = turns[i];

    for (uint32_t child; (child = 2 * i + 1) < w->nr_turns; i = child) {
        if (child + 1 < w->nr_turns && is_before(&turns[child + 1], &turns[child]))
            child++;
        if (is_before(&turn, &turns[child]))
            break;
        turns[i] = turns[child];
    }
    turns[i] = turn;
}

/* When the core's next event is due. */
static uint64_t due(const struct hwm_woven *c)
{
    return c->count && !c->waits ? hwm_woven_next(c)->t0 + c->delay : HWM_NEVER;
}

static void gather_turns(struct hwm_weave *w)
{
    w->woken = false;
    w->nr_turns = 0;
    for (uint32_t i = 0; i < w->machine->nr_cores; i++)
        if (w->cores[w->order[i]].count)
            w->turns[w->nr_turns++] =
                (struct hwm_turn){due(&w->cores[w->order[i]]), w->order[i], i};
    for (uint32_t i = w->nr_turns / 2; i--;)
        sift_down(w, i);
}

/* The time up to which it stays the first one's turn. */
static uint64_t turn_ends(const struct hwm_weave *w)
{
    uint64_t end = w->safe;

    for (uint32_t i = 1; i < w->nr_turns && i < 3; i++)
        if (w->turns[i].when < end)
            end = w->turns[i].when;
    return end;
}

static void play_turns(struct hwm_weave *w)
{
    struct hwm_turn *turn = &w->turns[0];

    while (w->nr_turns && turn->when < w->safe) {
        const struct hwm_woven *c = &w->cores[turn->core];
        uint64_t end = turn_ends(w);

        do {
            play_next(w, turn->core, turn->when);
            turn->when = due(c);
        } while (turn->when < end && !w->woken);
        if (w->woken)
            gather_turns(w);
        else
            sift_down(w, 0);
    }
}

void hwm_weave_go_on(struct hwm_weave *w, uint64_t safe)
{
    w->runs++;
    w->safe = safe;
    play_turns(w);
    while (hwm_locks_unstick(w)) {
        gather_turns(w);
        play_turns(w);
    }
}

void hwm_weave_run(struct hwm_weave *w, uint64_t safe)
{
    gather_turns(w);
    hwm_weave_go_on(w, safe);
}
