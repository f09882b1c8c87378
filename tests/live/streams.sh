#!/bin/bash
# The workload's streams and exit status are its own; hwprof's statuses are the documented ones.
. "$(dirname "$0")/lib.sh"

for verb in '' record stat cores; do
    for status in 0 1 3 42 255; do
        timeout 60 "$HWPROF" $verb --source clock sh -c "exit $status" >out 2>err
        check "${verb:-main} passes exit status $status on" [ $? = $status ]
    done
    timeout 60 "$HWPROF" $verb --source clock sh -c 'kill -SEGV $$' >out 2>err
    check "${verb:-main}: death by SIGSEGV is 139" [ $? = 139 ]
    timeout 60 "$HWPROF" $verb --source clock sh -c 'kill -TERM $$' >out 2>err
    check "${verb:-main}: death by SIGTERM is 143" [ $? = 143 ]

    printf 'a line\0and bytes \377\n' >in
    timeout 60 "$HWPROF" $verb --source clock sh -c 'cat; echo diagnosis >&2' <in >out 2>err
    check "${verb:-main}: standard output is the workload's alone" cmp -s in out
    check "${verb:-main}: standard error has the workload's line" grep -qx diagnosis err
done

# -o takes the report away from standard error
timeout 60 "$HWPROF" --source clock -o report.txt sh -c 'echo out; echo err >&2' >out 2>err
check '-o: standard output' [ "$(cat out)" = out ]
check '-o: standard error' [ "$(cat err)" = err ]
check '-o: the report' grep -q 'cpu-clock' report.txt

# the workload's signal dispositions and open files are those hwprof was started with
timeout 60 "$HWPROF" stat sh -c 'grep -E "^Sig(Blk|Ign)" /proc/self/status; ls /proc/self/fd' \
    >with 2>err 3</dev/null
sh -c 'grep -E "^Sig(Blk|Ign)" /proc/self/status; ls /proc/self/fd' >without 2>err 3</dev/null
check 'signals and descriptors as without hwprof' diff without with
timeout 60 "$HWPROF" --source clock -o report.txt --pin cores \
    sh -c 'grep -E "^Sig(Blk|Ign)" /proc/self/status; ls /proc/self/fd' >with 2>err 3</dev/null
check 'the same when pinned' diff without with
finish
