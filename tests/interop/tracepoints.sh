#!/bin/bash
# perf reads a recording of ours with tracepoints: their names, samples and fields.
. "$(dirname "$0")/../live/lib.sh"
command -v perf >/dev/null || skip 'perf is not installed'
"$HWPROF" record -q -e sched:sched_switch,raw_syscalls:sys_enter,cpu-clock -o tp.data \
    sh -c 'sleep 0.01; sleep 0.01' 2>err || {
    grep -qE 'tracefs|can.t count|no tracepoint' err && skip "$(head -1 err)"
    fail "record: $(head -1 err)"
    finish
}
# A tracepoint that was refused here is in no file.
"$HWPROF" report -i tp.data 2>/dev/null | grep -q '^events *sched:sched_switch *measured' ||
    skip 'sched:sched_switch is not permitted here'
perf evlist -i tp.data >events.txt 2>err
check 'perf evlist opens the file' [ $? = 0 ]
check 'perf evlist has the names' grep -qx 'raw_syscalls:sys_enter' events.txt
perf report -i tp.data --stdio >report.txt 2>err
check 'perf report opens the file' [ $? = 0 ]
ours=$("$HWPROF" report -i tp.data | sed -n 's/.*sched:sched_switch .* \([0-9]*\) samples$/\1/p')
perf script -i tp.data >script.txt 2>err
check 'perf script opens the file' [ $? = 0 ]
theirs=$(grep -c 'sched:sched_switch:' script.txt)
check "as many samples of sched_switch ($ours) as perf has ($theirs)" [ "$ours" = "$theirs" ]
if [ "$(id -u)" = 0 ]; then
    check 'perf script shows the fields' grep -q 'sched:sched_switch: .*prev_comm=.*next_pid=' script.txt
fi
finish
