#include "reports/export_pprof.h"

#include <stdio.h>
#include <string.h>

#include "analysis/hot.h"
#include "analysis/places.h"
#include "base/str.h"
#include "reports/pprof_file.h"

#define PAGE 4096u /* readers expect mappings of whole pages */

enum { KEY_THREAD, KEY_PID, KEY_TID, KEY_CPU, NR_KEYS };

struct mapping {
    uint32_t dso;
    uint64_t shift;     /* address minus file offset */
    uint64_t low, high; /* addresses seen */
    bool has_lines;
};

struct export
{
    const struct hwp_profile *p;
    struct hwp_symbols *symbols;
    const struct hwp_pprof_options *options;
    struct hwp_pprof_file *file;
    struct hwp_place place;
    uint8_t *written; /* per location: it is in the file; its id is its index + 1 */
    HWP_VEC(struct mapping) mappings;
    struct hwp_map by_dso;    /* dso and shift → index of mapping */
    struct hwp_map functions; /* what it is made of → id */
    HWP_VEC(struct hwp_pprof_line) lines;
    HWP_VEC(uint64_t) stack;
    int64_t keys[NR_KEYS], id_unit;
    uint32_t *columns; /* of events; UINT32_MAX: none */
    size_t nr_columns;
    struct hwp_cost *costs; /* per event, of the sample at hand */
    struct hwp_cost total;  /* of the default event */
    int64_t *values;        /* per column */
};

/* --- places ------------------------------------------------------------------------------------
 */

static bool is_file(const struct hwp_dso *dso)
{
    return dso->kind == HWP_DSO_USER || dso->kind == HWP_DSO_VDSO;
}

static uint64_t mapping_of(struct export *x, uint64_t offset)
{
    const struct hwp_place *place = &x->place;
    uint64_t shift = is_file(&x->p->dsos.data[place->dso]) ? place->vaddr - offset : 0;
    uint64_t key = hwp_hash_combine(hwp_hash_u64(place->dso), shift);
    bool is_new;
    uint64_t at = *hwp_map_put(&x->by_dso, key, x->mappings.len, &is_new);

    if (is_new)
        hwp_vec_push(&x->mappings,
                     (struct mapping){place->dso, shift, place->vaddr, place->vaddr, false});
    struct mapping *m = &x->mappings.data[at];
    m->low = place->vaddr < m->low ? place->vaddr : m->low;
    m->high = place->vaddr > m->high ? place->vaddr : m->high;
    hwp_vec_foreach (&place->frames, f)
        m->has_lines |= f->line.line != 0;
    return at + 1;
}

/* A function may have lines of more than one file (a table that it includes): an entry for each, as
 * a line of pprof has a number alone. */
static uint64_t function_of(struct export *x, const struct hwp_place_frame *frame)
{
    const char *file = frame->line.file ? frame->line.file : frame->decl.file;
    const char *raw = frame->symbol ? frame->symbol->raw_name : NULL;
    /* Where the two are the same, pprof takes the name for one to be demangled, and cuts it. */
    bool has_raw = raw && strcmp(raw, frame->function) != 0;
    struct hwp_pprof_function f = {
        .name = hwp_pprof_string(x->file, frame->function),
        .system_name = has_raw ? hwp_pprof_string(x->file, raw) : 0,
        .file = hwp_pprof_string(x->file, file),
    };
    uint64_t key = hwp_hash_combine(hwp_hash_combine((uint64_t)f.name, (uint64_t)f.system_name),
                                    (uint64_t)f.file);
    bool is_new;

    if (file && frame->decl.file && strcmp(file, frame->decl.file) == 0)
        f.start_line = frame->decl.line;
    f.id = *hwp_map_put(&x->functions, hwp_hash_combine(key, f.start_line), x->functions.len + 1,
                        &is_new);
    if (is_new)
        hwp_pprof_function(x->file, &f);
    return f.id;
}

static uint64_t location_of(struct export *x, uint32_t loc)
{
    struct hwp_place_options how = {.no_inline = x->options->no_inline, .lines = true};

    if (x->written[loc])
        return loc + 1;
    x->written[loc] = 1;
    hwp_place_find(x->p, x->symbols, loc, &how, &x->place);
    x->lines.len = 0;
    hwp_vec_foreach (&x->place.frames, f)
        hwp_vec_push(&x->lines, (struct hwp_pprof_line){function_of(x, f), f->line.line});
    hwp_pprof_location(x->file, loc + 1, mapping_of(x, x->p->locs.data[loc].addr), x->place.vaddr,
                       x->lines.data, x->lines.len);
    return loc + 1;
}

static void put_mapping(struct export *x, size_t i)
{
    const struct mapping *m = &x->mappings.data[i];
    const struct hwp_dso *dso = &x->p->dsos.data[m->dso];
    char id[2 * HWP_BUILD_ID_MAX + 1] = "";
    uint64_t start = m->low & ~(uint64_t)(PAGE - 1);

    for (size_t b = 0; b < dso->build_id_len && b < HWP_BUILD_ID_MAX; b++)
        snprintf(id + 2 * b, 3, "%02x", dso->build_id[b]);
    hwp_pprof_mapping(x->file, &(struct hwp_pprof_mapping){
                                   .id = i + 1,
                                   .start = start,
                                   .limit = (m->high | (PAGE - 1)) + (m->high < -(uint64_t)PAGE),
                                   .offset = is_file(dso) ? start - m->shift : 0,
                                   .path = dso->path,
                                   .build_id = id,
                                   .has_lines = m->has_lines,
                                   .has_inlined = m->has_lines && !x->options->no_inline,
                               });
}

/* Whether mapping `a` rather than `b` is likely to be the program's own: the file mapped first. */
static bool is_likelier(const struct export *x, const struct mapping *a, const struct mapping *b)
{
    const struct hwp_dso *dsos = x->p->dsos.data, *da = &dsos[a->dso], *db = &dsos[b->dso];

    if (da->kind != HWP_DSO_USER || db->kind != HWP_DSO_USER)
        return da->kind == HWP_DSO_USER && db->kind != HWP_DSO_USER;
    if (da->mapped_at != db->mapped_at)
        return da->mapped_at < db->mapped_at;
    return a->dso < b->dso;
}

/* pprof takes the first for that of the program. */
static void put_mappings(struct export *x)
{
    size_t first = 0;

    for (size_t i = 1; i < x->mappings.len; i++)
        if (is_likelier(x, &x->mappings.data[i], &x->mappings.data[first]))
            first = i;
    if (x->mappings.len)
        put_mapping(x, first);
    for (size_t i = 0; i < x->mappings.len; i++)
        if (i != first)
            put_mapping(x, i);
}

/* --- samples -----------------------------------------------------------------------------------
 */

static int by_place(const void *a, const void *b)
{
    const struct hwp_cell *x = *(const struct hwp_cell *const *)a;
    const struct hwp_cell *y = *(const struct hwp_cell *const *)b;

    if (x->loc != y->loc)
        return x->loc < y->loc ? -1 : 1;
    if (x->chain != y->chain)
        return x->chain < y->chain ? -1 : 1;
    if (x->task != y->task)
        return x->task < y->task ? -1 : 1;
    return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

static void stack_of(struct export *x, const struct hwp_cell *cell)
{
    const struct hwp_profile *p = x->p;

    x->stack.len = 0;
    hwp_vec_push(&x->stack, location_of(x, cell->loc));
    for (uint32_t c = cell->chain; c != HWP_NO_CHAIN && c < p->chains.len;
         c = p->chains.data[c].caller)
        if (p->chains.data[c].loc < p->locs.len)
            hwp_vec_push(&x->stack, location_of(x, p->chains.data[c].loc));
}

static size_t labels_of(struct export *x, const struct hwp_cell *cell,
                        struct hwp_pprof_label labels[NR_KEYS])
{
    size_t n = 0;

    if (cell->task < x->p->tasks.len) {
        const struct hwp_task *t = &x->p->tasks.data[cell->task];
        int64_t comm = hwp_pprof_string(x->file, *t->comm ? t->comm : "[unknown]");
        labels[n++] = (struct hwp_pprof_label){x->keys[KEY_THREAD], comm, 0, 0};
        labels[n++] = (struct hwp_pprof_label){x->keys[KEY_PID], 0, t->pid, x->id_unit};
        labels[n++] = (struct hwp_pprof_label){x->keys[KEY_TID], 0, t->tid, x->id_unit};
    }
    if (cell->cpu != HWP_NO_CPU)
        labels[n++] = (struct hwp_pprof_label){x->keys[KEY_CPU], 0, cell->cpu, x->id_unit};
    return n;
}

/* Cells of one place, one per event. */
static void put_sample(struct export *x, const struct hwp_cell *const *cells, size_t n)
{
    const struct hwp_run *run = &x->p->run;
    struct hwp_pprof_label labels[NR_KEYS];

    memset(x->costs, 0, run->events.len * sizeof(*x->costs));
    for (size_t i = 0; i < n; i++)
        hwp_cost_add(&x->costs[cells[i]->event],
                     &(struct hwp_cost){cells[i]->value, cells[i]->samples});
    hwp_cost_add(&x->total, &x->costs[x->options->event]);
    for (uint32_t e = 0; e < run->events.len; e++) {
        if (x->columns[e] == UINT32_MAX)
            continue;
        uint64_t value = hwp_cost_value(run, &run->events.data[e], &x->costs[e]);
        x->values[x->columns[e]] = value < INT64_MAX ? (int64_t)value : INT64_MAX;
    }
    stack_of(x, cells[0]);
    hwp_pprof_sample(x->file, &(struct hwp_pprof_sample){
                                  .locations = x->stack.data,
                                  .nr_locations = x->stack.len,
                                  .values = x->values,
                                  .nr_values = x->nr_columns,
                                  .labels = labels,
                                  .nr_labels = labels_of(x, cells[0], labels),
                              });
}

static void put_samples(struct export *x)
{
    const struct hwp_profile *p = x->p;
    HWP_VEC(const struct hwp_cell *) cells = {0};

    hwp_vec_foreach (&p->cells, cell)
        if (cell->event < p->run.events.len && x->columns[cell->event] != UINT32_MAX &&
            cell->loc < p->locs.len && hwp_filter_sample(&x->options->filter, p, x->symbols, cell))
            hwp_vec_push(&cells, cell);
    if (cells.len)
        qsort(cells.data, cells.len, sizeof(*cells.data), by_place);
    for (size_t i = 0, end; i < cells.len; i = end) {
        for (end = i + 1; end < cells.len && by_place(&cells.data[i], &cells.data[end]) == 0;)
            end++;
        put_sample(x, &cells.data[i], end - i);
    }
    hwp_vec_deinit(&cells);
}

/* --- what they are of --------------------------------------------------------------------------
 */

static const char *unit_of(const struct hwp_event *ev)
{
    if (!ev->unit || !*ev->unit)
        return "count";
    return strcmp(ev->unit, "ns") == 0 ? "nanoseconds" : ev->unit;
}

static void put_sample_types(struct export *x)
{
    const struct hwp_events *events = &x->p->run.events;

    for (uint32_t e = 0; e < events->len; e++) {
        const struct hwp_event *ev = &events->data[e];
        bool has = hwp_event_has_costs(ev);
        x->columns[e] = has ? (uint32_t)x->nr_columns++ : UINT32_MAX;
        if (has)
            hwp_pprof_sample_type(x->file, ev->name ? ev->name : "?", unit_of(ev));
    }
}

static void put_header(struct export *x)
{
    const struct hwp_run *run = &x->p->run;
    const struct hwp_event *ev = &run->events.data[x->options->event];
    uint64_t mean = x->total.samples ? x->total.value / x->total.samples : 0;

    hwp_pprof_header(x->file, &(struct hwp_pprof_header){
                                  .time_ns = run->start_time_s * 1000000000u,
                                  .duration_ns = run->duration_ns,
                                  .period = ev->period ? ev->period : mean,
                                  .type = ev->name ? ev->name : "?",
                                  .unit = unit_of(ev),
                              });
}

static void put_comment(struct export *x, const char *what, const char *text)
{
    if (!text)
        return;
    char *comment hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s: %s", what, text);
    hwp_pprof_comment(x->file, comment);
}

static void put_comments(struct export *x)
{
    const struct hwp_run *run = &x->p->run;

    put_comment(x, "command", run->command);
    put_comment(x, "processor", run->cpu_model);
    hwp_vec_foreach (&run->events, ev) {
        const char *name = ev->name ? ev->name : "?";
        if (!hwp_event_has_costs(ev))
            put_comment(x, name, ev->reason ? ev->reason : "not sampled");
        else if (ev->origin == HWP_ORIGIN_MODELLED)
            put_comment(x, name, "modelled, not measured");
        else if (ev->total.state == HWP_COUNT_SCALED)
            put_comment(x, name, "counted part of the time; scaled estimates");
    }
}

static void begin(struct export *x)
{
    static const char *const names[NR_KEYS] = {"thread", "pid", "tid", "cpu"};
    size_t nr_events = x->p->run.events.len;

    x->written = hwp_calloc(x->p->locs.len, 1);
    x->columns = hwp_calloc(nr_events, sizeof(*x->columns));
    x->costs = hwp_calloc(nr_events, sizeof(*x->costs));
    x->values = hwp_calloc(nr_events, sizeof(*x->values));
    for (size_t i = 0; i < NR_KEYS; i++)
        x->keys[i] = hwp_pprof_string(x->file, names[i]);
    x->id_unit = hwp_pprof_string(x->file, "id");
}

static void end(struct export *x)
{
    hwp_place_deinit(&x->place);
    free(x->written);
    hwp_vec_deinit(&x->mappings);
    hwp_map_deinit(&x->by_dso);
    hwp_map_deinit(&x->functions);
    hwp_vec_deinit(&x->lines);
    hwp_vec_deinit(&x->stack);
    free(x->columns);
    free(x->costs);
    free(x->values);
}

void hwp_pprof_print(const struct hwp_profile *p, struct hwp_symbols *s,
                     const struct hwp_pprof_options *options, struct hwp_out *out)
{
    struct export x = {
        .p = p, .symbols = s, .options = options, .file = hwp_pprof_file_create(out)};

    begin(&x);
    put_sample_types(&x);
    put_samples(&x);
    put_mappings(&x);
    put_header(&x);
    put_comments(&x);
    hwp_pprof_file_finish(x.file);
    end(&x);
}
