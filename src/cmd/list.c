/* hwprof list: events that can be asked for here, from the kernel, libpfm4, PAPI and the model. */
#include <string.h>

#include "base/mem.h"
#include "cmd/command.h"
#include "cmd/output.h"
#include "counters/events.h"
#include "counters/source.h"
#include "reports/events_table.h"

struct options {
    const char *origin, *source;
    bool all;
};

static const struct hwp_opt list_opts[] = {
    {0, "origin", HWP_OPT_STR, offsetof(struct options, origin),
     "hardware|software|cache|sysfs|tracepoint|libpfm4|papi|model", "only events of this origin"},
    {0, "source", HWP_OPT_STR, offsetof(struct options, source), "perf|model",
     "what this source counts: perf (the default) what there is here, model what can be modelled"},
    {0, "available", HWP_OPT_FLAG, offsetof(struct options, all), "",
     "only events that can be counted here"},
    HWP_OPT_END,
};

static const struct hwp_opt *const tables[] = {list_opts, hwp_output_opts, NULL};

/* The rows copied out of the listing, with the words that each must contain. */
struct listing {
    struct hwp_event_rows rows;
    HWP_VEC(char *) strings;
    char *const *words;
    int nr_words;
    bool only_available;
};

static void listing_deinit(struct listing *l)
{
    hwp_vec_foreach (&l->strings, s)
        free(*s);
    hwp_vec_deinit(&l->strings);
    hwp_vec_deinit(&l->rows);
}

static const char *keep(struct listing *l, const char *text)
{
    if (text)
        hwp_vec_push(&l->strings, hwp_strdup(text));
    return text ? *hwp_vec_last(&l->strings) : NULL;
}

static bool is_wanted(const struct listing *l, const struct hwp_known_event *ev)
{
    for (int i = 0; i < l->nr_words; i++) {
        const char *word = l->words[i];
        if (!strcasestr(ev->name, word) && !strcasestr(ev->origin, word) &&
            !(ev->description && strcasestr(ev->description, word)))
            return false;
    }
    return ev->available || !l->only_available;
}

static void collect(void *ctx, const struct hwp_known_event *ev)
{
    struct listing *l = ctx;

    if (!is_wanted(l, ev))
        return;
    hwp_vec_push(&l->rows, (struct hwp_event_row){
                               .name = keep(l, ev->name),
                               .origin = keep(l, ev->origin),
                               .available = ev->available ? HWP_AVAILABLE_YES : HWP_AVAILABLE_NO,
                               .description = keep(l, ev->description),
                           });
}

static struct hwp_error *check_source(struct options *options)
{
    const struct hwp_source *source;
    bool is_auto;

    if (!options->source)
        return NULL;
    HWP_TRY(hwp_source_find(options->source, &source, &is_auto));
    if (source != &hwp_source_model)
        return NULL;
    if (options->origin && strcmp(options->origin, "model") != 0)
        return hwp_error(HWP_E_USAGE, "the model's events have the origin model alone");
    options->origin = "model";
    return NULL;
}

static struct hwp_error *run_list(const struct hwp_command *self, int argc, char **argv,
                                  int *ret_status)
{
    struct options options = {0};
    struct hwp_output_options output = {0};
    struct listing listing hwp_cleanup(listing_deinit) = {0};
    struct hwp_out out;
    int operand;
    bool done;

    (void)ret_status;
    HWP_TRY(hwp_command_parse(self, argc, argv, (void *[]){&options, &output}, &operand, &done));
    if (done)
        return NULL;
    HWP_TRY(hwp_output_check(&output));
    HWP_TRY(check_source(&options));
    listing.words = argv + operand;
    listing.nr_words = argc - operand;
    listing.only_available = options.all;
    hwp_events_list(options.origin, collect, &listing);
    if (!listing.rows.len)
        return hwp_error_hint(hwp_error(HWP_E_NOT_FOUND, "no event here matches that"),
                              "hwprof list shows all; hwprof doctor says what is missing");

    struct hwp_report_options format = hwp_output_format(&output);
    HWP_TRY(hwp_output_open(&output, false, &out));
    hwp_events_print(listing.rows.data, listing.rows.len, &format, &out);
    return hwp_out_close(&out);
}

static const char *const examples[] = {"list", "list cache", "list --origin software fault --json",
                                       "list --source model", NULL};

const struct hwp_command hwp_command_list = {
    .name = "list",
    .summary = "list the events that can be asked for, with what they count",
    .usage = "[OPTION…] [WORD…]",
    .options = tables,
    .examples = examples,
    .run = run_list,
};
