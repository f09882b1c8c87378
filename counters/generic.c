#include "counters/generic.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/attr.h"

#define HARDWARE(name, alias, id, text)                                                           \
    {name, alias, PERF_TYPE_HARDWARE, PERF_COUNT_HW_##id, text}
#define SOFTWARE(name, alias, id, text)                                                           \
    {name, alias, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_##id, text}

static const struct hwp_generic rows[] = {
    HARDWARE("cycles", "cpu-cycles", CPU_CYCLES, "core clock cycles while not halted"),
    HARDWARE("instructions", NULL, INSTRUCTIONS, "retired instructions"),
    HARDWARE("cache-references", NULL, CACHE_REFERENCES, "accesses to the last-level cache, mostly"),
    HARDWARE("cache-misses", NULL, CACHE_MISSES, "misses of the last-level cache, mostly"),
    HARDWARE("branches", "branch-instructions", BRANCH_INSTRUCTIONS, "retired branches"),
    HARDWARE("branch-misses", NULL, BRANCH_MISSES, "mispredicted branches"),
    HARDWARE("bus-cycles", NULL, BUS_CYCLES, "bus clock cycles"),
    HARDWARE("stalled-cycles-frontend", "idle-cycles-frontend", STALLED_CYCLES_FRONTEND,
             "cycles in which issue waited for instructions"),
    HARDWARE("stalled-cycles-backend", "idle-cycles-backend", STALLED_CYCLES_BACKEND,
             "cycles in which instructions waited for resources"),
    HARDWARE("ref-cycles", NULL, REF_CPU_CYCLES, "cycles at a fixed rate, whatever the frequency"),
    SOFTWARE("cpu-clock", NULL, CPU_CLOCK, "time on CPU, by the CPU's timer"),
    SOFTWARE("task-clock", NULL, TASK_CLOCK, "time on CPU of the task"),
    SOFTWARE("page-faults", "faults", PAGE_FAULTS, "page faults"),
    SOFTWARE("context-switches", "cs", CONTEXT_SWITCHES, "switches to another task"),
    SOFTWARE("cpu-migrations", "migrations", CPU_MIGRATIONS, "moves to another CPU"),
    SOFTWARE("minor-faults", NULL, PAGE_FAULTS_MIN, "page faults served without I/O"),
    SOFTWARE("major-faults", NULL, PAGE_FAULTS_MAJ, "page faults that needed I/O"),
    SOFTWARE("alignment-faults", NULL, ALIGNMENT_FAULTS, "unaligned accesses the kernel fixed up"),
    SOFTWARE("emulation-faults", NULL, EMULATION_FAULTS, "instructions the kernel emulated"),
    SOFTWARE("dummy", NULL, DUMMY, "counts nothing; carries records of maps and tasks"),
    SOFTWARE("bpf-output", NULL, BPF_OUTPUT, "written by BPF programs"),
    SOFTWARE("cgroup-switches", NULL, CGROUP_SWITCHES, "switches to a task of another cgroup"),
};

/* The three parts of a cache event's name. The first spelling is the canonical one. */
struct part {
    uint8_t id;
    const char *names[6];
};

static const struct part caches[] = {
    {PERF_COUNT_HW_CACHE_L1D, {"L1-dcache", "l1-d", "l1d", "L1-data"}},
    {PERF_COUNT_HW_CACHE_L1I, {"L1-icache", "l1-i", "l1i", "L1-instruction"}},
    {PERF_COUNT_HW_CACHE_LL, {"LLC", "L2"}},
    {PERF_COUNT_HW_CACHE_DTLB, {"dTLB", "d-tlb", "Data-TLB"}},
    {PERF_COUNT_HW_CACHE_ITLB, {"iTLB", "i-tlb", "Instruction-TLB"}},
    {PERF_COUNT_HW_CACHE_BPU, {"branch", "branches", "bpu", "btb", "bpc"}},
    {PERF_COUNT_HW_CACHE_NODE, {"node"}},
};

static const struct part ops[] = {
    {PERF_COUNT_HW_CACHE_OP_READ, {"load", "loads", "read"}},
    {PERF_COUNT_HW_CACHE_OP_WRITE, {"store", "stores", "write"}},
    {PERF_COUNT_HW_CACHE_OP_PREFETCH,
     {"prefetch", "prefetches", "speculative-read", "speculative-load"}},
};

static const struct part results[] = {
    {PERF_COUNT_HW_CACHE_RESULT_ACCESS, {"refs", "Reference", "ops", "access"}},
    {PERF_COUNT_HW_CACHE_RESULT_MISS, {"misses", "miss"}},
};

#define R (1u << PERF_COUNT_HW_CACHE_OP_READ)
#define W (1u << PERF_COUNT_HW_CACHE_OP_WRITE)
#define P (1u << PERF_COUNT_HW_CACHE_OP_PREFETCH)

/* Which operations exist for each cache: one doesn't store to an instruction cache. */
static const uint8_t valid_ops[] = {
    [PERF_COUNT_HW_CACHE_L1D] = R | W | P,  [PERF_COUNT_HW_CACHE_L1I] = R | P,
    [PERF_COUNT_HW_CACHE_LL] = R | W | P,   [PERF_COUNT_HW_CACHE_DTLB] = R | W | P,
    [PERF_COUNT_HW_CACHE_ITLB] = R,         [PERF_COUNT_HW_CACHE_BPU] = R,
    [PERF_COUNT_HW_CACHE_NODE] = R | W | P,
};

/* The part whose spelling is the longest prefix of *text that ends at '-' or the end; advances
 * *text past it and the dash. -1 if there is none. */
static int take_part(const struct part *parts, size_t n, const char **text)
{
    size_t best = 0;
    int found = -1;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < hwp_array_size(parts[i].names) && parts[i].names[j]; j++) {
            size_t len = strlen(parts[i].names[j]);
            if (len > best && strncasecmp(*text, parts[i].names[j], len) == 0 &&
                ((*text)[len] == '-' || !(*text)[len])) {
                best = len;
                found = parts[i].id;
            }
        }
    }
    if (found >= 0)
        *text += best + ((*text)[best] == '-' && (*text)[best + 1] ? 1 : 0);
    return found;
}

/* Cache [- op] [- result], the latter two in either order: a read and an access if not said. */
static bool find_cache(const char *name, uint64_t *ret)
{
    const char *rest = name;
    int cache = take_part(caches, hwp_array_size(caches), &rest);
    int op = -1, result = -1;

    if (cache < 0)
        return false;
    for (int i = 0; i < 2 && *rest; i++) {
        int *into = &op;
        int id = op < 0 ? take_part(ops, hwp_array_size(ops), &rest) : -1;
        if (id < 0 && result < 0) {
            id = take_part(results, hwp_array_size(results), &rest);
            into = &result;
        }
        if (id < 0)
            return false;
        *into = id;
    }
    if (*rest)
        return false;
    if (op < 0)
        op = PERF_COUNT_HW_CACHE_OP_READ;
    if (result < 0)
        result = PERF_COUNT_HW_CACHE_RESULT_ACCESS;
    if (!(valid_ops[cache] >> op & 1))
        return false;
    *ret = (uint64_t)cache | (uint64_t)op << 8 | (uint64_t)result << 16;
    return true;
}

bool hwp_generic_find(const char *name, struct hwp_generic *ret)
{
    uint64_t config;

    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        if (strcmp(rows[i].name, name) == 0 ||
            (rows[i].alias && strcmp(rows[i].alias, name) == 0)) {
            *ret = rows[i];
            return true;
        }
    }
    if (!find_cache(name, &config))
        return false;
    *ret = (struct hwp_generic){.type = PERF_TYPE_HW_CACHE, .config = config};
    return true;
}

static void each_of_cache(const struct part *cache, hwp_generic_fn *fn, void *ctx)
{
    static const char *const plural[] = {"loads", "stores", "prefetches"};

    for (unsigned op = 0; op < hwp_array_size(ops); op++) {
        if (!(valid_ops[cache->id] >> op & 1))
            continue;
        for (unsigned miss = 0; miss < 2; miss++) {
            char name[64], text[96];

            snprintf(name, sizeof(name), "%s-%s%s", cache->names[0],
                     miss ? ops[op].names[0] : plural[op], miss ? "-misses" : "");
            snprintf(text, sizeof(text), "%s %s%s", cache->names[0], ops[op].names[0],
                     miss ? " misses" : " accesses");
            struct hwp_generic row = {name, NULL, PERF_TYPE_HW_CACHE,
                                      cache->id | op << 8 | miss << 16, text};
            fn(ctx, &row);
        }
    }
}

void hwp_generic_each(hwp_generic_fn *fn, void *ctx)
{
    for (size_t i = 0; i < hwp_array_size(rows); i++)
        fn(ctx, &rows[i]);
    for (size_t i = 0; i < hwp_array_size(caches); i++)
        each_of_cache(&caches[i], fn, ctx);
}
