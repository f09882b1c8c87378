#include "cmd/stacks_input.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/hot.h"
#include "base/file.h"
#include "profile/reader.h"

#define FIELD(name) offsetof(struct hwp_stacks_input_options, name)

const struct hwp_opt hwp_stacks_opts[] = {
    {0, "folded", HWP_OPT_FLAG, FIELD(folded), "",
     "the input is folded text: \"task;caller;function 17\" a line"},
    {0, "no-inline", HWP_OPT_FLAG, FIELD(no_inline), "",
     "don't show inlined functions as frames (faster)"},
    HWP_OPT_END,
};

#define FOLDED_MAX ((size_t)4 << 30)

static struct hwp_error *read_folded(const char *path, struct hwp_stacks_input *in)
{
    size_t len, skipped;
    char *text hwp_cleanup(hwp_free_cleanup) = hwp_file_read(path, FOLDED_MAX, &len);

    if (!text)
        return hwp_error_sys(errno, "can't read %s", path);
    bool is_text = !memchr(text, 0, len);
    hwp_stacks_parse(text, is_text ? len : 0, &in->stacks, &skipped);
    if (in->stacks.nodes.len == 1)
        return hwp_error_hint(hwp_error(HWP_E_INVALID, "%s has no folded stacks", path),
                              "a line is \"task;caller;function 17\"; a recording is read without "
                              "--folded");
    if (skipped)
        fprintf(stderr, "hwprof: %s: %zu line%s without a stack and a count skipped\n", path,
                skipped, skipped == 1 ? "" : "s");
    return NULL;
}

struct hwp_error *hwp_stacks_input_read(const char *path,
                                        const struct hwp_stacks_input_options *options,
                                        struct hwp_stacks_input *ret)
{
    const struct hwp_stacks_options how = {options->filter, options->no_inline, options->lines};

    if (options->folded && options->no_tree)
        return hwp_error_hint(hwp_error(HWP_E_USAGE, "folded text has no addresses"),
                              "export a recording, without --folded");
    HWP_TRY(hwp_filter_check(&options->filter));
    if (options->folded && hwp_filter_is_set(&options->filter))
        return hwp_error_hint(hwp_error(HWP_E_USAGE, "folded text can't be filtered"),
                              "filter when it is made, or its lines: grep '^TASK;' FILE");
    if (options->folded)
        return read_folded(path, ret);
    HWP_TRY(hwp_profile_read(path, &ret->profile));
    ret->symbols = hwp_symbols_create(ret->profile, &options->symbols);
    if (!options->no_tree)
        hwp_stacks_build(ret->profile, ret->symbols, &how, &ret->stacks);
    return NULL;
}

void hwp_stacks_input_deinit(struct hwp_stacks_input *in)
{
    hwp_stacks_deinit(&in->stacks);
    hwp_symbols_destroy(in->symbols);
    hwp_profile_destroy(in->profile);
    *in = (struct hwp_stacks_input){0};
}

struct hwp_error *hwp_stacks_input_event(const struct hwp_stacks_input *in, const char *name,
                                         uint32_t *ret)
{
    if (!in->profile && name)
        return hwp_error(HWP_E_INVALID, "folded text has one count, and no event '%s'", name);
    *ret = 0;
    if (in->profile)
        HWP_TRY(hwp_event_choose(&in->profile->run, name, ret));
    bool has_tree = in->stacks.nodes.len > 0;
    if (has_tree &&
        (*ret >= in->stacks.nr_events || !hwp_stacks_total(&in->stacks, 0, *ret)->samples))
        return hwp_error_hint(
            hwp_error(HWP_E_INVALID, "there are no samples of %s to show",
                      name ? name : "any event"),
            "'hwprof report' says what the recording has; filters may leave nothing");
    return NULL;
}
