#!/bin/bash
# NUMA on a modelled two-socket machine: a walk whose every step waits for memory is slower with the
# memory on the other node, by the ratio of the latencies; and where the threads of one node ask more
# of its memory than it can give, spreading the pages is faster, but not before.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/model.d.sh"

# The last-level cache is kept small, so that few steps are enough to leave it.
set_small=l2=64K/8,l3=1M/16,prefetch=off,adjacent=off
events=cycles,node-loads,node-load-misses

# hops NODE: cycles per hop of a walk on node 0 through memory of NODE
hops() {
    model few $events --machine skx2 --pin core:0 --membind "$1" --machine-set $set_small -- \
        "$bin/chase" --threads 1 --size 4Mi --iterations 65536 >&2
    model many $events --machine skx2 --pin core:0 --membind "$1" --machine-set $set_small -- \
        "$bin/chase" --threads 1 --size 4Mi --iterations 131072 >&2
    ratio "$(step few many cycles)" 65536
}
local=$(hops 0)
near 'chase, memory of node 0: loads that memory answered' "$(step few many node-loads)" 65536 1
below 'chase, memory of node 0: of another node' "$(step few many node-load-misses)" 656
remote=$(hops 1)
near 'chase, memory of node 1: loads of another node' "$(step few many node-load-misses)" 65536 1
echo "cycles per hop: local $local, remote $remote"
# skx2: 80 ns and 147.5 ns
near 'chase: remote against local' "$(ratio "$remote" "$local")" 1.844 10

# streams GB/s POLICY…: cycles per load of 8 threads of node 0
streams() {
    local bandwidth=$1
    shift
    model few $events --machine skx2 --pin core:0-7 "$@" --machine-set \
        $set_small,dram-bandwidth=$bandwidth -- \
        "$bin/stride" --threads 8 --stride 64 --size 512Ki --iterations 65536 >&2
    model many $events --machine skx2 --pin core:0-7 "$@" --machine-set \
        $set_small,dram-bandwidth=$bandwidth -- \
        "$bin/stride" --threads 8 --stride 64 --size 512Ki --iterations 131072 >&2
    ratio "$(step few many cycles)" 65536
}
bound=$(streams 4 --membind 0)
spread=$(streams 4 --interleave 0-1)
near 'stride, interleaved: half of its loads go to the other node' \
    "$(ratio "$(step few many node-load-misses)" "$(step few many node-loads)")" 0.5 5
echo "cycles per load at 4 GB/s a node: bound $bound, interleaved $spread"
above 'stride, too much for one node: gain by interleaving' "$(ratio "$bound" "$spread")" 1.5
bound=$(streams 128 --membind 0)
spread=$(streams 128 --interleave 0-1)
echo "cycles per load at 128 GB/s a node: bound $bound, interleaved $spread"
below 'stride, enough for all: gain by interleaving' "$(ratio "$bound" "$spread")" 1
finish
