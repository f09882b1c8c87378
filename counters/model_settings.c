/* --machine-set KEY=VALUE,…: single values of the modelled machine. A table, and a parser for each
 * form of value. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "counters/model_machine_private.h"

#define CACHE   "BYTES[K|M][/WAYS[/CYCLES]]"
#define TLB     "ENTRIES[/WAYS[/CYCLES]]"
#define LATENCY "CYCLES|NSns"

enum form {
    FORM_CACHE,
    FORM_TLB,
    FORM_LATENCY, /* cycles, or ns with the suffix */
    FORM_NUMBER,  /* uint32_t from `min` to `max` */
    FORM_NUMBER64,
    FORM_IPC,       /* instructions per cycle, kept as ticks of an instruction */
    FORM_BANDWIDTH, /* GB/s, kept as ticks of a line */
    FORM_FLAG,      /* on or off: `min` is the bit */
    FORM_LOCAL,     /* latencies of all nodes to themselves */
    FORM_REMOTE,    /* and to all others */
    FORM_CLOCK,
};

/* key, form as users see it, form, field, min, max, summary */
#define SETTINGS(X)                                                                               \
    X("l1i", CACHE, FORM_CACHE, l1i, 0, 0, "instruction cache of a core")                         \
    X("l1d", CACHE, FORM_CACHE, l1d, 0, 0, "data cache of a core")                                \
    X("l2", CACHE, FORM_CACHE, l2, 0, 0, "second-level cache of a core; 0: none")                 \
    X("l3", CACHE, FORM_CACHE, l3, 0, 0, "cache of a domain of cores; 0: none")                   \
    X("itlb", TLB, FORM_TLB, itlb, 0, 0, "translations for code; 0: never misses")                \
    X("dtlb", TLB, FORM_TLB, dtlb, 0, 0, "translations for data; 0: never misses")                \
    X("stlb", TLB, FORM_TLB, stlb, 0, 0, "second level of both; 0: none")                         \
    X("walk", LATENCY, FORM_LATENCY, walk_cycles, 0, 0, "page walk whose tables are cached")      \
    X("ipc", "NUMBER", FORM_IPC, cpi_ticks, 0, 0,                                                 \
      "instructions per cycle with everything at hand")                                           \
    X("mispredict", LATENCY, FORM_LATENCY, mispredict_cycles, 0, 0, "mispredicted branch")        \
    X("atomic", LATENCY, FORM_LATENCY, atomic_cycles, 0, 0, "atomic on a line at hand")           \
    X("forward", LATENCY, FORM_LATENCY, forward_cycles, 0, 0,                                     \
      "from a store to a load of the same word")                                                  \
    X("overlap", "PERCENT", FORM_NUMBER, overlap_percent, 0, 100,                                 \
      "share of a load's latency that is not hidden")                                             \
    X("store-overlap", "PERCENT", FORM_NUMBER, store_overlap_percent, 0, 100,                     \
      "the same of a store's")                                                                    \
    X("store-buffer", "ENTRIES", FORM_NUMBER, store_buffer, 1, 1024, "stores that may wait")      \
    X("transfer-l3", LATENCY, FORM_LATENCY, transfer_l3, 0, 0, "line from a core of the same L3") \
    X("transfer-node", LATENCY, FORM_LATENCY, transfer_node, 0, 0,                                \
      "line from another L3 of the node")                                                         \
    X("transfer-remote", LATENCY, FORM_LATENCY, transfer_remote, 0, 0, "line from another node")  \
    X("dram", LATENCY, FORM_LOCAL, dram_cycles, 0, 0, "access to memory of the core's node")      \
    X("dram-remote", LATENCY, FORM_REMOTE, dram_cycles, 0, 0, "access to another node's memory")  \
    X("dram-bandwidth", "GB/s", FORM_BANDWIDTH, dram_service_ticks, 0, 0, "of a node's memory")   \
    X("mhz", "NUMBER", FORM_CLOCK, mhz, 100, 10000,                                               \
      "clock; keeps what is told in ns as it is in ns")                                           \
    X("prefetch", "on|off", FORM_FLAG, flags, HWM_PREFETCH, 0, "stream prefetcher of L2")         \
    X("adjacent", "on|off", FORM_FLAG, flags, HWM_ADJACENT, 0, "L2 fetches pairs of lines")       \
    X("branches", "on|off", FORM_FLAG, flags, HWM_PREDICTOR, 0, "branch predictor")               \
    X("slice", "CYCLES", FORM_NUMBER, slice_cycles, 100, 10000000,                                \
      "how far a core may run ahead (default 10000)")                                             \
    X("seed", "NUMBER", FORM_NUMBER64, seed, 0, 0, "of every choice that is free (default 1)")

static const struct hwp_model_setting_info infos[] = {
#define INFO(key, shown, form, field, min, max, summary) {key, shown, summary},
    SETTINGS(INFO)
#undef INFO
        {NULL, NULL, NULL},
};

static const struct setting {
    enum form form;
    size_t offset;
    uint32_t min, max; /* max 0: no limit */
} settings_of[] = {
#define SETTING(key, shown, form, field, min, max, summary) \
    {form, offsetof(struct hwm_machine, field), min, max},
    SETTINGS(SETTING)
#undef SETTING
};

const struct hwp_model_setting_info *hwp_model_settings(void)
{
    return infos;
}

/* One "KEY=VALUE" on its way into the machine. */
struct assignment {
    const char *key, *value;
    const struct setting *setting;
    const struct hwp_model_setting_info *info;
    const struct hwp_model_build *build;
    struct hwm_machine *machine; /* the build's */
};

static void *field(const struct assignment *a)
{
    return (char *)a->machine + a->setting->offset;
}

static struct hwp_error *bad(const struct assignment *a, const char *what)
{
    return hwp_error_hint(
        hwp_error(HWP_E_INVALID, "machine setting %s=%s: %s", a->key, a->value, what),
        "write %s=%s (%s)", a->info->key, a->info->form, a->info->summary);
}

/* --- values ----------------------------------------------------------------------------------- */

/* A whole number at *at, with K, M or G if `suffixes`; moves past it. */
static bool number(const char **at, bool suffixes, uint64_t *ret)
{
    static const char letters[] = "KMG";
    char *end;

    if (**at < '0' || **at > '9')
        return false;
    errno = 0;
    uint64_t n = strtoull(*at, &end, 10);
    if (errno)
        return false;
    const char *letter =
        suffixes && isalpha((unsigned char)*end) ? strchr(letters, *end & ~0x20) : NULL;
    unsigned shift = letter ? 10 * (unsigned)(letter - letters + 1) : 0;
    if (n > UINT64_MAX >> shift)
        return false;
    *ret = n << shift;
    *at = end + (letter ? 1 : 0);
    return true;
}

/* A positive decimal number that fills the value up to `suffix`. */
static bool decimal(const char *text, const char *suffix, double *ret)
{
    char *end;
    double n = strtod(text, &end);

    if (end == text || !isfinite(n) || n <= 0 || strcmp(end, suffix) != 0)
        return false;
    *ret = n;
    return true;
}

/* "A[/B[/C]]": what is given; the others stay as they are. */
static bool triple(const char *text, bool suffixes, uint32_t *const parts[3], unsigned *ret_given)
{
    *ret_given = 0;
    for (unsigned i = 0; i < 3; i++) {
        uint64_t n = 0;
        if (!number(&text, suffixes && i == 0, &n) || n > UINT32_MAX)
            return false;
        *parts[i] = (uint32_t)n;
        *ret_given = i + 1;
        if (*text == '\0')
            return true;
        if (*text++ != '/')
            return false;
    }
    return false;
}

/* --- forms ------------------------------------------------------------------------------------ */

static struct hwp_error *check_cache(const struct assignment *a, struct hwm_cache_geometry c)
{
    uint32_t line = a->machine->line_bytes;

    if (c.bytes == 0)
        return strncmp(a->key, "l1", 2) == 0 ? bad(a, "a core has caches of its own") : NULL;
    if (c.bytes > HWP_MODEL_MAX_CACHE)
        return bad(a, "the largest cache has 1G");
    if (c.ways == 0 || c.ways > HWP_MODEL_MAX_WAYS)
        return bad(a, "a cache has 1 to 64 ways");
    if (c.bytes % line != 0 || c.bytes / line % c.ways != 0)
        return bad(a, "the ways don't divide its lines: lines/ways must be whole sets");
    if (c.latency == 0 || c.latency > HWP_MODEL_MAX_LATENCY)
        return bad(a, "a latency has 1 to 100000 cycles");
    return NULL;
}

static struct hwp_error *set_cache(const struct assignment *a)
{
    struct hwm_cache_geometry *into = field(a), c = *into;
    unsigned given;

    if (!triple(a->value, true, (uint32_t *const[]){&c.bytes, &c.ways, &c.latency}, &given))
        return bad(a, "not a cache");
    HWP_TRY(check_cache(a, c));
    *into = c;
    hwp_model_unassume(a->build, a->key);
    return NULL;
}

static struct hwp_error *set_tlb(const struct assignment *a)
{
    struct hwm_tlb_geometry *into = field(a), t = *into;
    unsigned given;

    if (!triple(a->value, false, (uint32_t *const[]){&t.entries, &t.ways, &t.latency}, &given))
        return bad(a, "not a TLB");
    if (t.entries > HWP_MODEL_MAX_ENTRIES)
        return bad(a, "the largest TLB has 65536 entries");
    if (t.entries && (t.ways == 0 || t.ways > t.entries || t.entries % t.ways != 0))
        return bad(a, "the ways don't divide the entries");
    if (t.latency > HWP_MODEL_MAX_LATENCY)
        return bad(a, "a latency has up to 100000 cycles");
    *into = t;
    return NULL;
}

static struct hwp_error *latency(const struct assignment *a, uint32_t *ret)
{
    const char *end = a->value;
    uint64_t cycles = 0;
    double ns = 0;

    if (decimal(a->value, "ns", &ns))
        cycles = ns > 1e6 ? UINT64_MAX : hwp_model_cycles(a->machine, ns);
    else if (!number(&end, false, &cycles) || *end)
        return bad(a, "not a latency");
    if (cycles > HWP_MODEL_MAX_LATENCY)
        return bad(a, "a latency has up to 100000 cycles");
    *ret = (uint32_t)cycles;
    return NULL;
}

static struct hwp_error *set_dram(const struct assignment *a)
{
    struct hwm_machine *m = a->machine;
    uint32_t cycles = 0;

    HWP_TRY(latency(a, &cycles));
    for (unsigned from = 0; from < m->nr_nodes; from++)
        for (unsigned to = 0; to < m->nr_nodes; to++)
            if ((from == to) == (a->setting->form == FORM_LOCAL))
                m->dram_cycles[from][to] = cycles;
    return NULL;
}

static struct hwp_error *set_number(const struct assignment *a)
{
    const char *end = a->value;
    uint64_t n = 0, max = a->setting->max ? a->setting->max : UINT64_MAX;

    if (!number(&end, true, &n) || *end)
        return bad(a, "not a whole number");
    if (n < a->setting->min || n > max) {
        hwp_cleanup(hwp_free_cleanup) char *range =
            hwp_asprintf("must be %u to %llu", a->setting->min, (unsigned long long)max);
        return bad(a, range);
    }
    if (a->setting->form == FORM_NUMBER64)
        *(uint64_t *)field(a) = n;
    else
        *(uint32_t *)field(a) = (uint32_t)n;
    return NULL;
}

static struct hwp_error *set_ipc(const struct assignment *a)
{
    double ipc = 0;

    if (!decimal(a->value, "", &ipc) || ipc < 0.01 || ipc > 16)
        return bad(a, "must be 0.01 to 16");
    *(uint32_t *)field(a) = (uint32_t)(HWM_TICKS / ipc + 0.5);
    return NULL;
}

static struct hwp_error *set_bandwidth(const struct assignment *a)
{
    double gb_per_s = 0;

    if (!decimal(a->value, "", &gb_per_s) || gb_per_s < 0.01 || gb_per_s > 100000)
        return bad(a, "must be 0.01 to 100000");
    uint32_t ticks = hwp_model_cycles(a->machine, a->machine->line_bytes / gb_per_s * HWM_TICKS);
    *(uint32_t *)field(a) = ticks ? ticks : 1;
    return NULL;
}

static struct hwp_error *set_flag(const struct assignment *a)
{
    bool on = strcmp(a->value, "on") == 0;

    if (!on && strcmp(a->value, "off") != 0)
        return bad(a, "neither on nor off");
    a->machine->flags &= ~a->setting->min;
    a->machine->flags |= on ? a->setting->min : 0;
    return NULL;
}

static struct hwp_error *set(const struct assignment *a)
{
    switch (a->setting->form) {
    case FORM_CACHE:
        return set_cache(a);
    case FORM_TLB:
        return set_tlb(a);
    case FORM_LATENCY:
        return latency(a, field(a));
    case FORM_LOCAL:
    case FORM_REMOTE:
        return set_dram(a);
    case FORM_IPC:
        return set_ipc(a);
    case FORM_BANDWIDTH:
        return set_bandwidth(a);
    case FORM_FLAG:
        return set_flag(a);
    case FORM_NUMBER:
    case FORM_NUMBER64:
    case FORM_CLOCK:
        break;
    }
    return set_number(a);
}

/* --- the list --------------------------------------------------------------------------------- */

static struct hwp_error *unknown(const char *key)
{
    struct hwp_suggest near = {.wanted = key};
    struct hwp_str all = {0};

    for (size_t i = 0; infos[i].key; i++) {
        hwp_suggest_offer(&near, infos[i].key);
        hwp_str_addf(&all, "%s%s", all.len ? ", " : "", infos[i].key);
    }
    hwp_cleanup(hwp_free_cleanup) char *names = hwp_suggest_text(&near);
    hwp_cleanup(hwp_free_cleanup) char *list = hwp_str_steal(&all);
    hwp_suggest_deinit(&near);
    struct hwp_error *err = hwp_error(HWP_E_INVALID, "there is no machine setting '%s'", key);
    return names ? hwp_error_hint(err, "did you mean %s?", names)
                 : hwp_error_hint(err, "settings: %s", list);
}

static struct hwp_error *find(struct assignment *a)
{
    for (size_t i = 0; infos[i].key; i++) {
        if (strcmp(infos[i].key, a->key) != 0)
            continue;
        a->info = &infos[i];
        a->setting = &settings_of[i];
        return NULL;
    }
    return unknown(a->key);
}

/* Applies those settings that are the clock, or those that are not. */
static struct hwp_error *apply(const char *settings, bool clock, const struct hwp_model_build *b)
{
    hwp_cleanup(hwp_free_cleanup) char *copy = hwp_strdup(settings ? settings : "");
    char *rest = copy, *item;

    while ((item = strsep(&rest, ",")) && *copy) {
        struct assignment a = {.build = b, .machine = b->machine};
        char *equals = strchr(item, '=');
        if (!equals)
            return hwp_error_hint(
                hwp_error(HWP_E_INVALID, "machine setting '%s' has no value", item),
                "write KEY=VALUE, as in l2=512K/8/14,ipc=2.5");
        *equals = '\0';
        a.key = item;
        a.value = equals + 1;
        HWP_TRY(find(&a));
        if ((a.setting->form == FORM_CLOCK) == clock)
            HWP_TRY(set(&a));
    }
    return NULL;
}

struct hwp_error *hwp_model_settings_clock(const char *settings, const struct hwp_model_build *b)
{
    return apply(settings, true, b);
}

struct hwp_error *hwp_model_settings_apply(const char *settings, const struct hwp_model_build *b)
{
    return apply(settings, false, b);
}
