#!/bin/bash
# What reports cost beside perf's on the same recordings: time (median of RUNS, default 3) and peak
# memory. Prints a table; nothing here passes or fails. Needs HWPROF, as the script tests do:
# `cmake --build build --target bench`.
set -u
: "${HWPROF:?the hwprof binary}"
runs=${RUNS:-3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
command -v perf >/dev/null || { echo 'perf is not installed' && exit 77; }

# timed RUNS COMMAND…: "SECONDS KIB" of the run of median time
timed() {
    python3 - "$@" <<'PY'
import os, subprocess, sys, time
found = []
for _ in range(int(sys.argv[1])):
    begin = time.monotonic()
    child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    found.append((time.monotonic() - begin, usage.ru_maxrss))
print(*sorted(found)[len(found) // 2])
PY
}

# beside WHAT 'PERF COMMAND' 'HWPROF COMMAND': each in a shell
beside() {
    local perf ours
    perf=$(timed 1 sh -c "$2")
    ours=$(timed "$runs" sh -c "$3")
    awk -v what="$1" -v p="$perf" -v o="$ours" 'BEGIN {
        split(p, a); split(o, b)
        printf "%-44s %9.3f s %9.3f s %7.1f× %8.1f MiB %8.1f MiB\n", what, a[1], b[1], a[1] / b[1],
            a[2] / 1024, b[2] / 1024
    }'
}

printf '%-44s %11s %11s %8s %12s %12s\n' work perf hwprof faster 'perf memory' 'hwprof memory'

# A C compiler's run: a stripped program of 33 MB, and a source of its own making.
python3 - >big.c <<'PY'
print("#include <stdio.h>\n#include <string.h>\nstruct s { int a, b; double c; char d[16]; };")
for i in range(600):
    print(f"""static int f{i}(struct s *p, int n) {{
    int r = 0;
    for (int i = 0; i < n; i++) {{
        p[i].a += p[i].b * {i} + r;
        if (p[i].a % {i + 2} == 0) r += (int)(p[i].c * {i}.5);
        else {{ p[i].d[i % 16] ^= r; r -= strlen(p[i].d); }}
        switch (r & 7) {{ case 0: r += 3; break; case 1: r *= {i}; break; case 5: printf("%d", r); }}
    }}
    return r;
}}""")
calls = "".join(f"r += f{i}(x, c);" for i in range(600))
print("int main(int c, char **v) { struct s x[64]; memset(x, 0, sizeof x); int r = 0;" + calls +
      "return r; }")
PY
perf record -q -e cpu-clock -F 5000 -o cc1.data gcc -O2 -c big.c -o big.o >/dev/null 2>&1
beside "annotate all of a compiler's run" 'perf annotate --stdio -i cc1.data' \
    "'$HWPROF' annotate --all -i cc1.data"
beside "report of a compiler's run" 'perf report --stdio -i cc1.data' \
    "'$HWPROF' report --top 0 --no-atomics -i cc1.data"
