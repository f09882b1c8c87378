#include <math.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "reports/flame_private.h"
#include "reports/text.h"

void hwp_flame_xml(const char *text, struct hwp_out *out)
{
    char *clean hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(text);

    for (const char *p = clean; *p; p++) {
        const char *as = *p == '<' ? "&lt;" : *p == '>' ? "&gt;" : *p == '&' ? "&amp;" : NULL;
        if (*p == '"' || *p == '\'')
            as = *p == '"' ? "&quot;" : "&#39;";
        if (as)
            hwp_out_puts(out, as);
        else
            hwp_out_write(out, p, 1);
    }
}

/* Whatever could end the string, the script or the CDATA section is written as its code. U+2028 and
 * U+2029 are fine in strings since ECMAScript 2019. */
void hwp_flame_quoted(const char *text, struct hwp_out *out)
{
    char *clean hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(text);

    hwp_out_write(out, "\"", 1);
    for (const char *p = clean; *p; p++) {
        if (*p == '"' || *p == '\\' || *p == '<' || *p == '>' || *p == '&' || *p == ']')
            hwp_out_printf(out, "\\u%04x", (unsigned)(unsigned char)*p);
        else
            hwp_out_write(out, p, 1);
    }
    hwp_out_write(out, "\"", 1);
}

/* Only frames and names that are drawn are in the file. */
struct tables {
    uint32_t *frame_as, *name_as; /* per frame and name of the stacks: 1 + index in the file */
    HWP_VEC(uint32_t) frames;     /* as in the stacks */
    HWP_VEC(const char *) names;
    struct hwp_map by_name; /* pointer → index */
};

static uint32_t name_index(struct tables *t, const char *name)
{
    bool is_new;
    uint32_t i = (uint32_t)*hwp_map_put(&t->by_name, (uintptr_t)name, t->names.len, &is_new);

    if (is_new)
        hwp_vec_push(&t->names, name);
    return i;
}

static void collect(const struct hwp_flame *f, const struct hwp_flame_layout *l, struct tables *t)
{
    t->frame_as = hwp_calloc(f->stacks->frames.len, sizeof(*t->frame_as));
    hwp_vec_foreach (&l->boxes, box) {
        uint32_t frame = f->stacks->nodes.data[box->node].frame;
        if (t->frame_as[frame])
            continue;
        hwp_vec_push(&t->frames, frame);
        t->frame_as[frame] = (uint32_t)t->frames.len;
        name_index(t, f->stacks->frames.data[frame].name);
        if (f->stacks->frames.data[frame].module)
            name_index(t, f->stacks->frames.data[frame].module);
    }
}

static void tables_deinit(struct tables *t)
{
    free(t->frame_as);
    hwp_vec_deinit(&t->frames);
    hwp_vec_deinit(&t->names);
    hwp_map_deinit(&t->by_name);
}

static void put_names(const struct tables *t, struct hwp_out *out)
{
    hwp_out_puts(out, "names:[");
    for (size_t i = 0; i < t->names.len; i++) {
        hwp_out_puts(out, i ? ",\n" : "");
        hwp_flame_quoted(t->names.data[i], out);
    }
    hwp_out_puts(out, "],\n");
}

static void put_frames(const struct hwp_flame *f, struct tables *t, struct hwp_out *out)
{
    hwp_out_puts(out, "frames:[");
    for (size_t i = 0; i < t->frames.len; i++) {
        const struct hwp_stack_frame *frame = &f->stacks->frames.data[t->frames.data[i]];
        int module = frame->module ? (int)name_index(t, frame->module) : -1;
        hwp_out_printf(out, "%s[%u,%d,%d]", i ? "," : "", name_index(t, frame->name), module,
                       (int)frame->kind);
    }
    hwp_out_puts(out, "],\n");
}

#define PUT_EACH(out, key, l, ...)                                  \
    do {                                                            \
        hwp_out_puts(out, key ":[");                                \
        for (size_t i_ = 0; i_ < (l)->boxes.len; i_++) {            \
            const struct hwp_flame_box *box = &(l)->boxes.data[i_]; \
            hwp_out_puts(out, i_ ? "," : "");                       \
            __VA_ARGS__;                                            \
        }                                                           \
        hwp_out_puts(out, "],\n");                                  \
    } while (0)

/* Scaled as in every report, where an event ran part of the time. */
uint64_t hwp_flame_count(const struct hwp_flame *f, uint32_t node, size_t event)
{
    const struct hwp_cost *cost = hwp_stacks_total(f->stacks, node, event);

    return f->run ? hwp_cost_value(f->run, &f->run->events.data[event], cost) : cost->value;
}

static void put_values(const struct hwp_flame *f, uint32_t node, struct hwp_out *out)
{
    for (size_t e = 0; e < f->stacks->nr_events; e++)
        hwp_out_printf(out, "%s%llu", e ? "," : "", (unsigned long long)hwp_flame_count(f, node, e));
}

static void put_metric(const struct hwp_flame *f, uint32_t node, struct hwp_out *out)
{
    struct hwp_value v = hwp_flame_metric(f, node);

    if (v.known && isfinite(v.value))
        hwp_out_printf(out, "%.3g", v.value);
    else
        hwp_out_puts(out, "null");
}

static void put_columns(const struct hwp_flame *f, struct hwp_out *out)
{
    hwp_out_puts(out, "events:[");
    for (size_t e = 0; e < f->stacks->nr_events; e++) {
        hwp_out_puts(out, e ? "," : "");
        hwp_flame_quoted(f->columns[e], out);
    }
    hwp_out_puts(out, "],\n");
    if (f->metric) {
        hwp_out_puts(out, "metric:");
        hwp_flame_quoted(hwp_metric_info(f->metric->metric)->column, out);
        hwp_out_puts(out, ",\n");
    }
}

void hwp_flame_data(const struct hwp_flame *f, const struct hwp_flame_layout *l,
                    struct hwp_out *out)
{
    struct tables t = {0};

    collect(f, l, &t);
    hwp_out_printf(out, "const graph = {pixels:%g,left:%g,charWidth:%g,\n", HWP_FLAME_PIXELS,
                   HWP_FLAME_LEFT, HWP_FLAME_CHAR_WIDTH);
    put_columns(f, out);
    put_names(&t, out);
    put_frames(f, &t, out);
    PUT_EACH(out, "frame", l,
             hwp_out_printf(out, "%u", t.frame_as[f->stacks->nodes.data[box->node].frame] - 1));
    PUT_EACH(out, "depth", l, hwp_out_printf(out, "%u", box->depth));
    PUT_EACH(out, "width", l, hwp_out_printf(out, "%.10g", l->widths[box->node]));
    if (f->metric)
        PUT_EACH(out, "metrics", l, put_metric(f, box->node, out));
    PUT_EACH(out, "values", l, put_values(f, box->node, out));
    hwp_out_puts(out, "};\n");
    tables_deinit(&t);
}
