#!/bin/bash
# Programs of other people: a report with named functions, output and exit status untouched.
. "$(dirname "$0")/programs.d.sh"
. "$(dirname "$0")/lib.sh"

# "NAMED BOUNDED SAMPLES": percents of samples in functions with a name, and in functions whose bounds
# at least are known (a stripped library's inner ones, from unwind data); and how many there are.
functions_percent() {
    "$HWPROF" report -i "$1" --top 0 --no-atomics -x'|' | awk -F'|' '
        /^row\|/ {for (i = 1; i <= NF; i++) column[$i] = i}
        /^function\|/ {n = $column["cpu-clock:u_samples"]; name = $column["function"]; all += n
            if (name !~ /^\[/) bounded += n
            if (name !~ /^(sub_|\[)/) named += n}
        END {if (all) printf "%d %d %d\n", 100 * named / all, 100 * bounded / all, all}'
}

program() {
    local name=$1
    shift
    "$@" >bare.out 2>/dev/null
    local bare=$?
    timeout 120 "$HWPROF" record -q --source perf -e cpu-clock:u -o "$name.data" -- "$@" \
        >ours.out 2>err
    local ours=$?
    check "$name: exit status $bare" [ $bare = $ours ]
    check "$name: output" cmp -s bare.out ours.out
    read -r named bounded samples < <(functions_percent "$name.data")
    echo "$name: $samples samples, $named % in named functions, $bounded % in known ones"
    check "$name: functions" [ "${bounded:-0}" -ge 90 ]
    case $name in # not stripped of their functions' names
    gcc | python3 | perl | sqlite3) check "$name: named" [ "${named:-0}" -ge 50 ] ;;
    esac
}

for_each_program
finish
