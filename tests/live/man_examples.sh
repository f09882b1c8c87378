#!/bin/bash
# Every command line in the EXAMPLES of the man pages, and of the verbs' --help, works.
. "$(dirname "$0")/lib.sh"
mkdir bin
ln -s "$HWPROF" bin/hwprof
PATH=$PWD/bin:$PATH
# "./program" of the examples takes any options.
printf '#!/bin/sh\nexec %s --iterations 20000000 --threads 2\n' "$BUILD/workloads/counter" >program
chmod +x program
hwprof record -q --source clock ./program >/dev/null || fail 'recording the example program'
for copy in perf before after; do cp hwprof.data $copy.data; done

examples() {
    for page in "$SOURCE"/docs/man/*.1; do
        sed -n '/^\.SH EXAMPLES/,/^\.SH SEE/p' "$page" | sed -n 's/\\-/-/g; /^hwprof/p'
    done
    for verb in '' record report annotate flame export stat cores list topo doctor; do
        hwprof $verb --help | sed -n '/^examples:/,$s/^  hwprof/hwprof/p'
    done
}

n=0
while read -r line; do
    n=$((n + 1))
    if ! timeout 60 bash -c "$line" >out 2>err </dev/null; then
        fail "$line"
        head -3 err
    fi
done < <(examples | sort -u)
echo "$n examples ran"
check 'there are examples' [ $n -ge 20 ]
finish
