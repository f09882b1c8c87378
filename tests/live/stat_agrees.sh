#!/bin/bash
# stat agrees with perf stat on the same command: page faults within 2 %, task-clock within 20 %
# (medians of five runs each, in turn), context switches within 3.
. "$(dirname "$0")/lib.sh"
command -v perf >/dev/null && perf stat true 2>/dev/null || skip 'perf is not installed'

events=task-clock,page-faults,context-switches
work() { sh -c 'i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done; sleep 0.01; sleep 0.01'; }
export -f work

value() { awk -F, -v e="$1" '$3 ~ "^"e {print $1}' "$2"; }
median() { sort -g | sed -n 3p; }

for i in 1 2 3 4 5; do
    perf stat -x, -e $events -o perf.$i bash -c work
    "$HWPROF" stat -x, -e $events -o ours.$i bash -c work
done
for event in task-clock page-faults context-switches; do
    perf=$(for i in 1 2 3 4 5; do value $event perf.$i; done | median)
    ours=$(for i in 1 2 3 4 5; do value $event ours.$i; done | median)
    echo "$event: perf $perf, hwprof $ours"
    case $event in
    page-faults) check "$event agrees" within "$ours" "$perf" 2 ;;
    task-clock) check "$event agrees" within "$ours" "$perf" 20 ;;
    *) check "$event agrees" awk -v a="$ours" -v b="$perf" 'BEGIN {exit !(a - b <= 3 && b - a <= 3)}' ;;
    esac
done
finish
