#!/bin/bash
# Flame graphs in a browser: zoom, search and numbers work, names can't inject anything, the file
# stays small. A script is put behind the graph's own, acts as a user would, and leaves what it
# found in the document, which headless Chromium prints.
. "$(dirname "$0")/lib.sh"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
    skip 'there is no Chromium'

# in_browser FILE.svg SCRIPT: what the script returns, as text; errors of any script in it
in_browser() {
    {
        sed '$d' "$1" # </svg>
        cat <<HTML
<script><![CDATA[
const problems = [];
window.addEventListener("error", (e) => problems.push(e.message));
const rects = document.getElementById("frames").children;
const at = (name) => Array.from(rects).find((r, i) =>
    r.style.display !== "none" && graph.names[graph.frames[graph.frame[i]][0]] === name);
const act = (target, type) => target.dispatchEvent(new MouseEvent(type, {bubbles: true}));
const width = (r) => Math.round(+r.getAttribute("width"));
const text = (id) => document.getElementById(id).textContent;
const search = (what) => {
    const box = document.getElementById("search");
    box.value = what;
    box.dispatchEvent(new Event("input"));
};
const found = [];
try { $2 } catch (e) { problems.push(String(e)); }
document.documentElement.setAttribute("data-test", JSON.stringify([found, problems]));
]]></script>
</svg>
HTML
    } >with-test.svg
    # shellcheck disable=SC2016
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --enable-logging=stderr --v=0 \
        --user-data-dir="$scratch/profile" --dump-dom "file://$PWD/with-test.svg" 2>console |
        sed -n 's/.*data-test="\([^"]*\)".*/\1/p' | sed 's/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' |
        head -1
    grep -q CONSOLE console && grep CONSOLE console
}

# finds WHAT SVG SCRIPT JSON
finds() {
    local got
    got=$(in_browser "$2" "$3")
    if [ "$got" = "[$4,[]]" ]; then echo "ok: $1"; else fail "$1: $got, expected [$4,[]]"; fi
}

cat >folded <<'E2'
server;main;parse 30
server;main;parse;utf8 10
server;main;reply 20
client;main;wait 40
E2
expect 0 'flame.svg: 9 frames; open it' "$HWPROF" flame --folded folded
check 'it is well-formed' xmllint --noout flame.svg

finds 'zoom, and back by Escape' flame.svg '
    const box = at("parse");
    found.push(width(box), width(at("wait")));
    act(box, "click");
    found.push(width(box), width(at("utf8")), width(at("server")), at("wait") === undefined);
    document.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape"}));
    found.push(width(box), width(at("wait")));' \
    '[480,480,1200,300,1200,true,480,480]'
finds 'search says how much it found, inner frames not twice' flame.svg '
    search("^(parse|utf8)$");
    found.push(text("found"), document.querySelectorAll("rect.found").length);
    search("nothing like it");
    found.push(text("found"));
    search("(");
    found.push(text("found"));
    search("");
    found.push(text("found"), document.querySelectorAll("rect.found").length);' \
    '["2 frames, 40.00% of the width",2,"0 frames, 0.00% of the width","0 frames, 0.00% of the width","",0]'
finds 'the pointer shows numbers' flame.svg '
    act(at("parse"), "mouseover");
    found.push(text("details"));
    act(at("parse"), "mouseout");
    found.push(text("details"));' \
    '["parse: samples 40 (40.00%)",""]'

# --- colours, events, differences ---------------------------------------------------------------
data=$SOURCE/tests/data/golden
expect 0 'frames' "$HWPROF" flame -o chains.svg "$data/chains.data" --symfs "$data/root"
check 'of a recording: well-formed' xmllint --noout chains.svg
expect 0 '' "$HWPROF" flame -e cycles --color ipc -o hardware.svg "$data/hardware.data"
check 'of several events: well-formed' xmllint --noout hardware.svg
finds 'every event of a frame, and the metric' hardware.svg '
    act(rects[0], "mouseover");
    found.push(/^all: IPC [0-9.]+, .*cycles [0-9,]+ \(100\.00%\).*instructions [0-9,]+ \(100\.00%\)/
        .test(text("details")));' '[true]'
printf 'server;main;parse 10\nserver;main;new 90\n' >after
expect 0 '' "$HWPROF" flame --folded --diff folded after -o diff.svg
finds 'a difference: shares, before and after' diff.svg '
    act(at("parse"), "mouseover");
    found.push(text("details"), width(at("parse")), width(at("new")));' \
    '["parse: before 40 (40.00%), after 10 (10.00%)",300,540]'
expect 2 'not 1' "$HWPROF" flame --diff folded
expect 125 "metric 'speed'" "$HWPROF" flame --color speed "$data/hardware.data"
expect 125 "event 'speed'" "$HWPROF" flame -e speed "$data/hardware.data"
expect 125 'no folded stacks' "$HWPROF" flame --folded "$HWPROF"

# --- hostile names ------------------------------------------------------------------------------
cat >hostile <<'E2'
t;</script><script>document.title="pwned"</script> 10
t;]]></script><img src=x onerror=alert(1)> 10
t;"+alert(1)+" 10
t;\u0022;${alert(1)};&lt;b&gt; 10
t;<rect width="9999"/>	tab 10
E2
printf 't;\xff\xfe\x01\x1b[31m 10\nt;\xe2\x80\xa8\xe2\x80\xae 10\n' >>hostile
expect 0 '' "$HWPROF" flame --folded hostile -o hostile.svg --title '</title><script>x()</script>'
check 'hostile names: well-formed' xmllint --noout hostile.svg
finds 'hostile names do nothing' hostile.svg '
    Array.from(rects).forEach((r) => act(r, "mouseover"));
    search("script");
    found.push(document.querySelectorAll("script").length,
        document.querySelectorAll("img").length, rects.length,
        text("title").includes("<script>"), text("found"));' \
    '[2,0,13,true,"2 frames, 28.57% of the width"]'

# --- many frames ---------------------------------------------------------------------------------
awk 'BEGIN {
    for (i = 0; i < 200000; i++)
        printf "t%d;main;a_rather_long_function_name_%d;and_another_one_%d;leaf %d\n", i % 7, i % 5003, i, i % 97 + 1
}' >many
expect 0 'too narrow to show' "$HWPROF" flame --folded many -o many.svg
check 'a big one stays under 2 MB' [ "$(stat -c %s many.svg)" -lt 2000000 ]
check 'and is not cut down without need' [ "$(stat -c %s many.svg)" -gt 1200000 ]
finds 'a big one works' many.svg '
    act(at("t3"), "click");
    found.push(width(at("t3")), at("t4") === undefined);' '[1200,true]'
finish
