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
(cd /fixture && gcc -O2 -g -gdwarf-4 -fcf-protection=none -nostdlib -static -no-pie \
    -Wl,--build-id=sha1 -o fixture fixture.c)
cp /fixture/fixture /fixture/fixture.c "$here/root/fixture/"

# A host name of its own, and no kernel code.
unshare --uts bash -c "hostname golden; cd /fixture; '$hwprof' record -q -o '$here/clock.data' \
    --source clock -e cpu-clock:u -F 500 --pin 0 ./fixture"
