/* hwprof report: the hot functions of a recording. */
#include "cmd/command.h"
#include "cmd/view.h"

static const struct hwp_opt *const tables[] = {
    hwp_input_opts,  hwp_hot_opts, hwp_filter_opts, hwp_annotate_opts, hwp_symbols_opts,
    hwp_output_opts, NULL,
};

static struct hwp_error *run_report(const struct hwp_command *self, int argc, char **argv,
                                    int *ret_status)
{
    struct hwp_view_options view = {.top = 20, .annotate = 0, .syntax = HWP_SYNTAX_ATT};
    struct hwp_output_options output = {0};
    int operand;
    bool done;

    (void)ret_status;
    HWP_TRY(hwp_command_parse(
        self, argc, argv, (void *[]){&view, &view, &view.hot.filter, &view, &view.symbols, &output},
        &operand, &done));
    if (done)
        return NULL;
    HWP_TRY(hwp_output_check(&output));
    if (operand < argc)
        return hwp_error_hint(
            hwp_error(HWP_E_USAGE, "report takes no operand: '%s'", argv[operand]),
            "hwprof report -i %s", argv[operand]);

    struct hwp_view_sections sections = {.functions = true, .cores = true};
    return hwp_view(&view, &sections, &output, false);
}

static const char *const examples[] = {"report", "report -i perf.data --top 50 --percent-limit 0.1",
                                       "report -x, -o functions.csv", NULL};

const struct hwp_command hwp_command_report = {
    .name = "report",
    .summary = "show the hot functions and the cores of a recording, hwprof's or perf's",
    .usage = "[OPTION…]",
    .options = tables,
    .examples = examples,
    .run = run_report,
};
