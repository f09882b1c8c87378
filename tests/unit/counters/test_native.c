/*
 * Native names through libpfm4 and presets through PAPI, for CPU models that are not here.
 *
 * The codes are those of the vendors' event lists (Intel perfmon, AMD PPR), as libpfm4 4.13 has
 * them.
 */
#include "encodings.h"

#include "counters/papi.h"

#ifdef __aarch64__
/* Arm names, which only an Arm build of libpfm4 has. */
static const struct encoding_row arm[] = {
    {__LINE__, "arm_n1::CPU_CYCLES", "type=4 config=0x11"},
    {__LINE__, "CPU_CYCLES", "type=4 config=0x11"},
    {__LINE__, "INST_RETIRED", "type=4 config=0x8"},
    {__LINE__, "INST_RETIRED:u", "type=4 config=0x8 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "L1D_CACHE_REFILL", "type=4 config=0x3"},
    {__LINE__, "BR_MIS_PRED", "type=4 config=0x10"},
    {__LINE__, "LDREX_SPEC", "type=4 config=0x6c"},
    {__LINE__, "STREX_FAIL_SPEC", "type=4 config=0x6e"},
};

static void neoverse_n1(void **state)
{
    (void)state;
    check_on("arm_n1", "none", arm, hwp_array_size(arm));
}
#else
/* LIBPFM_FORCE_PMU=skx. */
static const struct encoding_row skx[] = {
    /* Skylake server */
    {__LINE__, "UNHALTED_CORE_CYCLES", "type=4 config=0x3c"},
    {__LINE__, "UNHALTED_CORE_CYCLES:u", "type=4 config=0x3c exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "UNHALTED_CORE_CYCLES:k", "type=4 config=0x3c exclude_user=1 exclude_hv=1"},
    {__LINE__, "UNHALTED_CORE_CYCLES:uk", "type=4 config=0x3c exclude_hv=1"},
    {__LINE__, "UNHALTED_CORE_CYCLES:upp",
     "type=4 config=0x3c exclude_kernel=1 exclude_hv=1 precise_ip=2"},
    {__LINE__, "UNHALTED_REFERENCE_CYCLES", "type=4 config=0x300"},
    {__LINE__, "INST_RETIRED:ANY_P", "type=4 config=0xc0"},
    {__LINE__, "INST_RETIRED:ANY_P:precise=2", "type=4 config=0xc0 precise_ip=2"},
    {__LINE__, "INST_RETIRED:ANY_P:pp", "type=4 config=0xc0 precise_ip=2"},
    {__LINE__, "INST_RETIRED:ANY_P:c=2:i:e", "type=4 config=0x28400c0"},
    {__LINE__, "INST_RETIRED:ANY_P:c=1:i=1", "type=4 config=0x18000c0"},
    {__LINE__, "INST_RETIRED:ANY_P:t", "type=4 config=0x2000c0"},
    {__LINE__, "INST_RETIRED:ANY_P:intx", "type=4 config=0x1000000c0"},
    {__LINE__, "INST_RETIRED:ANY_P:pinned", "type=4 config=0xc0 pinned=1"},
    {__LINE__, "INST_RETIRED:ANY_P:excl", "type=4 config=0xc0 exclusive=1"},
    {__LINE__, "INST_RETIRED:ANY_P:mg:mh", "type=4 config=0xc0"},
    {__LINE__, "INST_RETIRED:ANY_P:mh", "type=4 config=0xc0 exclude_guest=1"},
    {__LINE__, "INST_RETIRED:ANY_P:period=10007", "type=4 config=0xc0 c10007"},
    {__LINE__, "INST_RETIRED:ANY_P:freq=99", "type=4 config=0xc0 F99"},
    {__LINE__, "INST_RETIRED:ANY_P:cpu=3", "type=4 config=0xc0 on 3"},
    {__LINE__, "skx::INST_RETIRED:ANY_P", "type=4 config=0xc0"},
    {__LINE__, "skx::inst_retired:any_p", "type=4 config=0xc0"},
    {__LINE__, "inst_retired:any_p", "type=4 config=0xc0"},
    {__LINE__, "inst_retired.any_p", "type=4 config=0xc0"},
    {__LINE__, "inst_retired.any_p:u", "type=4 config=0xc0 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "mem_inst_retired.lock_loads", "type=4 config=0x21d0"},
    {__LINE__, "MEM_INST_RETIRED:LOCK_LOADS", "type=4 config=0x21d0"},
    {__LINE__, "MEM_INST_RETIRED:ALL_LOADS", "type=4 config=0x81d0"},
    {__LINE__, "MEM_INST_RETIRED:ALL_STORES", "type=4 config=0x82d0"},
    {__LINE__, "MEM_LOAD_L3_HIT_RETIRED:XSNP_HITM", "type=4 config=0x4d2"},
    {__LINE__, "MEM_LOAD_L3_MISS_RETIRED:LOCAL_DRAM", "type=4 config=0x1d3"},
    {__LINE__, "MEM_LOAD_L3_MISS_RETIRED:REMOTE_DRAM", "type=4 config=0x2d3"},
    {__LINE__, "MEM_LOAD_L3_MISS_RETIRED:REMOTE_HITM", "type=4 config=0x4d3"},
    {__LINE__, "MEM_LOAD_L3_MISS_RETIRED:REMOTE_FWD", "type=4 config=0x8d3"},
    {__LINE__, "MEM_LOAD_RETIRED:L3_MISS", "type=4 config=0x20d1"},
    {__LINE__, "MEM_TRANS_RETIRED:LOAD_LATENCY:ldlat=30", "type=4 config=0x1cd config1=0x1e"},
    {__LINE__, "MEM_TRANS_RETIRED:LOAD_LATENCY:ldlat=3:pp",
     "type=4 config=0x1cd config1=0x3 precise_ip=2"},
    {__LINE__, "OFFCORE_RESPONSE_0:DMND_RFO:L3_HITMESF:SNP_HITM",
     "type=4 config=0x1b7 config1=0x10003c0002"},
    {__LINE__, "EXE_ACTIVITY:BOUND_ON_STORES", "type=4 config=0x40a6"},
    {__LINE__, "RESOURCE_STALLS:SB", "type=4 config=0x8a2"},
    {__LINE__, "MACHINE_CLEARS:MEMORY_ORDERING", "type=4 config=0x2c3"},
    {__LINE__, "BR_MISP_RETIRED:ALL_BRANCHES", "type=4 config=0xc5"},
    {__LINE__, "L2_RQSTS:MISS", "type=4 config=0x3f24"},
    {__LINE__, "{UNHALTED_CORE_CYCLES,INST_RETIRED:ANY_P}:u",
     "type=4 config=0x3c exclude_kernel=1 exclude_hv=1 @0 ; type=4 config=0xc0 "
     "exclude_kernel=1 exclude_hv=1 @0"},
    {__LINE__, "MEM_INST_RETIRED:LOCK_LOAD",
     "!event 'MEM_INST_RETIRED' has no unit mask or attribute 'LOCK_LOAD'\ndid you mean "
     "LOCK_LOADS?"},
    {__LINE__, "INST_RETIRD:ANY_P",
     "!no event 'INST_RETIRD:ANY_P'\ndid you mean INST_RETIRED or BR_INST_RETIRED?"},
    {__LINE__, "INST_RETIRED:ANY_P:c=300",
     "!event 'INST_RETIRED:ANY_P:c=300': invalid event attribute value"},
    {__LINE__, "INST_RETIRED:ANY_P:zork=1",
     "!event 'INST_RETIRED' has no unit mask or attribute 'zork=1'"},
    {__LINE__, "UNHALTED_CORE_CYCLES:ANYTHING",
     "!event 'UNHALTED_CORE_CYCLES' has no unit mask or attribute 'ANYTHING'"},
    {__LINE__, "MEM_LOAD_RETIRED", "!event 'MEM_LOAD_RETIRED': invalid or missing unit mask"},
    {__LINE__, "skx::NOT_THERE", "!no event 'skx::NOT_THERE'"},
    /* presets */
    {__LINE__, "PAPI_TOT_INS", "type=4 config=0xc0"},
    {__LINE__, "PAPI_TOT_CYC", "type=4 config=0x3c"},
    {__LINE__, "PAPI_TOT_CYC:u", "type=4 config=0x3c exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "PAPI_TOT_INS:pp", "type=4 config=0xc0 precise_ip=2"},
    {__LINE__, "papi_tot_ins", "type=4 config=0xc0"},
    {__LINE__, "PAPI_L1_DCM", "type=4 config=0x151"},
    {__LINE__, "PAPI_L1_ICM", "type=4 config=0xe424"},
    {__LINE__, "PAPI_L1_TCM",
     "PAPI_L1_TCM[L1D:REPLACEMENT]= type=4 config=0x151 part+1 ; "
     "PAPI_L1_TCM[L2_RQSTS:ALL_CODE_RD]= type=4 config=0xe424 part+1"},
    {__LINE__, "PAPI_L3_LDM", "type=4 config=0x20d1"},
    {__LINE__, "PAPI_TLB_DM",
     "PAPI_TLB_DM[DTLB_LOAD_MISSES:MISS_CAUSES_A_WALK]= type=4 config=0x108 part+1 ; "
     "PAPI_TLB_DM[DTLB_STORE_MISSES:MISS_CAUSES_A_WALK]= type=4 config=0x149 part+1"},
    {__LINE__, "PAPI_BR_INS", "type=4 config=0xc4"},
    {__LINE__, "PAPI_BR_UCN",
     "PAPI_BR_UCN[BR_INST_RETIRED:ALL_BRANCHES]= type=4 config=0xc4 part+1 ; "
     "PAPI_BR_UCN[BR_INST_RETIRED:CONDITIONAL]= type=4 config=0x1c4 part-1"},
    {__LINE__, "PAPI_BR_TKN:u",
     "PAPI_BR_TKN[BR_INST_RETIRED:CONDITIONAL]= type=4 config=0x1c4 exclude_kernel=1 "
     "exclude_hv=1 part+1 ; PAPI_BR_TKN[BR_INST_RETIRED:NOT_TAKEN]= type=4 config=0x10c4 "
     "exclude_kernel=1 exclude_hv=1 part-1"},
    {__LINE__, "PAPI_BR_MSP", "type=4 config=0x1c5"},
    {__LINE__, "PAPI_STL_CCY", "type=4 config=0x18001c2"},
    {__LINE__, "PAPI_FUL_CCY", "type=4 config=0x40001c2"},
    {__LINE__, "PAPI_LST_INS",
     "PAPI_LST_INS[MEM_UOPS_RETIRED:ALL_LOADS]= type=4 config=0x81d0 part+1 ; "
     "PAPI_LST_INS[MEM_UOPS_RETIRED:ALL_STORES]= type=4 config=0x82d0 part+1"},
    {__LINE__, "PAPI_SP_OPS",
     "PAPI_SP_OPS[FP_ARITH:SCALAR_SINGLE]= type=4 config=0x2c7 part+1 ; "
     "PAPI_SP_OPS[FP_ARITH:128B_PACKED_SINGLE]= type=4 config=0x8c7 part+4 ; "
     "PAPI_SP_OPS[FP_ARITH:256B_PACKED_SINGLE]= type=4 config=0x20c7 part+8 ; "
     "PAPI_SP_OPS[FP_ARITH:512B_PACKED_SINGLE]= type=4 config=0x80c7 part+16"},
    {__LINE__, "PAPI_DP_OPS",
     "PAPI_DP_OPS[FP_ARITH:SCALAR_DOUBLE]= type=4 config=0x1c7 part+1 ; "
     "PAPI_DP_OPS[FP_ARITH:128B_PACKED_DOUBLE]= type=4 config=0x4c7 part+2 ; "
     "PAPI_DP_OPS[FP_ARITH:256B_PACKED_DOUBLE]= type=4 config=0x10c7 part+4 ; "
     "PAPI_DP_OPS[FP_ARITH:512B_PACKED_DOUBLE]= type=4 config=0x40c7 part+8"},
    {__LINE__, "PAPI_VEC_DP",
     "PAPI_VEC_DP[FP_ARITH:SCALAR_DOUBLE]= type=4 config=0x1c7 part+1 ; "
     "PAPI_VEC_DP[FP_ARITH:128B_PACKED_DOUBLE]= type=4 config=0x4c7 part+1 ; "
     "PAPI_VEC_DP[FP_ARITH:256B_PACKED_DOUBLE]= type=4 config=0x10c7 part+1 ; "
     "PAPI_VEC_DP[FP_ARITH:512B_PACKED_DOUBLE]= type=4 config=0x40c7 part+1"},
    {__LINE__, "PAPI_REF_CYC", "type=4 config=0x300"},
    {__LINE__, "PAPI_MEM_WCY", "type=4 config=0x8a2"},
    {__LINE__, "{PAPI_TOT_CYC,PAPI_TOT_INS}", "type=4 config=0x3c @0 ; type=4 config=0xc0 @0"},
    {__LINE__, "PAPI_FP_STAL", "?PAPI has no 'PAPI_FP_STAL' for this CPU"},
    {__LINE__, "PAPI_L4_DCM",
     "!PAPI has no preset 'PAPI_L4_DCM'\ndid you mean PAPI_L1_DCM, PAPI_L2_DCM or PAPI_L3_DCM?"},
    {__LINE__, "PAPI_TOT_INSS",
     "!PAPI has no preset 'PAPI_TOT_INSS'\ndid you mean PAPI_TOT_INS, PAPI_TOT_IIS or "
     "PAPI_INT_INS?"},
};

/* LIBPFM_FORCE_PMU=hsw: other presets. */
static const struct encoding_row hsw[] = {
    {__LINE__, "INST_RETIRED:ANY_P", "type=4 config=0xc0"},
    {__LINE__, "MEM_LOAD_UOPS_RETIRED:L3_MISS", "type=4 config=0x20d1"},
    {__LINE__, "PAPI_TOT_CYC", "type=4 config=0x3c"},
    {__LINE__, "PAPI_TOT_INS", "type=4 config=0xc0"},
    {__LINE__, "PAPI_BR_UCN",
     "PAPI_BR_UCN[BR_INST_RETIRED:ALL_BRANCHES]= type=4 config=0xc4 part+1 ; "
     "PAPI_BR_UCN[BR_INST_RETIRED:CONDITIONAL]= type=4 config=0x1c4 part-1"},
    {__LINE__, "PAPI_L2_TCA",
     "PAPI_L2_TCA[L2_RQSTS:ALL_DEMAND_REFERENCES]= type=4 config=0xe724 part+1 ; "
     "PAPI_L2_TCA[L2_RQSTS:ALL_CODE_RD]= type=4 config=0xe424 part+1"},
    {__LINE__, "PAPI_STL_ICY", "type=4 config=0x279"},
    {__LINE__, "PAPI_DP_OPS", "?PAPI has no 'PAPI_DP_OPS' for this CPU"},
};

/* LIBPFM_FORCE_PMU=amd64_fam17h_zen2. */
static const struct encoding_row zen2[] = {
    {__LINE__, "RETIRED_INSTRUCTIONS", "type=4 config=0xc0"},
    {__LINE__, "RETIRED_INSTRUCTIONS:u", "type=4 config=0xc0 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "CYCLES_NOT_IN_HALT:upp",
     "type=4 config=0x76 exclude_kernel=1 exclude_hv=1 precise_ip=2"},
    {__LINE__, "RETIRED_LOCK_INSTRUCTIONS:CACHEABLE_LOCKS", "type=4 config=0xe25"},
    {__LINE__, "retired_instructions", "type=4 config=0xc0"},
    {__LINE__, "PAPI_TOT_INS", "type=4 config=0xc0"},
    {__LINE__, "PAPI_TOT_CYC", "type=4 config=0x76"},
    {__LINE__, "PAPI_TLB_IM",
     "PAPI_TLB_IM[L1_ITLB_MISS_L2_ITLB_HIT]= type=4 config=0x84 part+1 ; "
     "PAPI_TLB_IM[L1_ITLB_MISS_L2_ITLB_MISS:IF1G:IF2M:IF4K]= type=4 config=0x785 part+1"},
    {__LINE__, "PAPI_BR_MSP", "type=4 config=0xc3"},
    {__LINE__, "PAPI_FP_OPS", "type=4 config=0xf03"},
    {__LINE__, "PAPI_L2_DCM", "type=4 config=0x864"},
    {__LINE__, "PAPI_SP_OPS", "?PAPI has no 'PAPI_SP_OPS' for this CPU"},
    {__LINE__, "skx::INST_RETIRED:ANY_P", "type=4 config=0xc0"},
    {__LINE__, "INST_RETIRED:ANY_P", "!no event 'INST_RETIRED:ANY_P'"},
};

/* PMUs of other machines, by prefix. */
static const struct encoding_row inactive[] = {
    /* Intel */
    {__LINE__, "icx::MEM_INST_RETIRED:LOCK_LOADS", "type=4 config=0x21d0"},
    {__LINE__, "icx::MEM_LOAD_L3_HIT_RETIRED:XSNP_HITM", "type=4 config=0x4d2"},
    {__LINE__, "icx::OCR:DEMAND_RFO_L3_HIT_SNOOP_HITM", "type=4 config=0x1b7 config1=0x10003c0002"},
    {__LINE__, "icx::OCR:READS_TO_CORE_LOCAL_DRAM", "type=4 config=0x1b7 config1=0x104000477"},
    {__LINE__, "icx::OCR:READS_TO_CORE_REMOTE_DRAM", "type=4 config=0x1b7 config1=0x730000477"},
    {__LINE__, "icx::OCR:READS_TO_CORE_REMOTE_CACHE_SNOOP_HITM",
     "type=4 config=0x1b7 config1=0x1030000477"},
    {__LINE__, "icx::SQ_MISC:BUS_LOCK", "type=4 config=0x10f4"},
    {__LINE__, "icx::NOT_AN_EVENT_OF_ICX", "!no event 'icx::NOT_AN_EVENT_OF_ICX'"},
    {__LINE__, "icx::TOPDOWN:SLOTS", "type=4 config=0x400"},
    {__LINE__, "spr::MEM_INST_RETIRED:LOCK_LOADS", "type=4 config=0x21d0"},
    {__LINE__, "spr::MEM_LOAD_L3_HIT_RETIRED:XSNP_FWD", "type=4 config=0x4d2"},
    {__LINE__, "spr::MEM_TRANS_RETIRED:LOAD_LATENCY:ldlat=30", "type=4 config=0x1cd config1=0x1e"},
    {__LINE__, "spr::OCR:DEMAND_RFO_L3_HIT_SNOOP_HITM", "type=4 config=0x12a config1=0x10003c0002"},
    {__LINE__, "spr::EXE_ACTIVITY:BOUND_ON_STORES", "type=4 config=0x20040a6"},
    {__LINE__, "spr::INST_RETIRED:ANY_P:u", "type=4 config=0xc0 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "clx::MEM_LOAD_L3_HIT_RETIRED:XSNP_HITM", "type=4 config=0x4d2"},
    {__LINE__, "clx::INST_RETIRED:ANY_P", "type=4 config=0xc0"},
    {__LINE__, "hsw::UNHALTED_CORE_CYCLES", "type=4 config=0x3c"},
    {__LINE__, "hsw::INST_RETIRED:ANY_P:k", "type=4 config=0xc0 exclude_user=1 exclude_hv=1"},
    {__LINE__, "hsw::MEM_UOPS_RETIRED:ALL_LOADS", "type=4 config=0x81d0"},
    {__LINE__, "hsw::MEM_LOAD_UOPS_L3_HIT_RETIRED:XSNP_HITM", "type=4 config=0x4d2"},
    {__LINE__, "bdw_ep::MEM_UOPS_RETIRED:LOCK_LOADS", "type=4 config=0x21d0"},
    {__LINE__, "ivb_ep::UNHALTED_CORE_CYCLES", "type=4 config=0x3c"},
    {__LINE__, "snb::LLC_MISSES", "type=4 config=0x412e"},
    {__LINE__, "nhm::UNHALTED_CORE_CYCLES", "type=4 config=0x3c"},
    {__LINE__, "core::INSTRUCTIONS_RETIRED", "type=4 config=0xc0"},
    {__LINE__, "skl::MEM_INST_RETIRED:LOCK_LOADS", "type=4 config=0x21d0"},
    {__LINE__, "knl::INST_RETIRED:ANY_P", "type=4 config=0xc0"},
    {__LINE__, "atom::MUL:S", "type=4 config=0x112"},
    /* AMD */
    {__LINE__, "amd64_fam17h_zen2::RETIRED_INSTRUCTIONS", "type=4 config=0xc0"},
    {__LINE__, "amd64_fam17h_zen2::RETIRED_LOCK_INSTRUCTIONS:CACHEABLE_LOCKS",
     "type=4 config=0xe25"},
    {__LINE__, "amd64_fam17h_zen2::CYCLES_NOT_IN_HALT:u",
     "type=4 config=0x76 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "amd64_fam17h_zen2::L1_DTLB_MISS:TLB_RELOAD_4K_L2_MISS", "type=4 config=0x1045"},
    {__LINE__, "amd64_fam19h_zen3::RETIRED_INSTRUCTIONS", "type=4 config=0xc0"},
    {__LINE__, "amd64_fam19h_zen3::CYCLES_NOT_IN_HALT", "type=4 config=0x76"},
    {__LINE__, "amd64_fam19h_zen3::DEMAND_DATA_CACHE_FILLS_FROM_SYSTEM:INT_CACHE",
     "type=4 config=0x243"},
    {__LINE__, "amd64_fam19h_zen3::DEMAND_DATA_CACHE_FILLS_FROM_SYSTEM:EXT_CACHE_LCL",
     "type=4 config=0x443"},
    {__LINE__, "amd64_fam19h_zen3::DEMAND_DATA_CACHE_FILLS_FROM_SYSTEM:MEM_IO_LCL",
     "type=4 config=0x843"},
    {__LINE__, "amd64_fam19h_zen3::DEMAND_DATA_CACHE_FILLS_FROM_SYSTEM:EXT_CACHE_RMT",
     "type=4 config=0x1043"},
    {__LINE__, "amd64_fam19h_zen3::DEMAND_DATA_CACHE_FILLS_FROM_SYSTEM:MEM_IO_RMT",
     "type=4 config=0x4043"},
    {__LINE__, "amd64_fam19h_zen3::DISPATCH_RESOURCE_STALL_CYCLES_1:STORE_QUEUE_RSRC_STALL",
     "type=4 config=0x4ae"},
    {__LINE__, "amd64_fam19h_zen4::RETIRED_INSTRUCTIONS", "type=4 config=0xc0"},
    {__LINE__, "amd64_fam19h_zen4::RETIRED_INSTRUCTIONS:k",
     "type=4 config=0xc0 exclude_user=1 exclude_hv=1"},
    {__LINE__, "amd64_fam19h_zen4::CYCLES_NOT_IN_HALT", "type=4 config=0x76"},
    {__LINE__, "amd64_fam19h_zen4::RETIRED_LOCK_INSTRUCTIONS", "type=4 config=0x125"},
    {__LINE__, "amd64_fam19h_zen4::RETIRED_BRANCH_INSTRUCTIONS_MISPREDICTED", "type=4 config=0xc3"},
    {__LINE__, "amd64_fam19h_zen4::RETIRED_INSTRUCTIONS:c=4:i", "type=4 config=0x48000c0"},
    {__LINE__, "amd64_fam19h_zen4::retired_instructions", "type=4 config=0xc0"},
    {__LINE__, "amd64_fam10h_barcelona::RETIRED_INSTRUCTIONS", "type=4 config=0xc0"},
    {__LINE__, "amd64_fam15h_interlagos::RETIRED_INSTRUCTIONS", "type=4 config=0xc0"},
    {__LINE__, "amd64_k8_revg::RETIRED_INSTRUCTIONS", "type=4 config=0xc0"},
    {__LINE__, "amd64_fam16h::RETIRED_INSTRUCTIONS", "type=4 config=0xc0"},
    /* the pseudo-PMU of libpfm4 */
    {__LINE__, "perf::PERF_COUNT_HW_CPU_CYCLES", "type=0 config=0"},
    {__LINE__, "perf::CYCLES:u", "type=0 config=0 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "perf::PERF_COUNT_SW_PAGE_FAULTS", "type=1 config=0x2"},
    {__LINE__, "perf::L1-DCACHE-LOAD-MISSES", "type=3 config=0x10000"},
    /* errors */
    {__LINE__, "skx_unc_cha0::UNC_C_CLOCKTICKS",
     "!libpfm4 can't encode 'skx_unc_cha0::UNC_C_CLOCKTICKS' here"},
    {__LINE__, "nosuchpmu::EVENT", "!no event 'nosuchpmu::EVENT'"},
    {__LINE__, "amd64_fam19h_zen4::RETIRED_INSTRUCTION",
     "!no event 'amd64_fam19h_zen4::RETIRED_INSTRUCTION'\ndid you mean "
     "amd64_fam19h_zen4::RETIRED_INSTRUCTIONS, amd64_fam19h_zen4::RETIRED_LOCK_INSTRUCTIONS or "
     "amd64_fam19h_zen4::RETIRED_CPUID_INSTRUCTIONS?"},
    {__LINE__, "amd64_fam19h_zen4::RETIRED_LOCK_INSTRUCTIONS:CACHEABLE",
     "!event 'RETIRED_LOCK_INSTRUCTIONS' has no unit mask or attribute 'CACHEABLE'"},
    {__LINE__, "adl::INST_RETIRED:ANY_P", "!no event 'adl::INST_RETIRED:ANY_P'"},
};

static void forced_skx(void **state)
{
    (void)state;
    check_on("skx", "none", skx, hwp_array_size(skx));
}

static void forced_hsw(void **state)
{
    (void)state;
    check_on("hsw", "none", hsw, hwp_array_size(hsw));
}

static void forced_zen2(void **state)
{
    (void)state;
    check_on("amd64_fam17h_zen2", "none", zen2, hwp_array_size(zen2));
}

static void other_machines(void **state)
{
    (void)state;
    check_on("perf", "none", inactive, hwp_array_size(inactive));
}
#endif

/* PAPI's formulas: linear ones become weights, others are refused. */
static void postfix_formulas(void **state)
{
    static const struct {
        int line;
        const char *formula;
        unsigned n;
        bool linear;
        double weights[4];
    } formulas[] = {
        {__LINE__, "N0|", 1, true, {1}},
        {__LINE__, "N0|N1|+|", 2, true, {1, 1}},
        {__LINE__, "N0|N1|-|", 2, true, {1, -1}},
        {__LINE__, "N0|N1|4|*|+|N2|8|*|+|", 3, true, {1, 4, 8}},
        {__LINE__, "4|N0|*|", 1, true, {4}},
        {__LINE__, "N0|2|/|", 1, true, {0.5}},
        {__LINE__, "N0|N1|N2|N3|+|+|+|", 4, true, {1, 1, 1, 1}},
        {__LINE__, "N0|N0|+|", 1, true, {2}},
        {__LINE__, "N0|N1|+|3|*|", 2, true, {3, 3}},
        {__LINE__, "N0|N1|*|", 2, false, {0}},
        {__LINE__, "N0|N1|/|", 2, false, {0}},
        {__LINE__, "N0|0|/|", 1, false, {0}},
        {__LINE__, "N0|1|+|", 1, false, {0}},
        {__LINE__, "N0|N1|", 2, false, {0}},
        {__LINE__, "+|", 1, false, {0}},
        {__LINE__, "N1|", 1, false, {0}},
        {__LINE__, "N|", 1, false, {0}},
        {__LINE__, "zork|", 1, false, {0}},
        {__LINE__, "N0||", 1, false, {0}},
        {__LINE__, "", 1, false, {0}},
        {__LINE__, "1|1|1|1|1|1|1|1|1|1|1|1|1|1|1|1|1|1|1|", 1, false, {0}},
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(formulas); i++) {
        double got[4] = {0};
        bool linear = hwp_papi_postfix(formulas[i].formula, formulas[i].n, got);
        bool same = linear == formulas[i].linear;
        for (unsigned k = 0; linear && k < formulas[i].n; k++)
            same &= got[k] == formulas[i].weights[k];
        if (!same)
            print_error("line %d: %s\n", formulas[i].line, formulas[i].formula);
        assert_true(same);
    }
}

#ifndef __aarch64__
struct seen {
    unsigned hardware, software, cache, native, preset, alias, tracepoint, form;
    bool software_available, unit_mask, described;
};

static void count(void *ctx, const struct hwp_known_event *ev)
{
    struct seen *seen = ctx;

    seen->hardware += strcmp(ev->origin, "hardware") == 0;
    seen->software += strcmp(ev->origin, "software") == 0;
    seen->cache += strcmp(ev->origin, "cache") == 0;
    seen->native += strcmp(ev->origin, "libpfm4") == 0;
    seen->preset += strcmp(ev->origin, "papi") == 0;
    seen->alias += strcmp(ev->origin, "sysfs") == 0;
    seen->tracepoint += strcmp(ev->origin, "tracepoint") == 0;
    seen->form += strcmp(ev->origin, "raw") == 0 || strcmp(ev->origin, "breakpoint") == 0;
    if (strcmp(ev->name, "MEM_INST_RETIRED:LOCK_LOADS") == 0) {
        seen->unit_mask = strcmp(ev->pmu, "skx") == 0;
        seen->described = ev->description && ev->description[0];
    }
}

static void list_in_child(void)
{
    struct seen all = {0}, one = {0};

    setenv("LIBPFM_FORCE_PMU", "skx", 1);
    setenv("HWPROF_SYSFS", HWP_TEST_DATA "/sysfs/intel-skx", 1);
    setenv("HWPROF_TRACEFS", HWP_TEST_DATA "/tracefs", 1);
    hwp_events_list(NULL, count, &all);
    hwp_events_list("software", count, &one);
    exit(all.hardware == 10 && all.software == 12 && all.cache == 32 && all.native > 400 &&
                 all.preset == 53 && all.alias == 15 + 4 + 2 + 6 * 3 && all.tracepoint >= 4 &&
                 all.form == 2 && all.unit_mask && all.described && one.software == 12 &&
                 one.hardware == 0 && one.native == 0
             ? 0
             : 1);
}

/* Runs fn, which ends by exit(), in a child: libpfm4 starts once per process. */
static void run_in_child(void (*fn)(void))
{
    int status;

    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        fn();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void lists_events(void **state)
{
    (void)state;
    run_in_child(list_in_child);
}

/* Neither libpfm4's switches nor a silenced stderr may reach the workload. */
static void check_environment(void)
{
    int before = dup(STDERR_FILENO);
    hwp_cleanup(hwp_free_cleanup) char *got = NULL;

    unsetenv("LIBPFM_ENCODE_INACTIVE");
    setenv("LIBPFM_FORCE_PMU", "skx", 1);
    got = describe_encodings("PAPI_TOT_INS");
    int after = dup(STDERR_FILENO);
    bool ok = strcmp(got, "type=4 config=0xc0") == 0 && !getenv("LIBPFM_ENCODE_INACTIVE") &&
              after == before + 1;
    free(hwp_steal(&got));
    exit(ok ? 0 : 1);
}

static void environment_is_left_alone(void **state)
{
    (void)state;
    run_in_child(check_environment);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef __aarch64__
        cmocka_unit_test(neoverse_n1),
#else
        cmocka_unit_test(forced_skx),       cmocka_unit_test(forced_hsw),
        cmocka_unit_test(forced_zen2),      cmocka_unit_test(other_machines),
        cmocka_unit_test(lists_events),     cmocka_unit_test(environment_is_left_alone),
#endif
        cmocka_unit_test(postfix_formulas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
