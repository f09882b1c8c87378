/*
 * Microarchitectures and machines as data.
 *
 * Sources, by the letters at each row: I Intel 64 and IA-32 Optimization Reference Manual (caches,
 * TLBs, store buffers); A AMD Software Optimization Guide for the family; R Arm Neoverse N1 TRM and
 * Software Optimization Guide; W WikiChip's page of the microarchitecture; 7 7-cpu.com; C Chips and
 * Cheese ("AMD's Zen 4, part 2", "A peek at Sapphire Rapids", "Deep diving Neoverse N1"); N
 * AnandTech's reviews of the servers (core to core, local and remote memory); U uops.info and Agner
 * Fog's tables (atomics, mispredictions); M measured by pointer chasing and chains of instructions
 * on an EPYC 9004: 3600 MHz, lock add 8.4 cycles, add to memory 1.0, L1 4.1, STLB +6.9, mis-
 * prediction 18.7.
 *
 * Bandwidth is the memory's peak: channels × MT/s × 8 bytes. Clocks are those of all cores under
 * scalar load. Values without a published figure are marked ~ and are estimates.
 *
 * Store to load is what an increment of memory takes, over and over; cores that rename memory do
 * one a cycle.
 *
 * IPC: 2.0 is typical of integer code in cache on Skylake and Zen 2 (4 wide); later rows multiply
 * by the vendors' gains per clock (Sunny Cove 1.18, Golden Cove 1.19, Zen 3 1.19, Zen 4 1.13).
 */
#include <stdlib.h>
#include <string.h>

#include "counters/model_machine_private.h"

#define KB 1024u
#define MB (1024u * 1024u)

/* --- microarchitectures ---------------------------------------------------------------------- */

static const struct hwp_model_uarch generic = {
    .name = "generic",
    .source = "round numbers near those of Skylake-SP and Zen 2",
    .mhz = 3000,
    .l1i = {32 * KB, 8, 4},
    .l1d = {32 * KB, 8, 4},
    .l2 = {1 * MB, 16, 14},
    .l3 = {2 * MB, 16, 60},
    .itlb = {64, 8, 0},
    .dtlb = {64, 4, 0},
    .stlb = {1536, 12, 8},
    .walk_cycles = 30,
    .ipc_percent = 200,
    .mispredict_cycles = 16,
    .atomic_cycles = 18,
    .forward_cycles = 5,
    .store_buffer = 56,
    .transfer_l3_ns = 45,
    .transfer_node_ns = 80,
    .transfer_remote_ns = 120,
    .dram_ns = 85,
    .dram_remote_ns = 145,
    .dram_gb_per_s = 128,
};

/* Xeon Scalable 1 and 2: I W; L3 20.5 ns (N: 8180), transfer and memory N; mesh at 2.4 GHz. */
static const struct hwp_model_uarch skylake_sp = {
    .name = "Skylake-SP",
    .source = "Intel optimization manual, WikiChip, AnandTech",
    .mhz = 3200,
    .l1i = {32 * KB, 8, 4},
    .l1d = {32 * KB, 8, 4},
    .l2 = {1 * MB, 16, 14},
    .l3 = {1408 * KB, 11, 66},
    .itlb = {128, 8, 0},
    .dtlb = {64, 4, 0},
    .stlb = {1536, 12, 9}, /* 7: 9 cycles */
    .walk_cycles = 26,     /* 7: 17 beyond the STLB's 9 */
    .ipc_percent = 200,
    .mispredict_cycles = 16, /* 7: 16.5 */
    .atomic_cycles = 18,     /* U */
    .forward_cycles = 5,     /* U: 4 to 5 */
    .store_buffer = 56,
    .transfer_l3_ns = 47.5,
    .transfer_node_ns = 60, /* ~ sub-NUMA clusters: a mesh crossing more */
    .transfer_remote_ns = 110,
    .dram_ns = 80,
    .dram_remote_ns = 147.5,
    .dram_gb_per_s = 128, /* 6 × DDR4-2666 */
    .adjacent = true,     /* I: the spatial prefetcher */
};

/* Client Haswell and Broadwell: I 7 U. */
static const struct hwp_model_uarch haswell = {
    .name = "Haswell",
    .source = "Intel optimization manual, 7-cpu.com, uops.info",
    .mhz = 3700,
    .l1i = {32 * KB, 8, 4},
    .l1d = {32 * KB, 8, 4},
    .l2 = {256 * KB, 8, 12},
    .l3 = {2 * MB, 16, 36},
    .itlb = {128, 4, 0},
    .dtlb = {64, 4, 0},
    .stlb = {1024, 8, 8},
    .walk_cycles = 21,
    .ipc_percent = 185, /* ~ Skylake's gain was 8 % */
    .mispredict_cycles = 17,
    .atomic_cycles = 19, /* U */
    .forward_cycles = 5, /* U: 4 to 5 */
    .store_buffer = 42,
    .transfer_l3_ns = 20, /* ~ I: 60 cycles for a modified line, and the way there */
    .transfer_node_ns = 20,
    .transfer_remote_ns = 110,
    .dram_ns = 67, /* 7: 36 cycles + 57 ns */
    .dram_remote_ns = 110,
    .dram_gb_per_s = 25.6, /* 2 × DDR3-1600 */
    .adjacent = true,
};

/* Client Skylake to Comet Lake: I 7. */
static const struct hwp_model_uarch skylake = {
    .name = "Skylake",
    .source = "Intel optimization manual, 7-cpu.com",
    .mhz = 4000,
    .l1i = {32 * KB, 8, 4},
    .l1d = {32 * KB, 8, 4},
    .l2 = {256 * KB, 4, 12},
    .l3 = {2 * MB, 16, 42},
    .itlb = {128, 8, 0},
    .dtlb = {64, 4, 0},
    .stlb = {1536, 12, 9},
    .walk_cycles = 26,
    .ipc_percent = 200,
    .mispredict_cycles = 16,
    .atomic_cycles = 18,
    .forward_cycles = 5,
    .store_buffer = 56,
    .transfer_l3_ns = 22, /* ~ */
    .transfer_node_ns = 22,
    .transfer_remote_ns = 110,
    .dram_ns = 62, /* 7: 42 cycles + 51 ns */
    .dram_remote_ns = 110,
    .dram_gb_per_s = 38.4, /* 2 × DDR4-2400 */
    .adjacent = true,
};

/* Ice Lake-SP (Sunny Cove): I W N. L3 23 ns. */
static const struct hwp_model_uarch ice_lake_sp = {
    .name = "Ice Lake-SP",
    .source = "Intel optimization manual, WikiChip, AnandTech",
    .mhz = 3000,
    .l1i = {32 * KB, 8, 5},
    .l1d = {48 * KB, 12, 5},
    .l2 = {1280 * KB, 20, 14},
    .l3 = {1536 * KB, 12, 69},
    .itlb = {128, 8, 0},
    .dtlb = {64, 4, 0},
    .stlb = {2048, 16, 9}, /* ~ latency as Skylake's */
    .walk_cycles = 26,     /* ~ */
    .ipc_percent = 236,
    .mispredict_cycles = 17,
    .atomic_cycles = 18, /* U */
    .forward_cycles = 5, /* U */
    .store_buffer = 72,
    .transfer_l3_ns = 48,
    .transfer_node_ns = 60, /* ~ */
    .transfer_remote_ns = 120,
    .dram_ns = 66.5,
    .dram_remote_ns = 131,
    .dram_gb_per_s = 204.8, /* 8 × DDR4-3200 */
    .adjacent = true,
};

/* Sapphire Rapids (Golden Cove): I C N. L3 37 ns. */
static const struct hwp_model_uarch sapphire_rapids = {
    .name = "Sapphire Rapids",
    .source = "Intel optimization manual, Chips and Cheese, AnandTech",
    .mhz = 3000,
    .l1i = {32 * KB, 8, 5},
    .l1d = {48 * KB, 12, 5},
    .l2 = {2 * MB, 16, 14},
    .l3 = {1920 * KB, 15, 111},
    .itlb = {256, 8, 0},
    .dtlb = {96, 6, 0},
    .stlb = {2048, 16, 9}, /* ~ latency */
    .walk_cycles = 26,     /* ~ */
    .ipc_percent = 281,
    .mispredict_cycles = 17,
    .atomic_cycles = 18, /* ~ U */
    .forward_cycles = 1, /* C: renamed */
    .store_buffer = 112,
    .transfer_l3_ns = 81,
    .transfer_node_ns = 95, /* ~ */
    .transfer_remote_ns = 170,
    .dram_ns = 109,
    .dram_remote_ns = 190,
    .dram_gb_per_s = 307.2, /* 8 × DDR5-4800 */
    .adjacent = true,
};

/* Zen 2 and Rome: A 7 N. An L3 of 16 MB for four cores. */
static const struct hwp_model_uarch zen2 = {
    .name = "Zen 2",
    .source = "AMD optimization guide 17h, 7-cpu.com, AnandTech",
    .mhz = 3200,
    .l1i = {32 * KB, 8, 4},
    .l1d = {32 * KB, 8, 4},
    .l2 = {512 * KB, 8, 12},
    .l3 = {4 * MB, 16, 39},
    .itlb = {64, 64, 0},
    .dtlb = {64, 64, 0},
    .stlb = {2048, 16, 7},
    .walk_cycles = 30, /* ~ */
    .ipc_percent = 200,
    .mispredict_cycles = 16,
    .atomic_cycles = 17, /* U */
    .forward_cycles = 1, /* U: renamed */
    .store_buffer = 48,
    .transfer_l3_ns = 16,
    .transfer_node_ns = 90,
    .transfer_remote_ns = 200,
    .dram_ns = 95,
    .dram_remote_ns = 180,
    .dram_gb_per_s = 204.8, /* 8 × DDR4-3200 */
};

/* Zen 3 and Milan: A N. An L3 of 32 MB for eight cores. */
static const struct hwp_model_uarch zen3 = {
    .name = "Zen 3",
    .source = "AMD optimization guide 19h, AnandTech",
    .mhz = 3400,
    .l1i = {32 * KB, 8, 4},
    .l1d = {32 * KB, 8, 4},
    .l2 = {512 * KB, 8, 12},
    .l3 = {4 * MB, 16, 46},
    .itlb = {64, 64, 0},
    .dtlb = {64, 64, 0},
    .stlb = {2048, 16, 7},
    .walk_cycles = 30, /* ~ */
    .ipc_percent = 238,
    .mispredict_cycles = 16, /* A: 11 to 18 */
    .atomic_cycles = 8,      /* U */
    .forward_cycles = 8,     /* U */
    .store_buffer = 64,
    .transfer_l3_ns = 18,
    .transfer_node_ns = 90,
    .transfer_remote_ns = 200,
    .dram_ns = 97,
    .dram_remote_ns = 185,
    .dram_gb_per_s = 204.8,
};

/* Zen 4 and Genoa: A C M. L3 50 cycles; transfers N C: 15 to 19 ns in a CCX, 79.5 across. */
static const struct hwp_model_uarch zen4 = {
    .name = "Zen 4",
    .source = "AMD optimization guide 19h 11h, Chips and Cheese, measured on an EPYC 9004",
    .mhz = 3600,
    .l1i = {32 * KB, 8, 4},
    .l1d = {32 * KB, 8, 4},
    .l2 = {1 * MB, 8, 14},
    .l3 = {4 * MB, 16, 50},
    .itlb = {64, 64, 0},
    .dtlb = {72, 72, 0},
    .stlb = {3072, 24, 7}, /* M */
    .walk_cycles = 30,     /* ~ M: 80 with nested paging */
    .ipc_percent = 269,
    .mispredict_cycles = 18, /* M; A: 11 to 18 */
    .atomic_cycles = 8,      /* M */
    .forward_cycles = 1,     /* M: renamed */
    .store_buffer = 64,
    .transfer_l3_ns = 17,
    .transfer_node_ns = 79.5,
    .transfer_remote_ns = 190, /* ~ */
    .dram_ns = 118,            /* ~ */
    .dram_remote_ns = 210,     /* ~ */
    .dram_gb_per_s = 460.8,    /* 12 × DDR5-4800 */
};

/* The same cores on a desktop: memory on two channels, and nearer (C: 73 ns). */
static const struct hwp_model_uarch zen4_desktop = {
    .name = "Zen 4 desktop",
    .source = "AMD optimization guide 19h 61h, Chips and Cheese",
    .mhz = 5000,
    .l1i = {32 * KB, 8, 4},
    .l1d = {32 * KB, 8, 4},
    .l2 = {1 * MB, 8, 14},
    .l3 = {4 * MB, 16, 50},
    .itlb = {64, 64, 0},
    .dtlb = {72, 72, 0},
    .stlb = {3072, 24, 7},
    .walk_cycles = 30, /* ~ */
    .ipc_percent = 269,
    .mispredict_cycles = 18,
    .atomic_cycles = 8,
    .forward_cycles = 1,
    .store_buffer = 64,
    .transfer_l3_ns = 17,
    .transfer_node_ns = 79.5,
    .transfer_remote_ns = 190, /* no such machine: one package */
    .dram_ns = 73,
    .dram_remote_ns = 130,
    .dram_gb_per_s = 83.2, /* 2 × DDR5-5200 */
};

/* Neoverse N1 and Altra: R C N. */
static const struct hwp_model_uarch neoverse_n1 = {
    .name = "Neoverse N1",
    .source = "Arm Neoverse N1 TRM, WikiChip, Chips and Cheese, AnandTech",
    .mhz = 3000,
    .l1i = {64 * KB, 4, 4},
    .l1d = {64 * KB, 4, 4},
    .l2 = {1 * MB, 8, 11},
    .l3 = {1 * MB, 16, 90}, /* ~ 30 ns: the SLC behind a mesh of 1.8 GHz */
    .itlb = {48, 48, 0},
    .dtlb = {48, 48, 0},
    .stlb = {1280, 5, 6}, /* ~ latency */
    .walk_cycles = 30,    /* ~ */
    .ipc_percent = 190,   /* ~ C: a little behind Zen 2's */
    .mispredict_cycles = 11,
    .atomic_cycles = 10,  /* ~ */
    .forward_cycles = 5,  /* ~ */
    .store_buffer = 44,   /* ~ */
    .transfer_l3_ns = 50, /* ~ */
    .transfer_node_ns = 60,
    .transfer_remote_ns = 350, /* N: Altra's sockets are far apart; half of the round trip */
    .dram_ns = 95,
    .dram_remote_ns = 200,  /* ~ */
    .dram_gb_per_s = 204.8, /* 8 × DDR4-3200 */
};

/* --- which processor has which --------------------------------------------------------------- */

static const struct {
    const char *vendor;   /* CPUVendor, or Arm's CPUImplementer */
    unsigned family;      /* 0 for Arm */
    unsigned first, last; /* CPUModelNumber, or Arm's CPUPart */
    const struct hwp_model_uarch *uarch;
} processors[] = {
    {"GenuineIntel", 6, 0x55, 0x55, &skylake_sp}, /* Cascade and Cooper Lake, too */
    {"GenuineIntel", 6, 0x3c, 0x3d, &haswell},
    {"GenuineIntel", 6, 0x45, 0x47, &haswell},
    {"GenuineIntel", 6, 0x4e, 0x4e, &skylake},
    {"GenuineIntel", 6, 0x5e, 0x5e, &skylake},
    {"GenuineIntel", 6, 0x8e, 0x8e, &skylake},
    {"GenuineIntel", 6, 0x9e, 0x9e, &skylake},
    {"GenuineIntel", 6, 0xa5, 0xa6, &skylake},
    {"GenuineIntel", 6, 0x6a, 0x6a, &ice_lake_sp},
    {"GenuineIntel", 6, 0x6c, 0x6c, &ice_lake_sp},
    {"GenuineIntel", 6, 0x8f, 0x8f, &sapphire_rapids},
    {"GenuineIntel", 6, 0xcf, 0xcf, &sapphire_rapids}, /* Emerald Rapids */
    {"AuthenticAMD", 0x17, 0x30, 0x7f, &zen2},
    {"AuthenticAMD", 0x17, 0xa0, 0xaf, &zen2},
    {"AuthenticAMD", 0x19, 0x00, 0x0f, &zen3},
    {"AuthenticAMD", 0x19, 0x20, 0x5f, &zen3},
    {"AuthenticAMD", 0x19, 0x10, 0x1f, &zen4},
    {"AuthenticAMD", 0x19, 0xa0, 0xaf, &zen4}, /* Bergamo, Siena */
    {"AuthenticAMD", 0x19, 0x60, 0x7f, &zen4_desktop},
    {"0x41", 0, 0xd0c, 0xd0c, &neoverse_n1},
};

static unsigned info_number(const struct hwp_topology *t, const char *name)
{
    const char *text = hwp_topology_info(t, name);

    return text ? (unsigned)strtoul(text, NULL, 0) : 0;
}

const struct hwp_model_uarch *hwp_model_uarch_of(const struct hwp_topology *t)
{
    const char *x86 = hwp_topology_info(t, "CPUVendor");
    const char *vendor = x86 ? x86 : hwp_topology_info(t, "CPUImplementer");
    unsigned family = x86 ? info_number(t, "CPUFamilyNumber") : 0;
    unsigned model = info_number(t, x86 ? "CPUModelNumber" : "CPUPart");

    for (size_t i = 0; vendor && i < hwp_array_size(processors); i++)
        if (strcmp(processors[i].vendor, vendor) == 0 && processors[i].family == family &&
            model >= processors[i].first && model <= processors[i].last)
            return processors[i].uarch;
    return &generic;
}

/* --- machines -------------------------------------------------------------------------------- */

/* Rows of both tables run parallel; the first is what users see. */
static const struct hwp_model_preset_info infos[] = {
    {"hsw", "Core i7-4770 (Haswell), 4 cores, L3 8 MB"},
    {"skx2", "2 × Xeon Platinum 8180 (Skylake-SP), 28 cores each, L3 38.5 MB"},
    {"icx2", "2 × Xeon Platinum 8380 (Ice Lake-SP), 40 cores each, L3 60 MB"},
    {"spr2", "2 × Xeon Platinum 8480+ (Sapphire Rapids), 56 cores each, L3 105 MB"},
    {"zen4", "EPYC 9654 (Zen 4), 12 L3 domains of 8 cores and 32 MB"},
    {"zen4x2", "2 × EPYC 9654"},
    {"zen4-2ccx", "Ryzen 9 7950X (Zen 4), 2 L3 domains of 8 cores and 32 MB"},
    {"n1", "Ampere Altra (Neoverse N1), 80 cores, 32 MB system-level cache"},
    {NULL, NULL},
};

#define CORE   "l1d:1(size=32768) l1i:1(size=32768) core:1 pu:1"
#define CORE48 "l1d:1(size=49152) l1i:1(size=32768) core:1 pu:1"
#define CORE64 "l1d:1(size=65536) l1i:1(size=65536) core:1 pu:1"
#define GENOA  "l3:12(size=33554432) l2:8(size=1048576) " CORE
#define NODE   "[numa(memory=274877906944)] "

static const struct hwp_model_preset presets[] = {
    {"Intel Core i7-4770", &haswell,
     "pack:1 [numa(memory=17179869184)] l3:1(size=8388608) l2:4(size=262144) " CORE},
    {"Intel Xeon Platinum 8180", &skylake_sp,
     "pack:2 " NODE "l3:1(size=40370176) l2:28(size=1048576) " CORE},
    {"Intel Xeon Platinum 8380", &ice_lake_sp,
     "pack:2 " NODE "l3:1(size=62914560) l2:40(size=1310720) " CORE48},
    {"Intel Xeon Platinum 8480+", &sapphire_rapids,
     "pack:2 " NODE "l3:1(size=110100480) l2:56(size=2097152) " CORE48},
    {"AMD EPYC 9654", &zen4, "pack:1 " NODE GENOA},
    {"AMD EPYC 9654", &zen4, "pack:2 " NODE GENOA},
    {"AMD Ryzen 9 7950X", &zen4_desktop,
     "pack:1 [numa(memory=68719476736)] l3:2(size=33554432) l2:8(size=1048576) " CORE},
    {"Ampere Altra Q80-30", &neoverse_n1,
     "pack:1 " NODE "l3:1(size=33554432) l2:80(size=1048576) " CORE64},
};
_Static_assert(hwp_array_size(presets) + 1 == hwp_array_size(infos), "one info for each preset");

const struct hwp_model_preset_info *hwp_model_presets(void)
{
    return infos;
}

const struct hwp_model_preset *hwp_model_preset_find(const char *name)
{
    for (size_t i = 0; infos[i].name; i++)
        if (strcmp(infos[i].name, name) == 0)
            return &presets[i];
    return NULL;
}
