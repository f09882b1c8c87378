#include "analysis/annotate_rows.h"

#include <string.h>

#include "base/mem.h"

#define HOT_PERCENT 0.5 /* of the function, in any event; where perf's green begins */
#define CONTEXT     3   /* instructions shown on either side of a hot one */
#define MIN_FOLD    4   /* a shorter stretch is shown */

struct state {
    struct hwp_annotation *a;
    struct hwp_symbols *symbols;
    const struct hwp_annotate_options *options;
    struct hwp_line line;            /* of the newest source row */
    struct hwp_inline_frames frames; /* scratch */
    struct hwp_inline_frame inlined; /* innermost of the newest row, or no function */
};

static bool is_hot(const struct hwp_annotation *a, size_t i)
{
    for (size_t e = 0; e < a->nr_events; e++)
        if (hwp_cost_percent(&a->costs[i * a->nr_events + e], &a->totals[e]) >= HOT_PERCENT)
            return true;
    return false;
}

static void show_around(size_t i, size_t len, bool *shown)
{
    size_t from = i > CONTEXT ? i - CONTEXT : 0;

    for (size_t k = from; k < len && k <= i + CONTEXT; k++)
        shown[k] = true;
}

void hwp_annotate_choose(const struct hwp_annotation *a, bool *shown)
{
    size_t len = a->insns.len;
    bool any = false;

    if (!len)
        return;
    memset(shown, 0, len * sizeof(*shown));
    for (size_t i = 0; i < len; i++) {
        if (is_hot(a, i)) {
            show_around(i, len, shown);
            any = true;
        }
    }
    for (size_t i = 0, end; i < len; i = end + 1) {
        for (end = i; end < len && !shown[end]; end++)
            ;
        if (!any || end - i < MIN_FOLD)
            memset(shown + i, true, (end - i) * sizeof(*shown));
    }
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static void add_inline_row(struct state *st, uint64_t vaddr)
{
    struct hwp_inline_frame now = {0};

    st->frames.len = 0;
    hwp_module_inlines(st->a->module, vaddr, &st->frames);
    if (st->frames.len > 1)
        now = st->frames.data[0];
    if (same_text(now.function, st->inlined.function) && now.call.line == st->inlined.call.line &&
        same_text(now.call.file, st->inlined.call.file))
        return;
    st->inlined = now;
    hwp_vec_push(&st->a->rows, (struct hwp_annotate_row){.kind = HWP_ANNOTATE_INLINE,
                                                         .file = now.call.file,
                                                         .line = now.call.line,
                                                         .text = now.function});
}

static void add_source_row(struct state *st, uint64_t vaddr)
{
    struct hwp_line line = hwp_module_line(st->a->module, vaddr);

    if (!line.line || !line.file)
        return;
    st->a->has_lines = true;
    if (line.line == st->line.line && same_text(line.file, st->line.file))
        return;
    st->line = line;
    hwp_vec_push(&st->a->rows,
                 (struct hwp_annotate_row){.kind = HWP_ANNOTATE_SOURCE,
                                           .file = line.file,
                                           .line = line.line,
                                           .text = hwp_symbols_source_line(st->symbols, &line)});
}

static void add_insn_rows(struct state *st, size_t i)
{
    uint64_t vaddr = st->a->insns.data[i].addr;

    if (!st->options->no_inline)
        add_inline_row(st, vaddr);
    if (!st->options->no_source)
        add_source_row(st, vaddr);
    hwp_vec_push(&st->a->rows,
                 (struct hwp_annotate_row){.kind = HWP_ANNOTATE_INSN, .first = i, .count = 1});
}

static size_t hidden_from(const bool *shown, size_t i, size_t len)
{
    size_t end = i;

    while (end < len && !shown[end])
        end++;
    return end - i;
}

void hwp_annotate_rows_build(struct hwp_annotation *a, struct hwp_symbols *s,
                             const struct hwp_annotate_options *options)
{
    size_t len = a->insns.len;
    bool *shown hwp_cleanup(hwp_free_cleanup) = hwp_calloc(len, sizeof(*shown));
    struct state st = {.a = a, .symbols = s, .options = options};

    hwp_annotate_choose(a, shown);
    a->has_lines = options->no_source; /* nobody missed them */
    for (size_t i = 0; i < len;) {
        size_t hidden = options->no_fold ? 0 : hidden_from(shown, i, len);
        if (hidden) {
            hwp_vec_push(&a->rows, (struct hwp_annotate_row){
                                       .kind = HWP_ANNOTATE_FOLD, .first = i, .count = hidden});
            i += hidden;
            st.line = (struct hwp_line){0};
        } else {
            add_insn_rows(&st, i++);
        }
    }
    hwp_vec_deinit(&st.frames);
}
