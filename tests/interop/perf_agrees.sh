#!/bin/bash
# perf report and hwprof report agree on samples per symbol for the same file, in both directions:
# files of ours read by perf, files of perf's read by us, for programs of other people.
. "$(dirname "$0")/../live/programs.d.sh"
. "$(dirname "$0")/../live/lib.sh"
. "$(dirname "$0")/perf.d.sh"

program() {
    local name=$1
    shift
    "$HWPROF" record -q --source clock -o ours.data -- "$@" >/dev/null 2>&1
    check "$name: hwprof's file" compare ours.data
    perf record -q -e cpu-clock -F 4000 -o perf.data -- "$@" >/dev/null 2>&1
    check "$name: perf's file" compare perf.data
}

for_each_program
finish
