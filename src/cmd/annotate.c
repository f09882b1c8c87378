/* hwprof annotate: the source and instructions of a recording's hot functions. */
#include "cmd/command.h"
#include "cmd/view.h"

static const struct hwp_opt annotate_opts[] = {
    {0, "all", HWP_OPT_FLAG, offsetof(struct hwp_view_options, annotate_all), "",
     "every function that has samples"},
    HWP_OPT_END,
};

static const struct hwp_opt *const tables[] = {
    annotate_opts,     hwp_input_opts,   hwp_hot_opts,    hwp_filter_opts,
    hwp_annotate_opts, hwp_symbols_opts, hwp_output_opts, NULL,
};

static struct hwp_error *run_annotate(const struct hwp_command *self, int argc, char **argv,
                                      int *ret_status)
{
    struct hwp_view_options view = {.top = 20, .annotate = 3, .syntax = HWP_SYNTAX_ATT};
    struct hwp_output_options output = {0};
    int operand;
    bool done;

    (void)ret_status;
    HWP_TRY(hwp_command_parse(
        self, argc, argv,
        (void *[]){&view, &view, &view, &view.hot.filter, &view, &view.symbols, &output}, &operand,
        &done));
    if (done)
        return NULL;
    HWP_TRY(hwp_output_check(&output));
    if (operand + 1 < argc)
        return hwp_error_hint(hwp_error(HWP_E_USAGE, "annotate takes one symbol"),
                              "quote a name with spaces: hwprof annotate 'f(int, int)'");
    if (view.annotate_all)
        view.top = 0;
    else if (view.top && view.top < view.annotate)
        view.top = view.annotate;

    struct hwp_view_sections sections = {
        .annotations = true,
        .annotate_symbol = operand < argc ? argv[operand] : NULL,
    };
    return hwp_view(&view, &sections, &output, false);
}

static const char *const examples[] = {"annotate", "annotate -M intel --no-fold count_shared",
                                       "annotate -i perf.data --annotate 10", NULL};

const struct hwp_command hwp_command_annotate = {
    .name = "annotate",
    .summary = "show source and instructions of a function, or of the hottest ones",
    .usage = "[OPTION…] [SYMBOL]",
    .options = tables,
    .examples = examples,
    .run = run_annotate,
};
