#!/bin/bash
# The modelled PMU as a source: chosen where an event can't be counted, said so before the workload
# starts; the exit status passes through and nothing is left behind.
. "$(dirname "$0")/lib.sh"
if ! "$HWPROF" stat --source model true >out 2>err; then
    grep -q 'built without\|needs Valgrind' err && { echo "$(head -1 err)"; exit 77; }
    fail "stat --source model: $(head -1 err)"
fi
mkdir -p data
export TMPDIR=$PWD/data

timeout 60 "$HWPROF" stat -e hitm-local,page-faults sh -c 'echo started >&2' 2>err
check 'auto models what only the model counts' grep -q 'runs on the modelled PMU instead' err
said=$(grep -n 'modelled PMU instead' err | cut -d: -f1)
started=$(grep -n '^started' err | cut -d: -f1)
check 'and says so first' [ "${said:-9}" -lt "${started:-0}" ]
check 'what it has no answer to says why' grep -q 'page-faults: .*not modelled' err

timeout 60 "$HWPROF" stat --source model sh -c 'exit 7' >/dev/null 2>&1
check 'an exit status passes through' [ $? = 7 ]
timeout 60 "$HWPROF" stat --source model sh -c 'kill -SEGV $$' >/dev/null 2>&1
check 'death by signal 11 is 139' [ $? = 139 ]
expect 127 'no program no-such' "$HWPROF" stat --source model no-such-program
expect 125 'launches' "$HWPROF" stat --source model -p $$
expect 2 'modelled PMU' "$HWPROF" stat --source clock --follow no true
"$HWPROF" doctor >out
check 'doctor tells of it' grep -q '^yes *modelled PMU' out
HWPROF_MODEL_DIR=$PWD "$HWPROF" doctor >out
check 'and of its absence' grep -q '^no *modelled PMU' out
check 'the temporary directory is empty' [ -z "$(ls data)" ]
finish
