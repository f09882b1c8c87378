# shellcheck shell=bash
# Comparing what perf and hwprof say of one file. Sourced after live/lib.sh.
command -v perf >/dev/null && perf record -q -e cpu-clock -o probe.data true 2>/dev/null ||
    skip 'perf is not installed'

# "samples symbol" lines of a file by perf. Left out are unresolved addresses, which hwprof bounds by
# unwind data, and PLT stubs, which perf names by their order and so at times wrongly, or as the _init
# before them (hwprof reads their code); symbol versions are dropped.
by_perf() {
    perf report -i "$1" --stdio --no-children -s sym -F sample,sym -t '|' 2>/dev/null |
        sed -n 's/^ *\([0-9][0-9]*\) *| *\[[.kgu]\] */\1 /p' |
        sed 's/ *$//; s/@\{1,2\}GLIBC[A-Z]*_[0-9.]*$//' | grep -vE ' 0x[0-9a-f]*$|@plt$| _init$'
}

by_us() {
    "$HWPROF" report -i "$1" --top 0 --no-atomics -x'|' | awk -F'|' '
        /^row\|/ {for (i = 1; i <= NF; i++) column[$i] = i}
        /^function\|/ && $column["function"] !~ /@plt$/ {
            print $column["cpu-clock_samples"], $column["function"]}'
}

compare() {
    by_perf "$1" >perf.txt
    by_us "$1" >ours.txt
    # every symbol that either names: the same number of samples in both
    awk 'NR == FNR {n = $1; $1 = ""; ours[$0] += n; next}
        {n = $1; $1 = ""; perf[$0] += n; all += n}
        END {
            for (symbol in ours) # what perf has no name for is left out
                if (!(symbol in perf) && symbol !~ /^ (sub_|\[|\.plt|_init$)/) perf[symbol] = 0
            for (symbol in perf) {
                d = perf[symbol] - ours[symbol]
                if (d == 0) continue
                off += d > 0 ? d : -d
                print "  perf " perf[symbol] ", hwprof " ours[symbol] + 0 ":" symbol
            }
            printf "  %d samples, %d in other places\n", all, off
            exit !(all > 20 && off == 0)
        }' \
        ours.txt perf.txt
}
