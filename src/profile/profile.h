/*
 * The profile: a run and its samples, folded. Nothing after this point knows which source the
 * samples came from.
 *
 * Samples are folded into cells keyed by (event, location, cpu, task, call chain), so memory grows
 * with distinct places, not with samples. Everything refers to everything by index; the arrays
 * never shrink. A location is a DSO and an address inside it, so that it is the same place in
 * every process that maps the file.
 *
 * Ownership: the profile owns all it points to. Built by one thread, then read-only and safe to
 * share.
 */
#ifndef HWP_PROFILE_PROFILE_H
#define HWP_PROFILE_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/map.h"
#include "base/vec.h"
#include "profile/run.h"

#define HWP_BUILD_ID_MAX 20
#define HWP_NO_CHAIN     0u /* chain index 0: no call chain */
#define HWP_NO_CPU       UINT32_MAX /* a cell's cpu where the recording doesn't say (perf record
                                     * of a single task leaves it out) */

struct hwp_task {
    int32_t pid, tid;
    char *comm; /* the last name it had; never NULL */
    uint64_t nr_samples;
};

enum hwp_dso_kind {
    HWP_DSO_USER,    /* an ELF file; addresses are file offsets */
    HWP_DSO_KERNEL,  /* the kernel's own text; addresses are absolute */
    HWP_DSO_MODULE,  /* a kernel module, path "[name]"; addresses are absolute */
    HWP_DSO_VDSO,    /* "[vdso]"; addresses are offsets into it */
    HWP_DSO_ANON,    /* memory without a file (JIT code); addresses are absolute, pid is set */
    HWP_DSO_UNKNOWN, /* no map covered the address; addresses are absolute */
};

struct hwp_dso {
    enum hwp_dso_kind kind;
    char *path;  /* as recorded, with the kernel's " (deleted)" behind it if it was;
                  * "[kernel]", "[vdso]", "//anon", "[unknown]" for the pathless */
    int32_t pid; /* HWP_DSO_ANON only */
    uint8_t build_id[HWP_BUILD_ID_MAX];
    uint8_t build_id_len; /* 0: not recorded */
    uint64_t device, inode; /* of the file mapped first, as makedev() and stat() have them;
                             * inode 0: not recorded */
    uint64_t mapped_at;     /* time of the first map by the recording's clock; 0: before it */
};

struct hwp_loc {
    uint32_t dso;
    uint64_t addr; /* see enum hwp_dso_kind */
};

/* A call chain as a node of a tree shared by all chains: the caller's chain and a location.
 * Index 0 is the empty chain. The innermost frame (the sample's own location) is not part of it. */
struct hwp_chain {
    uint32_t caller; /* chain of the outer frames; HWP_NO_CHAIN at the outermost */
    uint32_t loc;    /* return address's location, minus one byte: inside the call instruction */
};

struct hwp_cell {
    uint32_t event, loc, cpu, task, chain;
    uint64_t samples;
    uint64_t value; /* the sum of the samples' periods: the estimated (or modelled) event count */
};

struct hwp_profile {
    struct hwp_run run;
    HWP_VEC(struct hwp_task) tasks;
    HWP_VEC(struct hwp_dso) dsos;
    HWP_VEC(struct hwp_loc) locs;
    HWP_VEC(struct hwp_chain) chains;
    HWP_VEC(struct hwp_cell) cells;
    char *kallsyms; /* kernel symbols that came with the recording, as the text of /proc/kallsyms
                     * lines ("ffffffff81000000 T _text\n" …); NULL: none */
    struct hwp_fold *fold; /* the indexes used while folding; NULL once sealed */
};

struct hwp_profile *hwp_profile_create(void);
void hwp_profile_destroy(struct hwp_profile *p);
HWP_DEFINE_CLEANUP(hwp_profile_cleanup, struct hwp_profile, hwp_profile_destroy)

/* Find-or-add; each returns an index. `build_id` may be NULL. */
uint32_t hwp_profile_task(struct hwp_profile *p, int32_t pid, int32_t tid);
void hwp_profile_task_name(struct hwp_profile *p, uint32_t task, const char *comm);
uint32_t hwp_profile_dso(struct hwp_profile *p, enum hwp_dso_kind kind, const char *path,
                         int32_t pid, const uint8_t *build_id, size_t build_id_len);
uint32_t hwp_profile_loc(struct hwp_profile *p, uint32_t dso, uint64_t addr);
uint32_t hwp_profile_chain(struct hwp_profile *p, uint32_t caller, uint32_t loc);

/* Folds one sample (samples = 1) or an already aggregated cell in. */
void hwp_profile_add(struct hwp_profile *p, const struct hwp_cell *cell);

/* Ends folding: frees the indexes and sums nr_samples of events and tasks. */
void hwp_profile_seal(struct hwp_profile *p);

#endif
