#!/bin/bash
# The main job on the bundled counter: the function is named, its lock-prefixed instruction marked,
# and at least 90 % of the function's clock samples are attributed to it; its parts come in order.
. "$(dirname "$0")/lib.sh"
"$HWPROF" --source clock -o report.txt "$BUILD/workloads/counter" --threads 2 >out ||
    fail 'the main job'

check 'the workload printed its line' grep -q 'check ok' out
order=$(grep -nE '^events|^Hot functions|^Hottest functions annotated|^Cores' report.txt |
    cut -d: -f2 | cut -d' ' -f1 | tr '\n' ' ')
check "header, functions, annotation, cores in this order: $order" \
    [ "$order" = 'events Hot Hottest Cores ' ]
check 'two tasks pinned' grep -q 'pinned: counter→core [0-9]*, counter→core' report.txt
check 'count_shared is the hottest function' \
    sh -c "grep -A4 '^Hot functions' report.txt | grep -q ' count_shared\$'"

"$HWPROF" report -x, >report.csv
percent() {
    awk -F, -v key="$1" '/^row,/ {for (i = 1; i <= NF; i++) column[$i] = i}
        /^function,/ && $column["function"] == "count_shared" {print int($column[key])}' report.csv
}
share=$(percent cpu-clock_atomic_percent)
echo "on atomics: $share % of count_shared, which is $(percent cpu-clock_percent) % of the time"
if [ "$(uname -m)" = x86_64 ]; then
    check 'at least 90 % on the atomic' [ "${share:-0}" -ge 90 ]
    check 'the lock-prefixed instruction is marked' \
        grep -qE '(9[0-9]|100)\.[0-9]+% \| lock rmw .*lock +add' report.txt
    check 'the skid is said' grep -q 'moved from the instruction after an atomic' report.txt
fi
padded=$("$HWPROF" --source clock -o padded.txt "$BUILD/workloads/counter" --threads 2 --mode padded)
check 'the padded variant runs' grep -q 'check ok' <<<"$padded"
check 'the recording is left behind' [ -s hwprof.data ]
check 'JSON of everything is valid' sh -c "
    '$HWPROF' report --json --annotate 3 | python3 -c 'import json,sys; d = json.load(sys.stdin)
assert [k for k in d] == [\"header\", \"events\", \"functions\", \"annotations\", \"cores\", \"notes\"], list(d)'"

# a watchpoint on a variable counts exactly, in a position-independent program, threads included
cat >loop.c <<'C'
#include <pthread.h>
volatile long target;
static void *work(void *n)
{
    for (long i = 0; i < (long)n; i++)
        target = i;
    return 0;
}
int main(void)
{
    pthread_t t;
    pthread_create(&t, 0, work, (void *)3000);
    pthread_join(t, 0);
    work((void *)2000);
    return 0;
}
C
if cc -O1 -g -pthread -o loop loop.c; then
    writes=$("$HWPROF" stat -x, -e mem:target:w -o - ./loop | cut -d, -f1)
    check "5,000 stores are $writes writes" [ "$writes" = 5000 ]
    "$HWPROF" -e mem:target:w -c 1 -o watch.txt -d watch.data ./loop
    check 'every store is sampled in its function' \
        sh -c "'$HWPROF' report -x, -i watch.data | grep '^function,' | grep -q ',5000,.*,work,'"
fi
finish
