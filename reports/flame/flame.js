/* Zoom, search and numbers of a flame graph. `graph` is written before this script: see the writer of
 * the data in reports/flame_data.c. Nodes are in preorder; each is drawn as the rectangle of the same
 * index. */
"use strict";
(function () {
    const by = (id) => document.getElementById(id);
    const rects = by("frames").children;
    const labels = by("labels");
    const details = by("details");
    const n = graph.depth.length;
    const events = graph.events.length;
    const end = new Array(n); /* behind a node's subtree */
    const start = new Array(n); /* where a node begins, in widths */
    const parent = new Array(n);
    let zoomed = 0;
    let found = [];

    const width = (i) => graph.width[i];
    const frame = (i) => graph.frames[graph.frame[i]];
    const name = (i) => graph.names[frame(i)[0]];
    const module = (i) => (frame(i)[1] < 0 ? "" : graph.names[frame(i)[1]]);
    const kind = (i) => ["", "tasks", "", "inlined"][frame(i)[2]];

    function layOut() {
        const path = [];
        const next = [];
        for (let i = 0; i < n; i++) {
            while (path.length > graph.depth[i]) {
                end[path.pop()] = i;
            }
            parent[i] = path.length ? path[path.length - 1] : -1;
            start[i] = path.length ? next[parent[i]] : 0;
            next[i] = start[i];
            if (path.length) {
                next[parent[i]] += width(i);
            }
            path.push(i);
        }
        path.forEach((i) => { end[i] = n; });
    }

    function label(i, x, w) {
        const room = Math.floor((w - 4) / graph.charWidth);
        if (room < 3) {
            return;
        }
        const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
        const all = name(i);
        text.setAttribute("x", (x + 3).toFixed(1));
        text.setAttribute("y", +rects[i].getAttribute("y") + 12);
        text.textContent = all.length <= room ? all : all.slice(0, room - 2) + "..";
        labels.appendChild(text);
    }

    /* Places one node; ancestors of the zoomed one take all the width. */
    function place(i, scale, origin) {
        const rect = rects[i];
        const above = i < zoomed && zoomed < end[i];
        const inside = i >= zoomed && i < end[zoomed];
        const x = above ? 0 : (start[i] - origin) * scale;
        const w = above ? graph.pixels : width(i) * scale;
        const shown = (above || inside) && w >= 0.1;

        rect.style.display = shown ? "" : "none";
        if (!shown) {
            return;
        }
        rect.setAttribute("x", (x + graph.left).toFixed(2));
        rect.setAttribute("width", w.toFixed(2));
        rect.classList.toggle("aside", above);
        label(i, x + graph.left, w);
    }

    function zoom(i) {
        zoomed = i;
        labels.replaceChildren();
        const scale = graph.pixels / (width(i) || 1);
        for (let k = 0; k < n; k++) {
            place(k, scale, start[i]);
        }
        by("reset").style.display = i ? "" : "none";
        document.documentElement.setAttribute("data-zoomed", name(i));
    }

    const number = (v) => v.toLocaleString("en-US");
    const share = (v, whole) => (whole ? (100 * v / whole).toFixed(2) + "%" : "–");

    function columnsOf(i) {
        const parts = [];
        for (let e = 0; e < events; e++) {
            const v = graph.values[i * events + e];
            parts.push(graph.events[e] + " " + number(v) + " (" + share(v, graph.values[e]) + ")");
        }
        return parts;
    }

    function describe(i) {
        const about = [module(i), kind(i)].filter((s) => s).join(", ");
        const parts = columnsOf(i);
        if (graph.metric && graph.metrics[i] !== null) {
            parts.unshift(graph.metric + " " + graph.metrics[i]);
        }
        return name(i) + (about ? " (" + about + ")" : "") + ": " + parts.join(", ");
    }

    function show(i) {
        details.textContent = i < 0 ? "" : describe(i);
    }

    /* A match inside of a match counts once. */
    function markFound(matches) {
        let sum = 0, behind = 0;
        found = [];
        for (let i = 0; i < n; i++) {
            const hit = i > 0 && matches(i);
            rects[i].classList.toggle("found", hit);
            if (!hit) {
                continue;
            }
            found.push(i);
            if (i >= behind) {
                sum += width(i);
                behind = end[i];
            }
        }
        return sum;
    }

    function search(text) {
        let pattern = null;
        if (text) {
            try {
                pattern = new RegExp(text, "i");
            } catch (e) {
                const plain = text.toLowerCase();
                pattern = {test: (s) => s.toLowerCase().includes(plain)};
            }
        }
        const sum = markFound((i) => pattern !== null && (pattern.test(name(i)) || pattern.test(module(i))));
        by("found").textContent = pattern
            ? found.length + " frames, " + share(sum, width(0)) + " of the width" : "";
    }

    function indexOf(target) {
        return Array.prototype.indexOf.call(rects, target);
    }

    by("frames").addEventListener("click", (e) => {
        const i = indexOf(e.target);
        if (i >= 0) {
            zoom(i);
        }
    });
    by("frames").addEventListener("mouseover", (e) => show(indexOf(e.target)));
    by("frames").addEventListener("mouseout", () => show(-1));
    by("reset").addEventListener("click", () => zoom(0));
    by("search").addEventListener("input", (e) => search(e.target.value));
    document.addEventListener("keydown", (e) => {
        if (e.key === "Escape") {
            by("search").value = "";
            search("");
            zoom(0);
        } else if (e.key === "/" || (e.key === "f" && (e.ctrlKey || e.metaKey))) {
            e.preventDefault();
            by("search").focus();
        }
    });
    layOut();
    by("find").style.display = "";
    by("search").scrollIntoView({block: "nearest"});
})();
