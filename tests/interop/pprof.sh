#!/bin/bash
# go's pprof reads what 'export pprof' writes: per event, every function costs what 'hwprof report'
# says, alone and with callees; threads, lines and machine code are found. Without go, protoc decodes
# the file, and the totals are compared.
. "$(dirname "$0")/../live/programs.d.sh"
. "$(dirname "$0")/../live/lib.sh"
export GOTOOLCHAIN=local GOFLAGS='' GOPROXY=off PPROF_TMPDIR=$scratch HOME=$scratch
if command -v go >/dev/null && go tool pprof -h 2>&1 | grep -q sample_index; then
    reader=go
elif command -v protoc >/dev/null; then
    reader=protoc
else
    skip 'neither go nor protoc is installed'
fi
echo "read by $reader"

pprof() {
    go tool pprof "$@" 2>pprof.err || { cat pprof.err; return 1; }
}

# "flat cum name" of each function in event $2, by pprof
by_pprof() {
    pprof -top -noinlines -nodecount=0 -nodefraction=0 -unit=nanoseconds -sample_index="$2" "$1" |
        sed -nE 's/^ *([0-9]+)[a-z]* +[0-9.e-]+% +[0-9.e-]+% +([0-9]+)[a-z]* +[0-9.e-]+% +(.*)$/\1 \2 \3/p' |
        sed -E 's/ \((partial-)?inline\)$//'
}

# The whole file as text, by protoc.
by_protoc() {
    zcat "$1" | protoc --decode=hwp.pprof.Profile -I "$SOURCE/reports/pprof" profile.proto
}

cat >compare.py <<'PY'
import csv, os, re, subprocess, sys
report, pb, reader = sys.argv[1:]
tables, header = {}, None
for row in csv.reader(open(report), delimiter="|"):
    if row and row[0] in ("row", "event"):
        header = row if header is None and row[0] not in tables else None
    elif row and header:
        tables.setdefault(header[0], []).append(dict(zip(header, row)))
    else:
        header = None
functions = [f for f in tables["row"] if f["row"] == "function"]
events = [e["event"] for e in tables["event"] if any(f[e["event"] + "_samples"] for f in functions)]
ours = {e: {} for e in events}
for f in functions:
    for e in events:
        flat, cum = ours[e].get(f["function"], (0, 0.0))
        share = float(f.get(e + "_total_percent") or f[e + "_percent"] or 0)
        ours[e][f["function"]] = (flat + int((f[e] or "0").lstrip("~")), cum + share)
bad = 0
def differ(*what):
    global bad
    bad += 1
    print("  differs:", *what)
def shell(command, *args):
    return subprocess.run(["bash", "-c", command + ' "$@"', "-", *args], capture_output=True,
                          text=True, check=True).stdout
if reader == "protoc":
    text = shell("by_protoc", pb)
    strings = re.findall(r'^string_table: "(.*)"$', text, re.M)
    types = [strings[int(t)] for t in re.findall(r"^sample_type \{\n  type: (\d+)", text, re.M)]
    sums = [0] * len(types)
    for sample in re.findall(r"^sample \{\n(.*?)^\}", text, re.M | re.S):
        for i, v in enumerate(re.findall(r"^  value: (\d+)", sample, re.M)):
            sums[i] += int(v)
    for e in events:
        if sum(flat for flat, _ in ours[e].values()) != sums[types.index(e)]:
            differ(e, sums)
else:
    for e in events:
        theirs = {}
        for line in shell("by_pprof", pb, e).splitlines():
            flat, cum, name = line.split(" ", 2)
            theirs[name] = (int(flat), int(cum))
        whole = sum(int((f[e] or "0").lstrip("~")) for f in tables["row"]) # with what filters leave out
        more = 0
        for name in ours[e].keys() | theirs.keys():
            flat, share = ours[e].get(name, (0, 0.0))
            if flat != theirs.get(name, (0, 0))[0]:
                differ(e, name, flat, theirs.get(name))
            # Callers without a name, and those without samples of their own, are no rows of the
            # report: where such a one has the name of another, pprof has more.
            cum = theirs.get(name, (0, 0))[1] - share * whole / 100
            if name[0] != "[" and name in ours[e] and abs(cum) > 1 + whole * 1e-6:
                more += 1
                if cum < 0 or more > len(ours[e]) / 50:
                    differ(e, name, "with callees", share * whole / 100, theirs.get(name))
print("  %d events, %d functions, %d differences" % (len(events), len(functions), bad))
sys.exit(bad > 0 or not events or not functions)
PY
export -f pprof by_pprof by_protoc

# same DESCRIPTION RECORDING [OPTION…]
same() {
    local what=$1 file=$2
    shift 2
    "$HWPROF" report -i "$file" --top 0 --no-atomics -x'|' "$@" >report.csv &&
        "$HWPROF" export pprof -o "$what.pb.gz" "$@" "$file" || fail "$what: export"
    check "$what: as hwprof report has it" python3 compare.py report.csv "$what.pb.gz" "$reader"
}

data=$SOURCE/tests/data/golden
for name in hardware chains nopmu; do
    same "$name" "$data/$name.data" --symfs "$data/root"
done
same filtered "$data/hardware.data" --symfs "$data/root" --symbols scan,mix

program() {
    local name=$1
    shift
    "$HWPROF" record -q --source clock -o live.data -- "$@" >/dev/null 2>&1
    same "$name" live.data
    "$HWPROF" record -q -g --source clock -o live.data -- "$@" >/dev/null 2>&1
    same "$name-chains" live.data
}
for_each_program
[ $reader = go ] || finish

"$HWPROF" record -q --source clock -o counter.data -- \
    "$BUILD/workloads/counter" --threads 2 --iterations 30000000 >/dev/null
same counter counter.data
shows() {
    local what=$1 pattern=$2
    shift 2
    pprof "$@" >shown.txt
    check "$what" grep -qE -- "$pattern" shown.txt || head -30 shown.txt
}
shows 'the program is the main mapping' '^File: counter$' -top counter.pb.gz
shows 'the command' '^ *command: .*counter --threads 2' -comments counter.pb.gz
shows 'threads' '^ *thread: Total' -tags counter.pb.gz
shows 'CPUs, the first too' '\): 0$' -tags counter.pb.gz
shows 'an address' ' 0x[0-9a-f]+ M=1 count_shared .*/counter.c:[0-9]+' -raw counter.pb.gz
shows 'stacks' '^ +_start$' -traces chains.pb.gz
shows 'the source line' '[0-9.]+m?s +[0-9.]+m?s +[0-9]+: .*COUNT_LOOP' -list=count_shared counter.pb.gz
if command -v objdump >/dev/null; then
    shows 'the machine code' '[0-9.]+m?s +[0-9.]+m?s +[0-9a-f]+: +[A-Za-z]' -disasm=count_shared counter.pb.gz
fi
"$HWPROF" export pprof -e instructions -o second.pb.gz "$data/hardware.data"
shows 'the event asked for is the first shown' '^Type: instructions$' -top second.pb.gz
if compgen -G "$BUILD/libexec/hwprof/model/hwprof-*-linux" >/dev/null; then
    expect 0 '' "$HWPROF" record -q --source model -e cycles,instructions -o model.data -- \
        "$BUILD/workloads/counter" --threads 2 --iterations 20000
    same modelled model.data
    shows 'what is modelled says so' '^ *cycles: modelled, not measured$' -comments modelled.pb.gz
fi
finish
