#!/bin/bash
# Bad input: each one clear message with a way on, the documented exit status, no crash; and a
# recording cut short is readable up to the cut.
. "$(dirname "$0")/lib.sh"
work="$BUILD/workloads/counter --threads 2 --iterations 3000000"

# usage
expect 2 'no workload and no verb' "$HWPROF"
expect 2 'unknown option --evnts' "$HWPROF" --evnts cycles true
expect 2 'did you mean --events' "$HWPROF" --evnts cycles true
expect 2 'needs a value' "$HWPROF" record -o
expect 2 'no workload given' "$HWPROF" record
expect 2 'exclude each other' "$HWPROF" report --json -x,
expect 2 'exclude each other' "$HWPROF" -F 100 -c 1000 true
expect 2 'not a whole number' "$HWPROF" -F many true

# events
expect 125 'cache-mises' "$HWPROF" -e cache-mises true
expect 125 'did you mean.*cache-misses' "$HWPROF" -e cache-mises true
expect 125 'hint' "$HWPROF" -e 'cycles,{instructions' true
expect 125 'hint|\^' "$HWPROF" -e 'cpu/event=/' true
expect 125 'no preset' "$HWPROF" -e PAPI_NO_SUCH true
expect 125 'no_such_pmu' "$HWPROF" -e no_such_pmu/event=1/ true
expect 125 'no variable' "$HWPROF" stat -e mem:no_such_variable:w "$BUILD/workloads/counter" \
    --iterations 1000

# the workload
expect 127 'no file' "$HWPROF" ./no-such-program
expect 127 "did you mean 'hwprof record'" "$HWPROF" recrod ./x
expect 126 'permission|execut|Permission' "$HWPROF" stat /etc/passwd
expect 126 'directory' "$HWPROF" stat /tmp

# cores and nodes
expect 125 'core' "$HWPROF" stat --pin core:4000 true
expect 125 'S9' "$HWPROF" stat --pin S9:0 true
expect 125 'hint|\^' "$HWPROF" stat --pin 'core:x' true
expect 125 'node' "$HWPROF" stat --membind 63 true
if [ "$(nproc)" -gt 1 ]; then
    expect 125 'allowed' taskset -c 0 "$HWPROF" stat --pin 1 true
fi

# recordings
expect 125 'No such file' "$HWPROF" report -i no-such.data
echo 'this is no recording' >text.data
expect 125 'text.data' "$HWPROF" report -i text.data
: >empty.data
expect 125 'empty.data' "$HWPROF" report -i empty.data
expect 125 'directory' "$HWPROF" report -i /tmp

$HWPROF record -q --source clock -o whole.data $work >/dev/null
expect 0 '' "$HWPROF" report -i whole.data
expect 125 'no_such_function' "$HWPROF" annotate -i whole.data no_such_function
size=$(stat -c %s whole.data)
for percent in 1 10 35 60 90 99; do
    head -c $((size * percent / 100)) whole.data >cut.data
    timeout 20 "$HWPROF" report -i cut.data >out 2>err
    status=$?
    case $status in
    0) check "cut at $percent %: says so" grep -qi 'cut short' out ;;
    125) check "cut at $percent %: refused with a reason" grep -q 'cut.data' err ;;
    *) fail "cut at $percent %: exit $status" ;;
    esac
done
check 'a recording cut at 60 % still has its samples' sh -c "
    head -c $((size * 60 / 100)) whole.data >cut.data
    $HWPROF report -i cut.data | grep -q count_"

# a full disk while recording: a message, and what fitted is readable
if [ "$(id -u)" = 0 ] && mkdir full && mount -t tmpfs -o size=128k none full 2>/dev/null; then
    timeout 60 "$HWPROF" record --source clock -F 20000 -g -o full/x.data \
        "$BUILD/workloads/counter" --threads 2 --duration 2 >out 2>err
    status=$?
    check 'full disk: exit 125' [ "$status" = 125 ]
    check 'full disk: says so' grep -q 'No space left' err
    check 'full disk: the workload ended in peace' grep -q 'check ok' out
    cp full/x.data kept.data
    umount full
    check 'full disk: what fitted is readable' sh -c "$HWPROF report -i kept.data | grep -q count_"
else
    echo 'not tested: a full disk (needs root and mount)'
fi
expect 125 'Permission|denied|No such|Read-only' "$HWPROF" record -o /proc/x.data true
finish
