#!/bin/bash
# Processes under the model: fork, vfork, exec, posix_spawn, followed or not; children that are killed, and
# many of them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/model.d.sh"
system_build

makes work 1 0 "made $n "
makes fork 3 0 "made $((3 * n)) "
makes vfork 2 0 "made $n made $n "
makes exec 3 0 "made $n "
makes spawn 2 0 "made $n made $n made 0 "
makes many 1 0 "made $n "
# Killed by another process: what it had not written is lost, and said to be.
makes killed 3 0 "made $((3 * n)) "
timeout 60 "$HWPROF" stat --machine skx2 -e atomics -- ./system killed >/dev/null 2>err
check 'killed: and says that one process is not complete' grep -q 'ends early.*(1 process)' err
# By itself: nothing is.
makes suicide 3 137 ''

makes fork 1 0 "made $((3 * n)) " --follow no
makes vfork 1 0 "made $n made $n " --follow no
makes exec 2 0 "made $n " --follow no
timeout 60 "$HWPROF" stat --source model --follow no -e atomics -- ./system exec >/dev/null 2>err
check 'exec --follow no: the program in its place was not modelled, and that is said' \
    grep -q 'took the place of system.*not modelled' err

# --- hwprof is killed: the workload goes on, without the model, and the next run tidies up.
mkdir tmp
TMPDIR=$PWD/tmp "$HWPROF" stat --source model -e atomics -- sh -c './system spin; echo "$?" >status' >out 2>err &
hwprof=$!
for _ in {1..100}; do
    [ -s out ] && break
    sleep 0.1
done
kill -9 $hwprof
wait $hwprof 2>/dev/null
for _ in {1..100}; do
    [ -s status ] && break
    sleep 0.1
done
check 'hwprof is killed: the workload finds out, and ends by itself' grep -qx 0 status
sleep 1
TMPDIR=$PWD/tmp "$HWPROF" stat --source model -e atomics -o /dev/null -- true
check 'hwprof is killed: nothing stays in TMPDIR after the next run' [ -z "$(ls tmp)" ]
rmdir tmp

# --- what the workload finds: its environment and descriptors, but for what Valgrind needs over exec
# (LD_PRELOAD only where Valgrind has a library of its own to load, VALGRIND_LIB).
mkdir tmp
env TMPDIR="$PWD/tmp" sh -c 'sh -c "env; true"; true' | sort >without
env TMPDIR="$PWD/tmp" "$HWPROF" stat --source model -e atomics -o /dev/null -- \
    sh -c 'sh -c "env; true"; true' | sort >with
check 'the environment is as without the model' \
    diff <(grep -vE '^(_|SHLVL)=' without) <(grep -vE '^(LD_PRELOAD=[^:]*vgpreload_core[^:]*:?|VALGRIND_LIB=.*|_=.*|SHLVL=.*)$' with)
sh -c 'sh -c "ls /proc/self/fd; true"; true' >without
for follow in yes no; do
    "$HWPROF" stat --source model --follow $follow -e atomics -o /dev/null -- \
        sh -c 'sh -c "ls /proc/self/fd; true"; true' | awk '$1 < 1000' >with
    check "--follow $follow: no descriptors but its own" diff without with
done
env TMPDIR="$PWD/tmp" "$HWPROF" stat --source model -e atomics -o /dev/null -- ./system killed >/dev/null 2>&1
check 'nothing stays in TMPDIR' [ -z "$(ls tmp)" ]
finish
