/* Annotations as text, in the form that readers of perf annotate know. */
#include <string.h>

#include "analysis/hot.h"
#include "base/mem.h"
#include "reports/annotate_table.h"
#include "reports/columns.h"
#include "reports/text.h"

#define MIN_WIDTH    8  /* of an event's column: "100.00%" and a sign */
#define MAX_WIDTH    16 /* a longer event name is cut */
#define SOURCE_NAME  24 /* of "file.c:123" in front of a source line */
#define MNEMONIC     6  /* its least width */
#define PLACE_COLUMN 44 /* where it stands behind an instruction */

struct page {
    const struct hwp_profile *p;
    const struct hwp_annotation *a;
    const struct hwp_report_options *options;
    struct hwp_out *out;
    size_t *widths;                       /* per event */
    size_t address;                       /* digits of the longest address */
    size_t tag;                           /* width of the column of atomics; 0: there are none */
    const struct hwp_annotate_row *place; /* of the next instruction, where the text isn't there */
};

static void measure(struct page *page)
{
    for (size_t e = 0; e < page->a->nr_events; e++) {
        char *name hwp_cleanup(hwp_free_cleanup) = hwp_event_key(&page->p->run.events, e);
        size_t width = hwp_display_width(name);
        width = width < MIN_WIDTH ? MIN_WIDTH : width;
        page->widths[e] = width > MAX_WIDTH ? MAX_WIDTH : width;
    }
    hwp_vec_foreach (&page->a->insns, insn) {
        size_t tag = strlen(hwp_atomic_name((enum hwp_atomic)insn->atomic));
        page->tag = tag > page->tag ? tag : page->tag;
    }
    if (page->a->insns.len) {
        char digits[24];
        page->address = (size_t)snprintf(digits, sizeof(digits), "%llx",
                                         (unsigned long long)hwp_vec_last(&page->a->insns)->addr);
    }
}

static void write_atomic_share(const struct page *page)
{
    const struct hwp_annotation *a = page->a;

    for (size_t e = 0; e < a->nr_events; e++) {
        double percent = hwp_cost_percent(&a->atomic[e], &a->totals[e]);
        if (!a->has_code || percent < 0.005)
            continue;
        char *name hwp_cleanup(hwp_free_cleanup) = hwp_event_key(&page->p->run.events, e);
        char *text hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(name);
        hwp_out_printf(page->out, "; %.1f%% of %s on atomics", percent, text);
    }
}

/* "200 samples of cycles"; of what was modelled, "20,000 cycles". */
static void write_total(const struct page *page, size_t e)
{
    bool modelled = page->p->run.events.data[e].origin == HWP_ORIGIN_MODELLED;
    const struct hwp_cost *total = &page->a->totals[e];
    uint64_t n = modelled ? total->value : total->samples;
    char *event hwp_cleanup(hwp_free_cleanup) = hwp_event_key(&page->p->run.events, e);
    char *name hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(event);
    char *number hwp_cleanup(hwp_free_cleanup) = hwp_text_count(n, !page->options->no_big_num);

    if (modelled)
        hwp_out_printf(page->out, "%s %s", number, name);
    else
        hwp_out_printf(page->out, "%s sample%s of %s", number, n == 1 ? "" : "s", name);
}

static void write_head(const struct page *page)
{
    const struct hwp_annotation *a = page->a;
    bool any = false;
    char *name hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(a->symbol->name);
    char *module hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(a->module->short_name);

    hwp_color_begin(page->out, HWP_COLOR_BOLD);
    hwp_out_printf(page->out, "%s", name);
    hwp_color_end(page->out, HWP_COLOR_BOLD);
    hwp_out_printf(page->out, " in %s: ", module);
    for (size_t e = 0; e < a->nr_events; e++) {
        if (!hwp_event_has_costs(&page->p->run.events.data[e]))
            continue;
        hwp_out_puts(page->out, any ? ", " : "");
        write_total(page, e);
        any = true;
    }
    write_atomic_share(page);
    hwp_out_puts(page->out, "\n");
    if (!a->has_code)
        hwp_out_puts(page->out, "its machine code can't be read here: addresses alone\n");
}

static void write_titles(const struct page *page)
{
    for (size_t e = 0; e < page->a->nr_events; e++) {
        char *name hwp_cleanup(hwp_free_cleanup) = hwp_event_key(&page->p->run.events, e);
        char *text hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(name);
        char *fit hwp_cleanup(hwp_free_cleanup) = hwp_text_fit(text, page->widths[e]);
        hwp_out_puts(page->out, " ");
        hwp_text_pad(page->out, fit, page->widths[e], true);
    }
    hwp_out_printf(page->out, " | %s\n",
                   page->a->has_lines ? "source and instructions" : "instructions");
}

/* One event's cost: a share of the function's, or a count; nothing for none; "–" for unknown. */
static char *cost_text(const struct page *page, size_t e, const struct hwp_cost *cost)
{
    const struct hwp_event *ev = &page->p->run.events.data[e];

    if (!hwp_event_has_costs(ev))
        return hwp_strdup("–");
    if (!cost->value)
        return hwp_strdup("");
    if (!page->options->counts)
        return hwp_asprintf("%.2f%%", hwp_cost_percent(cost, &page->a->totals[e]));
    struct hwp_count count = hwp_cost_count(&page->p->run, ev, cost);
    return hwp_event_is_time(ev)
               ? hwp_text_duration(hwp_count_value(&count))
               : hwp_text_count(hwp_count_value(&count), !page->options->no_big_num);
}

/* `costs` NULL: blanks, beside source lines. */
static void write_costs(const struct page *page, const struct hwp_cost *costs)
{
    for (size_t e = 0; e < page->a->nr_events; e++) {
        char *text hwp_cleanup(hwp_free_cleanup) =
            costs ? cost_text(page, e, &costs[e]) : hwp_strdup("");
        double percent = costs ? hwp_cost_percent(&costs[e], &page->a->totals[e]) : 0;
        enum hwp_color color = *text ? hwp_color_of_percent(percent) : HWP_COLOR_NONE;
        hwp_out_puts(page->out, " ");
        hwp_color_begin(page->out, color);
        hwp_text_pad(page->out, text, page->widths[e], true);
        hwp_color_end(page->out, color);
    }
    hwp_out_puts(page->out, " |");
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* "vector.h:120" */
static char *place_text(const struct hwp_annotate_row *row)
{
    char *file hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(base_name(row->file));

    return hwp_asprintf("%s:%u", file, row->line);
}

/* Without its text, a line's place goes behind the instruction that it begins with. */
static void write_source(struct page *page, const struct hwp_annotate_row *row)
{
    if (!row->text) {
        page->place = row;
        return;
    }
    char *place hwp_cleanup(hwp_free_cleanup) = place_text(row);
    char *text hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(row->text);

    write_costs(page, NULL);
    hwp_out_puts(page->out, " ");
    hwp_color_begin(page->out, HWP_COLOR_BOLD);
    hwp_text_pad(page->out, place, SOURCE_NAME, false);
    hwp_out_printf(page->out, "  %s", text);
    hwp_color_end(page->out, HWP_COLOR_BOLD);
    hwp_out_puts(page->out, "\n");
}

static void write_place(struct page *page, size_t width)
{
    char *place hwp_cleanup(hwp_free_cleanup) = place_text(page->place);

    hwp_color_begin(page->out, HWP_COLOR_DIM);
    hwp_out_printf(page->out, "%*s; %s", (int)(width < PLACE_COLUMN ? PLACE_COLUMN - width : 1), "",
                   place);
    hwp_color_end(page->out, HWP_COLOR_DIM);
    page->place = NULL;
}

static void write_inline(const struct page *page, const struct hwp_annotate_row *row)
{
    write_costs(page, NULL);
    if (row->text) {
        char *name hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(row->text);
        hwp_out_printf(page->out, " inlined: %s", name);
        if (row->file && row->line) {
            char *place hwp_cleanup(hwp_free_cleanup) = place_text(row);
            hwp_out_printf(page->out, " (%s)", place);
        }
    } else {
        char *name hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(page->a->symbol->name);
        hwp_out_printf(page->out, " back in %s", name);
    }
    hwp_out_puts(page->out, "\n");
}

/* A prefix that is written in front of the mnemonic. */
static bool is_prefix(const char *word, size_t len)
{
    return (len == 4 && strncmp(word, "lock", len) == 0) || strncmp(word, "rep", 3) == 0;
}

/* Operands begin in one column, as objdump has them. */
static char *insn_text(const struct hwp_insn *insn)
{
    char *text hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(insn->text);
    size_t mnemonic = strcspn(text, " ");

    if (!text[mnemonic] || is_prefix(text, mnemonic))
        return hwp_steal(&text);
    return hwp_asprintf("%-*.*s %s", MNEMONIC, (int)mnemonic, text, text + mnemonic + 1);
}

static void write_insn(struct page *page, size_t i)
{
    const struct hwp_insn *insn = &page->a->insns.data[i];
    const char *tag = hwp_atomic_name((enum hwp_atomic)insn->atomic);

    write_costs(page, &page->a->costs[i * page->a->nr_events]);
    if (page->tag) {
        enum hwp_color color = *tag ? HWP_COLOR_MARK : HWP_COLOR_NONE;
        hwp_out_puts(page->out, " ");
        hwp_color_begin(page->out, color);
        hwp_text_pad(page->out, tag, page->tag, false);
        hwp_color_end(page->out, color);
    }
    hwp_out_printf(page->out, " %c %*llx:", page->a->targets[i] ? '>' : ' ', (int)page->address,
                   (unsigned long long)insn->addr);
    if (insn->text) {
        char *text hwp_cleanup(hwp_free_cleanup) = insn_text(insn);
        hwp_out_printf(page->out, "  %s", text);
        if (page->place)
            write_place(page, hwp_display_width(text));
    }
    hwp_out_puts(page->out, "\n");
}

static void write_fold(struct page *page, const struct hwp_annotate_row *row)
{
    size_t n = page->a->nr_events;
    struct hwp_cost *sum hwp_cleanup(hwp_free_cleanup) = hwp_calloc(n, sizeof(*sum));

    for (size_t i = row->first; i < row->first + row->count; i++)
        for (size_t e = 0; e < n; e++)
            hwp_cost_add(&sum[e], &page->a->costs[i * n + e]);
    page->place = NULL;
    write_costs(page, sum);
    hwp_color_begin(page->out, HWP_COLOR_DIM);
    hwp_out_printf(page->out, " … %zu cold instructions", row->count);
    hwp_color_end(page->out, HWP_COLOR_DIM);
    hwp_out_puts(page->out, "\n");
}

static void write_moved(const struct page *page)
{
    uint64_t moved = 0;

    for (size_t e = 0; e < page->a->nr_events; e++)
        moved += page->a->moved[e].samples;
    if (!moved)
        return;
    char *count hwp_cleanup(hwp_free_cleanup) = hwp_text_count(moved, !page->options->no_big_num);
    hwp_out_printf(page->out,
                   "%s sample%s moved from the instruction after an atomic to the atomic "
                   "(--no-skid: as sampled)\n",
                   count, moved == 1 ? "" : "s");
}

void hwp_annotate_text(const struct hwp_profile *p, const struct hwp_annotation *a,
                       const struct hwp_report_options *options, struct hwp_out *out)
{
    size_t *widths hwp_cleanup(hwp_free_cleanup) = hwp_calloc(a->nr_events, sizeof(*widths));
    struct page page = {p, a, options, out, .widths = widths};

    measure(&page);
    write_head(&page);
    write_titles(&page);
    hwp_vec_foreach (&a->rows, row) {
        switch (row->kind) {
        case HWP_ANNOTATE_SOURCE:
            write_source(&page, row);
            break;
        case HWP_ANNOTATE_INLINE:
            write_inline(&page, row);
            break;
        case HWP_ANNOTATE_INSN:
            write_insn(&page, row->first);
            break;
        case HWP_ANNOTATE_FOLD:
            write_fold(&page, row);
            break;
        }
    }
    write_moved(&page);
    hwp_out_puts(out, "\n");
}
