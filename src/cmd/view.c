#include "cmd/view.h"

#include <string.h>

#include "analysis/cores.h"
#include "analysis/lines.h"
#include "cmd/sort.h"
#include "profile/reader.h"
#include "reports/annotate_table.h"
#include "reports/document.h"
#include "reports/notes.h"
#include "topology/topology.h"

#define FIELD(name) offsetof(struct hwp_view_options, name)

const struct hwp_opt hwp_input_opts[] = {
    {'i', "input", HWP_OPT_STR, FIELD(input), "FILE",
     "the recording to read (default " HWP_DEFAULT_RECORDING ")"},
    HWP_OPT_END,
};

const struct hwp_opt hwp_hot_opts[] = {
    {'s', "sort", HWP_OPT_STR, FIELD(sort), "KEYS",
     "an event to order by; symbol, module, line, task, comm, cpu, core, node to sum up by"},
    {0, "top", HWP_OPT_UINT, FIELD(top), "N", "functions in the table (default 20; 0: all)"},
    {0, "percent-limit", HWP_OPT_DOUBLE, FIELD(hot.percent_limit), "PERCENT",
     "leave out functions below this share"},
    {0, "children", HWP_OPT_FLAG, FIELD(hot.sort_total), "",
     "order by inclusive cost (needs call chains: record -g)"},
    {0, "no-atomics", HWP_OPT_FLAG, FIELD(hot.no_atomics), "",
     "don't look for atomic instructions (faster)"},
    HWP_OPT_END,
};

const struct hwp_opt hwp_annotate_opts[] = {
    {0, "annotate", HWP_OPT_UINT, FIELD(annotate), "N",
     "annotate the N hottest (default 3; report: none)"},
    {'M', "syntax", HWP_OPT_CHOICE, FIELD(syntax), "intel|att", "assembler syntax (default att)"},
    {0, "no-skid", HWP_OPT_FLAG, FIELD(no_skid), "",
     "leave samples on the instruction after an atomic where they were taken"},
    {0, "no-inline", HWP_OPT_FLAG, FIELD(no_inline), "", "text: don't name inlined calls"},
    {0, "no-source", HWP_OPT_FLAG, FIELD(no_source), "", "text: instructions only"},
    {0, "no-fold", HWP_OPT_FLAG, FIELD(no_fold), "", "text: show cold stretches too"},
    {0, "counts", HWP_OPT_FLAG, FIELD(counts), "", "text: counts instead of percentages"},
    HWP_OPT_END,
};

/* What one view holds, torn down in one place. */
struct view {
    struct hwp_profile *profile;
    struct hwp_symbols *symbols;
    struct hwp_topology *topology;
    struct hwp_hot hot;
    struct hwp_annotations annotations;
    struct hwp_cores cores;
    struct hwp_contention lines;
    struct hwp_groups groups;
    struct hwp_sort sort;
    bool is_data; /* for programs: CSV or JSON */
    struct hwp_cells_of cells; /* where many functions are annotated */
};

static void view_deinit(struct view *v)
{
    hwp_cells_of_deinit(&v->cells);
    hwp_sort_deinit(&v->sort);
    hwp_groups_deinit(&v->groups);
    hwp_contention_deinit(&v->lines);
    hwp_cores_deinit(&v->cores);
    hwp_annotations_deinit(&v->annotations);
    hwp_hot_deinit(&v->hot);
    hwp_symbols_destroy(v->symbols);
    hwp_topology_destroy(v->topology);
    hwp_profile_destroy(v->profile);
}

static struct hwp_hot_options hot_options(const struct view *v,
                                          const struct hwp_view_options *options,
                                          const struct hwp_view_sections *sections)
{
    struct hwp_hot_options hot = options->hot;

    hot.sort_event = v->sort.event;
    hot.top = options->top;
    hot.no_skid = options->no_skid;
    hot.no_atomics |= !sections->functions; /* annotations find their own */
    return hot;
}

static struct hwp_filter filter_of(const struct hwp_view_options *options)
{
    return options->hot.filter;
}

static void annotate_one(struct view *v, const struct hwp_view_options *options, uint32_t dso,
                         const struct hwp_symbol *symbol)
{
    const struct hwp_annotate_options how = {
        .syntax = options->syntax,
        .no_skid = options->no_skid,
        .no_inline = options->no_inline,
        .no_source = options->no_source,
        .no_fold = options->no_fold,
        .all_texts = v->is_data,
        .filter = filter_of(options),
        .cells = v->cells.next ? &v->cells : NULL,
    };
    struct hwp_annotation annotation;

    hwp_annotate(v->profile, v->symbols, dso, symbol, &how, &annotation);
    hwp_vec_push(&v->annotations, annotation);
    hwp_annotation_notes(&annotation, &v->profile->run.notes);
}

/* Below this share of the event that orders the functions, code isn't worth a page. */
#define ANNOTATE_PERCENT_MIN 1.0

/* The hottest functions whose code can be shown at all. */
static void annotate_hottest(struct view *v, const struct hwp_view_options *options)
{
    const struct hwp_hot *hot = &v->hot;

    if (options->annotate_all || options->annotate > 1)
        hwp_cells_of_build(v->profile, v->symbols, &v->cells);
    hwp_vec_foreach (&hot->functions, f) {
        if (!options->annotate_all && v->annotations.len == options->annotate)
            return;
        /* by inclusive cost, a row that costs little itself may come before one that costs much */
        if (!options->annotate_all && hwp_cost_percent(&f->self[hot->sort_event], &hot->totals[hot->sort_event]) <
            ANNOTATE_PERCENT_MIN)
            continue;
        if (hwp_module_code(f->module, f->symbol->start, f->symbol->end, &(size_t){0}))
            annotate_one(v, options, f->dso, f->symbol);
    }
}

static struct hwp_error *annotate_named(struct view *v, const struct hwp_view_options *options,
                                        const char *name)
{
    struct hwp_found_symbols found = {0};

    HWP_TRY(hwp_annotate_find(v->profile, v->symbols, name, &found));
    hwp_vec_foreach (&found, f)
        annotate_one(v, options, f->dso, f->symbol);
    hwp_vec_deinit(&found);
    return NULL;
}

static bool by_groups(const struct view *v, const struct hwp_view_sections *sections)
{
    return sections->functions && v->sort.nr_keys;
}

/* Costs by something else than functions. */
static struct hwp_error *analyse_groups(struct view *v, const struct hwp_view_options *options)
{
    struct hwp_groups_options how = {
        .nr_keys = v->sort.nr_keys,
        .filter = filter_of(options),
        .percent_limit = options->hot.percent_limit,
        .top = options->top,
    };

    if (options->hot.sort_total)
        return hwp_error_hint(hwp_error(HWP_E_USAGE, "--children is for functions, and --sort says %s",
                                        options->sort),
                              "leave one of them out");
    HWP_TRY(hwp_event_choose(&v->profile->run, v->sort.event, &how.sort_event));
    memcpy(how.keys, v->sort.keys, sizeof(how.keys));
    hwp_groups_analyse(v->profile, v->symbols, v->topology, &how, &v->groups);
    return NULL;
}

static struct hwp_error *analyse(struct view *v, const struct hwp_view_options *options,
                                 const struct hwp_view_sections *sections)
{
    struct hwp_notes *notes = &v->profile->run.notes;

    if (by_groups(v, sections)) {
        HWP_TRY(analyse_groups(v, options));
    } else if (sections->functions || (sections->annotations && !sections->annotate_symbol)) {
        struct hwp_hot_options hot = hot_options(v, options, sections);
        HWP_TRY(hwp_hot_analyse(v->profile, v->symbols, &hot, &v->hot));
        hwp_hot_notes(v->profile, &v->hot, notes);
        annotate_hottest(v, options);
    }
    if (sections->functions && v->profile->run.lines.line_bytes)
        hwp_lines_analyse(v->profile, v->symbols, options->top, &v->lines);
    if (sections->annotate_symbol)
        HWP_TRY(annotate_named(v, options, sections->annotate_symbol));
    if (sections->cores) {
        struct hwp_filter filter = filter_of(options);
        hwp_cores_analyse_filtered(&v->profile->run, v->profile, v->topology, v->symbols, &filter,
                                   &v->cores);
    }
    hwp_symbols_notes(v->symbols, notes);
    return NULL;
}

static void print(struct view *v, const struct hwp_view_sections *sections,
                  const struct hwp_report_options *options, struct hwp_out *out)
{
    const struct hwp_document document = {
        .profile = v->profile,
        .hot = sections->functions && !by_groups(v, sections) ? &v->hot : NULL,
        .groups = by_groups(v, sections) ? &v->groups : NULL,
        .lines = sections->functions && v->profile->run.lines.line_bytes ? &v->lines : NULL,
        .annotations = v->annotations.len ? &v->annotations : NULL,
        .cores = sections->cores ? &v->cores : NULL,
    };

    if (!sections->annotations) {
        hwp_document_print(&document, options, out);
        return;
    }
    hwp_annotations_print(v->profile, &v->annotations, options, out);
    if (options->format == HWP_FORMAT_TEXT)
        hwp_notes_text(&v->profile->run.notes, out);
}

/* The topology that the recording carries; without one, cores are known by their pins alone. */
static void open_topology(struct view *v)
{
    const char *xml = v->profile->run.topology_xml;

    if (xml)
        hwp_error_destroy(hwp_topology_load_untrusted(xml, &v->topology));
}

struct hwp_error *hwp_view(const struct hwp_view_options *options,
                           const struct hwp_view_sections *sections,
                           const struct hwp_output_options *output, bool live)
{
    struct view v hwp_cleanup(view_deinit) = {0};
    struct hwp_report_options format = hwp_output_format(output);
    struct hwp_out out;

    format.counts = options->counts;
    v.is_data = format.format != HWP_FORMAT_TEXT;
    HWP_TRY(hwp_filter_check(&options->hot.filter));
    HWP_TRY(hwp_profile_read(options->input ? options->input : HWP_DEFAULT_RECORDING, &v.profile));
    v.symbols = hwp_symbols_create(v.profile, &options->symbols);
    HWP_TRY(hwp_sort_parse(options->sort, &v.profile->run.events, &v.sort));
    if (sections->cores || v.sort.nr_keys)
        open_topology(&v);
    HWP_TRY(analyse(&v, options, sections));
    HWP_TRY(hwp_output_open(output, live, &out));
    print(&v, sections, &format, &out);
    return hwp_out_close(&out);
}
