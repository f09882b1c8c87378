#!/bin/bash
# Programs of other people: a report with named functions, output and exit status untouched.
. "$(dirname "$0")/programs.d.sh"
. "$(dirname "$0")/lib.sh"

# "PERCENT SAMPLES": the share of samples in functions with a name, and how many there are.
named_percent() {
    "$HWPROF" report -i "$1" --top 0 --no-atomics -x'|' | awk -F'|' '
        /^row\|/ {for (i = 1; i <= NF; i++) column[$i] = i}
        /^function\|/ {n = $column["cpu-clock:u_samples"]; all += n
            if ($column["function"] !~ /^(sub_|\[)/) named += n}
        END {printf "%d %d\n", all ? 100 * named / all : 0, all}'
}

program() {
    local name=$1
    shift
    "$@" >bare.out 2>/dev/null
    local bare=$?
    timeout 120 "$HWPROF" record -q --source clock -e cpu-clock:u -o "$name.data" -- "$@" \
        >ours.out 2>err
    local ours=$?
    check "$name: exit status $bare" [ $bare = $ours ]
    check "$name: output" cmp -s bare.out ours.out
    read -r named samples < <(named_percent "$name.data")
    echo "$name: $samples samples, $named % in named functions"
    check "$name: named functions" [ "${named:-0}" -ge 60 ]
}

for_each_program
finish
