#include "counters/model_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

/* --- several encodings, one event ------------------------------------------------------------ */

static bool same_preset(const struct hwp_encoding *a, const struct hwp_encoding *b)
{
    return a->preset && b->preset && strcmp(a->preset, b->preset) == 0;
}

/* "cpu_core/cycles/u" and "cpu_atom/cycles/u": one name on two PMUs. */
static bool are_twins(const struct hwp_encoding *a, const struct hwp_encoding *b)
{
    const char *name_a = strchr(a->name, '/'), *name_b = strchr(b->name, '/');

    return a->pmu && b->pmu && name_a && name_b && strcmp(a->pmu, b->pmu) != 0 &&
           strcmp(name_a, name_b) == 0 &&
           (a->attr.type == PERF_TYPE_HARDWARE || a->attr.type == PERF_TYPE_HW_CACHE);
}

/* `text` is "NAME/u" or so; as perf writes it: "NAME:u". */
static char *plain_name(const char *text)
{
    size_t len = strcspn(text, "/");
    const char *mods = text[len] ? text + len + 1 : "";

    return hwp_asprintf("%.*s%s%s", (int)len, text, *mods ? ":" : "", mods);
}

static void rename_first(struct hwp_encoding *e)
{
    char *name = e->preset ? hwp_strdup(e->preset) : plain_name(strchr(e->name, '/') + 1);

    free(e->name);
    e->name = name;
}

static void drop(struct hwp_encodings *events, size_t at)
{
    hwp_encoding_deinit(&events->data[at]);
    memmove(&events->data[at], &events->data[at + 1],
            (events->len - at - 1) * sizeof(*events->data));
    events->len--;
}

void hwp_model_merge(struct hwp_encodings *events)
{
    for (size_t i = 0; i < events->len; i++) {
        struct hwp_encoding *e = &events->data[i];
        const char *why;
        bool merged = e->preset != NULL;

        e->leader = -1;
        if (!hwp_model_event_of(e, &why))
            continue;
        while (i + 1 < events->len && (same_preset(e, &events->data[i + 1]) ||
                                       are_twins(e, &events->data[i + 1]))) {
            merged = true;
            drop(events, i + 1);
        }
        if (merged)
            rename_first(e);
    }
}

/* --- rows ------------------------------------------------------------------------------------ */

static void add_counters(struct hwp_str *text, uint64_t which, const char *sign)
{
    static const char *const names[] = {
#define HWM_COUNTER(id, description) #id,
#include "counters/model/counters.def"
#undef HWM_COUNTER
    };

    for (unsigned i = 0; i < HWM_NR_COUNTERS; i++)
        if (which >> i & 1) {
            hwp_str_add(text, text->len ? sign : "");
            hwp_str_add(text, names[i]);
        }
}

/* What is counted: "L1D_LOAD_MISSES+L1D_STORE_MISSES". */
static char *encoding_of(const struct hwp_model_event *ev)
{
    struct hwp_str text = {0};

    add_counters(&text, ev->plus, "+");
    add_counters(&text, ev->minus, "-");
    return hwp_str_steal(&text);
}

static void add_row(struct hwp_run *run, const struct hwp_encoding *enc,
                    const struct hwp_model_event *model, const char *why, bool sampled)
{
    struct hwp_event ev = {
        .name = hwp_strdup(enc->name),
        .encoding = model ? encoding_of(model) : hwp_strdup(enc->text),
        .source = hwp_strdup("model"),
        .unit = hwp_strdup(model ? "" : enc->unit),
        .origin = HWP_ORIGIN_MODELLED,
        .requested = true,
        .sampled = model && sampled,
        .precise = model && sampled,
        .leader = -1,
    };

    ev.total.state = model ? HWP_COUNT_NOT_COUNTED : HWP_COUNT_UNSUPPORTED;
    if (!model) {
        ev.reason = hwp_strdup(why);
        ev.remedy = hwp_strdup("--source perf in a run of its own");
    }
    hwp_vec_push(&run->events, ev);
}

struct hwp_error *hwp_model_add_rows(const struct hwp_encodings *events, bool sampled,
                                     struct hwp_run *run, struct hwp_model_columns *ret)
{
    const char *why = NULL, *first_why = NULL;
    uint64_t answered = 0;

    hwp_vec_foreach (events, enc) {
        const struct hwp_model_event *ev = hwp_model_event_of(enc, &why);
        const struct hwp_model_column column = {.event = ev, .id = ret->len + 1};

        hwp_vec_push(ret, column);
        add_row(run, enc, ev, why, sampled);
        if (ev) {
            answered++;
            if (!enc->mods.user || enc->mods.kernel)
                hwp_note_raise(&run->notes, HWP_NOTE_MODEL_USER_ONLY, NULL);
        } else if (!first_why) {
            first_why = why;
        }
    }
    if (answered)
        return NULL;
    return hwp_error_hint(hwp_error(HWP_E_UNSUPPORTED, "%s can't be modelled: %s",
                                    events->len ? events->data[0].name : "nothing",
                                    first_why ? first_why : "no event was asked for"),
                          "'hwprof list --source model' shows what can be");
}
