#!/bin/bash
# Misses of the modelled caches and TLBs against closed forms, within 1 %. All caches replace the
# least recently used line, so what is walked around in a circle that is too big for a cache misses
# at every line, and what fits never does. Between two runs of whole laps that differ in the
# number of laps alone: --quiet, as to print a time takes a line more or less, by its digits.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/model.d.sh"

machine=l1i=32K/8,l1d=32K/8,l2=256K/8,l3=1M/16,dtlb=64/4,stlb=1024/8,prefetch=off,adjacent=off
events=L1-dcache-load-misses,L1-dcache-store-misses,l2-demand-load-misses,l2-demand-store-misses
events+=,LLC-load-misses,second-tlb-loads,dTLB-load-misses

# pair N WORKLOAD OPTION…: runs of N and 2 N iterations
pair() {
    local n=$1 name=$2
    shift 2
    model few $events --machine-set $machine -- "$bin/$name" --quiet --threads 1 \
        --iterations "$n" "$@" &&
        model many $events --machine-set $machine -- "$bin/$name" --quiet --threads 1 \
            --iterations $((2 * n)) "$@"
}

# misses WHAT N EVENT PER-ITERATION: expected of the pair; 0 with a slack of 0.2 % of the iterations
misses() {
    near "$1: $3" "$(step few many "$3")" "$(awk -v n="$2" -v p="$4" 'BEGIN {print n * p}')" 1 \
        "$(($2 / 500))"
}

# levels WHAT N L1 L2 LLC: load misses per iteration
levels() {
    misses "$1" "$2" L1-dcache-load-misses "$3"
    misses "$1" "$2" l2-demand-load-misses "$4"
    misses "$1" "$2" LLC-load-misses "$5"
}

n=131072
for walk in 'stride --stride 64' chase; do
    # shellcheck disable=SC2086 # two words
    for size in '16Ki 0 0 0' '64Ki 1 0 0' '512Ki 1 1 0' '2Mi 1 1 1'; do
        set -- $size
        pair $n $walk --size "$1" && levels "$walk over $1" $n "$2" "$3" "$4"
    done
done
# Four loads of each line.
pair $n stride --stride 16 --size 2Mi && levels 'stride --stride 16 over 2Mi' $n 0.25 0.25 0.25

# Pages: 32 fit in the first TLB, 512 in the second, 4096 in none.
n=32768
for pages in '128Ki 0 0' '2Mi 1 0' '16Mi 1 1'; do
    # shellcheck disable=SC2086
    set -- $pages
    pair $n stride --stride 4096 --size "$1" || continue
    misses "stride --stride 4096 over $1" $n second-tlb-loads "$2"
    misses "stride --stride 4096 over $1" $n dTLB-load-misses "$3"
done

# Matrices of 128 × 128 doubles, each at the start of a page, by rows of the result. A column of B lies
# in 4 sets of L1 (16 of L2), 32 (4) lines in each.
#  ijk, L1: all 128² loads of B miss, and they push out, once per element, the line of A and the line of
#  C that lie in the same sets; the other 15 lines of a row of A miss once.
#  ijk, L2: holds B; rows of A (16 lines) and C come from beyond.
#  ikj, L1: B passes by (16 lines per row of it), the rows of A and C stay; C is cleared first, so its 16
#  misses are stores.
n=128
if pair $n matmul --size 128 --order ijk; then
    misses 'matmul ijk' $n L1-dcache-load-misses $((128 * 128 + 128 + 15))
    misses 'matmul ijk' $n L1-dcache-store-misses 128
    misses 'matmul ijk' $n l2-demand-load-misses 16
    misses 'matmul ijk' $n l2-demand-store-misses 16
    misses 'matmul ijk' $n LLC-load-misses 0
fi
if pair $n matmul --size 128 --order ikj; then
    misses 'matmul ikj' $n L1-dcache-load-misses $((128 * 16 + 16))
    misses 'matmul ikj' $n L1-dcache-store-misses 16
fi
finish
