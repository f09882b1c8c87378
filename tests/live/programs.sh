#!/bin/bash
# Programs of other people: a report with named functions, output and exit status untouched.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/programs.d.sh"

# The share of clock samples in functions with a name.
named_percent() {
    "$HWPROF" report -i "$1" --top 0 --no-atomics --json >report.json || return 1
    awk '/"functions"/ {on = 1} /"annotations"|"cores"/ {on = 0}
        on && /"function":/ {named = !/"function": *"\[/}
        on && /"cpu-clock_samples":|"samples":/ {n = $2 + 0; all += n; if (named) known += n}
        END {printf "%d %d\n", all ? 100 * known / all : 0, all}' report.json
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
