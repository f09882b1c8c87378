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
# A handler that is left by siglongjmp is left.
timeout 60 "$HWPROF" record -q -g --source model -o data -e atomics -- ./system signals >/dev/null 2>err
"$HWPROF" export folded data >folded 2>>err
check 'the handlers are in call chains' grep -q ';use_handler;.*;on_signal_jump;work ' folded
check 'what comes after a handler that jumps is not below it' \
    grep -qE ';main;mode_signals;after_handlers;work [0-9]+$' folded
check 'nor below another' [ -z "$(grep 'signal.*after_handlers' folded | grep -v ';main;mode_signals;after_handlers')" ]
makes segv 1 139 ''
makes shot 1 139 ''
makes three 1 3 ''
makes dlopen 2 0 "made $((2 * n)) "
makes crowd 1 0 "made $n "

echo 'a line' >in
timeout 60 "$HWPROF" stat --source model -e atomics cat - <in >out 2>err
check 'input and output are left alone' cmp -s in out
finish
