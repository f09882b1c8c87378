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
