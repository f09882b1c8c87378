/* hwprof export: a recording in other tools' formats. */
#include <string.h>
#include <unistd.h>

#include "analysis/hot.h"
#include "base/suggest.h"
#include "cmd/command.h"
#include "cmd/output.h"
#include "cmd/stacks_input.h"
#include "reports/export_folded.h"
#include "reports/export_pprof.h"
#include "reports/export_speedscope.h"

struct options {
    const char *event, *output;
};

#define FIELD(name) offsetof(struct options, name)

static const struct hwp_opt export_opts[] = {
    {'e', "event", HWP_OPT_STR, FIELD(event), "EVENT",
     "of which event, or which is shown first (default: cycles, else the first with samples)"},
    {'o', "output", HWP_OPT_STR, FIELD(output), "FILE", "default: standard output"},
    HWP_OPT_END,
};

static const struct hwp_opt *const tables[] = {
    export_opts, hwp_stacks_opts, hwp_filter_opts, hwp_symbols_opts, NULL,
};

struct input {
    struct hwp_stacks_input in;
    struct hwp_stacks_input_options how;
    const char *path;
    uint32_t event;
};

static void export_folded(const struct input *input, struct hwp_out *out)
{
    hwp_folded_print(&input->in.stacks, input->event, out);
}

static void export_pprof(const struct input *input, struct hwp_out *out)
{
    const struct hwp_pprof_options options = {input->how.filter, input->how.no_inline,
                                              input->event};

    hwp_pprof_print(input->in.profile, input->in.symbols, &options, out);
}

static void export_speedscope(const struct input *input, struct hwp_out *out)
{
    const struct hwp_run *run = input->in.profile ? &input->in.profile->run : NULL;

    hwp_speedscope_print(&input->in.stacks, run, input->event,
                         run && run->command ? run->command : input->path, out);
}

static const struct format {
    const char *name;
    void (*print)(const struct input *input, struct hwp_out *out);
    bool all_events; /* `event` is the one shown first */
    bool lines;      /* see struct hwp_stacks_input_options, and the next */
    bool no_tree;
    bool binary;
} formats[] = {
    {"folded", export_folded, .all_events = false},
    {"pprof", export_pprof, .all_events = true, .no_tree = true, .binary = true},
    {"speedscope", export_speedscope, .all_events = true, .lines = true},
};

static struct hwp_error *no_format(const char *name)
{
    struct hwp_suggest near = {.wanted = name ? name : ""};
    struct hwp_str all = {0};

    for (size_t i = 0; i < hwp_array_size(formats); i++) {
        hwp_suggest_offer(&near, formats[i].name);
        hwp_str_addf(&all, "%s%s", i ? "|" : "", formats[i].name);
    }
    char *names hwp_cleanup(hwp_free_cleanup) = name ? hwp_suggest_text(&near) : NULL;
    struct hwp_error *err = name ? hwp_error(HWP_E_USAGE, "there is no format '%s'", name)
                                 : hwp_error(HWP_E_USAGE, "export to what?");
    err = hwp_error_hint(err, "%s%s%shwprof export %s [FILE]", names ? "did you mean " : "",
                         names ? names : "", names ? "? " : "", all.data);
    hwp_suggest_deinit(&near);
    hwp_str_deinit(&all);
    return err;
}

static const struct format *find_format(const char *name)
{
    for (size_t i = 0; name && i < hwp_array_size(formats); i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

/* Before the output is opened, so that a mistake leaves it as it was. */
static struct hwp_error *choose_event(const struct format *format, const char *name,
                                      struct input *input)
{
    HWP_TRY(hwp_stacks_input_event(&input->in, name, &input->event));
    if (!format->all_events || !input->in.profile)
        return NULL;
    const struct hwp_events *events = &input->in.profile->run.events;
    if (input->event < events->len && hwp_event_has_costs(&events->data[input->event]))
        return NULL;
    return hwp_error(HWP_E_INVALID, "%s has no samples of %s", input->path,
                     name ? name : "any event");
}

static struct hwp_error *open_output(const struct format *format, const char *path,
                                     struct hwp_out *ret)
{
    if (path)
        return hwp_out_init_path(ret, path);
    if (format->binary && isatty(STDOUT_FILENO))
        return hwp_error_hint(
            hwp_error(HWP_E_USAGE, "%s is no text, and standard output a terminal", format->name),
            "name a file: hwprof export %s -o FILE", format->name);
    hwp_out_init_stream(ret, stdout, "standard output");
    return NULL;
}

static struct hwp_error *export_to(const struct format *format, const struct options *options,
                                   struct input *input)
{
    struct hwp_out out;

    input->how.lines = format->lines;
    input->how.no_tree = format->no_tree;
    HWP_TRY(hwp_stacks_input_read(input->path, &input->how, &input->in));
    HWP_TRY(choose_event(format, options->event, input));
    HWP_TRY(open_output(format, options->output, &out));
    format->print(input, &out);
    return hwp_out_close(&out);
}

static struct hwp_error *run_export(const struct hwp_command *self, int argc, char **argv,
                                    int *ret_status)
{
    struct options options = {0};
    struct input input = {.path = HWP_DEFAULT_RECORDING};
    int operand;
    bool done;

    (void)ret_status;
    HWP_TRY(hwp_command_parse(
        self, argc, argv, (void *[]){&options, &input.how, &input.how.filter, &input.how.symbols},
        &operand, &done));
    if (done)
        return NULL;
    const char *name = operand < argc ? argv[operand] : NULL;
    const struct format *format = find_format(name);
    if (!format)
        return no_format(name);
    if (operand + 2 < argc)
        return hwp_error(HWP_E_USAGE, "export takes one recording: '%s'", argv[operand + 2]);
    if (operand + 1 < argc)
        input.path = argv[operand + 1];
    struct hwp_error *err = export_to(format, &options, &input);
    hwp_stacks_input_deinit(&input.in);
    return err;
}

static const char *const examples[] = {
    "export folded -e cpu-clock -o stacks.txt perf.data",
    "export pprof -o profile.pb.gz",
    "export speedscope -o profile.speedscope.json",
    NULL,
};

const struct hwp_command hwp_command_export = {
    .name = "export",
    .summary = "write a recording in other tools' formats: folded, pprof, speedscope",
    .usage = "[OPTION…] FORMAT [FILE]",
    .options = tables,
    .examples = examples,
    .run = run_export,
};
