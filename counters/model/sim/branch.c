/*
 * The predictor in figures: 4096 two-bit counters by address, four tagged tables of 1024 entries
 * that see the last 5, 12, 28 and 64 bits of global history, 32 return addresses, 1024 targets by
 * address and history and 512 by address alone. The history fits one word, so that an index is a
 * mask and a multiplication instead of TAGE's folded registers.
 *
 * A conditional branch adds its outcome to the history, a return one bit of where it went, an
 * indirect jump four; direct jumps and calls nothing.
 */
#include "branch.h"

#define BASE_BITS      12
#define TABLES         4
#define TABLE_BITS     10
#define TAG_BITS       10
#define RETURNS        32
#define TARGET_BITS    10
#define TARGET_HISTORY 20 /* bits of history that choose among an indirect branch's targets */
#define SITE_BITS      9

/*
 * An entry of the base table: a two-bit counter and, above it, how often in a row the counter was
 * right. One that has been right for as long as the longest history has bits is easy: history could
 * not have told more about the branch's own past, so the tagged tables are not asked at all, nor
 * filled with its contexts.
 */
#define RUN_ONE        4
#define RUN_EASY       HWM_EASY
#define EASY_TAKEN     (RUN_EASY | HWM_EASY_TAKEN)
#define EASY_NOT_TAKEN RUN_EASY

/* An entry of a tagged table: a counter (taken from 4 on), how useful it was, its tag. */
#define ENTRY_COUNTER    7u
#define ENTRY_USEFUL     (3u << 3)
#define ENTRY_USEFUL_ONE (1u << 3)
#define ENTRY_TAG_SHIFT  5
#define ENTRY_VALID      (1u << (ENTRY_TAG_SHIFT + TAG_BITS))

struct target {
    uint64_t address;
    uint32_t tag;   /* 0: empty */
    uint32_t trust; /* 0 … 3; at 0 the next wrong target replaces it */
};

struct hwm_branches {
    uint64_t history; /* newest outcome in bit 0; first, see hwm_branch_hard() */
    uint64_t random;
    uint32_t trust_new; /* 0 … 15: from 8 on, entries that never proved themselves are believed */
    uint32_t top;       /* of `returns`, modulo its size */
    uint8_t base[1 << BASE_BITS];
    uint16_t tagged[TABLES][1 << TABLE_BITS];
    uint64_t returns[RETURNS];
    struct target targets[1 << TARGET_BITS];
    struct target sites[1 << SITE_BITS];
};

/*
 * What a branch found: a lane of 16 bits for each table, the one with the most history on top. In
 * registers, not arrays: an array indexed by what was just found would wait for its own stores.
 */
struct lookup {
    uint64_t index; /* of the entries */
    uint64_t value; /* of the entries */
    uint64_t fresh; /* what they would hold for this branch and history, but for counters */
};

#define LANES(x) ((uint64_t)(x)*UINT64_C(0x0001000100010001))

struct hwm_branches *hwm_branches_create(uint64_t seed)
{
    struct hwm_branches *b = hwm_alloc(sizeof(*b));

    b->random = seed * 2 + 1;
    b->trust_new = 8;
    for (unsigned i = 0; i < 1 << BASE_BITS; i++)
        b->base[i] = 1;
    return b;
}

/* Both halves of the product, as the high bits of a factor reach only the high half. */
static inline uint64_t mix(uint64_t value, uint64_t factor)
{
    unsigned __int128 product = (unsigned __int128)value * factor;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* --- conditional branches ----------------------------------------------------------------------
 */

static inline void look_in_table(const struct hwm_branches *b, struct lookup *l, unsigned table,
                                 uint64_t past, uint64_t spread)
{
    uint64_t hash = mix(past ^ spread, UINT64_C(0x9e3779b97f4a7c15));
    uint64_t index = hash >> (64 - TABLE_BITS);
    uint64_t tag = hash & ((1u << TAG_BITS) - 1);

    l->index |= index << 16 * table;
    l->value |= (uint64_t)b->tagged[table][index] << 16 * table;
    l->fresh |= (ENTRY_VALID | tag << ENTRY_TAG_SHIFT) << 16 * table;
}

static inline struct lookup look_up(const struct hwm_branches *b, uint64_t pc)
{
    uint64_t spread = pc * UINT64_C(0xd6e8feb86659fd93), h = b->history;
    struct lookup l = {0};

    look_in_table(b, &l, 0, h & ((UINT64_C(1) << 5) - 1), spread);
    look_in_table(b, &l, 1, h & ((UINT64_C(1) << 12) - 1), spread);
    look_in_table(b, &l, 2, h & ((UINT64_C(1) << 28) - 1), spread);
    look_in_table(b, &l, 3, h, spread);
    return l;
}

/* The top bit of each lane whose entry is this branch's: where the two differ in no bit of the tag.
 */
static inline uint64_t hits_of(const struct lookup *l)
{
    uint64_t differ = (l->value ^ l->fresh) & ~LANES((1u << ENTRY_TAG_SHIFT) - 1);
    uint64_t low = LANES(0x7fff);

    return ~(((differ & low) + low) | differ) & LANES(0x8000);
}

/* The table of the topmost hit. */
static inline unsigned table_of(uint64_t hits)
{
    return (63 - (unsigned)__builtin_clzll(hits)) / 16;
}

/*
 * A new entry in one of the tables from `first` on: the first whose entry there is not useful, at
 * times passing over one so that not all go to the same table. Entries that are in the way become
 * less useful: else those of a branch that cannot be learnt would stay, one by one, and a long
 * random array be learnt by heart.
 */
static void allocate(struct hwm_branches *b, const struct lookup *l, unsigned first, bool taken)
{
    b->random = b->random * UINT64_C(6364136223846793005) + 1;
    first += (b->random >> 62 == 0) & (first < TABLES - 1);
    for (unsigned i = first; i < TABLES; i++) {
        uint16_t *entry = &b->tagged[i][l->index >> 16 * i & 0xffff];

        if ((*entry & ENTRY_USEFUL) == 0) {
            *entry = (uint16_t)((l->fresh >> 16 * i) | (taken ? 4 : 3));
            return;
        }
        *entry -= ENTRY_USEFUL_ONE;
    }
}

/* The counter moves to the outcome; where the entry said other than what would have been said
 * without it, it was useful or not. Without branches: outcomes may well be random. */
static inline uint32_t train(uint32_t value, bool taken, bool right, bool differed)
{
    uint32_t counter = value & ENTRY_COUNTER, useful = value & ENTRY_USEFUL;

    value += (uint32_t)(taken & (counter < 7));
    value -= (uint32_t)(!taken & (counter > 0));
    value += (uint32_t)(differed & right & (useful < ENTRY_USEFUL)) * ENTRY_USEFUL_ONE;
    value -= (uint32_t)(differed & !right & (useful > 0)) * ENTRY_USEFUL_ONE;
    return value;
}

/* The base table's next value after an outcome. */
static inline uint8_t train_base(uint32_t value, bool taken)
{
    uint32_t counter = value & 3, right = counter >> 1 == taken;
    uint32_t run = right ? value & RUN_EASY : 0;

    run += (right & (run < RUN_EASY)) * RUN_ONE;
    counter += (uint32_t)(taken & (counter < 3));
    counter -= (uint32_t)(!taken & (counter > 0));
    return (uint8_t)(run | counter);
}

static bool predict_tagged(struct hwm_branches *b, const struct lookup *l, uint64_t hits,
                           bool base_taken, bool taken)
{
    unsigned provider = table_of(hits);
    uint64_t others = hits & ~(UINT64_C(0x8000) << 16 * provider);
    uint32_t value = l->value >> 16 * provider & 0xffff, counter = value & ENTRY_COUNTER;
    bool said = counter >> 2, otherwise = base_taken;

    /* Right, and nothing left to learn: what follows would change nothing. */
    if ((value & (ENTRY_USEFUL | ENTRY_COUNTER)) == (ENTRY_USEFUL | (taken ? 7u : 0u)))
        return false;
    if (others)
        otherwise = l->value >> (16 * table_of(others) + 2) & 1;

    bool is_new = ((counter == 3) | (counter == 4)) & ((value & ENTRY_USEFUL) == 0);
    bool right = said == taken, differed = said != otherwise;
    bool believed = !is_new | (b->trust_new >= 8);
    bool wrong = (believed ? said : otherwise) != taken;

    b->trust_new += (uint32_t)(is_new & differed & right & (b->trust_new < 15));
    b->trust_new -= (uint32_t)(is_new & differed & !right & (b->trust_new > 0));
    b->tagged[provider][l->index >> 16 * provider & 0xffff] =
        (uint16_t)train(value, taken, right, differed);
    /* A new entry that was right but not believed yet needs no other beside it. */
    if (wrong && !(is_new & right))
        allocate(b, l, provider + 1, taken);
    return wrong;
}

static inline bool predict_tagged_first(struct hwm_branches *b, uint64_t pc, bool base_taken,
                                        bool taken)
{
    struct lookup l = look_up(b, pc);
    uint64_t hits = hits_of(&l);

    if (hits)
        return predict_tagged(b, &l, hits, base_taken, taken);
    if (base_taken != taken)
        allocate(b, &l, 0, taken);
    return base_taken != taken;
}

/* Not a product: branches that are near each other should be so in the table, and not collide. */
static inline uint64_t base_index(uint64_t pc)
{
    return (pc ^ pc >> BASE_BITS) & ((1u << BASE_BITS) - 1);
}

size_t hwm_branch_easy_offset(uint64_t pc)
{
    return offsetof(struct hwm_branches, base) + base_index(pc);
}

bool hwm_branch_hard(struct hwm_branches *b, uint64_t pc, bool taken)
{
    uint8_t *base = &b->base[base_index(pc)];
    uint32_t value = *base;
    bool wrong = true; /* of an easy one that does not do what it always did */

    if (value < RUN_EASY)
        wrong = predict_tagged_first(b, pc, value >> 1 & 1, taken);
    *base = train_base(value, taken);
    return wrong;
}

bool hwm_branch_conditional(struct hwm_branches *b, uint64_t pc, bool taken)
{
    bool wrong = false;

    if (b->base[base_index(pc)] != (taken ? EASY_TAKEN : EASY_NOT_TAKEN))
        wrong = hwm_branch_hard(b, pc, taken);
    b->history = b->history << 1 | taken;
    return wrong;
}

/* --- indirect branches --------------------------------------------------------------------------
 */

/* An entry that was wrong loses trust, and then is replaced; another branch's only if `replace`. */
static void learn_target(struct target *t, uint32_t tag, uint64_t target, bool replace)
{
    if (t->tag == tag && t->address == target) {
        t->trust += t->trust < 3;
    } else if (t->tag == tag || replace) {
        if (t->trust) {
            t->trust--;
        } else {
            t->tag = tag;
            t->address = target;
        }
    }
}

bool hwm_branch_indirect(struct hwm_branches *b, uint64_t pc, uint64_t target)
{
    uint64_t past = b->history & ((UINT64_C(1) << TARGET_HISTORY) - 1);
    uint64_t spread = pc * UINT64_C(0xd6e8feb86659fd93);
    uint64_t hash = mix(past ^ spread, UINT64_C(0x9e3779b97f4a7c15));
    struct target *by_history = &b->targets[hash >> (64 - TARGET_BITS)];
    struct target *by_site = &b->sites[spread >> (64 - SITE_BITS)];
    uint32_t tag = (uint32_t)hash | 1, site_tag = (uint32_t)spread | 1;
    bool site_right = by_site->tag == site_tag && by_site->address == target;
    bool trusted = by_history->tag == tag && by_history->trust;
    bool wrong = trusted ? by_history->address != target : !site_right;

    /* A branch that always goes the same way needs no entry per history. */
    learn_target(by_history, tag, target, !site_right);
    learn_target(by_site, site_tag, target, true);
    b->history = b->history << 4 | target * UINT64_C(0x9e3779b97f4a7c15) >> 60;
    return wrong;
}

void hwm_branch_call(struct hwm_branches *b, uint64_t return_address)
{
    b->top = (b->top + 1) % RETURNS;
    b->returns[b->top] = return_address;
}

bool hwm_branch_return(struct hwm_branches *b, uint64_t target)
{
    bool wrong = b->returns[b->top] != target;

    b->top = (b->top - 1) % RETURNS;
    b->history = b->history << 1 | target * UINT64_C(0x9e3779b97f4a7c15) >> 63;
    return wrong;
}
