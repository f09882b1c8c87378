#!/bin/bash
# Measuring what runs already: a process with its threads, and the whole machine.
. "$(dirname "$0")/lib.sh"
"$BUILD/workloads/counter" --threads 2 --duration 20 >/dev/null &
busy=$!
trap 'kill $busy 2>/dev/null; rm -rf "$scratch"' EXIT
sleep 0.3

"$HWPROF" record -q -p $busy --source clock --timeout 500ms -o process.data
check "-p: exit status 0" [ $? = 0 ]
"$HWPROF" report -i process.data -o process.txt
check '-p: the function is found' grep -q ' count_shared$' process.txt
check '-p: says whom' grep -q "^counter (process $busy) · [5-9][0-9][0-9]\." process.txt
# cpu_ms: what the process has used so far, all threads together
cpu_ms() {
    awk -v hz="$(getconf CLK_TCK)" '{sub(".*[)] ", ""); print ($12 + $13) * 1000 / hz}' /proc/$busy/stat
}
before=$(cpu_ms)
clock=$("$HWPROF" stat -x, -e task-clock -p $busy --timeout 500ms -o - | cut -d, -f1)
used=$(($(cpu_ms) - before))
check "stat -p: both threads' $clock ms of $used" \
    awk -v a="$clock" -v b="$used" 'BEGIN {exit !(a > 0.6 * b - 20 && a < b + 40)}'
check 'the process goes on' kill -0 $busy

if "$HWPROF" record -q -a --source clock --timeout 300ms -o all.data 2>err; then
    "$HWPROF" report -i all.data -o all.txt
    check '-a: finds the busy process' grep -q ' count_shared$' all.txt
    "$HWPROF" record -q -C 0 --source clock --timeout 300ms -o one.data
    "$HWPROF" cores -i one.data -x, -o one.csv
    check '-C 0: that CPU alone' [ "$(grep -c '^0,' one.csv)-$(grep -c '^1,' one.csv)" = 1-0 ]
    "$HWPROF" stat -a -e context-switches sleep 0.2 2>err
    check '-a with a workload: as long as it runs' grep -q 'context-switches' err
elif [ "$(id -u)" = 0 ] && ! grep -qE 'seccomp|container' err; then
    fail "-a refused to root: $(head -1 err)"
else
    check '-a refused: with a reason' grep -q 'hint' err
fi
timeout -s INT 0.5 "$HWPROF" record -q -p $busy --source clock -o int.data
"$HWPROF" report -i int.data -o int.txt
check 'Ctrl-C ends the measuring and keeps the recording' grep -q ' count_shared$' int.txt
expect 125 'no process 4194999' "$HWPROF" stat -p 4194999
expect 2 'one process' "$HWPROF" stat -p 1 true
expect 2 'for a workload' "$HWPROF" stat -a --pin cores
finish
