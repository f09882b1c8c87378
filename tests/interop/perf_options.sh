#!/bin/bash
# Files that perf wrote with all kinds of options: perf report and hwprof report find the same samples
# in the same functions.
. "$(dirname "$0")/../live/lib.sh"
. "$(dirname "$0")/perf.d.sh"

head -c 3000000 "$HWPROF" >data
cat >script.py <<'END'
total = 0
for i in range(1500000):
    total += i * i % 7
print(total)
END
python=$(python3 -c 'import sys; print(sys.executable)')

# recorded WHAT OPTION…: of two programs, one with threads
recorded() {
    local what=$1
    shift
    perf record -q -e cpu-clock "$@" -o perf.data -- xz -1 -T2 -k -c data >/dev/null 2>&1 ||
        { echo "not recorded: $what: perf can not" && return; }
    check "$what: xz" compare perf.data
    perf record -q -e cpu-clock "$@" -o perf.data -- "$python" -S script.py >/dev/null 2>&1
    check "$what: python3" compare perf.data
}

recorded 'compressed' -F 10000 -z
recorded 'compressed well' -F 10000 --compression-level=19
recorded 'by period' -c 100000
recorded 'with build ids in the maps' -F 10000 --buildid-mmap
recorded 'with namespaces' -F 10000 --namespaces
recorded 'with context switches' -F 10000 --switch-events
recorded 'with data addresses, times and weights' -F 10000 -d -T --phys-data
recorded 'with addresses' -F 10000 -d
recorded 'with registers' -F 10000 --user-regs=ip,sp,ax
recorded 'with registers at interrupts' -F 10000 --intr-regs=ip,sp
recorded 'with frame-pointer chains' -F 10000 --call-graph fp
recorded 'with copies of the stack' -F 10000 --call-graph dwarf,4096
recorded 'of user code' -F 10000 --all-user
recorded 'of the kernel' -F 10000 --all-kernel
recorded 'without build ids' -F 10000 -B -N
recorded 'with text pokes' -F 10000 --kcore --text-poke
recorded 'with cgroups' -F 10000 --all-cgroups
recorded 'with period and cpu' -F 10000 -P --sample-cpu
recorded 'with a small buffer' -F 10000 -m 4
recorded 'synthesized of tasks alone' -F 10000 --synth=task

# --- other ways to make a file --------------------------------------------------------------------
perf record -q -e cpu-clock -F 10000 -o - -- sh -c 'xz -1 -k -c data >/dev/null' >stream.data 2>/dev/null
check 'a stream' compare stream.data
perf record -q -z -e cpu-clock -F 10000 -o - -- sh -c 'xz -1 -k -c data >/dev/null' >stream.data 2>/dev/null
check 'a compressed stream' compare stream.data
perf record -q -e cpu-clock -F 10000 -o perf.data -- xz -1 -k -c data >/dev/null 2>&1
perf inject -b -i perf.data -o injected.data 2>/dev/null
check 'with build ids injected' compare injected.data
perf record -q -z -e cpu-clock -F 10000 -o perf.data -- xz -1 -k -c data >/dev/null 2>&1
perf inject -b -i perf.data -o injected.data 2>/dev/null
check 'compressed, with build ids injected' compare injected.data

"$HWPROF" record -q -z --source clock -F 10000 -o ours.data -- "$python" -S script.py >/dev/null 2>&1
check "hwprof's, compressed" compare ours.data
"$HWPROF" record -q -z -g --source clock -F 10000 -o ours.data -- "$python" -S script.py >/dev/null 2>&1
check "hwprof's, compressed, with call chains" compare ours.data

# --- several events -----------------------------------------------------------------------------
perf record -q -e cpu-clock,page-faults,context-switches -o perf.data -- "$python" -S script.py \
    >/dev/null 2>&1
perf script -i perf.data -F event 2>/dev/null | sort | uniq -c | awk '{sub(":.*", "", $2); print $2, $1}' >by.perf
for event in cpu-clock page-faults; do
    "$HWPROF" report -i perf.data --top 0 --no-atomics -x'|' | awk -F'|' -v e="$event" '
        /^row\|/ {for (i = 1; i <= NF; i++) column[$i] = i}
        /^function\|/ {n += $column[e "_samples"]} END {print e, n + 0}' >ours
    check "several events: $(cat ours) samples" grep -qxF -f ours by.perf
done

# --- cut short ------------------------------------------------------------------------------------
perf record -q -z -m 4 -e cpu-clock -F 10000 -o perf.data -- "$python" -S script.py >/dev/null 2>&1
head -c $(($(stat -c %s perf.data) * 2 / 3)) perf.data >cut.data
expect 0 '' "$HWPROF" report -i cut.data
check 'a compressed one that was cut has samples' grep -qE '^ *[0-9.]+% ' out
check 'and says that it was' grep -q 'ends early\|cut short\|is cut\|ends before' out
finish
