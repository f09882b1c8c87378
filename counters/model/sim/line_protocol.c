#include "weave_private.h"

/* A modified line has one owner; else any number of cores share it. A read leaves the owner a
 * shared copy; a write takes all others' copies. Requests are served one after another, in the
 * order in which they were made: each begins when the one before has got the line and held it for
 * HWM_HOLD_TICKS. Only readers of a line that is shared already are served side by side. */

static bool is_in(const uint64_t *mask, unsigned core)
{
    return mask[core / 64] >> core % 64 & 1;
}

/* Whether two sets of cores have one in common; `but` does not count. */
static bool meet(const uint64_t *a, const uint64_t *b, unsigned but)
{
    for (unsigned i = 0; i < HWM_MASK_WORDS; i++) {
        uint64_t both = a[i] & b[i];

        if (i == but / 64)
            both &= ~(1ull << but % 64);
        if (both)
            return true;
    }
    return false;
}

/* Whether a set has one outside of another. */
static bool exceeds(const uint64_t *a, const uint64_t *b)
{
    for (unsigned i = 0; i < HWM_MASK_WORDS; i++)
        if (a[i] & ~b[i])
            return true;
    return false;
}

static bool is_empty(const uint64_t *a)
{
    for (unsigned i = 0; i < HWM_MASK_WORDS; i++)
        if (a[i])
            return false;
    return true;
}

static uint64_t transfer_ticks(const struct hwm_machine *m, bool far_l3, bool far_node)
{
    uint32_t cycles = far_node ? m->transfer_remote : far_l3 ? m->transfer_node : m->transfer_l3;

    return (uint64_t)cycles * HWM_TICKS;
}

/* From the owner's cache. */
static uint64_t fetch_modified(const struct hwm_line *line, unsigned core, struct hwm_fetch *ret)
{
    const struct hwm_machine *m = line->weave->machine;
    const struct hwm_core_place *here = &m->cores[core], *there = &m->cores[line->owner];

    ret->moved = ret->modified = true;
    ret->far_node = here->node != there->node;
    ret->far_l3 = ret->far_node || here->l3 != there->l3;
    return transfer_ticks(m, ret->far_l3, ret->far_node);
}

bool hwm_line_is_elsewhere(const struct hwm_line *line, unsigned core)
{
    for (unsigned i = 0; i < HWM_MASK_WORDS; i++)
        if (line->sharers[i] & ~(i == core / 64 ? 1ull << core % 64 : 0))
            return true;
    return false;
}

/* A clean line: from this domain's L3 if a core here has it or none has (what no core has may have
 * come from further away already), else from where it is. */
static uint64_t fetch_clean(const struct hwm_line *line, unsigned core, struct hwm_fetch *ret)
{
    const struct hwm_weave *w = line->weave;
    const struct hwm_core_place *here = &w->machine->cores[core];

    if (is_empty(line->sharers) && ret->filled)
        return 0;
    if (meet(line->sharers, w->same_l3[here->l3], core) || is_empty(line->sharers))
        return (uint64_t)w->machine->l3.latency * HWM_TICKS;
    ret->moved = ret->far_l3 = true;
    ret->far_node = !meet(line->sharers, w->same_node[here->node], core);
    return transfer_ticks(w->machine, ret->far_l3, ret->far_node);
}

/* Until the farthest of the others has given up its copy. */
static uint64_t invalidation_ticks(const struct hwm_line *line, unsigned core)
{
    const struct hwm_weave *w = line->weave;
    const struct hwm_core_place *here = &w->machine->cores[core];
    bool far_node = exceeds(line->sharers, w->same_node[here->node]);
    bool far_l3 = far_node || exceeds(line->sharers, w->same_l3[here->l3]);

    if (!far_l3 && !meet(line->sharers, w->same_l3[here->l3], core))
        return 0; /* nobody else has one */
    return transfer_ticks(w->machine, far_l3, far_node);
}

static uint64_t request_read(struct hwm_line *line, unsigned core, uint64_t now, uint64_t bytes,
                             struct hwm_fetch *ret)
{
    struct hwm_holder *h = hwm_line_holder(line, core);
    uint64_t start, at;

    ret->missed = true;
    if (line->owner >= 0) {
        struct hwm_holder *owner = hwm_line_holder(line, (unsigned)line->owner);

        start = hwm_later(now, line->busy + HWM_HOLD_TICKS);
        at = start + fetch_modified(line, core, ret);
        owner->owns_until = start;
        line->wrote = owner->wrote;
        line->ready = at;
        line->owner = -1;
    } else {
        start = hwm_later(now, line->ready);
        at = start + fetch_clean(line, core, ret);
    }
    ret->unrelated = !(line->wrote & bytes);
    line->busy = hwm_later(line->busy, at);
    line->sharers[core / 64] |= 1ull << core % 64;
    *h = (struct hwm_holder){
        .from = at, .until = HWM_NEVER, .store_done = h->store_done, .row = h->row};
    return at;
}

uint64_t hwm_line_read(struct hwm_line *line, unsigned core, uint64_t now, uint64_t bytes,
                       struct hwm_fetch *ret)
{
    const struct hwm_holder *h = hwm_line_holder(line, core);

    if (now < h->until)
        return hwm_later(now, h->from);
    return request_read(line, core, now, bytes, ret);
}

/* All others lose their copies at `start`. Returns the bytes that they used. */
static uint64_t invalidate(struct hwm_line *line, unsigned core, uint64_t start,
                           struct hwm_fetch *ret)
{
    uint64_t touched = 0;

    for (unsigned i = 0; i < HWM_MASK_WORDS; i++) {
        uint64_t others = line->sharers[i];

        line->sharers[i] = 0;
        if (i == core / 64)
            others &= ~(1ull << core % 64);
        for (; others; others &= others - 1) {
            unsigned other = i * 64 + (unsigned)__builtin_ctzll(others);
            struct hwm_holder *h = hwm_line_holder(line, other);

            touched |= h->touched;
            h->until = start;
            if (h->owns_until > start)
                h->owns_until = start;
            ret->invalidations++;
        }
    }
    return touched;
}

/* A copy that the core had to read from before cannot be used until the request is answered: a load
 * that follows the store waits, too. */
static void become_owner(struct hwm_line *line, unsigned core, uint64_t at, bool had_copy)
{
    struct hwm_holder *h = hwm_line_holder(line, core);

    h->from = at;
    if (!had_copy)
        h->touched = 0;
    h->until = h->owns_until = HWM_NEVER;
    h->owns_from = at;
    h->wrote = 0;
    line->sharers[core / 64] |= 1ull << core % 64;
    line->owner = (int16_t)core;
    line->ready = line->busy = at;
}

static uint64_t request_write(struct hwm_line *line, unsigned core, uint64_t now, uint64_t bytes,
                              struct hwm_fetch *ret)
{
    bool had_copy = is_in(line->sharers, core);
    uint64_t start = hwm_later(now, line->busy + HWM_HOLD_TICKS), ticks;

    ret->missed = !had_copy;
    if (line->owner >= 0) {
        ticks = fetch_modified(line, core, ret);
    } else {
        uint64_t others = invalidation_ticks(line, core);

        if (had_copy && !others)
            start = hwm_later(now, hwm_line_holder(line, core)->from);
        ticks = had_copy ? 0 : fetch_clean(line, core, ret);
        ticks = hwm_later(ticks, others);
    }
    ret->unrelated = !(invalidate(line, core, start, ret) & bytes);
    become_owner(line, core, start + ticks, had_copy);
    return start + ticks;
}

uint64_t hwm_line_write(struct hwm_line *line, unsigned core, uint64_t now, uint64_t bytes,
                        struct hwm_fetch *ret)
{
    const struct hwm_holder *h = hwm_line_holder(line, core);

    if (now < h->owns_until)
        return hwm_later(now, h->owns_from);
    return request_write(line, core, now, bytes, ret);
}

void hwm_line_drop(struct hwm_line *line, unsigned core, uint64_t now)
{
    struct hwm_holder *h = hwm_line_holder(line, core);

    if (!is_in(line->sharers, core) || now < h->from)
        return;
    if (line->owner == (int)core) {
        line->wrote = h->wrote;
        line->owner = -1;
    }
    line->sharers[core / 64] &= ~(1ull << core % 64);
    h->until = h->owns_until = 0;
}
