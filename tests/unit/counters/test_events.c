/*
 * Events by generic names, raw codes, sysfs, tracefs and breakpoints, on machines that are
 * directories in tests/data.
 */
#include "encodings.h"

/* What every machine has; run on one without PMU. */
static const struct encoding_row anywhere[] = {
    /* hardware, and aliases */
    {__LINE__, "cycles", "type=0 config=0"},
    {__LINE__, "cpu-cycles", "type=0 config=0"},
    {__LINE__, "instructions", "type=0 config=0x1"},
    {__LINE__, "cache-references", "type=0 config=0x2"},
    {__LINE__, "cache-misses", "type=0 config=0x3"},
    {__LINE__, "branches", "type=0 config=0x4"},
    {__LINE__, "branch-instructions", "type=0 config=0x4"},
    {__LINE__, "branch-misses", "type=0 config=0x5"},
    {__LINE__, "bus-cycles", "type=0 config=0x6"},
    {__LINE__, "stalled-cycles-frontend", "type=0 config=0x7"},
    {__LINE__, "idle-cycles-frontend", "type=0 config=0x7"},
    {__LINE__, "stalled-cycles-backend", "type=0 config=0x8"},
    {__LINE__, "idle-cycles-backend", "type=0 config=0x8"},
    {__LINE__, "ref-cycles", "type=0 config=0x9"},
    /* software */
    {__LINE__, "cpu-clock", "type=1 config=0 *1ns"},
    {__LINE__, "task-clock", "type=1 config=0x1 *1ns"},
    {__LINE__, "page-faults", "type=1 config=0x2"},
    {__LINE__, "faults", "type=1 config=0x2"},
    {__LINE__, "context-switches", "type=1 config=0x3"},
    {__LINE__, "cs", "type=1 config=0x3"},
    {__LINE__, "cpu-migrations", "type=1 config=0x4"},
    {__LINE__, "migrations", "type=1 config=0x4"},
    {__LINE__, "minor-faults", "type=1 config=0x5"},
    {__LINE__, "major-faults", "type=1 config=0x6"},
    {__LINE__, "alignment-faults", "type=1 config=0x7"},
    {__LINE__, "emulation-faults", "type=1 config=0x8"},
    {__LINE__, "dummy", "type=1 config=0x9"},
    {__LINE__, "bpf-output", "type=1 config=0xa"},
    {__LINE__, "cgroup-switches", "type=1 config=0xb"},
    /* caches: id | operation << 8 | result << 16 */
    {__LINE__, "L1-dcache-loads", "type=3 config=0"},
    {__LINE__, "L1-dcache-load-misses", "type=3 config=0x10000"},
    {__LINE__, "L1-dcache-stores", "type=3 config=0x100"},
    {__LINE__, "L1-dcache-store-misses", "type=3 config=0x10100"},
    {__LINE__, "L1-dcache-prefetches", "type=3 config=0x200"},
    {__LINE__, "L1-dcache-prefetch-misses", "type=3 config=0x10200"},
    {__LINE__, "L1-dcache", "type=3 config=0"},
    {__LINE__, "l1d", "type=3 config=0"},
    {__LINE__, "l1-d-read-miss", "type=3 config=0x10000"},
    {__LINE__, "L1-data-misses", "type=3 config=0x10000"},
    {__LINE__, "l1d-write", "type=3 config=0x100"},
    {__LINE__, "L1-dcache-misses-loads", "type=3 config=0x10000"},
    {__LINE__, "L1-icache-loads", "type=3 config=0x1"},
    {__LINE__, "L1-icache-load-misses", "type=3 config=0x10001"},
    {__LINE__, "L1-icache-prefetches", "type=3 config=0x201"},
    {__LINE__, "l1i-misses", "type=3 config=0x10001"},
    {__LINE__, "L1-instruction", "type=3 config=0x1"},
    {__LINE__, "LLC-loads", "type=3 config=0x2"},
    {__LINE__, "LLC-load-misses", "type=3 config=0x10002"},
    {__LINE__, "LLC-stores", "type=3 config=0x102"},
    {__LINE__, "LLC-store-misses", "type=3 config=0x10102"},
    {__LINE__, "LLC-prefetches", "type=3 config=0x202"},
    {__LINE__, "LLC-prefetch-misses", "type=3 config=0x10202"},
    {__LINE__, "LLC", "type=3 config=0x2"},
    {__LINE__, "L2-stores", "type=3 config=0x102"},
    {__LINE__, "llc-loads", "type=3 config=0x2"},
    {__LINE__, "dTLB-loads", "type=3 config=0x3"},
    {__LINE__, "dTLB-load-misses", "type=3 config=0x10003"},
    {__LINE__, "dTLB-stores", "type=3 config=0x103"},
    {__LINE__, "dTLB-store-misses", "type=3 config=0x10103"},
    {__LINE__, "dTLB-prefetches", "type=3 config=0x203"},
    {__LINE__, "d-tlb-misses", "type=3 config=0x10003"},
    {__LINE__, "Data-TLB-speculative-read", "type=3 config=0x203"},
    {__LINE__, "dTLB-speculative-load-miss", "type=3 config=0x10203"},
    {__LINE__, "iTLB-loads", "type=3 config=0x4"},
    {__LINE__, "iTLB-load-misses", "type=3 config=0x10004"},
    {__LINE__, "i-tlb-access", "type=3 config=0x4"},
    {__LINE__, "Instruction-TLB-Reference", "type=3 config=0x4"},
    {__LINE__, "branch-loads", "type=3 config=0x5"},
    {__LINE__, "branch-load-misses", "type=3 config=0x10005"},
    {__LINE__, "bpu-read", "type=3 config=0x5"},
    {__LINE__, "btb-misses", "type=3 config=0x10005"},
    {__LINE__, "bpc-loads", "type=3 config=0x5"},
    {__LINE__, "branches-loads", "type=3 config=0x5"},
    {__LINE__, "node-loads", "type=3 config=0x6"},
    {__LINE__, "node-load-misses", "type=3 config=0x10006"},
    {__LINE__, "node-stores", "type=3 config=0x106"},
    {__LINE__, "node-store-misses", "type=3 config=0x10106"},
    {__LINE__, "node-prefetches", "type=3 config=0x206"},
    {__LINE__, "node-prefetch-misses", "type=3 config=0x10206"},
    {__LINE__, "node", "type=3 config=0x6"},
    /* what an instruction cache or a branch unit doesn't do */
    {__LINE__, "L1-icache-stores",
     "!no event 'L1-icache-stores'\ndid you mean L1-dcache-stores, L1-icache-loads or "
     "L1-dcache-loads?"},
    {__LINE__, "iTLB-stores",
     "!no event 'iTLB-stores'\ndid you mean dTLB-stores, LLC-stores or iTLB-loads?"},
    {__LINE__, "branch-stores",
     "!no event 'branch-stores'\ndid you mean branch-misses, branch-loads or branches?"},
    {__LINE__, "L1-dcache-load-stores",
     "!no event 'L1-dcache-load-stores'\ndid you mean L1-dcache-load-misses, L1-dcache-stores "
     "or L1-icache-load-misses?"},
    {__LINE__, "L1-dcache-misses-misses",
     "!no event 'L1-dcache-misses-misses'\ndid you mean cache-misses, L1-dcache-store-misses "
     "or L1-dcache-load-misses?"},
    {__LINE__, "L1-dcache-",
     "!no event 'L1-dcache-'\ndid you mean L1-dcache-loads, L1-dcache-load-misses or "
     "L1-dcache-stores?"},
    /* modifiers */
    {__LINE__, "cycles:u", "type=0 config=0 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "cycles:k", "type=0 config=0 exclude_user=1 exclude_hv=1"},
    {__LINE__, "cycles:h", "type=0 config=0 exclude_user=1 exclude_kernel=1"},
    {__LINE__, "cycles:uk", "type=0 config=0 exclude_hv=1"},
    {__LINE__, "cycles:ukh", "type=0 config=0"},
    {__LINE__, "cycles:kh", "type=0 config=0 exclude_user=1"},
    {__LINE__, "cycles:G", "type=0 config=0 exclude_host=1"},
    {__LINE__, "cycles:H", "type=0 config=0 exclude_guest=1"},
    {__LINE__, "cycles:GH", "type=0 config=0"},
    {__LINE__, "cycles:uG", "type=0 config=0 exclude_kernel=1 exclude_hv=1 exclude_host=1"},
    {__LINE__, "cycles:p", "type=0 config=0 precise_ip=1"},
    {__LINE__, "cycles:pp", "type=0 config=0 precise_ip=2"},
    {__LINE__, "cycles:ppp", "type=0 config=0 precise_ip=3"},
    {__LINE__, "cycles:upp", "type=0 config=0 exclude_kernel=1 exclude_hv=1 precise_ip=2"},
    {__LINE__, "cycles:P", "type=0 config=0"},
    {__LINE__, "cycles:D", "type=0 config=0 pinned=1"},
    {__LINE__, "cycles:e", "type=0 config=0 exclusive=1"},
    {__LINE__, "cycles:De", "type=0 config=0 pinned=1 exclusive=1"},
    {__LINE__, "cycles:I", "type=0 config=0 exclude_idle=1"},
    {__LINE__, "cycles:S", "type=0 config=0"},
    {__LINE__, "cycles:W", "type=0 config=0"},
    {__LINE__, "cycles:ukhGHpPSDeWI",
     "type=0 config=0 pinned=1 exclusive=1 exclude_idle=1 precise_ip=1"},
    {__LINE__, "page-faults:u", "type=1 config=0x2 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "cpu-clock:u", "type=1 config=0 exclude_kernel=1 exclude_hv=1 *1ns"},
    {__LINE__, "task-clock:k", "type=1 config=0x1 exclude_user=1 exclude_hv=1 *1ns"},
    {__LINE__, "LLC-load-misses:upp",
     "type=3 config=0x10002 exclude_kernel=1 exclude_hv=1 precise_ip=2"},
    /* raw */
    {__LINE__, "r1", "type=4 config=0x1"},
    {__LINE__, "r01c0", "type=4 config=0x1c0"},
    {__LINE__, "r1c0:u", "type=4 config=0x1c0 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "rffffffffffffffff", "type=4 config=0xffffffffffffffff"},
    /* groups: the leader alone is pinned or exclusive */
    {__LINE__, "{cycles,instructions}", "type=0 config=0 @0 ; type=0 config=0x1 @0"},
    {__LINE__, "{cycles,instructions}:D", "type=0 config=0 pinned=1 @0 ; type=0 config=0x1 @0"},
    {__LINE__, "{cycles:u,instructions}:e",
     "type=0 config=0 exclusive=1 exclude_kernel=1 exclude_hv=1 @0 ; type=0 config=0x1 @0"},
    {__LINE__, "{cycles,instructions},{branches,branch-misses}",
     "type=0 config=0 @0 ; type=0 config=0x1 @0 ; type=0 config=0x4 @2 ; type=0 config=0x5 @2"},
    {__LINE__, "cs,{cycles,page-faults}:u",
     "type=1 config=0x3 ; type=0 config=0 exclude_kernel=1 exclude_hv=1 @1 ; type=1 config=0x2 "
     "exclude_kernel=1 exclude_hv=1 @1"},
    {__LINE__, "{page-faults,cycles}", "type=1 config=0x2 @0 ; type=0 config=0 @0"},
    {__LINE__, "{cycles,mem:x/8:w}:S",
     "type=0 config=0 @0 ; type=5 bp_type=2 bp_addr=0 bp_len=8 @0 &x"},
    /* breakpoints */
    {__LINE__, "mem:0x1000", "type=5 bp_type=3 bp_addr=0x1000 bp_len=4"},
    {__LINE__, "mem:0x1000:r", "type=5 bp_type=1 bp_addr=0x1000 bp_len=4"},
    {__LINE__, "mem:0x1000:w", "type=5 bp_type=2 bp_addr=0x1000 bp_len=4"},
    {__LINE__, "mem:0x1000:rw", "type=5 bp_type=3 bp_addr=0x1000 bp_len=4"},
    {__LINE__, "mem:0x1000/1", "type=5 bp_type=3 bp_addr=0x1000 bp_len=1"},
    {__LINE__, "mem:0x1000/2:w", "type=5 bp_type=2 bp_addr=0x1000 bp_len=2"},
    {__LINE__, "mem:0x1000/4:r", "type=5 bp_type=1 bp_addr=0x1000 bp_len=4"},
    {__LINE__, "mem:0x1000/8:rw", "type=5 bp_type=3 bp_addr=0x1000 bp_len=8"},
    {__LINE__, "mem:0x1000/8:w:u",
     "type=5 bp_type=2 bp_addr=0x1000 bp_len=8 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "mem:0xffffffff81000000/8:w:k",
     "type=5 bp_type=2 bp_addr=0xffffffff81000000 bp_len=8 exclude_user=1 exclude_hv=1"},
    {__LINE__, "mem:counter", "type=5 bp_type=3 bp_addr=0 bp_len=4 &counter"},
    {__LINE__, "mem:counter+8/8:w", "type=5 bp_type=2 bp_addr=0x8 bp_len=8 &counter"},
    {__LINE__, "mem:ns::total+0x10/4:w:u",
     "type=5 bp_type=2 bp_addr=0x10 bp_len=4 exclude_kernel=1 exclude_hv=1 &ns::total"},
    /* tracepoints */
    {__LINE__, "sched:sched_switch", "type=2 config=0x13e"},
    {__LINE__, "sched:sched_wakeup:u", "type=2 config=0x140 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "syscalls:sys_enter_futex", "type=2 config=0x19b"},
    {__LINE__, "probe_libFoo:bar", "type=2 config=0x835"},
    {__LINE__, "sched:sched_swich",
     "!no tracepoint 'sched:sched_swich'\ndid you mean sched:sched_switch or "
     "sched:sched_wakeup?"},
    {__LINE__, "nosys:noname", "!no tracepoint 'nosys:noname'"},
    {__LINE__, "broken:noid", "!no tracepoint 'broken:noid'\ndid you mean broken:text?"},
    {__LINE__, "broken:text", "!events/broken/text/id holds no number"},
    {__LINE__, "{sched:sched_switch,cs}", "type=2 config=0x13e @0 ; type=1 config=0x3 @0"},
    /* nobody knows them */
    {__LINE__, "cyclse", "!no event 'cyclse'\ndid you mean cycles?"},
    {__LINE__, "instrutions", "!no event 'instrutions'\ndid you mean instructions?"},
    {__LINE__, "cache-mises", "!no event 'cache-mises'\ndid you mean cache-misses?"},
    {__LINE__, "cpu_cycls", "!no event 'cpu_cycls'\ndid you mean"},
    {__LINE__, "L1-dcache-lods",
     "!no event 'L1-dcache-lods'\ndid you mean L1-dcache-loads, L1-icache-loads or "
     "L1-dcache-stores?"},
    {__LINE__, "branch-mispredicts", "!no event 'branch-mispredicts'\ndid you mean branch-misses?"},
    {__LINE__, "context-switch", "!no event 'context-switch'\ndid you mean context-switches?"},
    {__LINE__, "zzzzzzzzzzzz", "!no event 'zzzzzzzzzzzz'"},
    {__LINE__, "NO_SUCH_EVENT_AT_ALL", "!no event 'NO_SUCH_EVENT_AT_ALL'"},
    {__LINE__, "RETIRED_INSTRUCTIONS", "!no event 'RETIRED_INSTRUCTIONS'"},
    {__LINE__, "MEM_LOAD_RETIRED:L3_MISS", "!no event 'MEM_LOAD_RETIRED:L3_MISS'"},
    {__LINE__, "nosuch::EVENT", "!no event 'nosuch::EVENT'"},
    {__LINE__, "skx::NOT_AN_EVENT", "!no event 'skx::NOT_AN_EVENT'"},
#ifdef __x86_64__ /* libpfm4 has the tables of one architecture */
    {__LINE__, "skx::INST_RETIRE:ANY_P",
     "!no event 'skx::INST_RETIRE:ANY_P'\ndid you mean skx::INST_RETIRED, skx::BR_INST_RETIRED "
     "or skx::HLE_RETIRED?"},
#endif
    {__LINE__, "sched_switch", "!no event 'sched_switch'\ndid you mean sched:sched_switch?"},
    {__LINE__, "nopmu/event=1/", "!no PMU 'nopmu' here"},
    {__LINE__, "cpu/cycles/", "!no PMU 'cpu' here"},
    {__LINE__, "softwar/config=1/", "!no PMU 'softwar' here\ndid you mean software?"},
    {__LINE__, "software/config=0/", "type=1 config=0 *1ns"},
    {__LINE__, "software/config=2,name=pf/u", "type=1 config=0x2 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "software/config=0,period=1000/", "type=1 config=0 *1ns c1000"},
    {__LINE__, "software/config=0,freq=99/", "type=1 config=0 *1ns F99"},
    {__LINE__, "software/config=0,period=5,freq=5/",
     "!terms 'period' and 'freq' exclude each other"},
    {__LINE__, "software/config=0,period=0/", "!term 'period' can't be 0"},
    {__LINE__, "software/config=x/", "!term 'config': 'x' is not a 64-bit number"},
    {__LINE__, "software/config/", "!term 'config' needs a value"},
    {__LINE__, "software/config=0x10000000000000000/",
     "!term 'config': '0x10000000000000000' is not a 64-bit number"},
    {__LINE__, "software/config1=1,config2=2/", "type=1 config=0 config1=0x1 config2=0x2 *1ns"},
    {__LINE__, "software/name/", "!term 'name' needs a value"},
    {__LINE__, "software/event=1/", "!PMU 'software' has no term or event 'event'"},
    {__LINE__, "PAPI_TOT_INS", "?PAPI can't count 'PAPI_TOT_INS' here"},
    {__LINE__, "PAPI_QQQ_XXXXXX", "!PAPI has no preset 'PAPI_QQQ_XXXXXX'"},
    {__LINE__, "nosuchcomponent:::ENERGY", "!this PAPI has no component 'nosuchcomponent'"},
    {__LINE__, "perf_event_uncore:::foo", "!PAPI's component 'perf_event_uncore' is disabled"},
};

/* Intel Xeon, Skylake server. */
static const struct encoding_row skx[] = {
    /* cpu */
    {__LINE__, "cycles:P", "type=0 config=0 precise_ip=3"},
    {__LINE__, "cpu-cycles:u", "type=0 config=0 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "r1c0", "type=4 config=0x1c0"},
    {__LINE__, "mem-loads", "type=4 config=0x1cd config1=0x3"},
    {__LINE__, "mem-loads:P", "type=4 config=0x1cd config1=0x3 precise_ip=3"},
    {__LINE__, "mem-stores:pp", "type=4 config=0x82d0 precise_ip=2"},
    {__LINE__, "topdown-total-slots", "type=4 config=0x20003c *2"},
    {__LINE__, "topdown-slots-retired", "type=4 config=0x2c2"},
    {__LINE__, "cpu/event=0xc0/", "type=4 config=0xc0"},
    {__LINE__, "cpu/event=0xc0,umask=0x1/", "type=4 config=0x1c0"},
    {__LINE__, "cpu/event=0xc0,umask=1/u", "type=4 config=0x1c0 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "cpu/umask=1,event=0xc0/", "type=4 config=0x1c0"},
    {__LINE__, "cpu/event=0x3c,cmask=1,inv,edge/", "type=4 config=0x184003c"},
    {__LINE__, "cpu/event=0x3c,cmask=255/", "type=4 config=0xff00003c"},
    {__LINE__, "cpu/event=0x3c,any=1/", "type=4 config=0x20003c"},
    {__LINE__, "cpu/event=0xb7,umask=1,offcore_rsp=0x10003c0002/",
     "type=4 config=0x1b7 config1=0x10003c0002"},
    {__LINE__, "cpu/event=0xcd,umask=1,ldlat=30/pp",
     "type=4 config=0x1cd config1=0x1e precise_ip=2"},
    {__LINE__, "cpu/event=0xc6,umask=1,frontend=0x400106/", "type=4 config=0x1c6 config1=0x400106"},
    {__LINE__, "cpu/event=0xc0,in_tx,in_tx_cp/", "type=4 config=0x3000000c0"},
    {__LINE__, "cpu/config=0x5300c0/", "type=4 config=0x5300c0"},
    {__LINE__, "cpu/config=0xc0,config1=3,config2=4/",
     "type=4 config=0xc0 config1=0x3 config2=0x4"},
    {__LINE__, "cpu/config=0xff,event=0xc0/", "type=4 config=0xc0"},
    {__LINE__, "cpu/event=1,event=2/", "type=4 config=0x2"},
    {__LINE__, "cpu/r1c0/", "type=4 config=0x1c0"},
    {__LINE__, "cpu/r0x1c0/", "type=4 config=0x1c0"},
    {__LINE__, "cpu/cycles/", "type=0 config=0"},
    {__LINE__, "cpu/branch-instructions/k", "type=4 config=0xc4 exclude_user=1 exclude_hv=1"},
    {__LINE__, "cpu/L1-dcache-load-misses/", "type=3 config=0x10000"},
    {__LINE__, "cpu/cpu-cycles/", "type=4 config=0x3c"},
    {__LINE__, "cpu/cpu-cycles,cmask=2/", "type=4 config=0x200003c"},
    {__LINE__, "cpu/cmask=2,cpu-cycles/", "type=4 config=0x200003c"},
    {__LINE__, "cpu/mem-loads,ldlat=50/pp", "type=4 config=0x1cd config1=0x32 precise_ip=2"},
    {__LINE__, "cpu/mem-loads,name=slow_loads/", "type=4 config=0x1cd config1=0x3"},
    {__LINE__, "cpu/event=0xc0,name='retired, all'/", "type=4 config=0xc0"},
    {__LINE__, "cpu/cycles,period=100003/", "type=0 config=0 c100003"},
    {__LINE__, "cpu/event=0xc0,freq=997/u",
     "type=4 config=0xc0 exclude_kernel=1 exclude_hv=1 F997"},
    {__LINE__, "cpu/topdown-recovery-bubbles/", "type=4 config=0x20010d *2"},
    {__LINE__, "{cycles,mem-loads,cpu/event=0xc0/}:D",
     "type=0 config=0 pinned=1 @0 ; type=4 config=0x1cd config1=0x3 @0 ; type=4 config=0xc0 @0"},
    {__LINE__, "{cycles,uncore_imc_0/clockticks/,instructions}",
     "type=0 config=0 @0 ; type=20 config=0 on 0,28 only @1 ; type=0 config=0x1 @0"},
    {__LINE__, "{page-faults,cycles,instructions}",
     "type=1 config=0x2 @0 ; type=0 config=0 @0 ; type=0 config=0x1 @0"},
    /* uncore and the rest */
    {__LINE__, "msr/tsc/", "type=8 config=0"},
    {__LINE__, "msr/event=4/", "type=8 config=0x4"},
    {__LINE__, "power/energy-pkg/", "type=9 config=0x2 on 0,28 only *2.32831e-10Joules"},
    {__LINE__, "power/energy-ram/", "type=9 config=0x3 on 0,28 only *1.52588e-05Joules"},
    {__LINE__, "uncore_imc_0/cas_count_read/", "type=20 config=0x304 on 0,28 only *6.10352e-05MiB"},
    {__LINE__, "uncore_imc_0/event=4,umask=0xc/", "type=20 config=0xc04 on 0,28 only"},
    {__LINE__, "uncore_imc_5/clockticks/", "type=25 config=0 on 0,28 only"},
    {__LINE__, "imc_0/cas_count_write/",
     "uncore_imc_0/cas_count_write/= type=20 config=0xc04 on 0,28 only *6.10352e-05MiB"},
    {__LINE__, "uncore_cha/event=0x35,umask=0x21/",
     "uncore_cha_0/event=0x35,umask=0x21/= type=40 config=0x2135 on 0,28 only ; "
     "uncore_cha_1/event=0x35,umask=0x21/= type=41 config=0x2135 on 0,28 only"},
    {__LINE__, "cha/event=0x35,filter_opc_0=0x203/",
     "uncore_cha_0/event=0x35,filter_opc_0=0x203/= type=40 config=0x35 config1=0x4060000000000 "
     "on 0,28 only ; uncore_cha_1/event=0x35,filter_opc_0=0x203/= type=41 config=0x35 "
     "config1=0x4060000000000 on 0,28 only"},
    {__LINE__, "uncore_cha_?/event=1/",
     "uncore_cha_0/event=1/= type=40 config=0x1 on 0,28 only ; uncore_cha_1/event=1/= type=41 "
     "config=0x1 on 0,28 only"},
    {__LINE__, "uncore_cha_0/event=0x34,filter_state=0x3ff,filter_tid=1/",
     "type=40 config=0x34 config1=0x7fe0001 on 0,28 only"},
    {__LINE__, "uprobe/retprobe/", "type=7 config=0x1"},
    /* errors */
    {__LINE__, "cpu/event=0x100/", "!term 'event': 0x100 does not fit the field's 8 bits"},
    {__LINE__, "cpu/edge=2/", "!term 'edge': 2 does not fit the field's 1 bit"},
    {__LINE__, "cpu/offcore_rsp=0x1ffffffffffffffff/",
     "!term 'offcore_rsp': '0x1ffffffffffffffff' is not a 64-bit number"},
    {__LINE__, "cpu/event=abc/", "!term 'event': 'abc' is not a 64-bit number"},
    {__LINE__, "cpu/event=-1/", "!term 'event': '-1' is not a 64-bit number"},
    {__LINE__, "cpu/evnt=1/", "!PMU 'cpu' has no term or event 'evnt'\ndid you mean event"},
    {__LINE__, "cpu/zork/", "!PMU 'cpu' has no term or event 'zork'"},
    {__LINE__, "cpu/mem-load/",
     "!PMU 'cpu' has no term or event 'mem-load'\ndid you mean mem-loads"},
    {__LINE__, "cpu/page-faults/", "!PMU 'cpu' has no term or event 'page-faults'"},
    {__LINE__, "cpu/mem-loads=3/",
     "!PMU 'cpu' has no term or event 'mem-loads'\ndid you mean mem-loads or mem-stores"},
    {__LINE__, "cpu/percore,event=1/", "!term 'percore' of perf is no part of an event here"},
    {__LINE__, "cpu/call-graph=fp/", "!term 'call-graph' of perf is no part of an event here"},
    {__LINE__, "uncore_imc_0/cycles/", "!PMU 'uncore_imc_0' has no term or event 'cycles'"},
    {__LINE__, "uncore_imc/zork/", "!PMU 'uncore_imc_0' has no term or event 'zork'"},
    {__LINE__, "cpux/event=1/", "!no PMU 'cpux' here\ndid you mean cpu?"},
    {__LINE__, "uncore_imc_9/clockticks/",
     "!no PMU 'uncore_imc_9' here\ndid you mean uncore_imc_0, uncore_imc_1 or uncore_imc_2?"},
    {__LINE__, "imc*x/clockticks/", "!no PMU 'imc*x' here"},
    {__LINE__, "energy-pkg", "!no event 'energy-pkg'"},
    {__LINE__, "topdown-retirin", "!no event 'topdown-retirin'"},
#ifdef __x86_64__
    {__LINE__, "skx::INST_RETIRED:ANY_P",
     "!'skx::INST_RETIRED:ANY_P' is an event of another CPU than this one"},
#endif
};

/* Intel Core, Alder Lake: two kinds of cores. */
static const struct encoding_row adl[] = {
    {__LINE__, "cycles",
     "cpu_core/cycles/= type=0 config=0x400000000 on 0-15 ; cpu_atom/cycles/= type=0 "
     "config=0xa00000000 on 16-23"},
    {__LINE__, "cycles:u",
     "cpu_core/cycles/u= type=0 config=0x400000000 exclude_kernel=1 exclude_hv=1 on 0-15 ; "
     "cpu_atom/cycles/u= type=0 config=0xa00000000 exclude_kernel=1 exclude_hv=1 on 16-23"},
    {__LINE__, "cpu-cycles:upp",
     "cpu_core/cpu-cycles/upp= type=0 config=0x400000000 exclude_kernel=1 exclude_hv=1 "
     "precise_ip=2 on 0-15 ; cpu_atom/cpu-cycles/upp= type=0 config=0xa00000000 "
     "exclude_kernel=1 exclude_hv=1 precise_ip=2 on 16-23"},
    {__LINE__, "cycles:P",
     "cpu_core/cycles/P= type=0 config=0x400000000 precise_ip=3 on 0-15 ; cpu_atom/cycles/P= "
     "type=0 config=0xa00000000 precise_ip=2 on 16-23"},
    {__LINE__, "instructions:k",
     "cpu_core/instructions/k= type=0 config=0x400000001 exclude_user=1 exclude_hv=1 on 0-15 ; "
     "cpu_atom/instructions/k= type=0 config=0xa00000001 exclude_user=1 exclude_hv=1 on 16-23"},
    {__LINE__, "L1-dcache-load-misses",
     "cpu_core/L1-dcache-load-misses/= type=3 config=0x400010000 on 0-15 ; "
     "cpu_atom/L1-dcache-load-misses/= type=3 config=0xa00010000 on 16-23"},
    {__LINE__, "LLC-loads:u",
     "cpu_core/LLC-loads/u= type=3 config=0x400000002 exclude_kernel=1 exclude_hv=1 on 0-15 ; "
     "cpu_atom/LLC-loads/u= type=3 config=0xa00000002 exclude_kernel=1 exclude_hv=1 on 16-23"},
    {__LINE__, "r1c0",
     "cpu_core/r1c0/= type=4 config=0x1c0 on 0-15 ; cpu_atom/r1c0/= type=10 config=0x1c0 on "
     "16-23"},
    {__LINE__, "rffff:u",
     "cpu_core/rffff/u= type=4 config=0xffff exclude_kernel=1 exclude_hv=1 on 0-15 ; "
     "cpu_atom/rffff/u= type=10 config=0xffff exclude_kernel=1 exclude_hv=1 on 16-23"},
    {__LINE__, "page-faults", "type=1 config=0x2"},
    {__LINE__, "cpu-clock", "type=1 config=0 *1ns"},
    {__LINE__, "slots", "cpu_core/slots/= type=4 config=0x400 on 0-15"},
    {__LINE__, "topdown-retiring",
     "cpu_core/topdown-retiring/= type=4 config=0x8000 on 0-15 ; cpu_atom/topdown-retiring/= "
     "type=10 config=0xc2 on 16-23"},
    {__LINE__, "mem-loads:pp",
     "cpu_core/mem-loads/pp= type=4 config=0x1cd config1=0x3 precise_ip=2 on 0-15 ; "
     "cpu_atom/mem-loads/pp= type=10 config=0x5d0 config1=0x3 precise_ip=2 on 16-23"},
    {__LINE__, "mem-stores",
     "cpu_core/mem-stores/= type=4 config=0x2cd on 0-15 ; cpu_atom/mem-stores/= type=10 "
     "config=0x6d0 on 16-23"},
    {__LINE__, "cpu_core/cycles/", "type=0 config=0x400000000 on 0-15"},
    {__LINE__, "cpu_atom/cycles/u",
     "type=0 config=0xa00000000 exclude_kernel=1 exclude_hv=1 on 16-23"},
    {__LINE__, "cpu_core/slots/", "type=4 config=0x400 on 0-15"},
    {__LINE__, "cpu_atom/event=0xc0/", "type=10 config=0xc0 on 16-23"},
    {__LINE__, "cpu_atom/L1-dcache-loads/", "type=3 config=0xa00000000 on 16-23"},
    {__LINE__, "cpu/cycles/",
     "cpu_core/cycles/= type=0 config=0x400000000 on 0-15 ; cpu_atom/cycles/= type=0 "
     "config=0xa00000000 on 16-23"},
    {__LINE__, "cpu/instructions/u",
     "cpu_core/instructions/u= type=4 config=0xc0 exclude_kernel=1 exclude_hv=1 on 0-15 ; "
     "cpu_atom/instructions/u= type=10 config=0xc0 exclude_kernel=1 exclude_hv=1 on 16-23"},
    {__LINE__, "cpu/event=0x3c/",
     "cpu_core/event=0x3c/= type=4 config=0x3c on 0-15 ; cpu_atom/event=0x3c/= type=10 "
     "config=0x3c on 16-23"},
    {__LINE__, "cpu_*/event=0xc0/",
     "cpu_core/event=0xc0/= type=4 config=0xc0 on 0-15 ; cpu_atom/event=0xc0/= type=10 "
     "config=0xc0 on 16-23"},
    {__LINE__, "{cycles,instructions}",
     "cpu_core/cycles/= type=0 config=0x400000000 on 0-15 @0 ; cpu_atom/cycles/= type=0 "
     "config=0xa00000000 on 16-23 @1 ; cpu_core/instructions/= type=0 config=0x400000001 on "
     "0-15 @0 ; cpu_atom/instructions/= type=0 config=0xa00000001 on 16-23 @1"},
    {__LINE__, "{cycles,instructions}:D",
     "cpu_core/cycles/= type=0 config=0x400000000 pinned=1 on 0-15 @0 ; cpu_atom/cycles/= "
     "type=0 config=0xa00000000 pinned=1 on 16-23 @1 ; cpu_core/instructions/= type=0 "
     "config=0x400000001 on 0-15 @0 ; cpu_atom/instructions/= type=0 config=0xa00000001 on "
     "16-23 @1"},
    {__LINE__, "{cycles:u,page-faults}",
     "cpu_core/cycles/u= type=0 config=0x400000000 exclude_kernel=1 exclude_hv=1 on 0-15 @0 ; "
     "cpu_atom/cycles/u= type=0 config=0xa00000000 exclude_kernel=1 exclude_hv=1 on 16-23 @1 ; "
     "type=1 config=0x2 @0"},
    {__LINE__, "{page-faults,cycles}",
     "type=1 config=0x2 @0 ; cpu_core/cycles/= type=0 config=0x400000000 on 0-15 @0 ; "
     "cpu_atom/cycles/= type=0 config=0xa00000000 on 16-23 @2"},
    {__LINE__, "{cpu_core/cycles/,cpu_atom/cycles/}",
     "type=0 config=0x400000000 on 0-15 @0 ; type=0 config=0xa00000000 on 16-23 @1"},
    {__LINE__, "cpu_atom/frontend=1/", "!PMU 'cpu_atom' has no term or event 'frontend'"},
    {__LINE__, "cpu_atom/slots/", "!PMU 'cpu_atom' has no term or event 'slots'"},
    {__LINE__, "cpu_cor/cycles/", "!no PMU 'cpu_cor' here\ndid you mean cpu_core or cpu_atom?"},
    {__LINE__, "cpu/slots/", "cpu_core/slots/= type=4 config=0x400 on 0-15"},
    {__LINE__, "cpu/slots,umask=5/", "cpu_core/slots,umask=5/= type=4 config=0x500 on 0-15"},
};

/* AMD EPYC, Zen 4: fields in two pieces, IBS, uncore PMUs. */
static const struct encoding_row zen4[] = {
    {__LINE__, "cycles", "type=0 config=0"},
    {__LINE__, "cycles:P", "type=0 config=0"},
    {__LINE__, "cache-misses", "type=0 config=0x3"},
    {__LINE__, "stalled-cycles-frontend", "type=0 config=0x7"},
    {__LINE__, "cpu/event=0x76/", "type=4 config=0x76"},
    {__LINE__, "cpu/event=0x1ff/", "type=4 config=0x1000000ff"},
    {__LINE__, "cpu/event=0xfff,umask=0xff/", "type=4 config=0xf0000ffff"},
    {__LINE__, "cpu/event=0x43,umask=0x02/u", "type=4 config=0x243 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "cpu/cache-misses/", "type=4 config=0x964"},
    {__LINE__, "cpu/stalled-cycles-frontend/", "type=4 config=0xa9"},
    {__LINE__, "cpu/event=0x1000/", "!term 'event': 0x1000 does not fit the field's 12 bits"},
    {__LINE__, "ibs_op//", "type=12 config=0"},
    {__LINE__, "ibs_op/cnt_ctl=1/", "type=12 config=0x80000"},
    {__LINE__, "ibs_op/cnt_ctl,l3missonly/", "type=12 config=0x90000"},
    {__LINE__, "ibs_fetch/rand_en/", "type=11 config=0x200000000000000"},
    {__LINE__, "ibs_op/ldlat=3/", "!PMU 'ibs_op' has no term or event 'ldlat'"},
    {__LINE__, "power/energy-pkg/", "type=13 config=0x2 on 0 only *2.32831e-10Joules"},
    {__LINE__, "amd_l3/event=0x4,umask=0xff/", "type=14 config=0xff04 on 0,8,16,24 only"},
    {__LINE__, "amd_l3/event=0x9a,umask=1,enallslices,enallcores,threadmask=3/",
     "type=14 config=0x300c0000000019a on 0,8,16,24 only"},
    {__LINE__, "amd_l3/event=1,coreid=7,sliceid=5/",
     "type=14 config=0x51c0000000001 on 0,8,16,24 only"},
    {__LINE__, "amd_df/event=0x1f,umask=0xfe/", "type=15 config=0xfe1f on 0 only"},
    {__LINE__, "amd_df/event=0x3fff,umask=0xfff/", "type=15 config=0x3f0f00ffff on 0 only"},
    {__LINE__, "amd_df/event=0x4000/", "!term 'event': 0x4000 does not fit the field's 14 bits"},
    {__LINE__, "amd_umc_0/event=0xa,rdwrmask=1/", "type=16 config=0x10a on 0 only"},
    {__LINE__, "amd_umc/event=0xa/",
     "amd_umc_0/event=0xa/= type=16 config=0xa on 0 only ; amd_umc_1/event=0xa/= type=17 "
     "config=0xa on 0 only"},
};

/* Arm Neoverse N1: one core PMU, SPE, the mesh. */
static const struct encoding_row neoverse_n1[] = {
    {__LINE__, "cycles", "type=0 config=0"},
    {__LINE__, "cycles:upp", "type=0 config=0 exclude_kernel=1 exclude_hv=1 precise_ip=2"},
    {__LINE__, "r11", "type=4 config=0x11"},
    {__LINE__, "ll_cache_miss_rd", "type=8 config=0x37"},
    {__LINE__, "remote_access:u", "type=8 config=0x31 exclude_kernel=1 exclude_hv=1"},
    {__LINE__, "armv8_pmuv3_0/cpu_cycles/", "type=8 config=0x11"},
    {__LINE__, "armv8_pmuv3_0/event=0x8/", "type=8 config=0x8"},
    {__LINE__, "armv8_pmuv3_0/event=0x11,long=1/", "type=8 config=0x11 config1=0x1"},
    {__LINE__, "cpu/event=0x37/", "armv8_pmuv3_0/event=0x37/= type=8 config=0x37"},
    {__LINE__, "armv8_pmuv3/cycles/", "armv8_pmuv3_0/cycles/= type=0 config=0"},
    {__LINE__, "arm_spe_0//", "type=9 config=0 on 0-63"},
    {__LINE__, "arm_spe_0/load_filter=1,store_filter=1,min_latency=30/u",
     "type=9 config=0x600000000 config2=0x1e exclude_kernel=1 exclude_hv=1 on 0-63"},
    {__LINE__, "arm_spe_0/ts_enable,jitter,event_filter=0x2/",
     "type=9 config=0x10001 config1=0x2 on 0-63"},
    {__LINE__, "arm_cmn_0/hnf_cache_miss/", "type=10 config=0x10005 on 0 only"},
    {__LINE__, "arm_cmn/dtc_cycles/", "arm_cmn_0/dtc_cycles/= type=10 config=0x3 on 0 only"},
    {__LINE__, "arm_cmn_0/type=0x5,eventid=1,bynodeid=1,nodeid=0x40/",
     "type=10 config=0x4080010005 on 0 only"},
    {__LINE__, "armv8_pmuv3_0/event=0x10000/",
     "!term 'event': 0x10000 does not fit the field's 16 bits"},
    {__LINE__, "arm_cmn_0/cycles/",
     "!PMU 'arm_cmn_0' has no term or event 'cycles'\ndid you mean dtc_cycles"},
};

/* Arm big.LITTLE: a PMU for each kind of core. */
static const struct encoding_row big_little[] = {
    {__LINE__, "cycles",
     "armv8_cortex_a53/cycles/= type=0 config=0x800000000 on 0-3 ; armv8_cortex_a72/cycles/= "
     "type=0 config=0x900000000 on 4-5"},
    {__LINE__, "cycles:u",
     "armv8_cortex_a53/cycles/u= type=0 config=0x800000000 exclude_kernel=1 exclude_hv=1 on "
     "0-3 ; armv8_cortex_a72/cycles/u= type=0 config=0x900000000 exclude_kernel=1 exclude_hv=1 "
     "on 4-5"},
    {__LINE__, "L1-dcache-load-misses",
     "armv8_cortex_a53/L1-dcache-load-misses/= type=3 config=0x800010000 on 0-3 ; "
     "armv8_cortex_a72/L1-dcache-load-misses/= type=3 config=0x900010000 on 4-5"},
    {__LINE__, "r11",
     "armv8_cortex_a53/r11/= type=8 config=0x11 on 0-3 ; armv8_cortex_a72/r11/= type=9 "
     "config=0x11 on 4-5"},
    {__LINE__, "cpu_cycles",
     "armv8_cortex_a53/cpu_cycles/= type=8 config=0x11 on 0-3 ; armv8_cortex_a72/cpu_cycles/= "
     "type=9 config=0x11 on 4-5"},
    {__LINE__, "ll_cache_miss_rd", "armv8_cortex_a72/ll_cache_miss_rd/= type=9 config=0x37 on 4-5"},
    {__LINE__, "armv8_cortex_a72/cpu_cycles/", "type=9 config=0x11 on 4-5"},
    {__LINE__, "armv8_cortex_a53/cycles/", "type=0 config=0x800000000 on 0-3"},
    {__LINE__, "armv8_cortex_*/event=0x3/",
     "armv8_cortex_a53/event=0x3/= type=8 config=0x3 on 0-3 ; armv8_cortex_a72/event=0x3/= "
     "type=9 config=0x3 on 4-5"},
    {__LINE__, "cpu/inst_retired/",
     "armv8_cortex_a53/inst_retired/= type=8 config=0x8 on 0-3 ; "
     "armv8_cortex_a72/inst_retired/= type=9 config=0x8 on 4-5"},
    {__LINE__, "{cycles,instructions}",
     "armv8_cortex_a53/cycles/= type=0 config=0x800000000 on 0-3 @0 ; "
     "armv8_cortex_a72/cycles/= type=0 config=0x900000000 on 4-5 @1 ; "
     "armv8_cortex_a53/instructions/= type=0 config=0x800000001 on 0-3 @0 ; "
     "armv8_cortex_a72/instructions/= type=0 config=0x900000001 on 4-5 @1"},
    {__LINE__, "cpu/ll_cache_miss_rd/",
     "armv8_cortex_a72/ll_cache_miss_rd/= type=9 config=0x37 on 4-5"},
};

/* POWER: events with parameters to fill in. */
static const struct encoding_row power[] = {
    {__LINE__, "hv_24x7/HPM_0THRD_NON_IDLE_CCYC__PHYS_CORE,core=5/",
     "type=8 config=0xe000050002 on 0 only"},
    {__LINE__, "hv_24x7/core=5,HPM_0THRD_NON_IDLE_CCYC__PHYS_CORE/",
     "type=8 config=0xe000050002 on 0 only"},
    {__LINE__, "hv_24x7/HPM_0THRD_NON_IDLE_CCYC__PHYS_CORE/",
     "!event 'HPM_0THRD_NON_IDLE_CCYC__PHYS_CORE' needs a value for 'core'"},
    {__LINE__, "hv_24x7/domain=2,offset=0xe0,core=5/", "type=8 config=0xe000050002 on 0 only"},
    {__LINE__, "cpu/event=0x100f0/", "type=4 config=0x100f0"},
};

/* Files that no kernel should write. */
static const struct encoding_row malformed[] = {
    {__LINE__, "cycles", "type=0 config=0"},
    {__LINE__, "cpu/good/", "type=4 config=0x1"},
    {__LINE__, "good", "type=4 config=0x1"},
    {__LINE__, "cpu/badterm/", "!events/badterm: PMU 'cpu' has no term or event 'zork'"},
    {__LINE__, "cpu/broken/",
     "!events/broken: bad event list: the value of 'event' is missing, at position 6"},
    {__LINE__, "cpu/loop/",
     "!events/loop: PMU 'cpu' has no term or event 'loop'\ndid you mean loop or good"},
    {__LINE__, "cpu/big/", "!events/big: term 'event': 0x100 does not fit the field's 8 bits"},
    {__LINE__, "cpu/badscale/", "type=4 config=0x2"},
    {__LINE__, "cpu/event=3/", "type=4 config=0x3"},
    {__LINE__, "cpu/tooHigh=1/", "!PMU 'cpu' has no term or event 'tooHigh'"},
    {__LINE__, "cpu/backwards=1/", "!PMU 'cpu' has no term or event 'backwards'"},
    {__LINE__, "cpu/other=1/", "!PMU 'cpu' has no term or event 'other'"},
    {__LINE__, "cpu/empty=1/", "!PMU 'cpu' has no term or event 'empty'"},
    {__LINE__, "cpu/list=3/", "!PMU 'cpu' has no term or event 'list'"},
    {__LINE__, "notype/event=1/", "!no PMU 'notype' here"},
    {__LINE__, "hugetype/event=1/", "!no PMU 'hugetype' here"},
    {__LINE__, "offline/event=1/", "!no PMU 'offline' here"},
};

/* xorshift64: the same texts in every run. */
static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    return *x ^= *x << 17;
}

/* Replaces, inserts or drops a few characters. */
static void mutate(char *text, size_t room, uint64_t *seed)
{
    static const char alphabet[] = ":/,{}=+'-_*?.rwxupP0123 mem";

    for (unsigned n = 1 + next_random(seed) % 3; n > 0; n--) {
        size_t len = strlen(text), at = len ? next_random(seed) % len : 0;
        char c = alphabet[next_random(seed) % (sizeof(alphabet) - 1)];
        if (next_random(seed) % 2 && len) {
            text[at] = c;
        } else if (next_random(seed) % 2 && len + 1 < room) {
            memmove(text + at + 1, text + at, len - at + 1);
            text[at] = c;
        } else if (len) {
            memmove(text + at, text + at + 1, len - at);
        }
    }
}

static void mutate_rows(const struct encoding_row *rows, size_t n, unsigned rounds)
{
    uint64_t seed = 0x9e3779b97f4a7c15 + n;

    for (unsigned i = 0; i < rounds; i++) {
        struct hwp_encodings list = {0};
        char text[256];

        snprintf(text, sizeof(text), "%s", rows[i % n].text);
        mutate(text, sizeof(text), &seed);
        struct hwp_error *err = hwp_events_resolve(text, &list);
        if (err ? !err->msg[0] || list.len : !list.len)
            exit(1);
        hwp_vec_foreach (&list, e) {
            if (!e->name || !e->text || !e->via || !e->unit || e->leader >= (int)list.len)
                exit(1);
        }
        hwp_encodings_deinit(&list);
        hwp_error_destroy(err);
    }
}

/* A list or an error comes back, whatever goes in; the sanitizers watch the rest. In a child, as
 * it sets the environment. */
static void survives_mutations(void **state)
{
    int status;

    (void)state;
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        setenv("LIBPFM_FORCE_PMU", "perf", 1);
        setenv("HWPROF_TRACEFS", HWP_TEST_DATA "/tracefs", 1);
        setenv("HWPROF_SYSFS", HWP_TEST_DATA "/sysfs/intel-skx", 1);
        mutate_rows(skx, hwp_array_size(skx), 400);
        setenv("HWPROF_SYSFS", HWP_TEST_DATA "/sysfs/malformed", 1);
        mutate_rows(malformed, hwp_array_size(malformed), 200);
        setenv("HWPROF_SYSFS", HWP_TEST_DATA "/sysfs/intel-hybrid-adl", 1);
        mutate_rows(adl, hwp_array_size(adl), 200);
        mutate_rows(anywhere, hwp_array_size(anywhere), 400);
        exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void no_pmu(void **state)
{
    (void)state;
    check_on("perf", "none", anywhere, hwp_array_size(anywhere));
}

static void intel_skylake_server(void **state)
{
    (void)state;
    check_on("perf", "intel-skx", skx, hwp_array_size(skx));
}

static void intel_hybrid(void **state)
{
    (void)state;
    check_on("perf", "intel-hybrid-adl", adl, hwp_array_size(adl));
}

static void amd_zen4(void **state)
{
    (void)state;
    check_on("perf", "amd-zen4", zen4, hwp_array_size(zen4));
}

static void arm_neoverse_n1(void **state)
{
    (void)state;
    check_on("perf", "arm-n1", neoverse_n1, hwp_array_size(neoverse_n1));
}

static void arm_big_little(void **state)
{
    (void)state;
    check_on("perf", "arm-biglittle", big_little, hwp_array_size(big_little));
}

static void power_24x7(void **state)
{
    (void)state;
    check_on("perf", "power-24x7", power, hwp_array_size(power));
}

static void malformed_files(void **state)
{
    (void)state;
    check_on("perf", "malformed", malformed, hwp_array_size(malformed));
}

/* Tracepoints where tracefs is not, which is not the same as a name that is not. */
static void no_tracefs(void **state)
{
    static const struct encoding_row absent[] = {
        {__LINE__, "sched:sched_switch", "!tracefs is not mounted"},
        {__LINE__, "sched:sched_switch", "!mount -t tracefs nodev /sys/kernel/tracing"},
    };
    int status;

    (void)state;
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        setenv("HWPROF_TRACEFS", HWP_TEST_DATA "/nowhere", 1);
        exit(check_encodings(absent, hwp_array_size(absent)) ? 1 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_pmu),
        cmocka_unit_test(intel_skylake_server),
        cmocka_unit_test(intel_hybrid),
        cmocka_unit_test(amd_zen4),
        cmocka_unit_test(arm_neoverse_n1),
        cmocka_unit_test(arm_big_little),
        cmocka_unit_test(power_24x7),
        cmocka_unit_test(malformed_files),
        cmocka_unit_test(no_tracefs),
        cmocka_unit_test(survives_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
