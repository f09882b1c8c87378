/* Cache geometry of the modelled machine: the topology's, else the microarchitecture's. */
#include "counters/model_machine_private.h"
#include "topology/draw.h"

#define LINE_BYTES 64

static void fill_line(const struct hwp_model_build *b)
{
    unsigned bytes = b->topology->line_bytes;
    bool usable = bytes >= 16 && bytes <= 128 && (bytes & (bytes - 1)) == 0;

    b->machine->line_bytes = usable ? bytes : LINE_BYTES;
    if (!usable)
        hwp_model_assume(b, "cache lines of %d bytes", LINE_BYTES);
}

/* The number of ways nearest to `ways` that divides the lines: sets must be whole. */
static uint32_t fitting_ways(uint32_t lines, uint32_t ways)
{
    ways = ways > HWP_MODEL_MAX_WAYS ? HWP_MODEL_MAX_WAYS : ways;
    for (uint32_t apart = 0; apart < ways; apart++) {
        if (lines % (ways - apart) == 0)
            return ways - apart;
        if (ways + apart <= HWP_MODEL_MAX_WAYS && lines % (ways + apart) == 0)
            return ways + apart;
    }
    return 1;
}

/* One cache as the topology tells it (0: not told), `sharers` of the model's making up one of it.
 */
struct told {
    const char *what;
    uint64_t bytes;
    unsigned ways, sharers;
};

static void say_assumed(const struct hwp_model_build *b, const struct told *told,
                        const struct hwm_cache_geometry *cache)
{
    struct hwp_str size = {0};

    hwp_topology_add_bytes(&size, cache->bytes);
    if (!told->bytes || !told->ways)
        hwp_model_assume(b, "%s %s %u-way", told->what, size.data, cache->ways);
    else if (told->sharers > 1)
        hwp_model_assume(b, "%s shared by %u cores is %u of %s each", told->what, told->sharers,
                         told->sharers, size.data);
    else if (cache->ways != told->ways)
        hwp_model_assume(b, "%s %u-way for %u-way", told->what, cache->ways, told->ways);
    hwp_str_deinit(&size);
}

static void fill_cache(const struct hwp_model_build *b, struct told told,
                       struct hwm_cache_geometry table, struct hwm_cache_geometry *ret)
{
    uint32_t line = b->machine->line_bytes;
    uint64_t bytes = told.bytes ? told.bytes / told.sharers : table.bytes;

    bytes = bytes > HWP_MODEL_MAX_CACHE ? HWP_MODEL_MAX_CACHE : bytes;
    uint32_t lines = bytes >= line ? (uint32_t)(bytes / line) : 1;
    ret->bytes = lines * line;
    ret->ways = fitting_ways(lines, told.ways ? told.ways : table.ways);
    ret->latency = table.latency;
    say_assumed(b, &told, ret);
}

/* The model's L2s are private. */
static unsigned l2_sharers(const struct hwp_model_build *b)
{
    unsigned nr_l2 = b->topology->nr_l2, cores = 1, best = 1;
    const struct hwp_cpus *cpus = &b->topology->cpus;

    for (size_t i = 1; nr_l2 && i < cpus->len; i++) {
        const struct hwp_cpu *a = &cpus->data[i - 1], *c = &cpus->data[i];
        if (c->l2 < 0 || c->l2 != a->l2)
            cores = 1;
        else if (c->smt == 0)
            cores++;
        best = cores > best ? cores : best;
    }
    return b->topology->nr_kinds > 1 ? 1 : best;
}

void hwp_model_build_caches(const struct hwp_model_build *b)
{
    const struct hwp_topology *t = b->topology;
    const struct hwp_model_uarch *u = b->uarch;
    struct hwm_machine *m = b->machine;
    struct hwm_cache_geometry l3 = u->l3;
    uint64_t share = (uint64_t)l3.bytes * ((m->nr_cores + m->nr_l3 - 1) / m->nr_l3);

    l3.bytes = share > HWP_MODEL_MAX_CACHE ? HWP_MODEL_MAX_CACHE : (uint32_t)share;
    fill_line(b);
    fill_cache(b, (struct told){"L1I", t->l1i_bytes, t->l1i_ways, 1}, u->l1i, &m->l1i);
    fill_cache(b, (struct told){"L1D", t->l1d_bytes, t->l1d_ways, 1}, u->l1d, &m->l1d);
    fill_cache(b, (struct told){"L2", t->l2_bytes, t->l2_ways, l2_sharers(b)}, u->l2, &m->l2);
    fill_cache(b, (struct told){"L3", t->l3_bytes, t->l3_ways, 1}, l3, &m->l3);
}
