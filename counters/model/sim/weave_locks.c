#include "weave_private.h"

/*
 * A word that an RMW makes non-zero and that the same core then clears is a lock, once that was
 * seen HWM_LOCK_SEEN times. The program took it in the order of slices, one core at a time; played
 * by time, two cores may seem to hold it at once. So a core that takes it while another has it is
 * paused until that one's release was played, and goes on from there. Waiters get it in the order
 * in which they came.
 */
#define HWM_LOCK_SEEN 2

static struct hwm_lock *find_lock(struct hwm_summary *s, uint8_t offset)
{
    for (unsigned i = 0; i < HWM_LINE_LOCKS && s->locks[i].used; i++)
        if (s->locks[i].offset == offset)
            return &s->locks[i];
    return NULL;
}

/* NULL: the line has too many already. */
static struct hwm_lock *get_lock(struct hwm_summary *s, uint8_t offset)
{
    struct hwm_lock *lock = find_lock(s, offset);

    for (unsigned i = 0; !lock && i < HWM_LINE_LOCKS; i++)
        if (!s->locks[i].used) {
            lock = &s->locks[i];
            *lock = (struct hwm_lock){.used = true, .offset = offset, .holder = -1, .reserved = -1};
        }
    return lock;
}

/* Who must release a lock, or is to get it next, before others may have it. */
static int keeper(const struct hwm_lock *lock)
{
    return lock->reserved >= 0 ? lock->reserved : lock->holder;
}

bool hwm_lock_must_wait(struct hwm_weave *w, unsigned core, const struct hwm_entry *e, uint64_t now)
{
    struct hwm_lock *lock = find_lock(e->line->summary, e->offset);
    struct hwm_woven *c = &w->cores[core];
    bool goes_on = c->goes_on;
    int other;

    c->goes_on = false;
    if (!lock || lock->seen < HWM_LOCK_SEEN)
        return false;
    other = keeper(lock);
    if (goes_on || other < 0 || other == (int)core || !w->cores[other].count)
        return false;
    c->waits = lock;
    c->waits_since = now;
    lock->nr_waiters++;
    w->nr_waiters++;
    return true;
}

void hwm_lock_acquired(unsigned core, const struct hwm_entry *e)
{
    struct hwm_lock *lock = get_lock(e->line->summary, e->offset);

    if (!lock)
        return;
    lock->holder = (int16_t)core;
    lock->acquired[core / 64] |= 1ull << core % 64;
    if (lock->reserved == (int)core)
        lock->reserved = -1;
}

static void stop_waiting(struct hwm_weave *w, struct hwm_woven *c)
{
    w->nr_waiters--;
    c->waits->nr_waiters--;
    c->waits = NULL;
}

void hwm_lock_give_up(struct hwm_weave *w, struct hwm_woven *c)
{
    stop_waiting(w, c);
    c->goes_on = true;
}

/* Among equals, the first in the weave's order. */
static int longest_waiter(const struct hwm_weave *w, const struct hwm_lock *lock)
{
    int ret = -1;

    for (uint32_t i = 0; i < w->machine->nr_cores; i++) {
        const struct hwm_woven *c = &w->cores[w->order[i]];

        if (c->waits == lock && (ret < 0 || c->waits_since < w->cores[ret].waits_since))
            ret = w->order[i];
    }
    return ret;
}

static void hand_over(struct hwm_weave *w, struct hwm_lock *lock, unsigned to, uint64_t at)
{
    struct hwm_woven *c = &w->cores[to];
    const struct hwm_entry *e = hwm_woven_next(c);

    if (at > c->waits_since) {
        c->delay += at - c->waits_since;
        hwm_cost_wait(e->cost, at - c->waits_since);
        e->line->summary->stall_ticks += at - c->waits_since;
    }
    stop_waiting(w, c);
    lock->reserved = (int16_t)to;
    w->woken = true;
}

void hwm_lock_released(struct hwm_weave *w, unsigned core, const struct hwm_entry *e, uint64_t at)
{
    struct hwm_lock *lock = find_lock(e->line->summary, e->offset);

    if (!lock || !(lock->acquired[core / 64] >> core % 64 & 1))
        return;
    lock->acquired[core / 64] &= ~(1ull << core % 64);
    if (lock->seen < HWM_LOCK_SEEN)
        lock->seen++;
    if (lock->holder != (int)core)
        return; /* before it was known to be a lock, or after a wait was given up */
    lock->holder = -1;
    if (lock->nr_waiters)
        hand_over(w, lock, (unsigned)longest_waiter(w, lock), at);
}

/* Follows the waits from a waiting core to where they end. If that is a core with nothing to play,
 * or if they go round in a circle, or if the log of the first is full: the wait is hopeless. */
static bool is_hopeless(const struct hwm_weave *w, unsigned core)
{
    const struct hwm_woven *c = &w->cores[core];

    if (w->safe == HWM_NEVER || c->count >= HWM_LOG_EVENTS - HWM_LOG_SPARE)
        return true;
    for (uint32_t i = 0; c->waits; i++) {
        int next = keeper(c->waits);

        if (next < 0 || i == w->machine->nr_cores)
            return true;
        c = &w->cores[next];
    }
    return !c->count;
}

bool hwm_locks_unstick(struct hwm_weave *w)
{
    int first = -1;

    for (uint32_t i = 0; w->nr_waiters && i < w->machine->nr_cores; i++) {
        unsigned core = w->order[i];

        if (!w->cores[core].waits || !is_hopeless(w, core))
            continue;
        if (first < 0 || w->cores[core].waits_since < w->cores[first].waits_since)
            first = (int)core;
    }
    if (first < 0)
        return false;
    hwm_lock_give_up(w, &w->cores[first]);
    return true;
}
