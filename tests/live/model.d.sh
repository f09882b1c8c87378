# shellcheck shell=bash
# What the tests of the modelled PMU share. Sourced after lib.sh, in its scratch directory. Every
# figure is printed beside what it ought to be.
bin=$BUILD/workloads

compgen -G "$BUILD/libexec/hwprof/model/hwprof-*-linux" >/dev/null ||
    skip 'the modelled PMU was not built: Valgrind has no files for tools here'

# model NAME EVENTS OPTION… -- COMMAND…: counts by the model, kept as NAME for count().
model() {
    local name=$1 events=$2
    shift 2
    timeout 120 "$HWPROF" stat --source model -j -o "$name.json" -e "$events" "$@" \
        >"$name.out" 2>"$name.err" </dev/null && return
    fail "stat --source model $* exits with $?:"
    tail -3 "$name.err"
    return 1
}

# count NAME EVENT: empty if it was not counted.
count() {
    sed -n "s/.*\"counter-value\":\"\([0-9]*\)[.\"].*\"event\":\"$2\".*/\1/p" "$1.json"
}

# step NAME1 NAME2 EVENT: how much more the second counted.
step() {
    echo $(($(count "$2" "$3") - $(count "$1" "$3")))
}

# near WHAT GOT EXPECTED PERCENT [SLACK]: within the percentage, or the slack in absolute terms
# (where nothing is expected, a percentage means nothing).
near() {
    local off
    off=$(awk -v a="${2:-x}" -v b="$3" -v p="$4" -v s="${5:-0}" 'BEGIN {
        d = a > b ? a - b : b - a
        if (a == "x")
            print "not counted"
        else if (d > b * p / 100 && d > s)
            print "off by " (b ? 100 * d / b " %" : d)
    }')
    if [ -z "$off" ]; then
        echo "ok: $1: $2, expected $3"
    else
        fail "$1: ${2:-nothing}, expected $3 ± $4 %: $off"
    fi
}

# below WHAT GOT LIMIT
below() {
    if awk -v a="${2:-x}" -v b="$3" 'BEGIN {exit a == "x" || a >= b}'; then
        echo "ok: $1: $2, below $3"
    else
        fail "$1: ${2:-nothing}, not below $3"
    fi
}

# above WHAT GOT LIMIT
above() {
    if awk -v a="${2:-x}" -v b="$3" 'BEGIN {exit a == "x" || a <= b}'; then
        echo "ok: $1: $2, above $3"
    else
        fail "$1: ${2:-nothing}, not above $3"
    fi
}

ratio() {
    awk -v a="$1" -v b="$2" 'BEGIN {printf "%.4g", b ? a / b : 0}'
}

# system_build: ./system and its library, programs that do to the system what a profiler must follow. Each
# makes n atomic increments so many times, which the model counts exactly; a run-time library adds some
# dozens a process or thread.
n=20000
system_build() {
    cc -O1 -g -pthread -o system "$SOURCE/tests/data/model/system.c" -ldl &&
        cc -O1 -g -fPIC -shared -o libsystem.so "$SOURCE/tests/data/model/system.c" || exit 1
}

# makes MODE TIMES STATUS PRINTS [OPTION…]: atomics of a run of ./system, its exit status, its output
makes() {
    local mode=$1 times=$2 status=$3 made=$4 got slack=600
    [[ $mode = crowd || $mode = series ]] && slack=25000 # hundreds of threads
    shift 4
    rm -f run.json
    timeout 60 "$HWPROF" stat --machine skx2 -j -o run.json -e atomics,instructions "$@" \
        -- ./system "$mode" >run.out 2>run.err </dev/null
    got=$?
    near "$mode $*: atomics" "$(count run atomics)" $((times * n)) 0 $slack
    check "$mode $*: exit status $status" [ $got = "$status" ]
    check "$mode $*: prints '$made'" [ "$(tr '\n' ' ' <run.out)" = "$made" ]
    [ $got = "$status" ] || tail -3 run.err
}
