/*
 * Inside the modelled machine: the tables of microarchitectures and presets, and the steps from a
 * topology to struct hwm_machine. Private to counters/model_machine*.c, model_presets.c and
 * model_settings.c.
 */
#ifndef HWP_COUNTERS_MODEL_MACHINE_PRIVATE_H
#define HWP_COUNTERS_MODEL_MACHINE_PRIVATE_H

#include "base/str.h"
#include "counters/model_machine.h"

/* What a cache of the model can be at most: what the tool allocates for in full. */
#define HWP_MODEL_MAX_CACHE   (UINT32_C(1) << 30)
#define HWP_MODEL_MAX_WAYS    64
#define HWP_MODEL_MAX_ENTRIES 65536
#define HWP_MODEL_MAX_LATENCY 100000

/* A microarchitecture as far as no topology says it. Times of the core are in cycles, of what lies
 * beyond the L3 in ns. */
struct hwp_model_uarch {
    const char *name, *source;
    uint32_t mhz; /* of all cores under load */
    struct hwm_cache_geometry l1i, l1d, l2;
    struct hwm_cache_geometry l3; /* bytes: of each core's share */
    struct hwm_tlb_geometry itlb, dtlb, stlb;
    uint32_t walk_cycles;
    uint32_t ipc_percent; /* instructions per 100 cycles with everything at hand */
    uint32_t mispredict_cycles, atomic_cycles, forward_cycles, store_buffer;
    double transfer_l3_ns, transfer_node_ns, transfer_remote_ns;
    double dram_ns, dram_remote_ns;
    double dram_gb_per_s; /* of a node */
    bool adjacent;        /* L2 fetches pairs of lines */
};

/* Never NULL: the generic one if nothing else fits. */
const struct hwp_model_uarch *hwp_model_uarch_of(const struct hwp_topology *t);

struct hwp_model_preset {
    const char *cpu_model;
    const struct hwp_model_uarch *uarch;
    const char *topology; /* hwloc synthetic, sizes in bytes */
};

/* NULL if there is no such preset. */
const struct hwp_model_preset *hwp_model_preset_find(const char *name);

/* What one machine is built from. */
struct hwp_model_build {
    const struct hwp_topology *topology;
    const struct hwp_model_uarch *uarch;
    bool is_preset; /* what the topology leaves out is the table's, no assumption */
    struct hwm_machine *machine;
    struct hwp_texts *assumed;
};

/* Adds to what was assumed (which a preset has nothing of). */
void hwp_model_assume(const struct hwp_model_build *b, const char *fmt, ...) hwp_printf(2, 3);

/* Takes back what was assumed of `what` ("l2"): the user has said it. */
void hwp_model_unassume(const struct hwp_model_build *b, const char *what);

/* Cores, domains and nodes; then caches; then latencies, by machine->mhz. */
struct hwp_error *hwp_model_build_cores(const struct hwp_model_build *b) hwp_must_use;
void hwp_model_build_caches(const struct hwp_model_build *b);
void hwp_model_build_times(const struct hwp_model_build *b);

/* ns to cycles of the machine, rounded. */
uint32_t hwp_model_cycles(const struct hwm_machine *m, double ns);

/* The setting "mhz", which latencies in ns depend on, comes first; the others at the end. NULL:
 * none. */
struct hwp_error *hwp_model_settings_clock(const char *settings, const struct hwp_model_build *b)
    hwp_must_use;
struct hwp_error *hwp_model_settings_apply(const char *settings, const struct hwp_model_build *b)
    hwp_must_use;

#endif
