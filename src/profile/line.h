/*
 * Contended cache lines: lines of memory that moved between cores, who they belong to, and which
 * instructions of which tasks used which bytes of them. A part of the run (run.h); only the
 * modelled PMU knows it.
 *
 * Addresses are those of the process; `loc` fields are the same places as locations of a profile,
 * which the reader fills in. Plain data but for the two arrays. One thread at a time.
 */
#ifndef HWP_PROFILE_LINE_H
#define HWP_PROFILE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/vec.h"

#define HWP_NO_LOC         UINT32_MAX
#define HWP_LINE_CALLERS   8
#define HWP_LINE_BYTES_MAX 4096

enum hwp_line_object {
    HWP_LINE_UNKNOWN, /* perhaps a variable */
    HWP_LINE_HEAP,
    HWP_LINE_STACK,
    HWP_LINE_STATIC,
    HWP_LINE_THREAD,  /* thread-local variables, and what the libc keeps of a thread */
    HWP_LINE_MAPPING, /* none of these: memory that the program has mapped itself */
};

enum hwp_line_access_kind { HWP_LINE_LOAD, HWP_LINE_STORE, HWP_LINE_ATOMIC };

struct hwp_cache_line {
    uint64_t address; /* of its first byte */
    uint64_t time_ns; /* by the recording's clock; its addresses were mapped then */
    int32_t pid;
    uint32_t object;  /* enum hwp_line_object */
    uint64_t transfers;         /* times it came from another core's cache */
    uint64_t false_transfers;   /* of them, those for which no byte was shared */
    uint64_t invalidations;     /* copies that a write took away */
    uint64_t contended_atomics; /* atomics that found it taken */
    uint64_t stall_cycles;      /* that cores waited for it */
    uint64_t object_address, object_bytes; /* heap: the allocation; 0 bytes: not known.
                                              mapping: its extent */
    int32_t object_tid;         /* whose stack or thread-local variables; 0: not known */
    uint32_t anchor_loc;        /* where `anchor` is */
    uint64_t anchor;            /* start of the nearest mapped code below, which a variable's address
                                   is told from; 0: none */
    uint64_t callers[HWP_LINE_CALLERS]; /* heap: return addresses, from the allocation outwards;
                                           0-terminated if fewer */
    uint32_t caller_locs[HWP_LINE_CALLERS]; /* of the calls: one byte before */
    uint64_t first_access; /* index into accesses */
    uint64_t nr_accesses;
};

/* What one instruction of one task did to one word. */
struct hwp_line_access {
    uint64_t ip;
    uint64_t count;
    uint64_t transfers; /* of those, for which the line had to come from another core */
    int32_t tid;
    uint32_t cpu;       /* OS number */
    uint16_t offset, bytes; /* within the line */
    uint32_t kind;      /* enum hwp_line_access_kind */
    uint32_t loc;
    uint32_t reserved;
};

struct hwp_cache_lines {
    uint32_t line_bytes;  /* 0: lines were not looked at */
    uint64_t nr_seen;     /* lines that moved at all; those with the fewest transfers may be left out */
    uint64_t transfers, false_transfers; /* of all that were seen */
    HWP_VEC(struct hwp_cache_line) lines; /* most transfers first */
    HWP_VEC(struct hwp_line_access) accesses; /* those of a line together */
};

void hwp_cache_lines_deinit(struct hwp_cache_lines *lines);

/* Orders lines by transfers (then invalidations, then address) and drops all but the first `max`,
 * with their accesses. Sums of all stay. */
void hwp_cache_lines_rank(struct hwp_cache_lines *lines, size_t max);

/* As bytes of the recording's own section, and back. Locations don't travel. */
void hwp_cache_lines_encode(const struct hwp_cache_lines *lines, struct hwp_str *out);

/* False for what is not such bytes; *ret is then empty. */
bool hwp_cache_lines_decode(const void *bytes, size_t size, struct hwp_cache_lines *ret);

#endif
