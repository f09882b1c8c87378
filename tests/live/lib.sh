# What the script tests share. Sourced; needs HWPROF and BUILD. Leaves the test in a scratch
# directory that goes away with it.
set -u
: "${HWPROF:?the hwprof binary}" "${BUILD:?the build directory}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

skip() {
    echo "skipped: $*"
    exit 77
}

# check DESCRIPTION COMMAND…: the command must succeed.
check() {
    local what=$1
    shift
    if "$@"; then echo "ok: $what"; else fail "$what"; fi
}

# expect STATUS PATTERN COMMAND…: exit status, and an extended regex that standard error must match;
# and no core dump, no sanitizer report. Standard output and error stay in out and err.
expect() {
    local status=$1 pattern=$2 got
    shift 2
    timeout 60 "$@" >out 2>err </dev/null
    got=$?
    if [ "$got" != "$status" ]; then
        fail "'$*' exits with $got, not $status"
        head -5 err
    elif [ -n "$pattern" ] && ! grep -qE -- "$pattern" err; then
        fail "'$*' does not say '$pattern':"
        head -5 err
    elif grep -qE 'AddressSanitizer|runtime error|LeakSanitizer' err; then
        fail "'$*' trips a sanitizer"
        head -20 err
    else
        echo "ok: $* → $status"
    fi
}

# within VALUE REFERENCE PERCENT
within() {
    awk -v a="$1" -v b="$2" -v p="$3" 'BEGIN {d = a > b ? a - b : b - a; exit !(d <= b * p / 100)}'
}

finish() {
    [ "$failures" -eq 0 ] || exit 1
    exit 0
}
