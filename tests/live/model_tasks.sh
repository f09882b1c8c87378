#!/bin/bash
# Within a process under the model: threads (more at once than Valgrind allows by default), signals and
# how they end a process, libraries that come and go.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/model.d.sh"
system_build

makes threads 3 0 "made $((3 * n)) "
makes threads 3 0 "made $((3 * n)) " --follow no
makes signals 5 0 "made $((5 * n)) "
makes series 1 0 "made $n "
makes futex 6 0 "made $((6 * n)) "
makes restart 4 0 "made $((4 * n)) "
makes segv 1 139 ''
makes shot 1 139 ''
makes three 1 3 ''
makes dlopen 2 0 "made $((2 * n)) "
makes crowd 1 0 "made $n "

echo 'a line' >in
timeout 60 "$HWPROF" stat --source model -e atomics cat - <in >out 2>err
check 'input and output are left alone' cmp -s in out
finish
