#!/bin/bash
# Where tasks and memory are on the modelled machine: the program's own sched_setaffinity, set_mempolicy,
# mbind and move_pages calls; tasks of several processes; and the owners of contended lines.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/model.d.sh"

system_build

records() {
    local events=$1
    shift
    timeout 60 "$HWPROF" record -q --machine skx2 -o data -e "$events" "$@" >out 2>err ||
        { fail "record $*" && tail -3 err; }
}
# function_table COLUMN…: the columns of each function
function_table() {
    "$HWPROF" report -i data --no-atomics --top 0 -x'|' | awk -F'|' -v keys="$*" '
        BEGIN {nr = split(keys, key, " ")}
        /^row\|/ {split("", column); for (i = 1; i <= NF; i++) column[$i] = i}
        /^function\|/ {for (i = 1; i <= nr; i++) printf "%s%s", $column[key[i]], i < nr ? " " : "\n"}'
}
# atomics_by_cpu: "CPU COUNT"
atomics_by_cpu() {
    "$HWPROF" cores -i data -x'|' | awk -F'|' '
        /^cpu\|/ {for (i = 1; i <= NF; i++) column[$i] = i; next}
        column["atomics"] && /^[0-9]/ {print $1, $column["atomics"]}'
}

# --- tasks
records atomics -- ./system affinity
atomics_by_cpu >cores
for cpu in 0 1 55; do
    near "work bound to CPU $cpu: atomics there" "$(awk -v c=$cpu '$1 == c {print $2}' cores)" $n 0 100
done
# None works before all are there.
records atomics -- sh -c './system meet & ./system meet & wait'
check 'six threads of two processes are on different cores' \
    [ "$(atomics_by_cpu | awk '$2 >= 20000 && $2 < 20600' | wc -l)" = 6 ]

# --- memory: loads that memory answers, all of one node's, of another, or half and half
records node-loads,node-load-misses --pin core:0 --machine-set l3=1M/16,prefetch=off,adjacent=off -- \
    ./system numa
function_table function node-loads node-load-misses >reads
far() {
    local loads misses lines=$((512 * 4096 / 64))
    loads=$(awk -v f="$1" '$1 == f {print $2}' reads)
    misses=$(awk -v f="$1" '$1 == f {print $3}' reads)
    near "$1: loads from memory" "$loads" $lines 5
    near "$1: of them, of the other node" "${misses:-0}" "$2" 5 600
}
far read_first_touch 0
far read_set_mempolicy 32768
far read_interleaved 16384
far read_mbind 32768
far read_moved 32768
far read_mapped_anew 0

makes kept 0 0 'made 0 '
makes vacated 1 0 "made $n "

# --- owners
records transfers -- ./system owners
"$HWPROF" report -i data --no-atomics --top 0 -x'|' | awk -F'|' '
    /^row\|/ {split("", column); for (i = 1; i <= NF; i++) column[$i] = i}
    /^line\|/ && $column["transfers"] > 35000 {
        sub("/[0-9]+$", "/TID", $column["owner"])
        print $column["object"] ": " $column["owner"]}' | sort >owners
cat >expected <<'END'
heap: 128 bytes from mode_owners system.c:LINE
heap: 192 bytes from mode_owners system.c:LINE
mapping: mapping of 2097152 bytes + 0x0
mapping: mapping of 4096 bytes + 0x0
stack: stack of system/TID
stack: stack of system/TID
static: in_bss + 0x28000
thread: thread-local data of system/TID
thread: thread-local data of system/TID
END
sed -i 's/system\.c:.*/system.c:LINE/' owners
check 'owners of the lines that were fought over' diff expected owners
finish
