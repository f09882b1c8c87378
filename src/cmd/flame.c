/* hwprof flame: a recording, or the difference of two, as a flame graph. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "cmd/command.h"
#include "cmd/output.h"
#include "cmd/stacks_input.h"
#include "reports/flame.h"
#include "reports/text.h"

struct options {
    const char *event, *colour, *title, *output;
    double percent_limit;
    bool diff, icicle;
};

#define FIELD(name) offsetof(struct options, name)

static const struct hwp_opt flame_opts[] = {
    {'e', "event", HWP_OPT_STR, FIELD(event), "EVENT",
     "what widths are made of (default: cycles, else the first that has samples)"},
    {0, "color", HWP_OPT_STR, FIELD(colour), "WHAT",
     "what colours tell: module (default), or a metric (ipc, cache_mpki, …)"},
    {0, "diff", HWP_OPT_FLAG, FIELD(diff), "",
     "compare two recordings: red grew, blue shrank, as shares of the whole"},
    {0, "icicle", HWP_OPT_FLAG, FIELD(icicle), "", "callers at the top"},
    {0, "title", HWP_OPT_STR, FIELD(title), "TEXT", "above the graph (default: the command)"},
    {0, "percent-limit", HWP_OPT_DOUBLE, FIELD(percent_limit), "PERCENT",
     "leave out frames below this share"},
    {'o', "output", HWP_OPT_STR, FIELD(output), "FILE", "default flame.svg; - is standard output"},
    HWP_OPT_END,
};

static const struct hwp_opt *const tables[] = {
    flame_opts, hwp_stacks_opts, hwp_filter_opts, hwp_symbols_opts, NULL,
};

static struct hwp_error *unknown_metric(const struct hwp_metric_uses *uses, const char *name)
{
    struct hwp_str keys = {0};

    hwp_vec_foreach (uses, use)
        hwp_str_addf(&keys, ", %s", hwp_metric_info(use->metric)->key);
    struct hwp_error *err = hwp_error_hint(
        hwp_error(HWP_E_INVALID, "the recording's events don't make a metric '%s'", name),
        "colours can tell: module%s", keys.data ? keys.data : "");
    hwp_str_deinit(&keys);
    return err;
}

static struct hwp_error *choose_metric(const struct hwp_stacks_input *in, const char *name,
                                       struct hwp_metric_use *storage, struct hwp_flame *flame)
{
    struct hwp_metric_uses uses = {0};

    if (!name || strcmp(name, "module") == 0)
        return NULL;
    if (in->profile)
        hwp_metrics_find(&in->profile->run.events, true, &uses);
    hwp_vec_foreach (&uses, use)
        if (!flame->metric && strcmp(hwp_metric_info(use->metric)->key, name) == 0) {
            *storage = *use;
            flame->metric = storage;
        }
    struct hwp_error *err = flame->metric ? NULL : unknown_metric(&uses, name);
    hwp_vec_deinit(&uses);
    return err;
}

/* "cycles: 1,234,567 modelled"; what isn't said of an event isn't known. */
static char *subtitle_of(const struct hwp_stacks_input *in, uint32_t event)
{
    const struct hwp_cost *all = hwp_stacks_total(&in->stacks, 0, event);
    const struct hwp_event *ev = in->profile ? &in->profile->run.events.data[event] : NULL;
    uint64_t value = ev ? hwp_cost_value(&in->profile->run, ev, all) : all->value;
    char *count hwp_cleanup(hwp_free_cleanup) = hwp_text_count(value, true);

    if (!ev)
        return hwp_asprintf("%s in all", count);
    bool scaled = ev->total.state == HWP_COUNT_SCALED;
    return hwp_asprintf("width: %s, %s%s, %s%s%s", ev->name ? ev->name : "?", scaled ? "~" : "",
                        count, hwp_origin_name(ev->origin), scaled ? ", scaled" : "",
                        in->stacks.has_chains ? "" : ", without call chains (record -g)");
}

static struct hwp_error *print(const struct hwp_flame *flame, const char *path)
{
    struct hwp_out out;
    size_t hidden, drawn;

    HWP_TRY(hwp_out_init_path(&out, path));
    drawn = hwp_flame_print(flame, &out, &hidden);
    HWP_TRY(hwp_out_close(&out));
    if (strcmp(path, "-") == 0)
        return NULL;
    fprintf(stderr, "%s: %zu frame%s", path, drawn, drawn == 1 ? "" : "s");
    if (hidden)
        fprintf(stderr, ", %zu too narrow to show", hidden);
    fputs("; open it in a browser\n", stderr);
    if (!flame->stacks->has_chains)
        fputs(
            "hwprof: the recording has no call chains, so every function stands alone; record with "
            "-g\n",
            stderr);
    return NULL;
}

static const char **column_names(const struct hwp_stacks_input *in)
{
    const char **names = hwp_calloc(in->stacks.nr_events, sizeof(*names));

    for (size_t e = 0; e < in->stacks.nr_events; e++) {
        const char *name = in->profile ? in->profile->run.events.data[e].name : "samples";
        names[e] = name ? name : "?";
    }
    return names;
}

static struct hwp_error *draw_one(const struct hwp_stacks_input *in, const struct options *options)
{
    struct hwp_metric_use metric;
    struct hwp_flame flame = {
        .stacks = &in->stacks,
        .run = in->profile ? &in->profile->run : NULL,
        .is_icicle = options->icicle,
        .percent_limit = options->percent_limit,
    };
    uint32_t event;

    HWP_TRY(hwp_stacks_input_event(in, options->event, &event));
    HWP_TRY(choose_metric(in, options->colour, &metric, &flame));
    const char **columns hwp_cleanup(hwp_free_cleanup) = column_names(in);
    char *subtitle hwp_cleanup(hwp_free_cleanup) = subtitle_of(in, event);
    const char *command = flame.run ? flame.run->command : NULL;

    flame.event = event;
    flame.columns = columns;
    flame.subtitle = subtitle;
    flame.title = options->title ? options->title : command ? command : "flame graph";
    return print(&flame, options->output);
}

static const char *name_of(const struct hwp_stacks_input *in, uint32_t event)
{
    const char *name = in->profile ? in->profile->run.events.data[event].name : NULL;

    return name ? name : "";
}

/* Shares of cycles and of time are not to be compared, unless somebody asks for it by folded text.
 */
static struct hwp_error *check_same(const struct hwp_stacks_input *before, uint32_t event_before,
                                    const struct hwp_stacks_input *after, uint32_t event_after)
{
    const char *old = name_of(before, event_before), *new = name_of(after, event_after);

    if (!before->profile || !after->profile || strcmp(old, new) == 0)
        return NULL;
    return hwp_error_hint(hwp_error(HWP_E_INVALID, "one recording has %s, the other %s", old, new),
                          "name an event that both have: -e EVENT");
}

static struct hwp_error *draw_diff(const struct hwp_stacks_input *before,
                                   const struct hwp_stacks_input *after,
                                   const struct options *options)
{
    static const char *const columns[] = {"before", "after"};
    uint32_t event_before, event_after;
    struct hwp_stacks both;

    if (options->colour)
        return hwp_error(HWP_E_USAGE, "--diff and --color exclude each other: red is what grew");
    HWP_TRY(hwp_stacks_input_event(before, options->event, &event_before));
    HWP_TRY(hwp_stacks_input_event(after, options->event, &event_after));
    HWP_TRY(check_same(before, event_before, after, event_after));
    char *old hwp_cleanup(hwp_free_cleanup) = subtitle_of(before, event_before);
    char *new hwp_cleanup(hwp_free_cleanup) = subtitle_of(after, event_after);
    char *subtitle hwp_cleanup(hwp_free_cleanup) = hwp_asprintf(
        "before: %s; after: %s; red: a larger share of the whole, blue: a smaller one", old, new);

    hwp_stacks_join(&before->stacks, event_before, &after->stacks, event_after, &both);
    struct hwp_flame flame = {
        .stacks = &both,
        .columns = columns,
        .is_diff = true,
        .is_icicle = options->icicle,
        .title = options->title ? options->title : "difference",
        .subtitle = subtitle,
        .percent_limit = options->percent_limit,
    };
    struct hwp_error *err = print(&flame, options->output);
    hwp_stacks_deinit(&both);
    return err;
}

static struct hwp_error *draw(const struct options *options,
                              const struct hwp_stacks_input_options *input, char **files, int n)
{
    struct hwp_stacks_input in[2] = {0};
    struct hwp_error *err = NULL;

    for (int i = 0; i < n && !err; i++)
        err = hwp_stacks_input_read(files[i], input, &in[i]);
    if (!err)
        err = n == 2 ? draw_diff(&in[0], &in[1], options) : draw_one(&in[0], options);
    hwp_stacks_input_deinit(&in[1]);
    hwp_stacks_input_deinit(&in[0]);
    return err;
}

static struct hwp_error *run_flame(const struct hwp_command *self, int argc, char **argv,
                                   int *ret_status)
{
    struct options options = {.output = "flame.svg"};
    struct hwp_stacks_input_options input = {0};
    char default_name[] = HWP_DEFAULT_RECORDING, *default_input = default_name;
    int operand;
    bool done;

    (void)ret_status;
    HWP_TRY(hwp_command_parse(self, argc, argv,
                              (void *[]){&options, &input, &input.filter, &input.symbols}, &operand,
                              &done));
    if (done)
        return NULL;
    int given = argc - operand;
    if (options.diff ? given != 2 : given > 1)
        return hwp_error_hint(hwp_error(HWP_E_USAGE,
                                        options.diff ? "--diff compares two recordings, not %d"
                                                     : "flame draws one recording, not %d",
                                        given),
                              "hwprof flame FILE, or hwprof flame --diff BEFORE AFTER");
    return draw(&options, &input, given ? argv + operand : &default_input, given ? given : 1);
}

static const char *const examples[] = {"flame", "flame --icicle --no-inline -o - perf.data",
                                       "flame --diff before.data after.data", NULL};

const struct hwp_command hwp_command_flame = {
    .name = "flame",
    .summary = "draw a flame graph of a recording, or of what changed between two",
    .usage = "[OPTION…] [FILE | --diff BEFORE AFTER]",
    .options = tables,
    .examples = examples,
    .run = run_flame,
};
