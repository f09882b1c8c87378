/*
 * What hwprof and the modelled PMU say to each other. hwprof writes one machine description
 * (struct hwm_machine) to a file and names it to the tool; each process image the tool runs writes
 * one stream of records to a file of its own. Both sides are built together, on one machine, so
 * the structs travel as they lie in memory; `magic` and `size` tell two builds apart.
 *
 * Plain data: no pointers, no libc. Times are in ticks of the modelled cores, HWM_TICKS to a
 * cycle.
 */
#ifndef HWP_COUNTERS_MODEL_PROTOCOL_H
#define HWP_COUNTERS_MODEL_PROTOCOL_H

#include <stdint.h>

#define HWM_MAGIC     0x314d5748u /* "HWM1" */
#define HWM_TICKS     256         /* ticks of a core's clock in a cycle */
#define HWM_MAX_CORES 256
#define HWM_MAX_NODES 16
#define HWM_MAX_SLOTS 1024
#define HWM_PAGE_BITS 12
#define HWM_PAGE_BYTES (1u << HWM_PAGE_BITS)

enum hwm_counter {
#define HWM_COUNTER(id, text) HWM_##id,
#include "counters.def"
#undef HWM_COUNTER
    HWM_NR_COUNTERS
};

/* --- the machine ----------------------------------------------------------------------------- */

struct hwm_cache_geometry {
    uint32_t bytes;  /* 0: there is none */
    uint32_t ways;   /* divides bytes / line_bytes; the number of sets may be any */
    uint32_t latency; /* cycles from the core to the data, on a hit */
};

struct hwm_tlb_geometry {
    uint32_t entries; /* 0: there is none (it never misses) */
    uint32_t ways;
    uint32_t latency; /* cycles that an access pays which misses the level before and hits here */
};

struct hwm_core_place {
    uint16_t l3;      /* domain, 0 … nr_l3 - 1 */
    uint16_t node;    /* 0 … nr_nodes - 1 */
    uint16_t package;
    uint16_t cpu;     /* OS number of its first CPU, as the reports show it */
};

enum hwm_policy { HWM_POLICY_DEFAULT, HWM_POLICY_BIND, HWM_POLICY_INTERLEAVE, HWM_POLICY_PREFERRED };

struct hwm_memory_policy {
    uint32_t kind;  /* enum hwm_policy */
    uint32_t nodes; /* bit i: node i */
};

enum hwm_flag {
    HWM_FOLLOW = 1,      /* model processes that the workload starts, too */
    HWM_CHAINS = 2,      /* keep costs apart by call chain */
    HWM_PREFETCH = 4,    /* the stream prefetcher of L2 */
    HWM_ADJACENT = 8,    /* L2 fetches the other half of a 128-byte pair, too */
    HWM_PREDICTOR = 16,  /* the branch predictor */
    HWM_ALLOCATIONS = 32, /* remember where heap objects were allocated */
};

struct hwm_machine {
    uint32_t magic, size; /* HWM_MAGIC, sizeof(struct hwm_machine) */
    uint32_t flags;       /* enum hwm_flag */
    uint32_t mhz;         /* turns cycles into time */

    uint32_t nr_cores, nr_l3, nr_nodes, nr_packages;
    struct hwm_core_place cores[HWM_MAX_CORES];
    uint32_t nr_slots;               /* where new tasks go, fewest live tasks first, in order */
    uint16_t slots[HWM_MAX_SLOTS];   /* core index of each */

    uint32_t line_bytes; /* of every cache */
    struct hwm_cache_geometry l1i, l1d, l2, l3; /* l1i, l1d, l2: of each core; l3: of a domain */
    struct hwm_tlb_geometry itlb, dtlb, stlb;   /* stlb.latency: of a hit there */
    uint32_t walk_cycles;  /* of a page walk that finds its tables in cache */

    uint32_t cpi_ticks;         /* base cost of an instruction */
    uint32_t mispredict_cycles; /* of a mispredicted branch */
    uint32_t atomic_cycles;     /* of an atomic on a line that is at hand */
    uint32_t forward_cycles;    /* from a store to a load of the same word behind it */
    uint32_t overlap_percent;   /* of a load's latency beyond L1 that is not hidden by other work */
    uint32_t store_overlap_percent; /* the same for a store, behind the store buffer */
    uint32_t store_buffer;      /* entries */

    uint32_t transfer_l3;      /* cycles for a line from another core's cache in the same L3 */
    uint32_t transfer_node;    /* from another L3 domain of the node */
    uint32_t transfer_remote;  /* from another node */
    uint32_t dram_cycles[HWM_MAX_NODES][HWM_MAX_NODES]; /* from core's node to memory's node,
                                                           whole latency of an access */
    uint32_t dram_service_ticks; /* a controller's time per line: line_bytes / bandwidth */

    struct hwm_memory_policy policy; /* of the workload, as it starts */
    uint32_t slice_cycles;  /* how far a core may run ahead of the slowest */
    uint64_t seed;          /* of every choice that is free: who goes first among equals */
    uint64_t instructions;  /* model so many, then let the workload run on unmodelled; 0: all */
    char from[256];         /* model from the first call of this function on; "": from the start */
    char directory[256];    /* where the streams and the status go */
};

/* --- the status file: `directory`/status, mapped or read while the workload runs ------------------ */

struct hwm_status { /* one per process image: `directory`/status.PID.N, rewritten now and then */
    uint64_t instructions; /* modelled so far */
    uint64_t ticks;        /* of the core that is ahead */
    uint32_t tasks, modelling; /* live tasks; whether it is inside the region to model */
};

/* --- the stream: `directory`/stream.PID.N ------------------------------------------------------ */

enum hwm_record_type {
    HWM_RECORD_PROCESS = 1, /* first record of a stream */
    HWM_RECORD_MAP,         /* an executable mapping, in time order with the records around it */
    HWM_RECORD_TASK,        /* a task began */
    HWM_RECORD_CHAIN,       /* a call chain; parents come before their children */
    HWM_RECORD_COST,        /* what one instruction cost one task under one chain */
    HWM_RECORD_LINE,        /* a line that cores fought over; hwm_record_access of it follow */
    HWM_RECORD_ACCESS,
    HWM_RECORD_CORE,        /* totals of a core, at the end */
    HWM_RECORD_END,         /* last record of a stream that was written whole */
    HWM_RECORD_TASK_END,
    HWM_RECORD_NOTE,        /* something the reader should know; text follows */
};

struct hwm_record { /* every record begins so; `size` counts all of it, a multiple of 8 */
    uint32_t type, size;
    uint64_t ticks; /* when; costs: up to when they were summed */
};

struct hwm_record_process {
    struct hwm_record head;
    uint32_t pid, ppid;
    uint32_t forked; /* 1: continues its parent's image (no exec of its own) */
    uint32_t pad;
    char name[]; /* the executable, '\0' */
};

struct hwm_record_map {
    struct hwm_record head;
    uint64_t start, length, offset, inode;
    uint32_t device_major, device_minor;
    char name[]; /* file, "[vdso]", or "//anon" */
};

struct hwm_record_task {
    struct hwm_record head;
    uint32_t tid, core; /* core: index in the machine */
    char name[16];      /* comm */
};

#define HWM_NO_CHAIN 0xffffffffu

struct hwm_record_chain {
    struct hwm_record head;
    uint32_t id, parent; /* parent: HWM_NO_CHAIN at the outermost */
    uint64_t caller;     /* the return address into the caller */
    uint64_t entry;      /* where the call went: the function's first instruction, or its PLT entry's */
};

struct hwm_record_cost {
    struct hwm_record head;
    uint64_t ip;
    uint32_t tid, core;
    uint32_t chain;    /* HWM_NO_CHAIN: none is known */
    uint32_t pad;
    uint64_t which;    /* bit i: counter i follows */
    uint64_t values[]; /* in counter order; CYCLES, STALLED_* in cycles */
};
_Static_assert(HWM_NR_COUNTERS <= 64, "hwm_record_cost.which has 64 bits");

enum hwm_object {
    HWM_OBJECT_UNKNOWN,
    HWM_OBJECT_HEAP,
    HWM_OBJECT_STACK,
    HWM_OBJECT_STATIC,
    HWM_OBJECT_THREAD, /* thread-local variables and what the libc keeps of a thread */
    HWM_OBJECT_MAPPING /* none of these: memory that the program has mapped itself */
};

struct hwm_record_line {
    struct hwm_record head;
    uint64_t address; /* of the line's first byte */
    uint64_t transfers, false_transfers, invalidations, contended_atomics, stall_ticks;
    uint32_t object;  /* enum hwm_object */
    uint32_t object_tid; /* whose stack, whose thread-local variables */
    uint64_t object_address, object_bytes; /* heap: the allocation; mapping: its extent */
    uint64_t allocator[8]; /* heap: return addresses from the allocation outwards, 0-terminated if
                              fewer */
};

enum hwm_access { HWM_LOAD, HWM_STORE, HWM_RMW };

struct hwm_record_access {
    struct hwm_record head;
    uint64_t line, ip;
    uint32_t tid, core;
    uint16_t offset, bytes; /* within the line */
    uint32_t kind;          /* enum hwm_access */
    uint64_t count, transfers;
};

struct hwm_record_core {
    struct hwm_record head;
    uint32_t core, pad;
    uint64_t ticks;        /* of its clock */
    uint64_t instructions;
    uint64_t idle_ticks;   /* of them, waiting for something to run */
};

struct hwm_record_note {
    struct hwm_record head;
    char text[];
};

#endif
