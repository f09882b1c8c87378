#include "reports/document.h"

#include "base/mem.h"
#include "reports/annotate_table.h"
#include "reports/cores_table.h"
#include "reports/groups_table.h"
#include "reports/header.h"
#include "reports/hot_table.h"
#include "reports/json.h"
#include "reports/lines_report.h"
#include "reports/notes.h"
#include "reports/text.h"

static void write_title(const char *title, struct hwp_out *out)
{
    hwp_color_begin(out, HWP_COLOR_BOLD);
    hwp_out_puts(out, title);
    hwp_color_end(out, HWP_COLOR_BOLD);
    hwp_out_puts(out, "\n");
}

static void print_table(struct hwp_table *t, const struct hwp_report_options *options,
                        struct hwp_out *out)
{
    hwp_table_print(t, options, out);
    hwp_out_puts(out, "\n");
    hwp_table_deinit(t);
}

static bool has_samples(const struct hwp_hot *hot)
{
    for (size_t e = 0; e < hot->nr_events; e++)
        if (hot->totals[e].samples)
            return true;
    return false;
}

static void print_hot(const struct hwp_document *doc, const struct hwp_report_options *options,
                      struct hwp_out *out)
{
    struct hwp_table t;

    if (options->format == HWP_FORMAT_TEXT && !has_samples(doc->hot)) {
        hwp_out_puts(out, "no samples\n\n");
        return;
    }
    if (options->format == HWP_FORMAT_TEXT && doc->hot->has_filter && !doc->hot->functions.len)
        hwp_out_puts(out, "nothing matches the filters\n\n");
    if (options->format == HWP_FORMAT_TEXT)
        write_title("Hot functions", out);
    hwp_hot_table(doc->profile, doc->hot, &t);
    print_table(&t, options, out);
}

static void print_groups(const struct hwp_document *doc, const struct hwp_report_options *options,
                         struct hwp_out *out)
{
    char *title hwp_cleanup(hwp_free_cleanup) = hwp_groups_title(doc->groups);
    struct hwp_table t;

    if (options->format == HWP_FORMAT_TEXT)
        write_title(title, out);
    hwp_groups_table(doc->profile, doc->groups, &t);
    print_table(&t, options, out);
}

static void print_cores(const struct hwp_document *doc, const struct hwp_report_options *options,
                        struct hwp_out *out)
{
    struct hwp_table t;

    if (options->format == HWP_FORMAT_TEXT && !doc->cores->cores.len)
        return;
    if (options->format == HWP_FORMAT_TEXT)
        write_title("Cores", out);
    hwp_cores_table(&doc->profile->run, doc->cores, &t);
    print_table(&t, options, out);
}

/* Lines that moved a few times, as the data of a new process or thread do, are no contention. */
static void write_no_contention(const struct hwp_contention *c, const struct hwp_report_options *o,
                                struct hwp_out *out)
{
    char *transfers hwp_cleanup(hwp_free_cleanup) = hwp_text_count(c->transfers, !o->no_big_num);
    char *lines hwp_cleanup(hwp_free_cleanup) =
        hwp_text_count(c->rows.len + c->nr_others, !o->no_big_num);
    bool one = c->rows.len + c->nr_others == 1;

    hwp_out_printf(out,
                   "Contended cache lines: none. %s line%s moved between cores, %s time%s in all "
                   "(--json lists them)\n\n",
                   lines, one ? "" : "s", transfers, c->transfers == 1 ? "" : "s");
}

static void print_lines(const struct hwp_document *doc, const struct hwp_report_options *options,
                        struct hwp_out *out)
{
    bool is_text = options->format == HWP_FORMAT_TEXT;
    enum hwp_lines_extent extent = is_text ? HWP_LINES_NOTABLE : HWP_LINES_ALL;
    struct hwp_table t;

    if (is_text && !doc->lines->rows.len)
        return;
    if (is_text && !hwp_lines_have_notable(doc->lines)) {
        write_no_contention(doc->lines, options, out);
        return;
    }
    if (is_text)
        write_title("Contended cache lines", out);
    hwp_lines_table(doc->lines, extent, &t);
    print_table(&t, options, out);
    hwp_line_words_table(doc->lines, extent, &t);
    if (is_text && t.rows.len)
        write_title("Words of the most contended lines", out);
    if (!is_text || t.rows.len)
        print_table(&t, options, out);
    else
        hwp_table_deinit(&t);
}

static void print_annotations(const struct hwp_document *doc,
                              const struct hwp_report_options *options, struct hwp_out *out)
{
    if (options->format == HWP_FORMAT_TEXT && doc->annotations->len)
        write_title("Hottest functions annotated", out);
    hwp_annotations_print(doc->profile, doc->annotations, options, out);
    if (options->format == HWP_FORMAT_CSV)
        hwp_out_puts(out, "\n");
}

static void print_notes(const struct hwp_run *run, enum hwp_severity severity, struct hwp_out *out)
{
    hwp_vec_foreach (&run->notes, note)
        if (hwp_note_info(note->id)->severity == severity && !hwp_header_tells(note->id))
            hwp_note_text(note, out);
}

static void print_text(const struct hwp_document *doc, const struct hwp_report_options *options,
                       struct hwp_out *out)
{
    const struct hwp_run *run = &doc->profile->run;

    hwp_header_text(run, options, out);
    print_notes(run, HWP_SEVERITY_WARN, out);
    hwp_out_puts(out, "\n");
    if (doc->hot)
        print_hot(doc, options, out);
    if (doc->groups)
        print_groups(doc, options, out);
    if (doc->lines)
        print_lines(doc, options, out);
    if (doc->annotations)
        print_annotations(doc, options, out);
    if (doc->cores)
        print_cores(doc, options, out);
    print_notes(run, HWP_SEVERITY_INFO, out);
}

static void notes_table(const struct hwp_notes *notes, struct hwp_table *ret)
{
    static const char *const keys[] = {"note", "severity", "text", "detail", "remedy"};

    *ret = (struct hwp_table){.name = "notes"};
    for (size_t i = 0; i < hwp_array_size(keys); i++)
        hwp_table_column(ret, &(struct hwp_column){.key = keys[i], .title = keys[i]});
    hwp_vec_foreach (notes, note) {
        const struct hwp_note_info *info = hwp_note_info(note->id);
        hwp_table_row(ret, false);
        hwp_table_add(ret, hwp_field_text(info->key));
        hwp_table_add(ret,
                      hwp_field_text(info->severity == HWP_SEVERITY_WARN ? "warning" : "note"));
        hwp_table_add(ret, hwp_field_text(info->text));
        hwp_table_add(ret, hwp_field_text(note->detail));
        hwp_table_add(ret, hwp_field_text(info->remedy));
    }
}

static void print_csv(const struct hwp_document *doc, const struct hwp_report_options *options,
                      struct hwp_out *out)
{
    struct hwp_table t;

    hwp_header_events(&doc->profile->run, &t);
    print_table(&t, options, out);
    if (doc->hot)
        print_hot(doc, options, out);
    if (doc->groups)
        print_groups(doc, options, out);
    if (doc->lines)
        print_lines(doc, options, out);
    if (doc->annotations)
        print_annotations(doc, options, out);
    if (doc->cores)
        print_cores(doc, options, out);
    notes_table(&doc->profile->run.notes, &t);
    hwp_table_csv(&t, options->separator, out);
    hwp_table_deinit(&t);
}

static void put_table(struct cJSON *object, struct hwp_table *t)
{
    hwp_json_put(object, t->name, hwp_table_json(t));
    hwp_table_deinit(t);
}

static void print_json(const struct hwp_document *doc, struct hwp_out *out)
{
    const struct hwp_run *run = &doc->profile->run;
    struct cJSON *root hwp_cleanup(hwp_json_cleanup) = hwp_json_object();
    struct hwp_table t;

    hwp_json_put(root, "header", hwp_header_json(run));
    hwp_header_events(run, &t);
    put_table(root, &t);
    if (doc->hot) {
        hwp_hot_table(doc->profile, doc->hot, &t);
        put_table(root, &t);
    }
    if (doc->groups) {
        hwp_groups_table(doc->profile, doc->groups, &t);
        put_table(root, &t);
    }
    if (doc->lines) {
        hwp_lines_table(doc->lines, HWP_LINES_ALL, &t);
        put_table(root, &t);
        hwp_line_words_table(doc->lines, HWP_LINES_ALL, &t);
        put_table(root, &t);
    }
    if (doc->annotations) {
        struct cJSON *array = hwp_json_array();
        hwp_vec_foreach (doc->annotations, a)
            hwp_json_append(array, hwp_annotate_json(doc->profile, a));
        hwp_json_put(root, "annotations", array);
    }
    if (doc->cores) {
        hwp_cores_table(run, doc->cores, &t);
        put_table(root, &t);
    }
    hwp_json_put(root, "notes", hwp_notes_json(&run->notes));
    hwp_json_print(root, true, out);
}

void hwp_document_print(const struct hwp_document *doc, const struct hwp_report_options *options,
                        struct hwp_out *out)
{
    if (options->format == HWP_FORMAT_TEXT)
        print_text(doc, options, out);
    else if (options->format == HWP_FORMAT_CSV)
        print_csv(doc, options, out);
    else
        print_json(doc, out);
}
