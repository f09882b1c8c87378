#include "weave_private.h"

static size_t line_bytes(const struct hwm_weave *w)
{
    return sizeof(struct hwm_line) + sizeof(uint16_t) * w->machine->nr_cores;
}

/* Most lines are only ever used by one or two of the cores. */
struct hwm_holder *hwm_line_holder_make(struct hwm_line *line, unsigned core)
{
    struct hwm_holder *old = line->holders;
    uint32_t max = line->max_holders;

    if (line->nr_holders == max) {
        line->max_holders = max ? 2 * max : 2;
        line->holders = hwm_alloc(sizeof(*old) * line->max_holders);
        for (uint32_t i = 0; i < max; i++)
            line->holders[i] = old[i];
        if (old)
            hwm_free(old, sizeof(*old) * max);
    }
    line->slots[core] = (uint16_t)(++line->nr_holders);
    return &line->holders[line->nr_holders - 1];
}

/* What a core did to its copy before is unknown: all of it may be shared. */
static void add_holder(struct hwm_line *line, unsigned core, bool owns)
{
    line->sharers[core / 64] |= 1ull << core % 64;
    *hwm_line_holder(line, core) = (struct hwm_holder){
        .until = HWM_NEVER, .owns_until = owns ? HWM_NEVER : 0, .wrote = ~0ull, .touched = ~0ull};
    line->last_core = (int16_t)core;
}

struct hwm_line *hwm_line_create(struct hwm_weave *w, uint64_t address, int owner,
                                 const uint64_t sharers[HWM_MAX_CORES / 64])
{
    struct hwm_line *line = hwm_alloc(line_bytes(w));

    line->weave = w;
    line->address = address & ~(uint64_t)(w->machine->line_bytes - 1);
    line->summary = hwm_summary_get(w, line->address);
    line->owner = (int16_t)owner;
    line->last_core = -1;
    line->wrote = ~0ull;
    line->changed_run = w->runs;
    line->changed_event = w->events;
    if (owner >= 0)
        add_holder(line, (unsigned)owner, true);
    else
        for (uint32_t i = 0; i < w->machine->nr_cores; i++)
            if (sharers[i / 64] >> i % 64 & 1)
                add_holder(line, i, false);
    return line;
}

uint64_t hwm_line_address(const struct hwm_line *line)
{
    return line->address;
}

bool hwm_line_is_quiet(const struct hwm_line *line, int *ret_core)
{
    const struct hwm_weave *w = line->weave;

    if (line->pending || line->last_core < 0 || w->runs - line->changed_run < HWM_QUIET_RUNS ||
        w->events - line->changed_event < HWM_QUIET_EVENTS)
        return false;
    *ret_core = line->last_core;
    return true;
}

static void free_line(struct hwm_line *line)
{
    hwm_summary_put(line->weave, line->summary);
    if (line->holders)
        hwm_free(line->holders, sizeof(*line->holders) * line->max_holders);
    hwm_free(line, line_bytes(line->weave));
}

void hwm_line_retire(struct hwm_weave *w, struct hwm_line *line)
{
    (void)w;
    line->retired = true;
    if (!line->pending)
        free_line(line);
}

void hwm_line_unref(struct hwm_line *line)
{
    if (!--line->pending && line->retired)
        free_line(line);
}
