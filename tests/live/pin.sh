#!/usr/bin/env bash
# Pinning as a user meets it: real programs under 'hwprof record', on this machine's CPUs.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cpus=$(nproc)
failed=0

# check NAME WANTED GOT
check() {
    if [ "$2" != "$3" ]; then
        printf '%s: wanted "%s", got "%s"\n' "$1" "$2" "$3"
        failed=1
    fi
}

record() { "$HWPROF" record -q -o "$dir/data" "$@" 2>"$dir/err"; }

check 'nproc sees the plan' "$cpus" "$(record nproc)"
check 'nproc without a plan' "$cpus" "$(record --pin none nproc)"
check 'a task has one CPU' 1 "$(record sh -c 'grep -c "Cpus_allowed_list:.[0-9]*$" /proc/self/status')"
check 'without a plan it is not traced' 'TracerPid:	0' \
    "$(record --pin none grep TracerPid /proc/self/status)"

record sh -c 'exit 3'
check 'exit status' 3 $?
record sh -c 'kill -SEGV $$'
check 'death by signal' 139 $?
record no-such-program-here
check 'not found' 127 $?
record /
check 'a directory' 126 $?
record --timeout 200ms sleep 60
check 'timeout' 143 $?

check 'stdin is the workload'\''s own' 'through' "$(echo through | record cat)"
exit $failed
