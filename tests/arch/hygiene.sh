#!/bin/bash
# What no source file may hold: notes of unfinished work, paths of somebody's machine, trailing
# blanks, more than 600 lines. Tables (.def, and those of unit tests) may be as long as their facts.
set -u
cd "$SOURCE" || exit 1

mapfile -t files < <(find src topology counters reports workloads tests scripts docs .ci \
    -type f ! -path 'tests/data/*' ! -path tests/arch/hygiene.sh \
    \( -name '*.[ch]' -o -name '*.def' -o -name '*.sh' -o -name '*.py' -o -name '*.md' \
    -o -name '*.[1-8]' -o -name CMakeLists.txt -o -name '*.cmake' -o -path 'scripts/*' -o -path '.ci/*' \))
files+=(CMakeLists.txt)
if ((${#files[@]} < 50)); then
    echo "only ${#files[@]} files found: the scan is broken"
    exit 1
fi

bad=0
# forbid WHY PATTERN [EXCEPT]: no line matches PATTERN (unless it matches EXCEPT).
forbid() {
    local hits
    hits=$(grep -nIHE "$2" "${files[@]}")
    [[ -z ${3:-} ]] || hits=$(grep -vE "$3" <<<"$hits")
    if [[ -n $hits ]]; then
        printf '%s:\n%s\n' "$1" "$hits"
        bad=1
    fi
}

forbid 'unfinished work' '\b(TODO|FIXME|XXX|HACK)\b'
forbid 'a path of one machine' '/(home|Users)/[A-Za-z0-9_.-]+/|/root/' \
    '/home/(me|user|you|build)/'
forbid 'blanks at the end of a line' '[[:blank:]]+$'
forbid 'a merge left in the middle' '^(<<<<<<<|>>>>>>>) '

while read -r lines file; do
    if [[ $file == *.[ch] && $file != tests/unit/* ]] && ((lines >= 600)); then
        echo "$file: $lines lines; files of 600 and more hold more than one idea"
        bad=1
    fi
done < <(wc -l "${files[@]}")

exit $bad
