/*
 * Costs with call chains, fewer of them. A function's instructions times the chains that it was
 * called through may be too many: a recursive program's would fill the disk. Of functions with more
 * pairs than HWP_MODEL_PAIRS, and of all once HWP_MODEL_ALL_PAIRS are kept, the costs of every
 * instruction (over all chains) and of every chain (over all instructions) are kept instead, both
 * exactly, and samples are made that add up to both: at most as many as there are instructions and
 * chains together. Which instruction cost how much in which chain is then not known.
 *
 * (The samples are the north-west corner solution of the transport problem whose supplies are the
 * instructions' costs and whose demands the chains' are.)
 *
 * One thread at a time.
 */
#ifndef HWP_COUNTERS_MODEL_FOLD_H
#define HWP_COUNTERS_MODEL_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/map.h"
#include "base/vec.h"

struct hwp_model_costs { /* of an instruction, or of a chain */
    uint64_t of;         /* address or id */
    size_t values;       /* index of the first column's */
};
HWP_VEC_TYPE(hwp_model_cost_list, struct hwp_model_costs);

#define HWP_MODEL_PAIRS     2000u
#define HWP_MODEL_ALL_PAIRS 200000u

struct hwp_model_pair {
    uint64_t ip;
    uint32_t chain;
    size_t values;
};

struct hwp_model_function { /* as one task on one core ran it */
    uint32_t tid, core;
    HWP_VEC(struct hwp_model_pair) pairs;
    bool folded;                            /* the pairs are in these: */
    struct hwp_model_cost_list ips, chains; /* in order of appearance */
};

struct hwp_model_fold {
    size_t nr_columns;
    HWP_VEC(struct hwp_model_function) functions;
    HWP_VEC(uint64_t) values;
    struct hwp_map function_of, ip_of, chain_of;
    size_t nr_pairs;
    uint64_t nr_folded; /* functions, since the beginning */
};

/* `entry`: where the function begins. `values`: one per column. */
void hwp_model_fold_add(struct hwp_model_fold *f, uint32_t tid, uint32_t core, uint64_t entry,
                        uint64_t ip, uint32_t chain, const uint64_t *values);

struct hwp_model_folded {
    uint32_t tid, core;
    uint64_t ip;
    uint32_t chain;
    size_t column;
    uint64_t value;
};

/* Calls fn for each sample to make, and forgets all. */
struct hwp_error *hwp_model_fold_flush(struct hwp_model_fold *f,
                                       struct hwp_error *(*fn)(void *ctx,
                                                               const struct hwp_model_folded *s),
                                       void *ctx) hwp_must_use;
void hwp_model_fold_deinit(struct hwp_model_fold *f);

#endif
