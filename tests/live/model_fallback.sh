#!/bin/bash
# What can't be modelled: one clear message each, before the program runs where that can be known; and
# --source auto goes on without the model.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/model.d.sh"

# falls_back PATTERN COMMAND…: the model refuses; auto runs the program all the same
falls_back() {
    local pattern=$1
    shift
    expect 125 "$pattern" "$HWPROF" stat --source model -e atomics -- "$@"
    timeout 60 "$HWPROF" stat -e atomics -- "$@" >out 2>err
    check "auto: $*: runs" [ $? = 7 ]
    check "auto: $*: says why it was not modelled" grep -qE -- "could not answer.*($pattern)" err
}

printf '#!/bin/sh\nexit 7\n' >seven && chmod +x seven
# Valgrind is looked for on PATH.
mkdir bin && ln -s "$(command -v sh)" bin/sh
PATH=$PWD/bin "$HWPROF" stat --source model -e atomics ./seven 2>err
check 'without Valgrind: 125' [ $? = 125 ]
check 'without Valgrind: says so' grep -q 'needs Valgrind, which is not installed' err
PATH=$PWD/bin "$HWPROF" stat -e atomics ./seven 2>err
check 'without Valgrind: auto runs the program' [ $? = 7 ]
check 'without Valgrind: auto says why' grep -q 'could not answer.*needs Valgrind' err

# 32 bits: a program that can be made without a compiler for it.
if [ "$(uname -m)" = x86_64 ]; then
    cat >seven.s <<'S'
.globl _start
_start: mov $1, %eax
        mov $7, %ebx
        int $0x80
S
    as --32 -o seven.o seven.s && ld -m elf_i386 -o seven32 seven.o || exit 1
    ./seven32
    [ $? = 7 ] && falls_back '32-bit program' ./seven32
    # Started by a program that is modelled, it runs as it is.
    timeout 60 "$HWPROF" stat --source model -e atomics sh -c './seven32; exit $?' 2>err
    status=$?
    ./seven32
    check 'of a modelled program: runs' [ $status = $? ]
    check 'of a modelled program: is not counted, and that is said' grep -q 'ran as it is.*seven32' err

    # AVX-512: vpxord %zmm0, %zmm0, %zmm0
    echo 'int main(void) {__asm__ volatile(".byte 0x62, 0xf1, 0x7d, 0x48, 0xef, 0xc0"); return 7;}' >wide.c
    cc -O1 -g -o wide wide.c || exit 1
    # dies COMMAND…
    dies() {
        timeout 60 "$HWPROF" stat --source model -e atomics "$@" >out 2>err
        check "$*: dies of signal 4" [ $? = 132 ]
        check "$*: says of what, and where" \
            grep -qE 'ended at an instruction .*AVX-512.*main \(wide.c:1\)' err
    }
    dies ./wide
    dies sh -c './wide; exit $?'
fi

# Set-user-ID: Valgrind can't follow into them, unless hwprof is root.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    cp "$(type -P true)" suid && chmod 4755 suid && chmod 755 .
    setpriv --reuid 65534 --clear-groups "$HWPROF" stat --source model -e atomics ./suid 2>err
    status=$?
    if [ $status = 126 ]; then
        echo 'set-user-ID: not tried, another user may not run this hwprof'
    else
        check 'set-user-ID: 125' [ $status = 125 ]
        check 'set-user-ID: says so' grep -q 'set-user-ID' err
    fi
fi
finish
