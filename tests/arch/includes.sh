#!/bin/bash
# The architecture's arrows, read off the #include lines: which folder may use which, and which
# folder alone may include a third-party header. Says file:line of every arrow that is not allowed.
set -u
cd "$SOURCE" || exit 1

# folder: what its files may include, besides its own. target and reports may use profile for the
# facts of a run (profile/run.h) and the notes (profile/note.h) that results carry along.
arrows='
src/base:
src/target:     base topology profile
src/profile:    base
src/symbols:    base profile
src/analysis:   base profile symbols topology
topology:       base
counters:       base topology profile
reports:        base analysis profile
src/cmd:        base target profile symbols analysis topology counters reports
src:            base target profile symbols analysis topology counters reports cmd
workloads:      common
'

# header pattern: the folders that may include it, in .c files only (':h' after a folder: in its
# headers too).
foreign='
hwloc\.h|hwloc/.*            topology
perfmon/.*                   counters
papi\.h                      counters
elfutils/.*|dwarf\.h         src/symbols
libelf\.h|gelf\.h            src/symbols src/profile
elf\.h                       src/symbols:h src/profile counters src/target
Zydis/.*|capstone/.*         src/symbols
libiberty/.*                 src/symbols
cjson/.*                     src/profile reports
zstd\.h                      src/profile
protobuf-c/.*|profile\.pb-c\.h|zlib\.h   reports
linux/perf_event\.h          counters:h src/profile:h
'

# "FILE:LINE:HEADER" of every include. The modelled PMU is built apart: see below.
includes() {
    find "$@" \( -name '*.c' -o -name '*.h' -o -name '*.def' \) -print0 |
        xargs -0 grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' |
        sed -E 's/^([^:]+:[0-9]+):[^<"]*[<"]([^>"]+)[>"].*/\1:\2/'
}

all=$(includes src topology counters reports workloads -path counters/model -prune -o)
if (($(wc -l <<<"$all") < 100)); then
    echo "only $(wc -l <<<"$all") #include lines found: the scan is broken"
    exit 1
fi

bad=0
awk -F: -v arrows="$arrows" -v foreign="$foreign" '
function folder_of(file,    parts, n) {
    n = split(file, parts, "/")
    if (parts[1] != "src")
        return parts[1]
    return n > 2 ? parts[1] "/" parts[2] : "src"
}

BEGIN {
    n = split(arrows, lines, "\n")
    for (i = 1; i <= n; i++) {
        m = split(lines[i], words, /[: ]+/)
        if (!words[1])
            continue
        known[words[1]] = 1
        short = words[1]
        sub("^src/", "", short)
        folders[short] = 1
        may[words[1], short] = 1
        for (j = 2; j <= m; j++)
            may[words[1], words[j]] = 1
    }
    n = split(foreign, lines, "\n")
    for (i = 1; i <= n; i++) {
        m = split(lines[i], words, / +/)
        if (!words[1])
            continue
        pattern[++patterns] = "^(" words[1] ")$"
        for (j = 2; j <= m; j++)
            owner[patterns, words[j]] = 1
    }
}

function wrong(why) {
    print $1 ":" $2 ": " why
    bad = 1
}

{
    from = folder_of($1)
    header = $3
    is_header = $1 !~ /\.c$/
    if (!(from in known)) {
        wrong("folder " from " is not in the table of arrows")
        next
    }
    n = split(header, parts, "/")
    to = parts[1]
    if (n > 1 && to == "src") {
        wrong("include \"" header "\": name it from src/ on")
    } else if (n > 1 && (to in folders || to == "common" || to == "cmd") && !((from, to) in may)) {
        wrong(from " must not use " to ": " header)
    } else if (header ~ /^counters\/model\// &&
               (from != "counters" || header !~ /\/(protocol\.h|counters\.def)$/)) {
        wrong("of the modelled PMU, counters alone may include, and the protocol alone: " header)
    } else if (header ~ /^\.\./ || header ~ /\/\.\.\//) {
        wrong("include \"" header "\" climbs out of its folder")
    }
    for (i = 1; i <= patterns; i++) {
        if (header !~ pattern[i])
            continue
        if ((i, from ":h") in owner)
            continue
        if (!((i, from) in owner))
            wrong(from " must not include <" header ">")
        else if (is_header)
            wrong("<" header "> belongs in a .c file, not in a header")
    }
}

END { exit bad }
' <<<"$all" || bad=1

# The modelled PMU's tool has no libc and none of hwprof: the protocol, the simulated parts, and
# Valgrind. The simulated parts have not even Valgrind.
model=$(includes counters/model)
if (($(wc -l <<<"$model") < 10)); then
    echo "only $(wc -l <<<"$model") #include lines found in counters/model: the scan is broken"
    exit 1
fi
awk -F: '
BEGIN {
    own = "[a-z0-9_]+\\.(h|def)"
    free = "std(bool|def|int)\\.h"
    may["counters/model"] = "^(" free "|counters\\.def)$"
    may["counters/model/sim"] = "^(" own "|\\.\\./(protocol\\.h|counters\\.def))$"
    may["counters/model/tool"] = "^(" own "|\\.\\./(protocol\\.h|counters\\.def)|\\.\\./sim/" own ")$"
}

function exists(file) {
    if ((getline line < file) < 0)
        return 0
    close(file)
    return 1
}

{
    folder = $1
    sub("/[^/]*$", "", folder)
    header = $3
    foreign = header !~ /\// && !exists(folder "/" header)
    valgrind = folder ~ /tool$/ && header ~ /^(pub_tool_[a-z0-9_]+|libvex[a-z0-9_]*|valgrind)\.h$/
    if (!(folder in may) || header !~ may[folder] ||
        (foreign && header !~ "^" free "$" && !valgrind)) {
        print $1 ":" $2 ": " folder " must not include " header
        bad = 1
    }
}

END { exit bad }
' <<<"$model" || bad=1

exit $bad
