/*
 * The machine that the modelled PMU models: from hwloc (this machine, an XML file, a synthetic
 * string) or a named preset, with what hwloc doesn't know (latencies, TLBs, associativity)
 * from a table of microarchitectures, and single values as the user sets them.
 *
 * A loaded machine is a topology, for plans and reports, and the description that the tool reads.
 * One thread at a time.
 */
#ifndef HWP_COUNTERS_MODEL_MACHINE_H
#define HWP_COUNTERS_MODEL_MACHINE_H

#include "base/error.h"
#include "base/vec.h"
#include "counters/model/protocol.h"
#include "topology/mempolicy.h"
#include "topology/plan.h"
#include "topology/topology.h"

HWP_VEC_TYPE(hwp_texts, char *);

struct hwp_model_machine {
    char *name;                 /* as asked: "this", "skx2", a file … */
    struct hwp_topology *topology; /* owned */
    struct hwm_machine machine;
    struct hwp_texts assumed;   /* what nobody said and a default was taken for: "L2 1 MiB 8-way" */
};

/* `name`: "this" (or NULL), a preset's name, the path of an XML file, or an hwloc synthetic string,
 * tried in that order. `settings`: NULL or "KEY=VALUE,…": see hwp_model_settings. Fills everything
 * of ret->machine but slots, policy, directory, from, instructions and the flags FOLLOW and CHAINS. */
struct hwp_error *hwp_model_machine_load(const char *name, const char *settings,
                                         struct hwp_model_machine *ret) hwp_must_use;
void hwp_model_machine_deinit(struct hwp_model_machine *m);

/* Where tasks go: the plan's CPUs as cores of the machine. An empty plan (--pin none) is all cores
 * in turn. */
void hwp_model_machine_place(struct hwp_model_machine *m, const struct hwp_plan *plan);

/* The workload's memory policy: OS node numbers to the machine's nodes. */
void hwp_model_machine_memory(struct hwp_model_machine *m, const struct hwp_mempolicy *policy);

/* A preset: name and one line about it, for --help and lists; NULL-terminated by name. */
struct hwp_model_preset_info {
    const char *name, *summary;
};
const struct hwp_model_preset_info *hwp_model_presets(void);

/* A setting that --machine-set takes: "l1d=BYTES/WAYS[/LATENCY]". NULL-terminated by key. */
struct hwp_model_setting_info {
    const char *key, *form, *summary;
};
const struct hwp_model_setting_info *hwp_model_settings(void);

/* The machine as lines of "what  value" for `hwprof topo`: caches, TLBs, latencies. Caller frees. */
char *hwp_model_machine_text(const struct hwp_model_machine *m);

#endif
