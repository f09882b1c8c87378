#include "counters/model_events.h"

#include <string.h>

#include "base/mem.h"
#include "counters/generic.h"

#define C(id) (UINT64_C(1) << HWM_##id)

#define L1D_MISSES (C(L1D_LOAD_MISSES) | C(L1D_STORE_MISSES))
#define L2_MISSES  (C(L2_LOAD_MISSES) | C(L2_STORE_MISSES))
#define LLC_MISSES (C(LLC_LOAD_MISSES) | C(LLC_STORE_MISSES))

#define PRESET(name, plus, minus, text) {"PAPI_" name, "PAPI_" name, plus, minus, text}

/*
 * perf's generic events mean what Intel's and AMD's PMUs make of them: LLC-loads are loads that
 * missed L2, and TLB misses are those that missed every level. Prefetches are in none but their
 * own. PAPI's presets as PAPI_presets(3) and papi_avail(1) define them.
 */
const struct hwp_model_event hwp_model_events[] = {
    {"cycles", "PAPI_TOT_CYC", C(CYCLES), 0, "cycles of the modelled cores, stalls included"},
    {"instructions", "PAPI_TOT_INS", C(INSTRUCTIONS), 0, "instructions executed"},
    {"branches", "PAPI_BR_INS", C(BRANCHES), 0, "branch instructions of every kind"},
    {"branch-misses", "PAPI_BR_MSP", C(BRANCH_MISSES), 0, "mispredicted branches"},
    {"cache-references", "PAPI_L3_TCA", L2_MISSES | C(L2_CODE_MISSES), 0,
     "loads, stores and code that missed L2 and went to the last-level cache"},
    {"cache-misses", "PAPI_L3_TCM", LLC_MISSES | C(LLC_CODE_MISSES), 0,
     "loads, stores and code that missed the last-level cache"},
    {"stalled-cycles-frontend", NULL, C(STALLED_FRONTEND), 0,
     "cycles lost to instruction fetch and mispredicted branches"},
    {"stalled-cycles-backend", "PAPI_RES_STL", C(STALLED_BACKEND), 0,
     "cycles lost to waiting for memory"},

    {"L1-dcache-loads", "PAPI_LD_INS", C(LOADS), 0, "loads"},
    {"L1-dcache-load-misses", "PAPI_L1_LDM", C(L1D_LOAD_MISSES), 0, "loads that missed L1D"},
    {"L1-dcache-stores", "PAPI_SR_INS", C(STORES), 0, "stores"},
    {"L1-dcache-store-misses", "PAPI_L1_STM", C(L1D_STORE_MISSES), 0, "stores that missed L1D"},
    {"L1-icache-loads", "PAPI_L1_ICA", C(L1I_LOADS), 0, "lines of code fetched from L1I"},
    {"L1-icache-load-misses", "PAPI_L1_ICM", C(L1I_MISSES), 0, "lines of code that missed L1I"},
    {"LLC-loads", "PAPI_L3_DCR", C(L2_LOAD_MISSES), 0,
     "loads that missed L2 and went to the last-level cache"},
    {"LLC-load-misses", "PAPI_L3_LDM", C(LLC_LOAD_MISSES), 0,
     "loads that missed the last-level cache"},
    {"LLC-stores", "PAPI_L3_DCW", C(L2_STORE_MISSES), 0,
     "stores that missed L2 and went to the last-level cache"},
    {"LLC-store-misses", "PAPI_L3_STM", C(LLC_STORE_MISSES), 0,
     "stores that missed the last-level cache"},
    {"LLC-prefetches", NULL, C(PREFETCHES), 0, "lines prefetched into L2"},
    {"LLC-prefetch-misses", "PAPI_PRF_DM", C(PREFETCH_LLC_MISSES), 0,
     "prefetched lines that memory answered"},
    {"dTLB-loads", NULL, C(LOADS), 0, "loads, each of which asks the data TLB"},
    {"dTLB-load-misses", NULL, C(DTLB_LOAD_WALKS), 0, "loads that missed every TLB"},
    {"dTLB-stores", NULL, C(STORES), 0, "stores, each of which asks the data TLB"},
    {"dTLB-store-misses", NULL, C(DTLB_STORE_WALKS), 0, "stores that missed every TLB"},
    {"iTLB-loads", NULL, C(L1I_LOADS), 0, "fetches of lines of code, each of which asks the "
                                          "instruction TLB"},
    {"iTLB-load-misses", "PAPI_TLB_IM", C(ITLB_WALKS), 0, "fetches that missed every TLB"},
    {"branch-loads", NULL, C(BRANCHES), 0, "branch instructions, each of which is predicted"},
    {"branch-load-misses", NULL, C(BRANCH_MISSES), 0, "mispredicted branches"},
    {"node-loads", NULL, C(NODE_LOADS), 0, "loads that memory answered"},
    {"node-load-misses", NULL, C(NODE_LOAD_MISSES), 0, "loads that another node's memory answered"},
    {"node-stores", NULL, C(NODE_STORES), 0, "stores that memory answered"},
    {"node-store-misses", NULL, C(NODE_STORE_MISSES), 0,
     "stores that another node's memory answered"},

    /* Our own. L2's have "demand" in their names: perf takes "L2-loads" for LLC-loads. */
    {"atomics", NULL, C(ATOMICS), 0, "atomic read-modify-writes"},
    {"contended-atomics", NULL, C(CONTENDED_ATOMICS), 0,
     "atomics whose line another core had taken"},
    {"transfers", NULL, C(TRANSFERS), 0, "lines that came from another core's cache"},
    {"hitm-local", NULL, C(HITM_LOCAL), 0, "lines modified by another core of the same node"},
    {"hitm-remote", NULL, C(HITM_REMOTE), 0, "lines modified by a core of another node"},
    {"invalidations", NULL, C(INVALIDATIONS), 0,
     "copies in other cores' caches that a write took away"},
    {"false-sharing", NULL, C(FALSE_SHARING), 0, "transfers for which no byte was shared"},
    {"l2-demand-loads", "PAPI_L2_DCR", C(L1D_LOAD_MISSES), 0, "loads that missed L1D and went to L2"},
    {"l2-demand-load-misses", "PAPI_L2_LDM", C(L2_LOAD_MISSES), 0, "loads that missed L2"},
    {"l2-demand-stores", "PAPI_L2_DCW", C(L1D_STORE_MISSES), 0,
     "stores that missed L1D and went to L2"},
    {"l2-demand-store-misses", "PAPI_L2_STM", C(L2_STORE_MISSES), 0, "stores that missed L2"},
    {"second-tlb-loads", NULL, C(DTLB_LOAD_MISSES), 0,
     "loads that missed the first data TLB and went to the second"},
    {"second-tlb-stores", NULL, C(DTLB_STORE_MISSES), 0,
     "stores that missed the first data TLB and went to the second"},
    {"second-tlb-code-loads", NULL, C(ITLB_MISSES), 0,
     "fetches that missed the first instruction TLB and went to the second"},
    {"prefetches", NULL, C(PREFETCHES), 0, "lines prefetched into L2"},
    {"prefetch-misses", NULL, C(PREFETCH_LLC_MISSES), 0, "prefetched lines that memory answered"},

    /* Presets that are no event of perf's. */
    PRESET("BR_PRC", C(BRANCHES), C(BRANCH_MISSES), "branches predicted correctly"),
    PRESET("LST_INS", C(LOADS) | C(STORES), 0, "loads and stores"),
    PRESET("MEM_SCY", C(STALLED_BACKEND), 0, "cycles lost to waiting for memory"),
    PRESET("L1_DCA", C(LOADS) | C(STORES), 0, "accesses to L1D"),
    PRESET("L1_DCR", C(LOADS), 0, "reads of L1D"),
    PRESET("L1_DCW", C(STORES), 0, "writes of L1D"),
    PRESET("L1_DCM", L1D_MISSES, 0, "loads and stores that missed L1D"),
    PRESET("L1_DCH", C(LOADS) | C(STORES), L1D_MISSES, "loads and stores that hit L1D"),
    PRESET("L1_ICR", C(L1I_LOADS), 0, "lines of code fetched from L1I"),
    PRESET("L1_ICH", C(L1I_LOADS), C(L1I_MISSES), "fetches of code that hit L1I"),
    PRESET("L1_TCM", L1D_MISSES | C(L1I_MISSES), 0, "loads, stores and code that missed L1"),
    PRESET("L1_TCA", C(LOADS) | C(STORES) | C(L1I_LOADS), 0, "accesses to L1, data and code"),
    PRESET("L2_DCA", L1D_MISSES, 0, "loads and stores that went to L2"),
    PRESET("L2_DCM", L2_MISSES, 0, "loads and stores that missed L2"),
    PRESET("L2_DCH", L1D_MISSES, L2_MISSES, "loads and stores that hit L2"),
    PRESET("L2_ICA", C(L1I_MISSES), 0, "fetches of code that went to L2"),
    PRESET("L2_ICR", C(L1I_MISSES), 0, "fetches of code that went to L2"),
    PRESET("L2_ICM", C(L2_CODE_MISSES), 0, "lines of code that missed L2"),
    PRESET("L2_ICH", C(L1I_MISSES), C(L2_CODE_MISSES), "fetches of code that hit L2"),
    PRESET("L2_TCA", L1D_MISSES | C(L1I_MISSES), 0, "loads, stores and code that went to L2"),
    PRESET("L2_TCR", C(L1D_LOAD_MISSES) | C(L1I_MISSES), 0, "loads and code that went to L2"),
    PRESET("L2_TCW", C(L1D_STORE_MISSES), 0, "stores that went to L2"),
    PRESET("L2_TCM", L2_MISSES | C(L2_CODE_MISSES), 0, "loads, stores and code that missed L2"),
    PRESET("L2_TCH", L1D_MISSES | C(L1I_MISSES), L2_MISSES | C(L2_CODE_MISSES),
           "loads, stores and code that hit L2"),
    PRESET("L3_DCA", L2_MISSES, 0, "loads and stores that went to the last-level cache"),
    PRESET("L3_DCM", LLC_MISSES, 0, "loads and stores that missed the last-level cache"),
    PRESET("L3_DCH", L2_MISSES, LLC_MISSES, "loads and stores that hit the last-level cache"),
    PRESET("L3_ICA", C(L2_CODE_MISSES), 0, "fetches of code that went to the last-level cache"),
    PRESET("L3_ICR", C(L2_CODE_MISSES), 0, "fetches of code that went to the last-level cache"),
    PRESET("L3_ICM", C(LLC_CODE_MISSES), 0, "lines of code that missed the last-level cache"),
    PRESET("L3_ICH", C(L2_CODE_MISSES), C(LLC_CODE_MISSES),
           "fetches of code that hit the last-level cache"),
    PRESET("L3_TCR", C(L2_LOAD_MISSES) | C(L2_CODE_MISSES), 0,
           "loads and code that went to the last-level cache"),
    PRESET("L3_TCW", C(L2_STORE_MISSES), 0, "stores that went to the last-level cache"),
    PRESET("L3_TCH", L2_MISSES | C(L2_CODE_MISSES), LLC_MISSES | C(LLC_CODE_MISSES),
           "loads, stores and code that hit the last-level cache"),
    PRESET("TLB_DM", C(DTLB_LOAD_WALKS) | C(DTLB_STORE_WALKS), 0,
           "loads and stores that missed every TLB"),
    PRESET("TLB_TL", C(DTLB_LOAD_WALKS) | C(DTLB_STORE_WALKS) | C(ITLB_WALKS), 0,
           "loads, stores and code that missed every TLB"),
    {NULL, NULL, 0, 0, NULL},
};

static const struct hwp_model_event *by_encoding(uint32_t type, uint64_t config)
{
    struct hwp_generic row;

    for (const struct hwp_model_event *ev = hwp_model_events; ev->name; ev++)
        if (hwp_generic_find(ev->name, &row) && row.type == type && row.config == config)
            return ev;
    return NULL;
}

const struct hwp_model_event *hwp_model_event_find(const char *name)
{
    hwp_cleanup(hwp_free_cleanup) char *plain = hwp_strndup(name, strcspn(name, ":"));
    struct hwp_generic row;

    for (const struct hwp_model_event *ev = hwp_model_events; ev->name; ev++)
        if (strcmp(ev->name, plain) == 0 || (ev->papi && strcmp(ev->papi, plain) == 0))
            return ev;
    return hwp_generic_find(plain, &row) ? by_encoding(row.type, row.config) : NULL;
}

static const char *why_not(const struct hwp_encoding *enc)
{
    switch (enc->attr.type) {
    case PERF_TYPE_SOFTWARE:
        return enc->is_clock ? "the modelled PMU counts cycles of its own, not time"
                             : "the kernel counts it, and kernel code is not modelled";
    case PERF_TYPE_TRACEPOINT:
        return "a tracepoint: kernel code is not modelled";
    case PERF_TYPE_BREAKPOINT:
        return "watchpoints are the hardware's own";
    case PERF_TYPE_HARDWARE:
    case PERF_TYPE_HW_CACHE:
        return "the modelled PMU has no such event";
    default:
        return enc->per_cpu_only ? "an uncore event: no such unit is modelled"
                                 : "it means something to one kind of CPU only";
    }
}

/* In the kernel's extended encoding the upper half of a hardware event names the PMU. */
static const struct hwp_model_event *find(const struct hwp_encoding *enc)
{
    if (enc->preset)
        return hwp_model_event_find(enc->preset);
    if (!enc->unavailable &&
        (enc->attr.type == PERF_TYPE_HARDWARE || enc->attr.type == PERF_TYPE_HW_CACHE))
        return by_encoding(enc->attr.type, enc->attr.config & UINT32_MAX);
    /* A preset that stands for one native event keeps its own name. */
    if (enc->unavailable || strncmp(enc->name, "PAPI_", 5) == 0)
        return hwp_model_event_find(enc->name);
    return NULL;
}

const struct hwp_model_event *hwp_model_event_of(const struct hwp_encoding *enc,
                                                 const char **ret_why)
{
    const struct hwp_modifiers *mods = &enc->mods;

    if ((mods->kernel || mods->hypervisor) && !mods->user) {
        *ret_why = "kernel code is not modelled";
        return NULL;
    }
    if (mods->guest && !mods->host) {
        *ret_why = "guests are not modelled";
        return NULL;
    }
    const struct hwp_model_event *ev = find(enc);
    if (!ev)
        *ret_why = why_not(enc);
    return ev;
}

uint64_t hwp_model_event_value(const struct hwp_model_event *ev,
                               const uint64_t counters[HWM_NR_COUNTERS])
{
    uint64_t plus = 0, minus = 0;

    for (unsigned i = 0; i < HWM_NR_COUNTERS; i++) {
        plus += ev->plus >> i & 1 ? counters[i] : 0;
        minus += ev->minus >> i & 1 ? counters[i] : 0;
    }
    return plus > minus ? plus - minus : 0;
}
