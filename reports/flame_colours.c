#include <math.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "reports/flame_private.h"

/* Classes c0 … : plain grey, modules (hue by module, shade by function), a scale from cool to hot,
 * a scale from blue over white to red. */
#define HUES    12u
#define SHADES  3u
#define STEPS   16u /* of the metric's scale */
#define TURNS   8u  /* of the difference's, to each side */
#define GREY    0u
#define MODULES 1u
#define SCALE   (MODULES + HUES * SHADES)
#define DIFF    (SCALE + STEPS + 1)
#define CLASSES (DIFF + 2 * TURNS + 1)

struct rgb {
    double r, g, b;
};

static struct rgb between(struct rgb a, struct rgb b, double at)
{
    return (struct rgb){a.r + (b.r - a.r) * at, a.g + (b.g - a.g) * at, a.b + (b.b - a.b) * at};
}

/* HSL to RGB by the formula of CSS Color 4, section 7.1. */
static double hsl_channel(double hue, double s, double l, double n)
{
    double k = fmod(n + hue / 30, 12);

    return l - s * fmin(l, 1 - l) * fmax(-1, fmin(fmin(k - 3, 9 - k), 1));
}

static struct rgb hsl(double hue, double s, double l)
{
    return (struct rgb){hsl_channel(hue, s, l, 0), hsl_channel(hue, s, l, 8),
                        hsl_channel(hue, s, l, 4)};
}

static struct rgb colour_of(unsigned class)
{
    const struct rgb white = {0.95, 0.95, 0.95}, red = {0.95, 0.3, 0.25}, blue = {0.3, 0.5, 0.95};
    const struct rgb cool = {0.55, 0.75, 0.95}, warm = {1, 0.9, 0.5}, hot = {0.95, 0.35, 0.2};

    if (class >= DIFF) {
        double turn = ((double)class - DIFF - TURNS) / TURNS;
        return between(white, turn < 0 ? blue : red, fabs(turn));
    }
    if (class >= SCALE) {
        double at = 2.0 * (class - SCALE) / STEPS;
        return at < 1 ? between(cool, warm, at) : between(warm, hot, at - 1);
    }
    if (class == GREY)
        return (struct rgb){0.85, 0.85, 0.85};
    class -= MODULES;
    return hsl(class / SHADES * (360.0 / HUES) + 15, 0.75, 0.66 + 0.06 * (class % SHADES));
}

void hwp_flame_colours_css(struct hwp_out *out)
{
    for (unsigned c = 0; c < CLASSES; c++) {
        struct rgb v = colour_of(c);
        hwp_out_printf(out, ".c%u{fill:#%02x%02x%02x}\n", c, (unsigned)lround(255 * v.r),
                       (unsigned)lround(255 * v.g), (unsigned)lround(255 * v.b));
    }
}

static unsigned module_class(const struct hwp_stack_frame *frame)
{
    if (frame->kind == HWP_FRAME_ROOT || frame->kind == HWP_FRAME_TASK)
        return GREY;
    uint64_t hue = hwp_hash_str(frame->module ? frame->module : "") >> 7;
    return MODULES + (unsigned)(hue % HUES * SHADES + (hwp_hash_str(frame->name) >> 5) % SHADES);
}

/* Red: more of the whole than before. As strong as the ratio: all of it new is full. */
static unsigned diff_class(const struct hwp_stacks *s, uint32_t node)
{
    double before = hwp_cost_percent(hwp_stacks_total(s, node, 0), hwp_stacks_total(s, 0, 0));
    double after = hwp_cost_percent(hwp_stacks_total(s, node, 1), hwp_stacks_total(s, 0, 1));
    double turn = before + after > 0 ? (after - before) / (before + after) : 0;

    return DIFF + TURNS + (unsigned)(int)lround(turn * TURNS);
}

struct hwp_value hwp_flame_metric(const struct hwp_flame *f, uint32_t node)
{
    return hwp_cost_metric(f->run, hwp_stacks_total(f->stacks, node, 0), f->metric);
}

#define SCALE_PERCENT 1.0 /* boxes of less than this don't stretch the scale */

static void find_scale(const struct hwp_flame *f, const struct hwp_flame_layout *l,
                       struct hwp_flame_colours *c)
{
    hwp_vec_foreach (&l->boxes, box) {
        struct hwp_value v = hwp_flame_metric(f, box->node);
        if (!v.known || box->width < HWP_FLAME_PIXELS * SCALE_PERCENT / 100)
            continue;
        c->low = c->has_scale ? fmin(c->low, v.value) : v.value;
        c->high = c->has_scale ? fmax(c->high, v.value) : v.value;
        c->has_scale = true;
    }
}

/* Of all metrics only IPC is better when it is higher. */
static unsigned metric_class(const struct hwp_flame *f, const struct hwp_flame_colours *c,
                             uint32_t node)
{
    struct hwp_value v = hwp_flame_metric(f, node);

    if (!v.known || !c->has_scale)
        return GREY;
    double at = c->high > c->low ? (v.value - c->low) / (c->high - c->low) : 0;
    at = fmin(1, fmax(0, at));
    if (f->metric->metric == HWP_METRIC_IPC)
        at = 1 - at;
    return SCALE + (unsigned)lround(at * STEPS);
}

void hwp_flame_colour(const struct hwp_flame *f, const struct hwp_flame_layout *l,
                      struct hwp_flame_colours *ret)
{
    *ret = (struct hwp_flame_colours){.of_box = hwp_calloc(l->boxes.len, sizeof(unsigned))};
    if (f->metric)
        find_scale(f, l, ret);
    for (size_t i = 0; i < l->boxes.len; i++) {
        uint32_t node = l->boxes.data[i].node;
        ret->of_box[i] =
            f->is_diff  ? diff_class(f->stacks, node)
            : f->metric ? metric_class(f, ret, node)
                        : module_class(&f->stacks->frames.data[f->stacks->nodes.data[node].frame]);
    }
}

void hwp_flame_colours_deinit(struct hwp_flame_colours *c)
{
    free(c->of_box);
    *c = (struct hwp_flame_colours){0};
}
