#!/bin/bash
# On one core with cachegrind's geometry (two levels, no prefetch) the model misses as often as
# cachegrind: L1 data, L1 code and the last level within 1 %, on five real programs.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/model.d.sh"
# Debian's script of that name sets LD_LIBRARY_PATH, which costs the dynamic linker some dozens of misses.
valgrind=$(command -v valgrind.bin || command -v valgrind)

machine=l1i=32K/8,l1d=32K/8,l2=0,l3=512K/16,prefetch=off,adjacent=off
events=PAPI_L1_DCM,L1-icache-load-misses,cache-misses

# of_cachegrind LABEL: a total of its summary
of_cachegrind() {
    awk -F: -v label="$1" '{gsub(/[=,]/, "")} $1 ~ "^[0-9]+ " label " *$" {split($2, n, " "); print n[1]; exit}' \
        cachegrind
}

# agrees NAME COMMAND…
agrees() {
    local name=$1
    shift
    "$valgrind" --tool=cachegrind --cache-sim=yes --I1=32768,8,64 --D1=32768,8,64 --LL=524288,16,64 \
        --cachegrind-out-file=/dev/null "$@" >/dev/null 2>cachegrind </dev/null ||
        { fail "cachegrind $name" && return; }
    model ours $events --machine-set $machine -- "$@" || return
    near "$name: L1D misses" "$(count ours PAPI_L1_DCM)" "$(of_cachegrind 'D1 +misses')" 1
    near "$name: L1I misses" "$(count ours L1-icache-load-misses)" "$(of_cachegrind 'I1 +misses')" 1
    near "$name: LL misses" "$(count ours cache-misses)" "$(of_cachegrind 'LL misses')" 1
}

head -c 1000000 "$HWPROF" >data
export PYTHONHASHSEED=0 PERL_HASH_SEED=0
agrees gzip gzip -c data
agrees xz xz -c -1 -T1 data
agrees sqlite3 sqlite3 :memory: 'create table t(a integer primary key, b text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 8000)
    insert into t select i, hex(i * 7919 % 10007) from n; create index x on t(b);
    select count(*), max(b) from t where b like "%3%";'
# Past whatever wrapper stands for it on PATH.
agrees python3 "$(python3 -c 'import sys; print(sys.executable)')" -S -c '
d = {str(i): i * i for i in range(20000)}
print(sum(v for k, v in sorted(d.items()) if k.endswith("7")))'
agrees perl perl -e 'my %h; $h{$_ % 997} .= "x$_" for 1..30000; print length(join ",", map { $h{$_} } sort keys %h), "\n"'
finish
