/* The parts of a flame graph: which frames are drawn and where (layout), their colours, the data of
 * the script, the drawing. For reports/flame*.c alone. */
#ifndef HWP_REPORTS_FLAME_PRIVATE_H
#define HWP_REPORTS_FLAME_PRIVATE_H

#include "reports/flame.h"

#define HWP_FLAME_PIXELS     1200.0 /* of the root */
#define HWP_FLAME_LEFT       10.0
#define HWP_FLAME_CHAR_WIDTH 7.23 /* of 12 px monospace */

/* What is drawn: nodes of the stacks in preorder, each with its place in pixels. */
struct hwp_flame_box {
    uint32_t node, depth;
    double x, width;
};

struct hwp_flame_layout {
    HWP_VEC(struct hwp_flame_box) boxes;
    double *widths; /* per node of the stacks, in whatever unit; the root's is the whole */
    uint32_t max_depth;
    size_t nr_hidden;
};

void hwp_flame_lay_out(const struct hwp_flame *f, struct hwp_flame_layout *ret);
void hwp_flame_layout_deinit(struct hwp_flame_layout *l);

/* The CSS classes of the boxes, and per box its class. */
struct hwp_flame_colours {
    unsigned *of_box; /* number of the class */
    double low, high; /* of a metric: the ends of the scale */
    bool has_scale;
};

void hwp_flame_colour(const struct hwp_flame *f, const struct hwp_flame_layout *l,
                      struct hwp_flame_colours *ret);
void hwp_flame_colours_css(struct hwp_out *out);
void hwp_flame_colours_deinit(struct hwp_flame_colours *c);

/* The metric of a node, with all that it calls. */
struct hwp_value hwp_flame_metric(const struct hwp_flame *f, uint32_t node);

/* What a column counts of a node, with all that it calls. */
uint64_t hwp_flame_count(const struct hwp_flame *f, uint32_t node, size_t event);

/* "const graph = {…};" for the script. */
void hwp_flame_data(const struct hwp_flame *f, const struct hwp_flame_layout *l,
                    struct hwp_out *out);

/* Text that stands in XML; and in a string of a script in XML, with its quotes. Invalid UTF-8 and
 * control characters are replaced. */
void hwp_flame_xml(const char *text, struct hwp_out *out);
void hwp_flame_quoted(const char *text, struct hwp_out *out);

/* reports/flame/ as text (made by cmake/embed.cmake) */
extern const char hwp_flame_css[], hwp_flame_js[];

#endif
