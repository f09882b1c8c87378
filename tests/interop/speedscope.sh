#!/bin/bash
# 'export speedscope': what the format asks for, and that speedscope itself (from the npm registry, in
# headless Chromium) opens the file and shows the right totals.
. "$(dirname "$0")/../live/lib.sh"
command -v python3 >/dev/null || skip 'there is no python3'
data=$SOURCE/tests/data/golden
version=1.25.0

cat >check.py <<'PY'
import json, sys
f = json.load(open(sys.argv[1]))
assert f["$schema"] == "https://www.speedscope.app/file-format-schema.json"
frames = f["shared"]["frames"]
for frame in frames:
    assert isinstance(frame["name"], str) and set(frame) <= {"name", "file", "line", "col"}, frame
    assert isinstance(frame.get("file", ""), str) and isinstance(frame.get("line", 0), int), frame
assert f["profiles"] and 0 <= f["activeProfileIndex"] < len(f["profiles"])
for p in f["profiles"]:
    assert p["type"] == "sampled" and isinstance(p["name"], str)
    assert p["unit"] in ("none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes")
    assert len(p["samples"]) == len(p["weights"])
    assert all(w > 0 for w in p["weights"])
    assert p["startValue"] == 0 and p["endValue"] == sum(p["weights"])
    assert all(0 <= i < len(frames) for s in p["samples"] for i in s)
    assert all(s for s in p["samples"])
print("  %d frames, %s" % (len(frames), [(p["name"], p["endValue"]) for p in f["profiles"]]))
PY

for name in hardware chains nopmu; do
    expect 0 '' "$HWPROF" export speedscope --symfs "$data/root" -o $name.json "$data/$name.data"
    check "$name: as the format asks" python3 check.py $name.json
done
"$HWPROF" record -q -g --source clock -o live.data -- python3 -c 'sum(i * i for i in range(2000000))'
expect 0 '' "$HWPROF" export speedscope -o live.json live.data
check 'a live one: as the format asks' python3 check.py live.json
printf 'a;"quoted\\";\x01tab\there 3\na;\xff\xfe;</script> 4\n' >folded
expect 0 '' "$HWPROF" export speedscope --folded -o folded.json folded
check 'hostile names: as the format asks' python3 check.py folded.json
[ $failures = 0 ] || finish

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
    skip 'the files are well-formed; there is no Chromium to open them in speedscope'
command -v npm >/dev/null || skip 'the files are well-formed; there is no npm to get speedscope with'
timeout 60 npm pack --silent "speedscope@$version" >/dev/null 2>npm.err ||
    skip 'the files are well-formed; speedscope is not to be had: the npm registry is out of reach'
tar -xzf "speedscope-$version.tgz"

# in_speedscope FILE: the table of functions, as "name total self" cells between bars; errors
in_speedscope() {
    # as speedscope's own command hands a file over
    printf "speedscope.loadFileFromBase64('%s', '%s')" "$1" "$(base64 -w0 "$1")" >load.js
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --enable-unsafe-swiftshader \
        --enable-logging=stderr --v=0 --allow-file-access-from-files --virtual-time-budget=20000 \
        --user-data-dir="$scratch/profile" --dump-dom \
        "file://$PWD/package/dist/release/index.html#view=sandwich&localProfilePath=$PWD/load.js" \
        2>console | sed 's/<[^>]*>/|/g; s/||*/|/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g'
}

# shows DESCRIPTION FILE TEXT…
shows() {
    local what=$1 file=$2 text
    shift 2
    in_speedscope "$file" >shown.txt
    for text; do
        check "$what: $text" grep -qF -- "$text" shown.txt
    done
    if grep CONSOLE console | grep -iE 'error|exception|unrecognized|failed'; then
        fail "$what: an error in the browser's console"
    fi
}

shows 'events and totals' hardware.json '|cycles|812,002,436|' '|instructions|1,402,004,206|' \
    '|cache-misses|2,461,722|'
shows 'functions, with callees and alone' hardware.json '|400,001,200 (49%)|400,001,200 (49%)|count|' \
    '|290,000,870 (36%)|0 (<0.01%)|mix|'
shows 'time has its unit' chains.json '|184.00ms (71%)|184.00ms (71%)|count|' \
    '|260.00ms (100%)|0.00ns (<0.01%)|_start|'
shows 'hostile names' folded.json '4 (57%)' '</script>'
finish
