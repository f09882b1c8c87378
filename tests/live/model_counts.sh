#!/bin/bash
# Under the modelled PMU the workloads count what they state, exactly: what one function counts in two
# runs differs by the stated figure times the iterations in between. In the function alone, as
# the rest of the program prints times, whose digits vary.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/model.d.sh"

events=instructions,L1-dcache-loads,L1-dcache-stores,atomics,branches

# functions NAME FUNCTION OPTION… -- COMMAND…: "EVENT COUNT" of one function, in the file NAME
functions() {
    local name=$1 function=$2
    shift 2
    "$HWPROF" record --source model -o "$name.data" -e $events "$@" >"$name.out" 2>"$name.err" </dev/null &&
        "$HWPROF" report -i "$name.data" -j --top 0 >"$name.json" || {
        fail "recording $*"
        tail -3 "$name.err"
        return 1
    }
    python3 - "$name.json" "$function" $events >"$name" <<'PY'
import json, sys
rows = json.load(open(sys.argv[1]))["functions"]
row = [r for r in rows if r["row"] == "function" and r["function"] == sys.argv[2]]
for event in sys.argv[3].split(","):
    print(event, sum(r.get(event) or 0 for r in row))
PY
}

# states FUNCTION N WORKLOAD OPTION…: between N and 2 N iterations
states() {
    local function=$1 n=$2 name=$3 event key truth few many
    shift 3
    functions few "$function" -- "$bin/$name" --iterations "$n" "$@" || return
    functions many "$function" -- "$bin/$name" --iterations $((2 * n)) "$@" || return
    for event in ${events//,/ }; do
        key=${event#L1-dcache-}
        truth=$("$bin/$name" --truth "$@" | awk -v k="$key-per-iteration" '$2 == k {print $3}')
        few=$(awk -v e="$event" '$1 == e {print $2}' few)
        many=$(awk -v e="$event" '$1 == e {print $2}' many)
        near "$name $*: $key in $function per iteration, times $n" $((many - few)) \
            "$(awk -v t="$truth" -v n="$n" 'BEGIN {print t * n}')" 0
    done
}

states count_shared 100000 counter --mode shared --threads 1
states count_shared 100000 counter --mode shared --threads 4
states count_padded 100000 counter --mode padded --threads 4
states bump_field 100000 sharing --threads 3
states bump_field_atomic 100000 sharing --mode atomic --threads 3
states chase 100000 chase --size 64Ki --threads 2
# Within one pass over the array, so that the function is called once.
states walk 50000 stride --stride 8 --size 1Mi --threads 1
states count_ones 65536 branches --pattern periodic --size 256Ki --threads 1

# The whole program: the digits of the times make the only difference.
model few $events -- "$bin/counter" --threads 1 --iterations 1000000
model many $events -- "$bin/counter" --threads 1 --iterations 2000000
near 'counter, the whole program: instructions' "$(step few many instructions)" 3000000 0.1
near 'counter, the whole program: atomics' "$(step few many atomics)" 1000000 0

# Long instructions: 40 lines of code a lap, which are fetched by the block, so that a few are twice.
if [ "$(uname -m)" = x86_64 ]; then
    for laps in 10000 20000; do
        cc -o "code$laps" -x assembler - <<ASM || exit 1
.globl main
main:   mov \$$laps, %ecx
        .p2align 6
1:      .rept 256
        movabs \$0x1122334455667788, %rax
        .endr
        dec %ecx
        jnz 1b
        xor %eax, %eax
        ret
        .section .note.GNU-stack, "", @progbits
ASM
    done
    model few L1-icache-loads -- ./code10000
    model many L1-icache-loads -- ./code20000
    near 'long instructions: lines fetched' "$(step few many L1-icache-loads)" 440000 10
fi
finish
