/* The format: speedscope's file-format-schema.json. */
#include "reports/export_speedscope.h"

#include <stdio.h>
#include <string.h>

#include "analysis/hot.h"
#include "reports/json.h"

#define SCHEMA "https://www.speedscope.app/file-format-schema.json"

struct speedscope {
    const struct hwp_stacks *stacks;
    const struct hwp_run *run;
    struct hwp_out *out;
};

static void put_json(struct hwp_out *out, struct cJSON *json)
{
    hwp_json_print(json, false, out);
    hwp_json_destroy(json);
}

static void put_number(struct hwp_out *out, uint64_t n)
{
    char digits[20];
    size_t at = sizeof(digits);

    do
        digits[--at] = (char)('0' + n % 10);
    while (n /= 10);
    hwp_out_write(out, digits + at, sizeof(digits) - at);
}

/* The root is left out: frame 0, which it alone has. */
static void put_frames(struct speedscope *s)
{
    const struct hwp_stacks *stacks = s->stacks;

    hwp_out_puts(s->out, "\"shared\":{\"frames\":[\n");
    for (size_t i = 1; i < stacks->frames.len; i++) {
        const struct hwp_stack_frame *f = &stacks->frames.data[i];
        const char *file = f->file ? f->file : f->module;
        struct cJSON *frame = hwp_json_object();
        hwp_json_put_text(frame, "name", f->name);
        if (file)
            hwp_json_put_text(frame, "file", file);
        if (f->file && f->line)
            hwp_json_put_uint(frame, "line", f->line);
        if (i > 1)
            hwp_out_puts(s->out, ",");
        put_json(s->out, frame);
    }
    hwp_out_puts(s->out, "]},\n");
}

static uint64_t weight(const struct speedscope *s, uint32_t node, uint32_t event)
{
    const struct hwp_cost *cost = hwp_stacks_self(s->stacks, node, event);

    return s->run ? hwp_cost_value(s->run, &s->run->events.data[event], cost) : cost->value;
}

static size_t deepest(const struct hwp_stacks *stacks)
{
    size_t depth = 0;

    hwp_vec_foreach (&stacks->nodes, node)
        depth = node->depth > depth ? node->depth : depth;
    return depth;
}

static void put_samples(struct speedscope *s, uint32_t event)
{
    uint32_t *path hwp_cleanup(hwp_free_cleanup) =
        hwp_calloc(deepest(s->stacks) + 1, sizeof(*path));
    const char *between = "";

    hwp_out_puts(s->out, ",\"samples\":[");
    for (uint32_t i = 1; i < s->stacks->nodes.len; i++) {
        const struct hwp_stack_node *node = &s->stacks->nodes.data[i];
        path[node->depth] = node->frame - 1;
        if (!weight(s, i, event))
            continue;
        hwp_out_puts(s->out, between);
        between = ",\n";
        for (uint32_t d = 1; d <= node->depth; d++) {
            hwp_out_puts(s->out, d > 1 ? "," : "[");
            put_number(s->out, path[d]);
        }
        hwp_out_puts(s->out, "]");
    }
    hwp_out_puts(s->out, "]");
}

static uint64_t put_weights(struct speedscope *s, uint32_t event)
{
    const char *between = "";
    uint64_t sum = 0;

    hwp_out_puts(s->out, ",\"weights\":[");
    for (uint32_t i = 1; i < s->stacks->nodes.len; i++) {
        uint64_t w = weight(s, i, event);
        if (!w)
            continue;
        hwp_out_puts(s->out, between);
        between = ",";
        put_number(s->out, w);
        sum = w < UINT64_MAX - sum ? sum + w : UINT64_MAX;
    }
    hwp_out_puts(s->out, "]");
    return sum;
}

static void put_profile(struct speedscope *s, uint32_t event)
{
    const struct hwp_event *ev = s->run ? &s->run->events.data[event] : NULL;
    bool is_time = ev && ev->unit && strcmp(ev->unit, "ns") == 0;
    const char *name = ev && ev->name ? ev->name : "samples";
    bool modelled = ev && ev->origin == HWP_ORIGIN_MODELLED;
    char *title hwp_cleanup(hwp_free_cleanup) =
        hwp_asprintf("%s%s", name, modelled ? " (modelled)" : "");

    hwp_out_puts(s->out, "{\"type\":\"sampled\",\"name\":");
    put_json(s->out, hwp_json_text(title));
    hwp_out_printf(s->out, ",\"unit\":\"%s\",\"startValue\":0", is_time ? "nanoseconds" : "none");
    put_samples(s, event);
    uint64_t sum = put_weights(s, event);
    hwp_out_puts(s->out, ",\"endValue\":");
    put_number(s->out, sum);
    hwp_out_puts(s->out, "}");
}

static bool has_profile(const struct speedscope *s, uint32_t event)
{
    return !s->run || hwp_event_has_costs(&s->run->events.data[event]);
}

void hwp_speedscope_print(const struct hwp_stacks *stacks, const struct hwp_run *run,
                          uint32_t event, const char *title, struct hwp_out *out)
{
    struct speedscope s = {stacks, run, out};
    unsigned n = 0, active = 0;

    hwp_out_puts(out, "{\"$schema\":\"" SCHEMA "\",\n\"exporter\":\"hwprof " HWP_VERSION
                      "\",\n\"name\":");
    put_json(out, hwp_json_text(title));
    hwp_out_puts(out, ",");
    put_frames(&s);
    hwp_out_puts(out, "\"profiles\":[\n");
    for (uint32_t e = 0; e < stacks->nr_events; e++) {
        if (!has_profile(&s, e))
            continue;
        active = e == event ? n : active;
        hwp_out_puts(out, n++ ? ",\n" : "");
        put_profile(&s, e);
    }
    hwp_out_printf(out, "],\n\"activeProfileIndex\":%u}\n", active);
}
