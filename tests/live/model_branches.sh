#!/bin/bash
# The modelled predictor on data whose branches are known: random ones are mispredicted half the time,
# within 2 % of the tested branches; sorted and periodic ones are learnt.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/model.d.sh"

n=262144
# predicts EXPECTED-PER-TEST OPTION…
predicts() {
    local expected=$1
    shift
    model few branch-misses,branches -- "$bin/branches" --threads 1 --iterations $n "$@" &&
        model many branch-misses,branches -- "$bin/branches" --threads 1 --iterations $((2 * n)) \
            "$@" || return
    near "branches $*: branches" "$(step few many branches)" $((2 * n)) 0.1
    near "branches $*: mispredicted" "$(step few many branch-misses)" \
        "$(awk -v e="$expected" -v n=$n 'BEGIN {print e * n}')" 2 $((n / 50))
}

predicts 0.5 --pattern random --size 256Ki
predicts 0 --pattern sorted --size 256Ki
for period in 2 4 8 16; do
    predicts 0 --pattern periodic --period $period --size 256Ki
done
finish
