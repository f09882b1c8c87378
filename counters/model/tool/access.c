#include "access.h"

#include "lines.h"

/* Levels that an access did not find its line in. */
enum missed {
    MISSED_L1 = 1,
    MISSED_L2 = 2,
    MISSED_LLC = 4,
    MISSED_NODE = 8, /* memory of another node answered */
    MISSED_TLB = 16,
    MISSED_STLB = 32,
    MISSED_TO_CORE = 64,    /* another core's cache answered, which had it modified */
    MISSED_TO_REMOTE = 128, /* one of another node */
};

/* What one access has found so far; the worst of its lines if it straddles two. */
struct outcome {
    UInt missed;
    UInt latency; /* cycles, from the core to the data */
    UInt walk;    /* cycles of translation */
    UInt taken;   /* copies invalidated */
    Bool filled;  /* the last-level cache or memory answered */
};

static struct hwm_cache llc[HWM_MAX_CORES]; /* by L3 domain, made when first used */

static struct hwm_cache *llc_of(const struct hwm_core *c)
{
    UInt domain = hwm_machine.cores[c->index].l3;

    if (!llc[domain].sets && hwm_machine.l3.bytes)
        hwm_cache_init(&llc[domain], &hwm_machine.l3, hwm_machine.line_bytes);
    return llc[domain].sets ? &llc[domain] : NULL;
}

static UInt node_of(const struct hwm_core *c)
{
    return hwm_machine.cores[c->index].node;
}

/* --- translation ----------------------------------------------------------------------------- */

/* Lines of a page that the first TLB has dropped must come by here again. */
static void unfilter_page(ULong *filters, UInt n, ULong page)
{
    for (UInt i = 0; i < n; i++)
        if (filters[i] >> HWM_PAGE_BITS == page)
            filters[i] = HWM_NO_LINE;
}

static __attribute__((noinline)) void translate_slowly(struct hwm_core *c, struct hwm_tlb *tlb,
                                                       Addr line, ULong *filters, UInt n,
                                                       struct outcome *o)
{
    uint64_t page = line >> HWM_PAGE_BITS, victim, lost;

    if (hwm_tlb_use(tlb, page, &victim))
        return;
    if (victim != HWM_NO_PAGE)
        unfilter_page(filters, n, victim);
    o->missed |= MISSED_TLB;
    if (c->stlb.pages && hwm_tlb_use(&c->stlb, page, &lost)) {
        o->walk += hwm_machine.stlb.latency;
        return;
    }
    o->missed |= MISSED_STLB;
    o->walk += hwm_machine.walk_cycles;
}

/* The page used last in its set needs no look-up. */
static inline void translate(struct hwm_core *c, struct hwm_tlb *tlb, Addr line, ULong *filters,
                             UInt n, struct outcome *o)
{
    if (tlb->pages && !hwm_tlb_is_latest(tlb, line >> HWM_PAGE_BITS))
        translate_slowly(c, tlb, line, filters, n, o);
}

/* --- beyond the private caches -------------------------------------------------------------------- */

static UInt transfer_cycles(const struct hwm_core *to, const struct hwm_core *from)
{
    const struct hwm_core_place *a = &hwm_machine.cores[to->index];
    const struct hwm_core_place *b = &hwm_machine.cores[from->index];

    return a->node != b->node ? hwm_machine.transfer_remote
           : a->l3 != b->l3   ? hwm_machine.transfer_node
                              : hwm_machine.transfer_l3;
}

static UInt max(UInt a, UInt b)
{
    return a > b ? a : b;
}

static UInt home_of(const struct hwm_core *c, Addr line)
{
    return hwm_pages_use(hwm_pages, line, node_of(c))->home;
}

/* Brings a line from memory; `percent` of a wait in the controller's queue is felt. */
static void from_memory(struct hwm_core *c, Addr line, UInt percent, struct hwm_cost *cost,
                        struct outcome *o)
{
    UInt home = home_of(c, line);

    o->missed |= MISSED_LLC | (home != node_of(c) ? MISSED_NODE : 0);
    o->latency = max(o->latency, hwm_machine.dram_cycles[node_of(c)][home]);
    if (!hwm_weave_log_dram(hwm_weave, c->index, home, hwm_clock_now(), percent, cost))
        hwm_slice_cut();
}

/* The last-level cache, then memory. */
static void from_llc(struct hwm_core *c, Addr line, UInt percent, struct hwm_cost *cost,
                     struct outcome *o)
{
    struct hwm_cache *cache = llc_of(c);

    o->filled = True;
    if (cache && hwm_cache_touch(cache, line)) {
        o->latency = max(o->latency, hwm_machine.l3.latency);
        return;
    }
    from_memory(c, line, percent, cost, o);
    if (cache)
        hwm_cache_insert(cache, line);
}

/* Another core answers; the shared cache gets its copy, too. */
static void share_in_llc(struct hwm_core *c, Addr line)
{
    struct hwm_cache *cache = llc_of(c);

    if (cache && !hwm_cache_touch(cache, line))
        hwm_cache_insert(cache, line);
}

static void fill_l2(struct hwm_core *c, uint64_t tag)
{
    uint64_t victim;

    if (!c->l2.tags)
        return;
    victim = hwm_cache_insert(&c->l2, tag);
    if (victim)
        hwm_let_go(c, victim);
}

/* --- prefetches ------------------------------------------------------------------------------ */

/* Brings a line into L2, but never one that another core has modified: it is left to the access that
 * wants it, which waits for the transfer and counts it. */
static void prefetch(struct hwm_core *c, Addr line, struct hwm_cost *cost)
{
    struct outcome o = {0};

    if (hwm_cache_peek(&c->l2, line) || !hwm_claim_prefetch(c, line))
        return;
    from_llc(c, line, 0, cost, &o);
    fill_l2(c, line);
    cost->n[HWM_PREFETCHES]++;
    cost->n[HWM_PREFETCH_LLC_MISSES] += o.missed & MISSED_LLC ? 1 : 0;
}

static void prefetch_around(struct hwm_core *c, Addr line, const struct hwm_site *site)
{
    uint64_t wanted[HWM_PREFETCH_MAX];
    UInt n = 0;

    if (!c->l2.tags)
        return;
    if (hwm_machine.flags & HWM_PREFETCH)
        n = hwm_prefetch_observe(c->prefetcher, line, wanted);
    for (UInt i = 0; i < n; i++)
        prefetch(c, wanted[i], hwm_cost_at(site->block, site->instr));
    if (hwm_machine.flags & HWM_ADJACENT)
        prefetch(c, line ^ hwm_machine.line_bytes, hwm_cost_at(site->block, site->instr));
}

/* --- data ------------------------------------------------------------------------------------ */

static void log_line(struct hwm_core *c, struct hwm_line *line, Addr address, UInt bytes, UInt kind,
                     UInt flags, const struct hwm_site *site)
{
    struct hwm_event event = {
        .ticks = hwm_clock_now(),
        .ip = site->block->instrs[site->instr].address,
        .line = line,
        .cost = hwm_cost_at(site->block, site->instr),
        .core = (uint16_t)c->index,
        .kind = (uint8_t)kind,
        .flags = (uint8_t)flags,
        .offset = (uint8_t)(address - hwm_line_address(line)),
        .bytes = (uint8_t)bytes,
        .tid = hwm_task->tid,
    };

    if (!hwm_weave_log(hwm_weave, &event))
        hwm_slice_cut();
}

static void set_filters(struct hwm_core *c, Addr line, uint64_t tag)
{
    const uint64_t owned = HWM_TAG_WRITABLE | HWM_TAG_DIRTY;

    *hwm_read_filter(c, line) = tag & HWM_TAG_CONTESTED ? HWM_NO_LINE : line;
    *hwm_write_filter(c, line) =
        (tag & (owned | HWM_TAG_CONTESTED)) == owned ? line : HWM_NO_LINE;
}

/* Takes account of what a claim met in other cores' caches. */
static void settle_claim(struct hwm_core *c, const struct hwm_claim *claim, struct outcome *o)
{
    o->taken += claim->taken;
    if (!claim->from)
        return;
    o->missed |= MISSED_TO_CORE | (node_of(c) != node_of(claim->from) ? MISSED_TO_REMOTE : 0);
    if (hwm_machine.cores[c->index].l3 != hwm_machine.cores[claim->from->index].l3)
        o->missed |= MISSED_LLC;
    o->latency = max(o->latency, transfer_cycles(c, claim->from));
}

/* A line that L1 doesn't have: what it may be used for is known by the claim. What it takes to get it
 * from another core was charged with that, or will be by the weave if it is contended for. */
static void from_l2(struct hwm_core *c, Addr line, struct hwm_cost *cost, struct outcome *o,
                    const struct hwm_claim *claim)
{
    uint64_t *way = c->l2.tags ? hwm_cache_touch(&c->l2, line) : NULL;

    if (way) {
        o->latency = max(o->latency, hwm_machine.l2.latency);
        return;
    }
    o->missed |= MISSED_L2;
    if (claim->from || (claim->line && hwm_line_is_elsewhere(claim->line, c->index)))
        share_in_llc(c, line);
    else
        from_llc(c, line, hwm_machine.overlap_percent, cost, o);
    fill_l2(c, line | (claim->flags & HWM_TAG_CONTESTED));
}

static uint64_t *fill_l1(struct hwm_core *c, uint64_t tag)
{
    uint64_t victim = hwm_cache_insert(&c->l1d, tag);
    Addr gone = victim & ~(uint64_t)HWM_TAG_FLAGS;

    if (victim & HWM_TAG_DIRTY && c->l2.tags) {
        uint64_t *l2 = hwm_cache_peek(&c->l2, gone);
        if (l2)
            *l2 |= HWM_TAG_DIRTY;
    }
    if (victim)
        hwm_let_go(c, victim);
    return hwm_cache_set(&c->l1d, tag & ~(uint64_t)HWM_TAG_FLAGS);
}

/* A line in L2 that is of no concern to others: as long as one core is alone all of them, else those that
 * are read and not contended for. The flags of its tag in L1, or NOT_OWN. */
#define NOT_OWN HWM_TAG_FLAGS
static uint64_t own_in_l2(struct hwm_core *c, Addr line, Bool write)
{
    uint64_t *way;

    if (!c->l2.tags || (hwm_is_shared && write))
        return NOT_OWN;
    way = hwm_cache_touch(&c->l2, line);
    if (!way || *way & HWM_TAG_CONTESTED)
        return NOT_OWN;
    return hwm_is_shared ? 0 : HWM_TAG_WRITABLE;
}

/* A line that L1 doesn't have, or not for writing. */
static __attribute__((noinline)) uint64_t *obtain_slowly(struct hwm_core *c, Addr line, Bool write,
                                                         uint64_t *way,
                                                         const struct hwm_site *site,
                                                         struct outcome *o)
{
    struct hwm_claim claim;
    struct hwm_cost *cost;
    uint64_t flags = way ? NOT_OWN : own_in_l2(c, line, write);

    if (flags != NOT_OWN) {
        o->missed |= MISSED_L1;
        o->latency = max(o->latency, hwm_machine.l2.latency);
        way = fill_l1(c, line | flags);
        prefetch_around(c, line, site);
        return way;
    }
    claim = hwm_claim(c, line, write);
    settle_claim(c, &claim, o);
    if (way) {
        *way = line | claim.flags | (*way & HWM_TAG_DIRTY);
        return way;
    }
    cost = hwm_cost_at(site->block, site->instr);
    o->missed |= MISSED_L1;
    from_l2(c, line, cost, o, &claim);
    way = fill_l1(c, line | claim.flags);
    prefetch_around(c, line, site);
    return way;
}

/* Has the line in L1 for `write` or not; returns its way. */
static inline uint64_t *obtain(struct hwm_core *c, Addr line, Bool write, const struct hwm_site *site,
                        struct outcome *o)
{
    uint64_t *way = hwm_cache_touch(&c->l1d, line);

    translate(c, &c->dtlb, line, c->filters, 2 * hwm_data_filters, o);
    if (LIKELY(way && (!write || *way & (HWM_TAG_WRITABLE | HWM_TAG_CONTESTED))))
        return way;
    return obtain_slowly(c, line, write, way, site, o);
}

static UInt event_flags(const struct outcome *o)
{
    return (o->missed & MISSED_L1 ? HWM_EVENT_MISSED : 0) |
           (o->missed & MISSED_L2 ? HWM_EVENT_MISSED_L2 : 0) | (o->filled ? HWM_EVENT_FILLED : 0);
}

static __attribute__((noinline)) void log_access(struct hwm_core *c, Addr line, Addr address,
                                                 UInt bytes, const struct hwm_site *site,
                                                 const struct outcome *o)
{
    struct hwm_line *shared = hwm_line_of(line);
    UInt flags = event_flags(o);

    if (site->kind != HWM_STORE)
        log_line(c, shared, address, bytes, HWM_LOAD, flags, site);
    if (site->kind != HWM_LOAD)
        log_line(c, shared, address, bytes, HWM_STORE,
                 flags | (site->clears ? HWM_EVENT_CLEARS : 0), site);
}

/* One line's part of an access. */
static inline void access_line(struct hwm_core *c, Addr line, Addr address, UInt bytes, UInt kind,
                               const struct hwm_site *site, struct outcome *o)
{
    Bool write = kind != HWM_LOAD;
    uint64_t *way = obtain(c, line, write, site, o);

    if (UNLIKELY(*way & HWM_TAG_CONTESTED))
        log_access(c, line, address, bytes, site, o);
    if (write)
        *way |= HWM_TAG_DIRTY;
    set_filters(c, line, *way);
}

/* --- what it cost ---------------------------------------------------------------------------- */

static void count_misses(struct hwm_cost *cost, const struct outcome *o, Bool store)
{
    static const UInt of_load[] = {HWM_L1D_LOAD_MISSES,  HWM_L2_LOAD_MISSES,
                                   HWM_LLC_LOAD_MISSES,  HWM_NODE_LOAD_MISSES,
                                   HWM_DTLB_LOAD_MISSES, HWM_DTLB_LOAD_WALKS};
    static const UInt of_store[] = {HWM_L1D_STORE_MISSES,  HWM_L2_STORE_MISSES,
                                    HWM_LLC_STORE_MISSES,  HWM_NODE_STORE_MISSES,
                                    HWM_DTLB_STORE_MISSES, HWM_DTLB_STORE_WALKS};
    const UInt *counters = store ? of_store : of_load;

    for (UInt left = o->missed & (MISSED_TO_CORE - 1); left; left &= left - 1)
        cost->n[counters[__builtin_ctz(left)]]++;
    if (LIKELY(!(o->missed & (MISSED_LLC | MISSED_TO_CORE)) && !o->taken))
        return;
    if (o->missed & MISSED_LLC && !(o->missed & MISSED_TO_CORE))
        cost->n[store ? HWM_NODE_STORES : HWM_NODE_LOADS]++;
    if (o->missed & MISSED_TO_CORE) {
        cost->n[HWM_TRANSFERS]++;
        cost->n[o->missed & MISSED_TO_REMOTE ? HWM_HITM_REMOTE : HWM_HITM_LOCAL]++;
    }
    cost->n[HWM_INVALIDATIONS] += o->taken;
}

/* The part of a latency that other work does not hide. */
static UInt exposed_percent(const struct hwm_site *site)
{
    if (site->kind == HWM_STORE)
        return hwm_machine.store_overlap_percent;
    return site->dependent ? 100 : hwm_machine.overlap_percent;
}

static void charge(const struct outcome *o, const struct hwm_site *site, UInt percent)
{
    struct hwm_cost *cost = hwm_cost_at(site->block, site->instr);
    UInt beyond = o->latency > hwm_machine.l1d.latency ? o->latency - hwm_machine.l1d.latency : 0;
    ULong ticks = (ULong)(beyond + o->walk) * percent * HWM_TICKS / 100;

    count_misses(cost, o, site->kind == HWM_STORE);
    if (!ticks)
        return;
    hwm_cost_wait(cost, ticks);
    hwm_spend(ticks);
}

/* Every line of an access that straddles some, in turn. */
static __attribute__((noinline)) void touch_lines(Addr address, const struct hwm_site *site,
                                                  struct outcome *o)
{
    Addr line_bytes = (Addr)1 << hwm_line_bits, end = address + site->bytes;

    while (address < end) {
        Addr line = address & ~(line_bytes - 1);
        UInt part = (UInt)((end < line + line_bytes ? end : line + line_bytes) - address);
        access_line(hwm_core, line, address, part, site->kind, site, o);
        address += part;
    }
}

static void count_guarded(const struct hwm_site *site)
{
    if (site->guarded)
        hwm_cost_at(site->block, site->instr)
            ->n[site->kind == HWM_STORE ? HWM_STORES : HWM_LOADS]++;
}

VG_REGPARM(2) void hwm_access(Addr address, const struct hwm_site *site)
{
    Addr line = address & ~(((Addr)1 << hwm_line_bits) - 1);
    struct outcome o = {0};

    if (LIKELY(address + site->bytes <= line + ((Addr)1 << hwm_line_bits)))
        access_line(hwm_core, line, address, site->bytes, site->kind, site, &o);
    else
        touch_lines(address, site, &o);
    if (UNLIKELY(site->guarded))
        count_guarded(site);
    if (o.missed | o.taken)
        charge(&o, site, exposed_percent(site));
}

/* --- atomics and fences -------------------------------------------------------------------------- */

/* An atomic's line is followed from the first on where several cores are at work: no transfer
 * must be missed because the line was thought private. */
static void log_atomic(Addr address, const struct hwm_site *site, const struct outcome *o,
                       ULong before, ULong after)
{
    Addr line = address & ~(((Addr)1 << hwm_line_bits) - 1);
    UInt bytes = site->bytes, left = (UInt)(line + ((Addr)1 << hwm_line_bits) - address);
    UInt flags = event_flags(o) | (!before && after ? HWM_EVENT_ACQUIRES : 0) |
                 (!after ? HWM_EVENT_CLEARS : 0);

    log_line(hwm_core, hwm_follow(hwm_core, line), address, bytes < left ? bytes : left, HWM_RMW,
             flags, site);
    *hwm_read_filter(hwm_core, line) = *hwm_write_filter(hwm_core, line) = HWM_NO_LINE;
}

static void obtain_for_atomic(Addr address, const struct hwm_site *site, struct outcome *o)
{
    Addr line = address & ~(((Addr)1 << hwm_line_bits) - 1);
    uint64_t *way = obtain(hwm_core, line, True, site, o);

    *way |= HWM_TAG_DIRTY;
    if (!hwm_is_shared)
        set_filters(hwm_core, line, *way);
}

VG_REGPARM(3) void hwm_atomic(Addr address, const struct hwm_site *site, ULong before, ULong after)
{
    struct outcome o = {0};

    obtain_for_atomic(address, site, &o);
    if (o.missed || o.taken)
        charge(&o, site, 100);
    if (hwm_is_shared)
        log_atomic(address, site, &o, before, after);
}

VG_REGPARM(1) void hwm_fence(const struct hwm_site *site)
{
    if (hwm_is_shared &&
        !hwm_weave_log_drain(hwm_weave, hwm_core->index, hwm_clock_now(),
                             hwm_cost_at(site->block, site->instr)))
        hwm_slice_cut();
}

/* --- code ------------------------------------------------------------------------------------ */

static void count_fetch(struct hwm_cost *cost, const struct outcome *o)
{
    UInt beyond = o->latency > hwm_machine.l1i.latency ? o->latency - hwm_machine.l1i.latency : 0;
    ULong ticks = (ULong)(beyond + o->walk) * hwm_machine.overlap_percent * HWM_TICKS / 100;

    cost->n[HWM_L1I_MISSES] += o->missed & MISSED_L1 ? 1 : 0;
    cost->n[HWM_L2_CODE_MISSES] += o->missed & MISSED_L2 ? 1 : 0;
    cost->n[HWM_LLC_CODE_MISSES] += o->missed & MISSED_LLC ? 1 : 0;
    cost->n[HWM_ITLB_MISSES] += o->missed & MISSED_TLB ? 1 : 0;
    cost->n[HWM_ITLB_WALKS] += o->missed & MISSED_STLB ? 1 : 0;
    hwm_cost_refill(cost, ticks);
    hwm_spend(ticks);
}

static void fetch(struct hwm_core *c, struct hwm_block *b, UInt l)
{
    Addr line = b->lines[l].line;
    struct hwm_cost *cost;
    struct outcome o = {0};

    translate(c, &c->itlb, line, c->filters + 2 * hwm_data_filters, hwm_code_filters, &o);
    *hwm_fetch_filter(c, line) = line;
    if (hwm_cache_touch(&c->l1i, line)) {
        if (o.missed)
            count_fetch(hwm_cost_at(b, b->lines[l].instr), &o);
        return;
    }
    cost = hwm_cost_at(b, b->lines[l].instr);
    o.missed |= MISSED_L1;
    from_l2(c, line, cost, &o, &(struct hwm_claim){0});
    hwm_cache_insert(&c->l1i, line);
    count_fetch(cost, &o);
}

VG_REGPARM(1) void hwm_block_enter(struct hwm_block *b)
{
    if (b->context != hwm_now.context)
        hwm_block_select(b, hwm_now.context);
    for (UInt l = 0; l < b->nr_lines; l++)
        if (*hwm_fetch_filter(hwm_core, b->lines[l].line) != b->lines[l].line)
            fetch(hwm_core, b, l);
}
