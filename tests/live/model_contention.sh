#!/bin/bash
# What sharing costs on the modelled cores. Every increment of a counter that four threads share moves
# its line, however long the model's slices are; plain stores to neighbours' bytes are hidden by the
# store buffer and atomics are not; no prefetcher makes transfers vanish; the false sharing of
# linear_regression shows at the offset where it was published (about 15 times slower) and not where
# structs keep to their lines.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/model.d.sh"
# The published pair of plain and atomic stores was measured on a Haswell.
machine='--machine hsw'

for slice in 1000 3000 10000 30000 100000; do
    for mode in shared padded; do
        # shellcheck disable=SC2086
        model $mode transfers,atomics,contended-atomics,false-sharing $machine \
            --machine-set slice=$slice -- "$bin/counter" --mode $mode --threads 4 \
            --iterations 80000
    done
    near "counter shared, slices of $slice: transfers" "$(count shared transfers)" 80000 1
    below "counter padded, slices of $slice: transfers" "$(count padded transfers)" 800
    below "counter shared, slices of $slice: of them falsely shared" \
        "$(count shared false-sharing)" 800
done

# A prefetcher must not take, for nothing, what an access would have waited for: each line that two threads
# modify in turn moves once a lap at least, with prefetchers or without.
cc -O1 -g -pthread -o sweep "$SOURCE/tests/data/model/sweep.c" || exit 1
for set in prefetch=off,adjacent=off prefetch=on,adjacent=off prefetch=on,adjacent=on; do
    # shellcheck disable=SC2086
    model sweep transfers $machine --machine-set l2=1M/16,$set -- ./sweep 8000 10
    near "sweep, $set: transfers" "$(count sweep transfers)" 82000 5
done

# per_iteration OPTION…: cycles of 4 threads that increment fields of their own
per_iteration() {
    # shellcheck disable=SC2086
    model few cycles $machine -- "$bin/sharing" --threads 4 --iterations 400000 "$@" >&2
    # shellcheck disable=SC2086
    model many cycles $machine -- "$bin/sharing" --threads 4 --iterations 800000 "$@" >&2
    ratio "$(step few many cycles)" 400000
}
plain=$(per_iteration --mode plain --stride 8)
plain_padded=$(per_iteration --mode plain --stride 64)
atomic=$(per_iteration --mode atomic --stride 8)
atomic_padded=$(per_iteration --mode atomic --stride 64)
echo "cycles per increment: plain $plain (padded $plain_padded), atomic $atomic (padded $atomic_padded)"
below 'plain stores to one line against padded ones: times slower' "$(ratio "$plain" "$plain_padded")" 1.5
near 'atomics on one line against padded ones: times slower' "$(ratio "$atomic" "$atomic_padded")" 14.5 20

cc -O1 -g -pthread -o linear_regression "$SOURCE/tests/data/model/linear_regression.c" || exit 1
# cycles OFFSET SEED: of 4 threads, per point. In the first 20,000 points or so it depends on how the
# threads met; then the same order repeats.
cycles() {
    # shellcheck disable=SC2086
    model lr cycles,false-sharing $machine --machine-set "seed=$2" -- \
        ./linear_regression "$1" 4 80000 >&2
    ratio "$(count lr cycles)" 320000
}
for seed in 1 2 3 4; do
    at0=$(cycles 0 $seed)
    at56=$(cycles 56 $seed)
    below 'linear_regression at 56: transfers falsely shared' "$(count lr false-sharing)" 800
    at24=$(cycles 24 $seed)
    above 'linear_regression at 24: transfers falsely shared' "$(count lr false-sharing)" 80000
    echo "seed $seed: cycles per point at offset 0: $at0, 24: $at24, 56: $at56"
    near 'linear_regression at 24: times slower' "$(ratio "$at24" "$at0")" 15 20
    near 'linear_regression at 56: times slower' "$(ratio "$at56" "$at0")" 1 5
done
finish
