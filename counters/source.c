#include "counters/source.h"

#include <string.h>

#include "base/str.h"
#include "base/suggest.h"

const struct hwp_source *const hwp_sources[] = {
    &hwp_source_perf,
    &hwp_source_clock,
    &hwp_source_model,
    NULL,
};

static struct hwp_error *unknown_source(const char *name)
{
    struct hwp_suggest suggest = {.wanted = name};
    struct hwp_str all = {0};
    struct hwp_error *err = hwp_error(HWP_E_USAGE, "no counter source '%s'", name);

    hwp_suggest_offer(&suggest, "auto");
    hwp_str_add(&all, "auto");
    for (size_t i = 0; hwp_sources[i]; i++) {
        hwp_suggest_offer(&suggest, hwp_sources[i]->name);
        hwp_str_addf(&all, ", %s", hwp_sources[i]->name);
    }
    char *near = hwp_suggest_text(&suggest);
    err = near ? hwp_error_hint(err, "did you mean %s?", near)
               : hwp_error_hint(err, "there are: %s", all.data);
    free(near);
    hwp_suggest_deinit(&suggest);
    hwp_str_deinit(&all);
    return err;
}

struct hwp_error *hwp_source_find(const char *name, const struct hwp_source **ret, bool *ret_auto)
{
    if (!strcmp(name, "auto")) {
        *ret = hwp_sources[0];
        *ret_auto = true;
        return NULL;
    }
    for (size_t i = 0; hwp_sources[i]; i++)
        if (!strcmp(name, hwp_sources[i]->name)) {
            *ret = hwp_sources[i];
            *ret_auto = false;
            return NULL;
        }
    return unknown_source(name);
}
