#!/bin/bash
# Golden cases: tests/golden/cases/NAME.case holds a command line, and what it must print:
#
#     # what it shows
#     $ hwprof report -i data/counter.data
#     ? 0
#     > a line of standard output
#     ! a line of standard error
#
# Each runs in an empty environment and a fresh directory where data/ is tests/data/golden.
# `cases.sh --update [NAME…]` writes the present output into the cases.
set -u
here=$(cd "$(dirname "$0")" && pwd)
source_dir=${SOURCE:-$(cd "$here/../.." && pwd)}
hwprof=${HWPROF:-$source_dir/build/hwprof}
update=
[ "${1-}" = --update ] && { update=1; shift; }

if [ "$(uname -m)" != x86_64 ]; then
    echo 'skipped: the recorded program is x86-64, whose code is only decoded there'
    exit 77
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Runs case $1; leaves its text, in the form of a case file, in $scratch/actual.
run_case() {
    local command dir=$scratch/run
    command=$(sed -n 's/^\$ //p' "$1")
    rm -rf "$dir"; mkdir "$dir"
    ln -s "$source_dir/tests/data/golden" "$dir/data"
    mkdir "$dir/bin"; ln -s "$hwprof" "$dir/bin/hwprof"
    (cd "$dir" && env -i PATH="$dir/bin:/usr/bin:/bin" HOME="$dir" LC_ALL=C.UTF-8 \
        bash -c "$command" >"$scratch/out" 2>"$scratch/err" </dev/null)
    local status=$?
    {
        grep -E '^[#$] ' "$1"
        echo "? $status"
        sed 's/^/> /; s/ $//' "$scratch/out"
        sed 's/^/! /; s/ $//' "$scratch/err"
    } >"$scratch/actual"
}

passed=0 failed=0
cases=("$@")
[ ${#cases[@]} -eq 0 ] && cases=("$here"/cases/*.case)
for file in "${cases[@]}"; do
    [ -f "$file" ] || file=$here/cases/$file.case
    run_case "$file"
    if [ -n "$update" ]; then
        cp "$scratch/actual" "$file"
    elif diff -u "$file" "$scratch/actual"; then
        passed=$((passed + 1))
    else
        echo "FAILED: $(basename "$file" .case)"
        failed=$((failed + 1))
    fi
done
[ -n "$update" ] && exit 0
echo "$passed golden cases passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
