#include "lines.h"

#include "objects.h"


/* Contended lines by number, which the page's entry holds. */
static struct hwm_line **contested;
static UInt nr_contested, max_contested, *unused, nr_unused;

/* --- a page's entry -------------------------------------------------------------------------- */

static UInt *entry_of(const struct hwm_core *c, Addr line)
{
    struct hwm_page *page = hwm_pages_use(hwm_pages, line, hwm_machine.cores[c->index].node);

    return &page->lines[(line & (HWM_PAGE_BYTES - 1)) >> hwm_line_bits];
}

static UInt make_entry(enum hwm_line_state state, UInt who)
{
    return (UInt)state | who << 2;
}

static enum hwm_line_state state_of(UInt entry)
{
    return (enum hwm_line_state)(entry & 3);
}

static UInt who_of(UInt entry)
{
    return entry >> 2;
}

/* --- other cores' caches ------------------------------------------------------------------------ */

static void unfilter(struct hwm_core *c, Addr line)
{
    if (*hwm_read_filter(c, line) == line)
        *hwm_read_filter(c, line) = HWM_NO_LINE;
    if (*hwm_write_filter(c, line) == line)
        *hwm_write_filter(c, line) = HWM_NO_LINE;
}

struct copy {
    Bool in_l1, in_l2, dirty;
};

static struct copy copy_in(const struct hwm_core *c, Addr line)
{
    uint64_t *l1 = c->l1d.tags ? hwm_cache_peek(&c->l1d, line) : NULL;
    uint64_t *l2 = c->l2.tags ? hwm_cache_peek(&c->l2, line) : NULL;

    return (struct copy){l1 != NULL, l2 != NULL,
                         (l1 && *l1 & HWM_TAG_DIRTY) || (l2 && *l2 & HWM_TAG_DIRTY)};
}

static void take_away(struct hwm_core *c, Addr line)
{
    if (c->l1d.tags)
        hwm_cache_drop(&c->l1d, line);
    if (c->l2.tags)
        hwm_cache_drop(&c->l2, line);
    unfilter(c, line);
}

/* Its copy stays, for reading alone. */
static void write_back(struct hwm_core *c, Addr line)
{
    uint64_t *l1 = c->l1d.tags ? hwm_cache_peek(&c->l1d, line) : NULL;
    uint64_t *l2 = c->l2.tags ? hwm_cache_peek(&c->l2, line) : NULL;

    if (l1)
        *l1 &= ~(uint64_t)HWM_TAG_FLAGS;
    if (l2)
        *l2 &= ~(uint64_t)HWM_TAG_FLAGS;
    if (*hwm_write_filter(c, line) == line)
        *hwm_write_filter(c, line) = HWM_NO_LINE;
}

/* Its copy stays, and every use of it is logged. */
static void mark_contested(struct hwm_core *c, Addr line)
{
    uint64_t *l1 = c->l1d.tags ? hwm_cache_peek(&c->l1d, line) : NULL;
    uint64_t *l2 = c->l2.tags ? hwm_cache_peek(&c->l2, line) : NULL;

    if (l1)
        *l1 |= HWM_TAG_CONTESTED;
    if (l2)
        *l2 |= HWM_TAG_CONTESTED;
    unfilter(c, line);
}

/* --- contended lines ---------------------------------------------------------------------------- */

static UInt number_for(struct hwm_line *line)
{
    UInt who;

    if (nr_unused) {
        who = unused[--nr_unused];
    } else {
        if (nr_contested == max_contested) {
            max_contested = max_contested ? 2 * max_contested : 256;
            contested = VG_(realloc)("hwm.contested", contested,
                                     max_contested * sizeof(*contested));
            unused = VG_(realloc)("hwm.unused", unused, max_contested * sizeof(*unused));
        }
        who = nr_contested++;
    }
    contested[who] = line;
    return who;
}

/* Those who have it now are its first holders: one that has modified it, or all that may read. */
static struct hwm_line *contest(UInt *entry, Addr line)
{
    uint64_t sharers[HWM_MAX_CORES / 64] = {0};
    int owner = -1;

    for (UInt i = 0; i < hwm_machine.nr_cores; i++) {
        struct hwm_core *c = &hwm_cores[i];
        if (!c->used)
            continue;
        struct copy copy = copy_in(c, line);
        if (!copy.in_l1 && !copy.in_l2)
            continue;
        sharers[i / 64] |= 1ull << i % 64;
        if (copy.dirty)
            owner = (int)i;
        mark_contested(c, line);
    }
    struct hwm_line *new = hwm_line_create(hwm_weave, line, owner, sharers);
    hwm_object_note(line);
    *entry = make_entry(HWM_LINE_CONTESTED, number_for(new));
    return new;
}

struct hwm_line *hwm_line_of(Addr line)
{
    struct hwm_page *page = hwm_pages_find(hwm_pages, line);
    UInt entry = page->lines[(line & (HWM_PAGE_BYTES - 1)) >> hwm_line_bits];

    tl_assert(state_of(entry) == HWM_LINE_CONTESTED);
    return contested[who_of(entry)];
}

struct hwm_line *hwm_follow(struct hwm_core *c, Addr line)
{
    UInt *entry = entry_of(c, line);

    if (state_of(*entry) == HWM_LINE_CONTESTED)
        return contested[who_of(*entry)];
    return contest(entry, line);
}

void hwm_let_go(struct hwm_core *c, uint64_t tag)
{
    Addr line = tag & ~(uint64_t)HWM_TAG_FLAGS;
    struct copy copy;

    if (!(tag & HWM_TAG_CONTESTED))
        return;
    copy = copy_in(c, line);
    if (!copy.in_l1 && !copy.in_l2)
        hwm_line_evicted(hwm_weave, hwm_line_of(line), c->index);
}

/* A line that one core has had to itself for long enough is private again. */
void hwm_contest_review(void)
{
    for (UInt who = 0; who < nr_contested; who++) {
        struct hwm_line *line = contested[who];
        int core;
        if (!line || !hwm_line_is_quiet(line, &core))
            continue;
        Addr address = hwm_line_address(line);
        for (UInt i = 0; i < hwm_machine.nr_cores; i++)
            if (hwm_cores[i].used) {
                if ((int)i != core)
                    take_away(&hwm_cores[i], address);
                else
                    write_back(&hwm_cores[i], address);
            }
        *entry_of(&hwm_cores[core], address) = make_entry(HWM_LINE_PRIVATE, (UInt)core);
        hwm_line_retire(hwm_weave, line);
        contested[who] = NULL;
        unused[nr_unused++] = who;
    }
}

/* --- claims ---------------------------------------------------------------------------------- */

static struct hwm_claim claimed(UInt *entry, const struct hwm_core *c)
{
    *entry = make_entry(HWM_LINE_PRIVATE, c->index);
    return (struct hwm_claim){.flags = HWM_TAG_WRITABLE};
}

static struct hwm_claim contend(struct hwm_core *c, UInt *entry, Addr line)
{
    (void)c;
    return (struct hwm_claim){.flags = HWM_TAG_CONTESTED, .line = contest(entry, line)};
}

/* Another core has had it to itself. If it is still in use there, they contend; a copy that only
 * lingers in L2 changes hands. */
static struct hwm_claim claim_private(struct hwm_core *c, UInt *entry, Addr line, Bool write)
{
    struct hwm_core *other = &hwm_cores[who_of(*entry)];
    struct hwm_claim claim;
    struct copy copy;

    if (other == c)
        return (struct hwm_claim){.flags = HWM_TAG_WRITABLE};
    copy = copy_in(other, line);
    if (!copy.in_l1 && !copy.in_l2)
        return claimed(entry, c);
    if (write && copy.in_l1)
        return contend(c, entry, line);
    if (write) {
        take_away(other, line);
        claim = claimed(entry, c);
        claim.taken = 1;
    } else {
        write_back(other, line);
        *entry = make_entry(HWM_LINE_READ, 0);
        claim = (struct hwm_claim){.flags = 0};
    }
    claim.from = copy.dirty ? other : NULL;
    return claim;
}

/* Several have read it. Who writes takes the others' copies; if they still use them, they
 * contend. */
static struct hwm_claim claim_read(struct hwm_core *c, UInt *entry, Addr line, Bool write)
{
    struct hwm_claim claim;
    UInt taken = 0;
    Bool in_use = False;

    if (!write)
        return (struct hwm_claim){.flags = 0};
    for (UInt i = 0; i < hwm_machine.nr_cores; i++)
        if (hwm_cores[i].used && &hwm_cores[i] != c) {
            struct copy copy = copy_in(&hwm_cores[i], line);
            in_use |= copy.in_l1;
            taken += copy.in_l1 || copy.in_l2;
        }
    if (in_use)
        return contend(c, entry, line);
    for (UInt i = 0; taken && i < hwm_machine.nr_cores; i++)
        if (hwm_cores[i].used && &hwm_cores[i] != c)
            take_away(&hwm_cores[i], line);
    claim = claimed(entry, c);
    claim.taken = taken;
    return claim;
}

struct hwm_claim hwm_claim(struct hwm_core *c, Addr line, Bool write)
{
    UInt *entry = entry_of(c, line);

    switch (state_of(*entry)) {
    case HWM_LINE_FREE:
        return claimed(entry, c);
    case HWM_LINE_PRIVATE:
        return claim_private(c, entry, line, write);
    case HWM_LINE_READ:
        return claim_read(c, entry, line, write);
    default:
        return (struct hwm_claim){.flags = HWM_TAG_CONTESTED,
                                  .line = contested[who_of(*entry)]};
    }
}

Bool hwm_claim_prefetch(struct hwm_core *c, Addr line)
{
    UInt *entry = entry_of(c, line);

    switch (state_of(*entry)) {
    case HWM_LINE_FREE:
        claimed(entry, c);
        return True;
    case HWM_LINE_PRIVATE:
        if (who_of(*entry) != c->index && copy_in(&hwm_cores[who_of(*entry)], line).dirty)
            return False;
        claim_private(c, entry, line, False);
        return True;
    default:
        return state_of(*entry) == HWM_LINE_READ;
    }
}

/* --- the end --------------------------------------------------------------------------------- */

static void tell_line(void *ctx, struct hwm_record_line *record)
{
    (void)ctx;
    record->head = (struct hwm_record){.type = HWM_RECORD_LINE, .ticks = hwm_time()};
    hwm_object_find(record);
    hwm_stream_write(&record->head, sizeof(*record));
}

static void tell_access(void *ctx, struct hwm_record_access *record)
{
    (void)ctx;
    record->head = (struct hwm_record){.type = HWM_RECORD_ACCESS, .ticks = hwm_time()};
    hwm_stream_write(&record->head, sizeof(*record));
}

void hwm_lines_dump(void)
{
    hwm_weave_lines(hwm_weave, tell_line, tell_access, NULL);
}
