#!/bin/bash
# Which part of a run is modelled, and what the code of it is called: --model-from, --model-instructions,
# libraries that come and go, code made at run time and changed in place.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/model.d.sh"

system_build

# --- from a function on, through programs that don't have it
model from atomics --model-from after_handlers -- ./system signals &&
    near '--model-from after_handlers' "$(count from atomics)" $n 0 100
model from atomics --model-from work -- sh -c './system exec' &&
    near '--model-from work, of a program that another starts' "$(count from atomics)" $((3 * n)) 0 100
model from atomics --model-from no_such_function -- ./system work &&
    near '--model-from what is never called' "$(count from atomics)" 0 0
timeout 60 "$HWPROF" stat -e atomics --model-from no_such_function -- ./system work >out 2>err
check 'and says so, once' [ "$(grep -c 'no_such_function() was never called' err)" = 1 ]

# --- so many instructions of all processes; the rest runs on, fast
budget() {
    local limit=$1 made=$2
    shift 2
    model few instructions,atomics --model-instructions "$limit" -- "$@" &&
        near "--model-instructions $limit -- $*" "$(count few instructions)" "$limit" 0 100000
    check "and it runs to its end" [ "$(tail -1 few.out)" = "made $made" ]
}
budget 1000000 30000000 ./system work 30000000
budget 1000000 9000000 ./system threads 3000000
budget 1000000 9000000 ./system fork 3000000
budget 500000 $n ./system exec 20000000 # what it execs makes n
model few instructions,atomics --model-instructions 400000 --model-from work -- ./system work &&
    near 'both: atomics' "$(count few atomics)" $n 0 100

# --- named
# atomics_of NAME: FUNCTION MODULE COUNT of a recording, of what has a thousand at least
atomics_of() {
    "$HWPROF" report -i "$1" --no-atomics --top 0 -x'|' | awk -F'|' '
        /^row\|/ {for (i = 1; i <= NF; i++) column[$i] = i}
        /^function\|/ && $column["atomics"] >= 1000 {
            print $column["function"], $column["module"], $column["atomics"]}'
}
records() {
    timeout 60 "$HWPROF" record -q --source model -o data -e atomics -- ./system "$1" >out 2>err ||
        { fail "record $1" && tail -3 err; }
}
records dlopen
check 'code of a library, loaded twice' [ "$(atomics_of data)" = "library_work libsystem.so $((2 * n))" ]
check 'and its source' grep -q 'atomic_fetch_add' <("$HWPROF" annotate -i data library_work 2>&1)
if [ "$(uname -m)" = x86_64 ]; then
    # Six times round, and in every other the increment is no atomic.
    records jit
    check 'code made at run time, and changed' [ "$(atomics_of data)" = "jitted [anon] $((3 * n))" ]
    check 'does what it should' [ "$(cat out)" = "made $((6 * n))" ]
    rm -f "$(sed -n 's/^map //p' err)"
fi
finish
