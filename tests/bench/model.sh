#!/bin/bash
# What the modelled PMU costs, side by side with native runs and Valgrind's own tools on the same
# programs: median processor time of RUNS (default 3), which other work on the machine disturbs less than
# it does the wall clock's, peak memory, instructions per second. Prints a table; nothing here passes or
# fails. Needs HWPROF and BUILD, as the script tests do: `cmake --build build --target
# bench`.
set -u
: "${HWPROF:?the hwprof binary}" "${BUILD:?the build directory}"
runs=${RUNS:-3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

# timed COMMAND…: "SECONDS KIB" of the run of median time; memory is that of the biggest process
timed() {
    python3 - "$runs" "$@" <<'PY'
import os, subprocess, sys
found = []
for _ in range(int(sys.argv[1])):
    child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    # A child of a child (hwprof's workload) is in the usage of the one that waited for it.
    found.append((usage.ru_utime + usage.ru_stime, usage.ru_maxrss))
    if status:
        sys.exit("status %d: %s" % (status, " ".join(sys.argv[2:])))
seconds, kib = sorted(found)[len(found) // 2]
print(seconds, kib)
PY
}

# row TOOL COMMAND…: against native and callgrind, which come first
row() {
    local tool=$1 result
    shift
    result=$(timed "$@") || return
    case $tool in
    native) native=$result ;;
    callgrind) callgrind=$result ;;
    esac
    awk -v what="$what" -v tool="$tool" -v r="$result" -v n="$native" -v c="${callgrind:-0 0}" \
        -v instructions="$instructions" 'BEGIN {
        split(r, a); split(n, b); split(c, d)
        printf "%-22s %-16s %8.3f s %7.1f×", what, tool, a[1], a[1] / b[1]
        printf d[1] ? " %6.2f" : "      –", d[1] ? a[1] / d[1] : 0
        printf " %8.1f MiB", a[2] / 1024
        printf d[2] ? " %6.2f" : "      –", d[2] ? a[2] / d[2] : 0
        printf " %9.1f\n", instructions / a[1] / 1e6
    }'
}

of_valgrind() {
    row "$1" valgrind --tool="$1" -q --log-file=/dev/null "${@:2}"
}

modelled() {
    row "hwprof, $1" "$HWPROF" stat --source model -o /dev/null -e cycles,cache-misses "${@:2}"
}

begin() {
    what=$1 callgrind=
    shift
    instructions=$("$HWPROF" stat --source model -x, -o counts -e instructions -- "$@" \
        >/dev/null 2>&1 </dev/null && awk -F, '$3 ~ /^instructions/ {print $1}' counts)
    instructions=${instructions:-0}
    row native "$@"
    of_valgrind callgrind --callgrind-out-file=/dev/null --cache-sim=yes --branch-sim=yes "$@"
    of_valgrind none "$@"
    of_valgrind cachegrind --cachegrind-out-file=/dev/null "$@"
}

one='pack:1 [numa(memory=1073741824)] l3:1(size=33554432) l2:1(size=1048576) l1d:1(size=32768) l1i:1(size=32768) core:1 pu:1'
program() {
    begin "$@"
    modelled '1 core' --machine "$one" -- "${@:2}"
}

printf '%-22s %-16s %10s %8s %6s %12s %6s %9s\n' program tool time native callgr. memory callgr. M/s
head -c 2000000 "$HWPROF" >data
export PYTHONHASHSEED=0
python=$(python3 -c 'import sys; print(sys.executable)')
program gzip gzip -c data
program sqlite3 sqlite3 :memory: 'create table t(a integer primary key, b text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
    insert into t select i, hex(i * 7919 % 10007) from n; create index x on t(b);
    select count(*), max(b) from t where b like "%3%";'
program python3 "$python" -S -c 'print(sum(i * i % 7 for i in range(1000000)))'

# A pool of threads that share little, and a line that all of them share.
set -- "$BUILD/workloads/matmul" --threads 64 --size 128 --iterations 4096
begin 'matmul, 64 threads' "$@"
for cores in 1 8 64; do
    modelled "$cores cores" --machine "${one/l2:1/l2:$cores}" -- "$@"
done
set -- "$BUILD/workloads/counter" --threads 64 --iterations 6400000
begin 'counter, 64 threads' "$@"
for cores in 1 8 64; do
    modelled "$cores cores" --machine "${one/l2:1/l2:$cores}" -- "$@"
done
