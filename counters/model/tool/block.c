#include "block.h"

#include "core.h"

/* --- contexts -------------------------------------------------------------------------------- */

struct hwm_context {
    UInt task, chain, depth; /* chain: HWM_NO_CHAIN at the root */
    UInt told;               /* the stream that knows the chain */
    Addr caller, entry;
    struct hwm_context *parent, *sibling, *child;
    struct hwm_tally *tallies;
};

/* As many as perf keeps (kernel.perf_event_max_stack). */
#define MAX_DEPTH    127
#define MAX_CONTEXTS 65536u

static UInt nr_contexts, nr_chains; /* that are; that ever were */
static UInt stream = 1; /* a forked child's knows no chain yet */

static struct hwm_context *context_create(UInt task, struct hwm_context *parent, Addr caller,
                                          Addr entry)
{
    struct hwm_context *c = VG_(calloc)("hwm.context", 1, sizeof(*c));

    c->task = task;
    c->parent = parent;
    c->caller = caller;
    c->entry = entry;
    c->depth = parent ? parent->depth + 1 : 0;
    c->chain = parent ? nr_chains++ : HWM_NO_CHAIN;
    nr_contexts++;
    return c;
}

struct hwm_context *hwm_context_root(UInt task_index)
{
    return context_create(task_index, NULL, 0, 0);
}

static void tell_of_limit(void)
{
    static Bool told;

    if (!told)
        hwm_stream_note("there were too many call chains: those that were new after the first "
                        "65536 are cut short");
    told = True;
}

/* The child found moves to the front: calls from a loop find theirs at once. */
struct hwm_context *hwm_context_child(struct hwm_context *parent, Addr caller, Addr entry)
{
    struct hwm_context **link = &parent->child, *c;

    if (parent->depth >= MAX_DEPTH)
        return parent;
    while ((c = *link) && (c->caller != caller || c->entry != entry))
        link = &c->sibling;
    if (!c && nr_contexts >= MAX_CONTEXTS) {
        tell_of_limit();
        return parent;
    }
    if (c)
        *link = c->sibling;
    else
        c = context_create(parent->task, parent, caller, entry);
    c->sibling = parent->child;
    parent->child = c;
    return c;
}

/* Parents first. */
static void tell_chain(struct hwm_context *c)
{
    struct hwm_record_chain record = {
        .head = {.type = HWM_RECORD_CHAIN, .ticks = hwm_time()},
        .id = c->chain,
        .caller = c->caller,
        .entry = c->entry,
    };

    if (c->told == stream || !c->parent)
        return;
    tell_chain(c->parent);
    record.parent = c->parent->chain;
    hwm_stream_write(&record.head, sizeof(record));
    c->told = stream;
}

/* --- blocks ---------------------------------------------------------------------------------- */

#define BUCKETS (1u << 15)

static struct hwm_block *buckets[BUCKETS];

static UInt bucket_of(Addr address)
{
    return (UInt)((address * 0x9E3779B97F4A7C15ull) >> 49);
}

struct hwm_block *hwm_block_create(Addr address, UInt nr_instrs, UInt nr_sites)
{
    struct hwm_block *b = VG_(calloc)("hwm.block", 1, sizeof(*b));
    struct hwm_block **bucket = &buckets[bucket_of(address)];

    b->address = address;
    b->nr_instrs = (UShort)nr_instrs;
    b->instrs = VG_(calloc)("hwm.instrs", nr_instrs, sizeof(*b->instrs));
    b->sites = VG_(calloc)("hwm.sites", nr_sites, sizeof(*b->sites));
    b->next = *bucket;
    *bucket = b;
    return b;
}

/* --- tallies ----------------------------------------------------------------------------------
 * Found by block and context: in a program that recurses, a block has hundreds of thousands. */

static struct hwm_tally **tallies; /* by hash, chained by `same_hash` */
static UInt tally_bits, nr_tallies;

static struct hwm_tally **tally_place(const struct hwm_block *b, const struct hwm_context *c)
{
    ULong key = (Addr)b * 0x9E3779B97F4A7C15ull ^ (Addr)c * 0xC2B2AE3D27D4EB4Full;

    return &tallies[key * 0x9E3779B97F4A7C15ull >> (64 - tally_bits)];
}

static void grow_tallies(void)
{
    struct hwm_tally **old = tallies, *next;
    ULong nr_old = old ? 1ull << tally_bits : 0;

    tally_bits = old ? tally_bits + 1 : 12;
    tallies = VG_(calloc)("hwm.tallies", 1ull << tally_bits, sizeof(*tallies));
    for (ULong i = 0; i < nr_old; i++)
        for (struct hwm_tally *t = old[i]; t; t = next) {
            struct hwm_tally **place = tally_place(t->block, t->context);
            next = t->same_hash;
            t->same_hash = *place;
            *place = t;
        }
    VG_(free)(old);
}

static void link_in(struct hwm_tally **head, struct hwm_tally *t)
{
    t->next = *head;
    t->link = head;
    if (t->next)
        t->next->link = &t->next;
    *head = t;
}

static void link_in_context(struct hwm_tally **head, struct hwm_tally *t)
{
    t->next_of_context = *head;
    t->link_of_context = head;
    if (t->next_of_context)
        t->next_of_context->link_of_context = &t->next_of_context;
    *head = t;
}

static void unlink_all(struct hwm_tally *t)
{
    *t->link = t->next;
    if (t->next)
        t->next->link = t->link;
    *t->link_of_context = t->next_of_context;
    if (t->next_of_context)
        t->next_of_context->link_of_context = t->link_of_context;
}

static struct hwm_tally *tally_create(struct hwm_block *b, struct hwm_context *context)
{
    struct hwm_tally *t =
        VG_(calloc)("hwm.tally", 1, sizeof(*t) + b->nr_segments * sizeof(ULong));
    struct hwm_tally **place;

    if (!tallies || nr_tallies >> tally_bits)
        grow_tallies();
    place = tally_place(b, context);
    t->block = b;
    t->context = context;
    link_in(&b->tallies, t);
    link_in_context(&context->tallies, t);
    t->same_hash = *place;
    *place = t;
    nr_tallies++;
    return t;
}

void hwm_block_select(struct hwm_block *b, struct hwm_context *context)
{
    struct hwm_tally *t = tallies ? *tally_place(b, context) : NULL;

    while (t && (t->block != b || t->context != context))
        t = t->same_hash;
    b->tally = t ? t : tally_create(b, context);
    b->context = context;
}

struct hwm_cost *hwm_cost_make(struct hwm_tally *t, UInt instr)
{
    if (!t->costs)
        t->costs = VG_(calloc)("hwm.costs", t->block->nr_instrs, sizeof(*t->costs));
    if (!t->costs[instr])
        t->costs[instr] = VG_(calloc)("hwm.cost", 1, sizeof(struct hwm_cost));
    return t->costs[instr];
}

/* Less than nothing by itself; added to what its segments say, it is right again. */
static void take_back(struct hwm_tally *t, UInt instr)
{
    const struct hwm_instr *i = &t->block->instrs[instr];
    uint64_t *n = hwm_cost_make(t, instr)->n;
    Bool has_body = i->body == i->segment;

    n[HWM_INSTRUCTIONS]--;
    n[HWM_CYCLES] -= i->ticks;
    n[HWM_LOADS] -= has_body ? i->loads : 0;
    n[HWM_STORES] -= has_body ? i->stores : 0;
    n[HWM_ATOMICS] -= has_body ? i->atomics : 0;
    n[HWM_BRANCHES] -= i->is_branch;
    hwm_now.instructions--;
}

VG_REGPARM(1) void hwm_block_retries(const struct hwm_site *site)
{
    const struct hwm_block *b = site->block;
    UInt segment = b->instrs[site->instr].segment;

    for (UInt i = site->instr; i < b->nr_instrs && b->instrs[i].segment == segment; i++)
        take_back(b->tally, i);
}

/* --- sums ------------------------------------------------------------------------------------ */

/* How often an instruction was executed. One that repeats begins a round `counts[segment]` times and
 * carries it out `counts[body]` times; it ends when it finds nothing left, or by its flags, behind the
 * body. */
static ULong executions(const struct hwm_tally *t, const struct hwm_instr *i)
{
    ULong rounds = t->counts[i->segment];

    if (!i->repeats)
        return rounds;
    rounds -= t->counts[i->body];
    if (i->body + 1 < t->block->nr_segments && i == &t->block->instrs[t->block->nr_instrs - 1])
        rounds += t->counts[i->body + 1];
    return rounds;
}

static void sum_static(const struct hwm_tally *t, const struct hwm_instr *i, ULong *n)
{
    ULong body = t->counts[i->body], done = executions(t, i);

    n[HWM_INSTRUCTIONS] += done;
    n[HWM_CYCLES] += t->counts[i->segment] * i->ticks;
    n[HWM_LOADS] += body * i->loads;
    n[HWM_STORES] += body * i->stores;
    n[HWM_ATOMICS] += body * i->atomics;
    if (i->is_branch)
        n[HWM_BRANCHES] += done;
}

/* Ticks to cycles. What is cut off goes on to the next, so that the sums are right. */
static void to_cycles(ULong *n, UInt counter)
{
    static ULong rest[HWM_NR_COUNTERS];

    rest[counter] += n[counter];
    n[counter] = rest[counter] / HWM_TICKS;
    rest[counter] %= HWM_TICKS;
}

static void tell_cost(const struct hwm_tally *t, const struct hwm_instr *i, const ULong *n)
{
    struct {
        struct hwm_record_cost record;
        ULong values[HWM_NR_COUNTERS];
    } out = {.record = {.head = {.type = HWM_RECORD_COST, .ticks = hwm_time()},
                        .ip = i->address,
                        .tid = hwm_task_at(t->context->task)->tid,
                        .core = hwm_task_at(t->context->task)->core,
                        .chain = t->context->chain}};
    UInt values = 0;

    for (UInt c = 0; c < HWM_NR_COUNTERS; c++)
        if (n[c]) {
            out.record.which |= 1ull << c;
            out.values[values++] = n[c];
        }
    if (!values)
        return;
    tell_chain(t->context);
    hwm_stream_write(&out.record.head, sizeof(out.record) + values * sizeof(ULong));
}

/* Lines of code fetched, told with the first instruction on each. */
static void add_fetches(const struct hwm_tally *t, UInt instr, ULong *n)
{
    const struct hwm_block *b = t->block;

    for (UInt l = 0; l < b->nr_lines; l++)
        if (b->lines[l].instr == instr)
            n[HWM_L1I_LOADS] += t->counts[0];
}

static void tell_tally(struct hwm_tally *t)
{
    struct hwm_block *b = t->block;

    for (UInt i = 0; i < b->nr_instrs; i++) {
        ULong n[HWM_NR_COUNTERS] = {0};
        if (t->costs && t->costs[i]) {
            VG_(memcpy)(n, t->costs[i]->n, sizeof(n));
            VG_(memset)(t->costs[i], 0, sizeof(*t->costs[i]));
        }
        sum_static(t, &b->instrs[i], n);
        add_fetches(t, i, n);
        to_cycles(n, HWM_CYCLES);
        to_cycles(n, HWM_STALLED_BACKEND);
        to_cycles(n, HWM_STALLED_FRONTEND);
        tell_cost(t, &b->instrs[i], n);
    }
    VG_(memset)(t->counts, 0, b->nr_segments * sizeof(ULong));
}

static void each_tally(void (*fn)(struct hwm_tally *))
{
    for (UInt i = 0; i < BUCKETS; i++)
        for (struct hwm_block *b = buckets[i]; b; b = b->next)
            for (struct hwm_tally *t = b->tallies; t; t = t->next)
                fn(t);
}

void hwm_blocks_dump(void)
{
    each_tally(tell_tally);
}

static void zero_tally(struct hwm_tally *t)
{
    for (UInt i = 0; t->costs && i < t->block->nr_instrs; i++)
        if (t->costs[i])
            VG_(memset)(t->costs[i], 0, sizeof(*t->costs[i]));
    VG_(memset)(t->counts, 0, t->block->nr_segments * sizeof(ULong));
}

void hwm_blocks_reset(void)
{
    each_tally(zero_tally);
    stream++;
}

/* --- what goes away: code, tasks ------------------------------------------------------------------------ */

static void tally_destroy(struct hwm_tally *t)
{
    struct hwm_tally **link = tally_place(t->block, t->context);

    while (*link != t)
        link = &(*link)->same_hash;
    *link = t->same_hash;
    nr_tallies--;
    unlink_all(t);
    if (t->block->tally == t) {
        t->block->tally = NULL;
        t->block->context = NULL;
    }
    for (UInt i = 0; t->costs && i < t->block->nr_instrs; i++)
        VG_(free)(t->costs[i]);
    VG_(free)(t->costs);
    VG_(free)(t);
}

static void block_destroy(struct hwm_block *b)
{
    while (b->tallies)
        tally_destroy(b->tallies);
    VG_(free)(b->lines);
    VG_(free)(b->instrs);
    VG_(free)(b->sites);
    VG_(free)(b);
}

/* What the weave still holds events of must stay: blocks are told and emptied, their costs kept. */
static void forget_block(struct hwm_block *b)
{
    for (struct hwm_tally *t = b->tallies; t; t = t->next)
        tell_tally(t);
}

void hwm_blocks_discard(Addr start, VexGuestExtents extents)
{
    struct hwm_block **link = &buckets[bucket_of(start)], *b;

    (void)extents;
    while ((b = *link)) {
        if (b->address != start) {
            link = &b->next;
            continue;
        }
        hwm_cores_settle();
        forget_block(b);
        *link = b->next;
        block_destroy(b);
    }
}


/* Not deeper than MAX_DEPTH. */
void hwm_context_end(struct hwm_context *c)
{
    struct hwm_tally *t;

    for (struct hwm_context *child = c->child, *next; child; child = next) {
        next = child->sibling;
        hwm_context_end(child);
    }
    while ((t = c->tallies)) {
        tell_tally(t);
        tally_destroy(t);
    }
    nr_contexts--;
    VG_(free)(c);
}
