/*
 * A hash table of pages, which are never freed, and the vector of ranges with a policy of their
 * own: sorted, disjoint, adjacent ones with one policy joined, so that it is as long as what the
 * program asked for is complicated, however often it asks.
 */
#include "pages.h"

#define BUCKETS_MIN 1024
#define SLAB_PAGES  64 /* allocated at once */
#define RANGES_MIN  16

struct range {
    uint64_t first, end; /* page numbers; end is not in it */
    struct hwm_memory_policy policy;
};

struct hwm_pages {
    const struct hwm_machine *machine;
    struct hwm_memory_policy policy; /* of the process */
    struct hwm_page *recent;         /* the page found last, or NULL */

    struct hwm_page **buckets;
    uint32_t bucket_bits;
    uint64_t nr_pages;

    char *slab; /* room for `slab_left` pages of `page_bytes` */
    size_t slab_left, page_bytes;

    struct range *ranges;
    size_t nr_ranges, max_ranges;
};

/* --- pages -------------------------------------------------------------------------------------
 */

struct hwm_pages *hwm_pages_create(const struct hwm_machine *machine)
{
    struct hwm_pages *p = hwm_alloc(sizeof(*p));
    size_t bytes = sizeof(struct hwm_page) +
                   HWM_PAGE_BYTES / machine->line_bytes * sizeof(((struct hwm_page *)0)->lines[0]);

    p->machine = machine;
    p->policy = machine->policy;
    p->page_bytes = (bytes + 7) & ~(size_t)7;
    while (1u << p->bucket_bits < BUCKETS_MIN)
        p->bucket_bits++;
    p->buckets = hwm_alloc(sizeof(struct hwm_page *) << p->bucket_bits);
    return p;
}

static struct hwm_page **bucket_of(const struct hwm_pages *p, uint64_t number)
{
    return &p->buckets[number * UINT64_C(0x9e3779b97f4a7c15) >> (64 - p->bucket_bits)];
}

static struct hwm_page *find(struct hwm_pages *p, uint64_t number)
{
    struct hwm_page *page = p->recent;

    if (page && page->number == number)
        return page;
    for (page = *bucket_of(p, number); page && page->number != number;)
        page = page->next;
    if (page)
        p->recent = page;
    return page;
}

static void grow_buckets(struct hwm_pages *p)
{
    struct hwm_page **old = p->buckets;
    size_t n = (size_t)1 << p->bucket_bits++;

    p->buckets = hwm_alloc(sizeof(struct hwm_page *) << p->bucket_bits);
    for (size_t i = 0; i < n; i++) {
        for (struct hwm_page *page = old[i], *next; page; page = next) {
            struct hwm_page **bucket = bucket_of(p, page->number);

            next = page->next;
            page->next = *bucket;
            *bucket = page;
        }
    }
    hwm_free(old, n * sizeof(struct hwm_page *));
}

static struct hwm_page *make(struct hwm_pages *p, uint64_t number)
{
    struct hwm_page **bucket, *page;

    if (p->nr_pages >> p->bucket_bits)
        grow_buckets(p);
    if (!p->slab_left) {
        p->slab = hwm_alloc(p->page_bytes * SLAB_PAGES);
        p->slab_left = SLAB_PAGES;
    }
    page = (struct hwm_page *)(void *)p->slab;
    p->slab += p->page_bytes;
    p->slab_left--;
    p->nr_pages++;

    bucket = bucket_of(p, number);
    page->number = number;
    page->next = *bucket;
    *bucket = page;
    return page;
}

/* Calls fn for each page ever used of those numbered first … end - 1, by looking them up or through
 * the whole table, whichever is shorter: programs unmap reservations of terabytes. */
static void for_pages(struct hwm_pages *p, uint64_t first, uint64_t end,
                      void (*fn)(struct hwm_pages *p, struct hwm_page *page))
{
    size_t nr_buckets = (size_t)1 << p->bucket_bits;

    if (first >= end)
        return;
    if (end - first <= nr_buckets) {
        for (uint64_t number = first; number < end; number++) {
            struct hwm_page *page = find(p, number);
            if (page)
                fn(p, page);
        }
        return;
    }
    for (size_t i = 0; i < nr_buckets; i++)
        for (struct hwm_page *page = p->buckets[i]; page; page = page->next)
            if (page->number >= first && page->number < end)
                fn(p, page);
}

/* --- policies ----------------------------------------------------------------------------------
 */

static unsigned nearest(const struct hwm_machine *m, uint32_t nodes, unsigned node)
{
    unsigned best = (unsigned)__builtin_ctz(nodes);

    if (nodes >> node & 1)
        return node;
    for (unsigned i = best + 1; i < m->nr_nodes; i++)
        if (nodes >> i & 1 && m->dram_cycles[node][i] < m->dram_cycles[node][best])
            best = i;
    return best;
}

/* By hand: the builtin may be a call of libgcc. */
static unsigned count_nodes(uint32_t nodes)
{
    unsigned n = 0;

    for (; nodes; nodes &= nodes - 1)
        n++;
    return n;
}

/* The node whose bit is the index-th that is set, from 0. */
static unsigned nth_node(uint32_t nodes, uint64_t index)
{
    for (; index; index--)
        nodes &= nodes - 1;
    return (unsigned)__builtin_ctz(nodes);
}

/* The policy as far as this machine has its nodes; default if it has none of them. */
static struct hwm_memory_policy possible(const struct hwm_pages *p, struct hwm_memory_policy policy)
{
    policy.nodes &= (1u << p->machine->nr_nodes) - 1;
    if (!policy.nodes || policy.kind > HWM_POLICY_PREFERRED)
        policy.kind = HWM_POLICY_DEFAULT;
    if (policy.kind == HWM_POLICY_DEFAULT)
        policy.nodes = 0;
    return policy;
}

static unsigned choose(const struct hwm_pages *p, struct hwm_memory_policy policy, uint64_t number,
                       unsigned node)
{
    policy = possible(p, policy);
    switch (policy.kind) {
    case HWM_POLICY_BIND:
        return nearest(p->machine, policy.nodes, node);
    case HWM_POLICY_INTERLEAVE:
        return nth_node(policy.nodes, number % count_nodes(policy.nodes));
    case HWM_POLICY_PREFERRED:
        return (unsigned)__builtin_ctz(policy.nodes);
    default:
        return node;
    }
}

void hwm_pages_policy(struct hwm_pages *p, struct hwm_memory_policy policy)
{
    p->policy = policy;
}

/* --- ranges ------------------------------------------------------------------------------------
 */

/* The first range that ends after the page: the one that holds it, if any does. */
static size_t range_after(const struct hwm_pages *p, uint64_t number)
{
    size_t low = 0, high = p->nr_ranges;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (p->ranges[middle].end <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct hwm_memory_policy policy_at(const struct hwm_pages *p, uint64_t number)
{
    size_t i = range_after(p, number);

    return i < p->nr_ranges && p->ranges[i].first <= number ? p->ranges[i].policy : p->policy;
}

static void insert_range(struct hwm_pages *p, size_t at, struct range range)
{
    if (p->nr_ranges == p->max_ranges) {
        size_t old_bytes = p->max_ranges * sizeof(struct range);
        struct range *old = p->ranges;

        p->max_ranges = p->max_ranges ? p->max_ranges * 2 : RANGES_MIN;
        p->ranges = hwm_alloc(p->max_ranges * sizeof(struct range));
        for (size_t i = 0; i < p->nr_ranges; i++)
            p->ranges[i] = old[i];
        if (old)
            hwm_free(old, old_bytes);
    }
    for (size_t i = p->nr_ranges++; i > at; i--)
        p->ranges[i] = p->ranges[i - 1];
    p->ranges[at] = range;
}

static void remove_ranges(struct hwm_pages *p, size_t at, size_t n)
{
    if (!n)
        return;
    p->nr_ranges -= n;
    for (size_t i = at; i < p->nr_ranges; i++)
        p->ranges[i] = p->ranges[i + n];
}

/* Leaves no range in first … end - 1; returns where one would be inserted. */
static size_t cut_ranges(struct hwm_pages *p, uint64_t first, uint64_t end)
{
    size_t at = range_after(p, first), n = 0;

    if (at < p->nr_ranges && p->ranges[at].first < first) {
        struct range rest = p->ranges[at];

        p->ranges[at++].end = first;
        rest.first = end;
        if (rest.end > end)
            insert_range(p, at, rest);
    }
    while (at + n < p->nr_ranges && p->ranges[at + n].end <= end)
        n++;
    remove_ranges(p, at, n);
    if (at < p->nr_ranges && p->ranges[at].first < end)
        p->ranges[at].first = end;
    return at;
}

static bool can_join(const struct range *left, const struct range *right)
{
    return left->end == right->first && left->policy.kind == right->policy.kind &&
           left->policy.nodes == right->policy.nodes;
}

static void set_range(struct hwm_pages *p, struct range range)
{
    size_t at = cut_ranges(p, range.first, range.end);

    if (range.policy.kind == HWM_POLICY_DEFAULT)
        return;
    insert_range(p, at, range);
    if (at + 1 < p->nr_ranges && can_join(&p->ranges[at], &p->ranges[at + 1])) {
        p->ranges[at].end = p->ranges[at + 1].end;
        remove_ranges(p, at + 1, 1);
    }
    if (at > 0 && can_join(&p->ranges[at - 1], &p->ranges[at])) {
        p->ranges[at - 1].end = p->ranges[at].end;
        remove_ranges(p, at, 1);
    }
}

/* As the kernel does: a page that is on one of the policy's nodes stays. */
static void follow_policy(struct hwm_pages *p, struct hwm_page *page)
{
    struct hwm_memory_policy policy = policy_at(p, page->number);

    if (page->placed && !(policy.nodes >> page->home & 1))
        page->home = choose(p, policy, page->number, page->home);
}

/* The end of start + length, or of the address space if that is beyond it. */
static uint64_t end_of(uint64_t start, uint64_t length)
{
    return length > UINT64_MAX - start ? UINT64_MAX : start + length;
}

void hwm_pages_bind(struct hwm_pages *p, uint64_t start, uint64_t length,
                    struct hwm_memory_policy policy, bool move)
{
    uint64_t first = start >> HWM_PAGE_BITS;
    uint64_t end = ((end_of(start, length) - 1) >> HWM_PAGE_BITS) + 1;

    if (!length)
        return;
    policy = possible(p, policy);
    set_range(p, (struct range){first, end, policy});
    if (move && policy.kind != HWM_POLICY_DEFAULT)
        for_pages(p, first, end, follow_policy);
}

/* --- use ---------------------------------------------------------------------------------------
 */

struct hwm_page *hwm_pages_find(struct hwm_pages *p, uint64_t address)
{
    return find(p, address >> HWM_PAGE_BITS);
}

struct hwm_page *hwm_pages_use(struct hwm_pages *p, uint64_t address, unsigned node)
{
    uint64_t number = address >> HWM_PAGE_BITS;
    struct hwm_page *page = find(p, number);

    if (page && page->placed)
        return page;
    if (!page)
        page = make(p, number);
    page->home = choose(p, policy_at(p, number), number, node);
    page->placed = true;
    p->recent = page;
    return page;
}

static void forget(struct hwm_pages *p, struct hwm_page *page)
{
    (void)p;
    page->placed = false;
}

void hwm_pages_forget(struct hwm_pages *p, uint64_t start, uint64_t length)
{
    uint64_t end = end_of(start, length) >> HWM_PAGE_BITS;

    for_pages(p, (start >> HWM_PAGE_BITS) + ((start & (HWM_PAGE_BYTES - 1)) != 0), end, forget);
}

void hwm_pages_move(struct hwm_pages *p, uint64_t address, unsigned node)
{
    struct hwm_page *page = hwm_pages_find(p, address);

    if (page && page->placed && node < p->machine->nr_nodes)
        page->home = node;
}
