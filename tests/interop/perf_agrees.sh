#!/bin/bash
# perf report and hwprof report agree on samples per symbol for the same file, in both directions:
# files of ours read by perf, files of perf's read by us, for programs of other people.
. "$(dirname "$0")/../live/lib.sh"
. "$(dirname "$0")/../live/programs.d.sh"
command -v perf >/dev/null && perf record -q -e cpu-clock -o probe.data true 2>/dev/null ||
    skip 'perf is not installed'

# "samples symbol" lines of a file by perf, unresolved addresses left out.
by_perf() {
    perf report -i "$1" --stdio --no-children -s sym -F sample,sym -t '|' 2>/dev/null |
        sed -n 's/^ *\([0-9][0-9]*\) *| *\[[.kgu]\] */\1 /p' | sed 's/ *$//' |
        grep -v ' 0x[0-9a-f]*$'
}

by_us() {
    "$HWPROF" report -i "$1" --top 0 --no-atomics -x'|' | samples_by_symbol
}

compare() {
    by_perf "$1" | sort -k2 >perf.txt
    by_us "$1" | sort -k2 >ours.txt
    # every symbol that perf names: the same number of samples in ours
    awk 'NR == FNR {n = $1; $1 = ""; ours[$0] += n; next}
        {n = $1; $1 = ""; all += n; if (ours[$0] != n) {off += n > ours[$0] ? n - ours[$0] : ours[$0] - n
            if (shown++ < 5) print "  perf " n ", hwprof " ours[$0] + 0 ":" $0}}
        END {printf "  %d samples, %d in other places\n", all, off; exit !(all > 100 && off == 0)}' \
        ours.txt perf.txt
}

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
