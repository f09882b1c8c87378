#!/bin/bash
# The workloads against themselves and against valgrind: every program passes its own check in
# every mode, refuses what it can't do, and what --truth says of an iteration is what valgrind's
# lackey counts between two runs that differ in iterations alone.
set -u
bin=$BUILD/workloads
failed=0

fail() {
    echo "FAIL: $*" >&2
    failed=1
}

# passes WORKLOAD ITERATIONS OPTION…: exit 0, and the result line names the work that was asked for.
passes() {
    local name=$1 n=$2 out
    shift 2
    out=$("$bin/$name" --iterations "$n" "$@" 2>&1) || fail "$name $*: $out"
    [[ $out =~ ^$name:\ [0-9]+\ threads?,\ $n\ .*check\ ok$ ]] || fail "$name $*: odd result: $out"
}

refuses() {
    local out status=0
    out=$("$bin/$1" "${@:2}" 2>&1 >/dev/null) || status=$?
    ((status == 2)) || fail "$*: exit status $status, not 2"
    [[ $out == "$1: "* ]] || fail "$*: no message but '$out'"
}

for threads in 1 2 5; do
    for mode in shared padded; do passes counter 100003 --mode $mode --threads $threads; done
    for at in 0 24 56; do passes sharing 100003 --offset $at --threads $threads; done
    passes sharing 100003 --mode atomic --threads $threads
    passes sharing 100003 --stride 64 --threads $threads
    for stride in 8 64 4096; do
        passes stride 100003 --stride $stride --size 1Mi --threads $threads
    done
    for seed in 1 2; do passes chase 100003 --size 64Ki --seed $seed --threads $threads; done
    for pattern in sorted random periodic; do
        passes branches 100003 --pattern $pattern --size 4Ki --threads $threads
    done
    for order in ijk ikj; do passes matmul 131 --size 48 --order $order --threads $threads; done
    for size in 2 1024; do passes queue 20003 --size $size --threads $threads; done
    for kind in spin mutex; do passes locks 20003 --kind $kind --threads $threads; done
    for shards in 1 2 8; do passes pool 20003 --shards $shards --size 16 --threads $threads; done
done

for name in counter sharing stride chase branches matmul queue locks pool; do
    "$bin/$name" --help | grep -q -- '--duration' || fail "$name --help"
    "$bin/$name" --truth | grep -q '^truth ' || fail "$name --truth"
    "$bin/$name" --duration 0.02 --threads 2 >/dev/null || fail "$name --duration"
    refuses $name --threads 0
    refuses $name --threads two
    refuses $name --iterations 99999999999999999999999
    refuses $name --duration nan
    refuses $name --seed
    refuses $name --no-such-option 1
    refuses $name operand
done
refuses counter --mode neither
refuses counter --size 10
refuses sharing --offset 3
refuses sharing --mode neither
refuses stride --stride 4Ki --size 1Ki
refuses branches --size 7
refuses branches --pattern periodic --period 6 --size 16
refuses queue --size 1000
refuses pool --size 4 --shards 8

# Writing fails: the result must not be lost in silence.
if [[ -w /dev/full ]] && "$bin/counter" --iterations 10 >/dev/full 2>&1; then
    fail "counter > /dev/full exits with 0"
fi

# counts NAME OPTION…: "instructions loads stores branches" of one run, as lackey sees them.
counts() {
    valgrind --tool=lackey --detailed-counts=yes "$bin/$1" "${@:2}" 2>&1 | awk '
        { gsub(",", "") }
        $2 == "total:" { branches = $3 }
        $2 == "guest" && $3 == "instrs:" { instructions = $4 }
        $2 ~ /^[IFVD][0-9]+$/ { loads += $3; stores += $4 }
        END { print instructions, loads, stores, branches }'
}

# agrees SCALE TOLERANCE NAME OPTION…: per iteration (or per 1/SCALE of one), what --truth states
# is what valgrind counts. lackey models an atomic as a load, a compare-and-swap, which is a load and
# a store, and a branch back: one load and one branch more than the program has.
agrees() {
    local scale=$1 tolerance=$2 few=$3 many=$4
    shift 4
    local a b
    a=$(counts "$@" --threads 1 --iterations "$few")
    b=$(counts "$@" --threads 1 --iterations "$many")
    "$bin/$1" "${@:2}" --threads 1 --truth | awk -v a="$a" -v b="$b" -v what="$*" \
        -v n="$(((many - few) * scale))" -v tolerance="$tolerance" '
        BEGIN { split(a, x); split(b, y); split("instructions loads stores branches", keys) }
        { sub("-per-(iteration|step)$", "", $2); truth[$2] = $3 }
        END {
            for (i = 1; i <= 4; i++) {
                key = keys[i]
                if (!(key in truth))
                    continue
                seen++
                expected = truth[key]
                if (key == "loads" || key == "branches")
                    expected += truth["atomics"]
                actual = (y[i] - x[i]) / n
                if (actual - expected > tolerance || expected - actual > tolerance) {
                    printf "FAIL: %s: %.4f %s, stated %g\n", what, actual, key, expected
                    bad = 1
                }
            }
            exit bad || !seen
        }' || fail "$*: truth differs from valgrind's counts"
}

if ! command -v valgrind >/dev/null; then
    echo "valgrind is not installed: stated truths not compared"
elif [[ $(uname -m) != x86_64 ]]; then
    echo "no model of lackey's counts for $(uname -m): stated truths not compared"
else
    agrees 1 0.005 1000 401000 counter --mode shared
    agrees 1 0.005 1000 401000 counter --mode padded
    agrees 1 0.005 1000 401000 sharing
    agrees 1 0.005 1000 401000 sharing --mode atomic
    agrees 1 0.005 1024 410624 stride --size 1Mi
    agrees 1 0.005 1000 401000 chase --size 64Ki
    for pattern in sorted random periodic; do
        agrees 1 0.005 32768 458752 branches --size 32Ki --pattern $pattern
    done
    # Each inner loop is a call: what that adds is spread over 64 steps.
    agrees 4096 0.15 1 81 matmul --size 64 --order ijk
    agrees 4096 0.15 1 81 matmul --size 64 --order ikj
fi

exit $failed
