#!/bin/bash
# stat agrees with perf stat on the same command, run in turn: page faults within 2 % (medians of
# seven), task-clock within 15 %, context switches within 3 or 20 % (the least of seven: other load on
# the machine only ever adds to these).
. "$(dirname "$0")/lib.sh"
command -v perf >/dev/null && perf stat true 2>/dev/null || skip 'perf is not installed'

events=task-clock,page-faults,context-switches
work() { sh -c 'i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done; sleep 0.01; sleep 0.01'; }
export -f work

value() { awk -F, -v e="$1" '$3 ~ "^"e {print $1}' "$2"; }
runs='1 2 3 4 5 6 7'
median() { sort -g | sed -n 4p; }
least() { sort -g | head -1; }

for i in $runs; do
    perf stat -x, -e $events -o perf.$i bash -c work
    "$HWPROF" stat -x, -e $events -o ours.$i bash -c work
done
for event in task-clock page-faults context-switches; do
    pick=median
    [ $event = page-faults ] || pick=least
    perf=$(for i in $runs; do value $event perf.$i; done | $pick)
    ours=$(for i in $runs; do value $event ours.$i; done | $pick)
    echo "$event: perf $perf, hwprof $ours"
    case $event in
    page-faults) check "$event agrees" within "$ours" "$perf" 2 ;;
    task-clock) check "$event agrees" within "$ours" "$perf" 15 ;;
    *) check "$event agrees" awk -v a="$ours" -v b="$perf" 'BEGIN {
        d = a > b ? a - b : b - a
        exit !(d <= 3 || d <= b / 5)
    }' ;;
    esac
done
finish
