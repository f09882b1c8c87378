#!/bin/bash
# Makes the golden recordings anew: builds fixture.c and records it at /fixture, a path that holds
# nothing of the machine it was made on. Needs root, gcc and a built hwprof. The numbers in the
# golden cases change with it: run tests/golden/cases.sh --update after it, and read the diff.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
hwprof=${HWPROF:-$here/../../../build/hwprof}

mkdir /fixture
trap 'rm -rf /fixture' EXIT
mkdir -p "$here/root/fixture"
cp "$here/fixture.c" /fixture/
(cd /fixture && gcc -O2 -g -gdwarf-4 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer \
    -fcf-protection=none -nostdlib -static -no-pie \
    -Wl,--build-id=sha1 -o fixture fixture.c)
cp /fixture/fixture /fixture/fixture.c "$here/root/fixture/"

# A host name of its own; one recording with events that a machine without a PMU hasn't, kernel code
# included, and one with call chains and two events.
record() {
    unshare --uts bash -c "hostname golden; cd /fixture; '$hwprof' record -q -o '$here/'$*"
    rm -f "$here"/*.old
}
record "nopmu.data -e cache-misses,cycles -F 500 --pin 0 ./fixture"
record "chains.data --source perf -e cpu-clock:u,page-faults:u -F 500 -g --pin 0 ./fixture"

# And one as a machine with a PMU would have made it.
top=$(cd "$here/../../.." && pwd)
build=$(dirname "$hwprof")
gcc -std=gnu17 -D_GNU_SOURCE -I"$top" -I"$top/src" -o /fixture/hardware "$here/hardware.c" \
    "$build"/libhwp_profile.a "$build"/libhwp_base.a -lcjson -lelf
# after NAME PATTERN: the address of the instruction behind the first that matches, in a function.
after() {
    objdump -d --no-show-raw-insn /fixture/fixture | sed -n "/<$1>:/,/^\$/p" |
        grep -A1 -m1 -- "$2" | sed -n '2s/^ *\([0-9a-f]*\):.*/\1/p'
}
/fixture/hardware "$here/hardware.data" "$(after count 'lock')" "$(after mix imul)" \
    "$(after scan 'add.*(')"
rm -f "$here"/*.old
chmod 644 "$here"/*.data
