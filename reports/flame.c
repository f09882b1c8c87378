#include "reports/flame.h"

#include <string.h>

#include "base/mem.h"
#include "reports/flame_private.h"
#include "reports/text.h"

#define ROW_PIXELS 16
#define TITLES     44 /* room for the titles */
#define PANEL      52 /* for the search and the numbers: beside the root, where readers begin */

static unsigned rows_height(const struct hwp_flame_layout *l)
{
    return (l->max_depth + 1) * ROW_PIXELS;
}

static unsigned height_of(const struct hwp_flame_layout *l)
{
    return TITLES + PANEL + rows_height(l);
}

static unsigned panel_top(const struct hwp_flame *f, const struct hwp_flame_layout *l)
{
    return TITLES + (f->is_icicle ? 0 : rows_height(l));
}

static unsigned row_of(const struct hwp_flame *f, const struct hwp_flame_layout *l, uint32_t depth)
{
    return TITLES +
           (f->is_icicle ? PANEL + depth * ROW_PIXELS : (l->max_depth - depth) * ROW_PIXELS);
}

/* What colours tell, where that isn't the module. */
static void put_legend(const struct hwp_flame *f, const struct hwp_flame_colours *c,
                       struct hwp_out *out)
{
    if (!f->metric || !c->has_scale)
        return;
    bool red_is_low = f->metric->metric == HWP_METRIC_IPC;
    hwp_out_puts(out, "; colour: ");
    hwp_flame_xml(hwp_metric_info(f->metric->metric)->column, out);
    hwp_out_printf(out, " from %.3g (%s) to %.3g (%s)", c->low, red_is_low ? "red" : "blue",
                   c->high, red_is_low ? "blue" : "red");
}

static void put_head(const struct hwp_flame *f, const struct hwp_flame_layout *l,
                     const struct hwp_flame_colours *colours, struct hwp_out *out)
{
    unsigned width = (unsigned)(HWP_FLAME_PIXELS + 2 * HWP_FLAME_LEFT), height = height_of(l);

    hwp_out_printf(out,
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %u %u\" width=\"%u\" "
                   "height=\"%u\">\n<title>",
                   width, height, width, height);
    hwp_flame_xml(f->title, out);
    hwp_out_puts(out, "</title>\n<style>\n");
    hwp_out_puts(out, hwp_flame_css);
    hwp_flame_colours_css(out);
    hwp_out_puts(out, "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    hwp_out_printf(out, "<text id=\"title\" x=\"%u\" y=\"20\">", width / 2);
    hwp_flame_xml(f->title, out);
    hwp_out_printf(out, "</text>\n<text id=\"subtitle\" x=\"%u\" y=\"36\">", width / 2);
    hwp_flame_xml(f->subtitle, out);
    put_legend(f, colours, out);
    hwp_out_puts(out, "</text>\n");
}

/* The search is shown only where the script runs. */
static void put_panel(const struct hwp_flame *f, const struct hwp_flame_layout *l,
                      struct hwp_out *out)
{
    unsigned top = panel_top(f, l);

    hwp_out_printf(out,
                   "<g id=\"find\" style=\"display:none\">"
                   "<foreignObject x=\"%g\" y=\"%u\" width=\"240\" height=\"22\">"
                   "<input xmlns=\"http://www.w3.org/1999/xhtml\" id=\"search\" type=\"search\" "
                   "placeholder=\"search (regular expression)\"/></foreignObject></g>\n",
                   HWP_FLAME_LEFT, top + 4);
    hwp_out_printf(out,
                   "<text id=\"found\" x=\"%g\" y=\"%u\"></text>\n"
                   "<text id=\"reset\" class=\"button\" style=\"display:none\" x=\"%g\" y=\"%u\">"
                   "reset zoom</text>\n<text id=\"details\" x=\"%g\" y=\"%u\"></text>\n",
                   HWP_FLAME_LEFT + 250, top + 18, HWP_FLAME_PIXELS - 70, top + 18, HWP_FLAME_LEFT,
                   top + 42);
}

static void put_boxes(const struct hwp_flame *f, const struct hwp_flame_layout *l,
                      const struct hwp_flame_colours *colours, struct hwp_out *out)
{
    hwp_out_puts(out, "<g id=\"frames\">");
    for (size_t i = 0; i < l->boxes.len; i++) {
        const struct hwp_flame_box *box = &l->boxes.data[i];
        hwp_out_printf(
            out, "<rect class=\"c%u\" x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%u\"/>\n",
            colours->of_box[i], box->x, row_of(f, l, box->depth), box->width, ROW_PIXELS - 1);
    }
    hwp_out_puts(out, "</g>\n");
}

static void put_label(const struct hwp_flame *f, const struct hwp_flame_layout *l,
                      const struct hwp_flame_box *box, struct hwp_out *out)
{
    const char *name = f->stacks->frames.data[f->stacks->nodes.data[box->node].frame].name;
    size_t room = box->width > 4 ? (size_t)((box->width - 4) / HWP_FLAME_CHAR_WIDTH) : 0;

    if (room < 3)
        return;
    char *text hwp_cleanup(hwp_free_cleanup) = hwp_text_fit(name, room);
    hwp_out_printf(out, "<text x=\"%.1f\" y=\"%u\">", box->x + 3, row_of(f, l, box->depth) + 12);
    hwp_flame_xml(text, out);
    hwp_out_puts(out, "</text>\n");
}

static void put_script(const struct hwp_flame *f, const struct hwp_flame_layout *l,
                       struct hwp_out *out)
{
    hwp_out_puts(out, "<script><![CDATA[\n");
    hwp_flame_data(f, l, out);
    hwp_out_puts(out, hwp_flame_js);
    hwp_out_puts(out, "]]></script>\n");
}

size_t hwp_flame_print(const struct hwp_flame *flame, struct hwp_out *out, size_t *ret_hidden)
{
    struct hwp_flame_layout l;
    struct hwp_flame_colours colours;

    hwp_flame_lay_out(flame, &l);
    hwp_flame_colour(flame, &l, &colours);
    put_head(flame, &l, &colours, out);
    put_panel(flame, &l, out);
    put_boxes(flame, &l, &colours, out);
    hwp_out_puts(out, "<g id=\"labels\">");
    hwp_vec_foreach (&l.boxes, box)
        put_label(flame, &l, box, out);
    hwp_out_puts(out, "</g>\n");
    put_script(flame, &l, out);
    hwp_out_puts(out, "</svg>\n");

    size_t drawn = l.boxes.len;
    *ret_hidden = l.nr_hidden;
    hwp_flame_colours_deinit(&colours);
    hwp_flame_layout_deinit(&l);
    return drawn;
}
