#!/bin/bash
# Two runs of one program under the model count the same, within 0.1 % in every event, or by three
# where so few are counted that 0.1 % is less.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/model.d.sh"

events=cycles,instructions,branches,branch-misses,cache-references,cache-misses
events+=,stalled-cycles-frontend,stalled-cycles-backend,L1-dcache-loads,L1-dcache-load-misses
events+=,L1-dcache-stores,L1-dcache-store-misses,L1-icache-loads,L1-icache-load-misses,LLC-loads
events+=,LLC-load-misses,LLC-stores,LLC-store-misses,LLC-prefetches,LLC-prefetch-misses
events+=,dTLB-load-misses,dTLB-store-misses,iTLB-load-misses,node-loads,node-stores,atomics
events+=,contended-atomics,transfers,hitm-local,invalidations,false-sharing,l2-demand-load-misses

# repeats WHAT COMMAND…
repeats() {
    local what=$1 event worst=0 a b off
    shift
    model one $events --machine zen4-2ccx -- "$@" && model two $events --machine zen4-2ccx -- "$@" ||
        return
    for event in ${events//,/ }; do
        a=$(count one "$event") b=$(count two "$event")
        [ -n "$a" ] && [ -n "$b" ] || { fail "$what: $event was not counted" && continue; }
        within "$a" "$b" 0.1 || [ $((a > b ? a - b : b - a)) -le 3 ] ||
            fail "$what: $event counts $a, then $b"
        off=$(awk -v a="$a" -v b="$b" 'BEGIN {print (b ? 100 * (a > b ? a - b : b - a) / b : 0)}')
        worst=$(awk -v a="$worst" -v b="$off" 'BEGIN {print (a > b ? a : b)}')
    done
    echo "$what: events differ by $worst % at most"
}

head -c 300000 "$HWPROF" >data
export PYTHONHASHSEED=0
repeats gzip gzip -c data
repeats python3 python3 -S -c 'print(sum(i * i % 7 for i in range(50000)))'
repeats 'counter, 4 threads' "$bin/counter" --quiet --threads 4 --iterations 80000
repeats 'queue' "$bin/queue" --quiet --threads 4 --iterations 20000
repeats 'locks' "$bin/locks" --quiet --kind mutex --threads 4 --iterations 20000
finish
