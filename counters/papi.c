#include "counters/papi.h"

#include <fcntl.h>
#include <papi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/suggest.h"
#include "counters/pfm.h"

/* While PAPI works, stderr goes nowhere: components print what they miss, whatever the debug
 * level. */
struct quiet {
    int saved;
};

static struct quiet quiet_begin(void)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct quiet q = {-1};

    if (nowhere < 0)
        return q;
    fflush(stderr);
    q.saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (q.saved >= 0)
        dup2(nowhere, STDERR_FILENO);
    close(nowhere);
    return q;
}

static void quiet_end(struct quiet *q)
{
    if (q->saved < 0)
        return;
    fflush(stderr);
    dup2(q->saved, STDERR_FILENO);
    close(q->saved);
}

static struct hwp_error *init(void)
{
    static bool done;
    static int status;

    if (!done) {
        HWP_TRY(hwp_pfm_init()); /* the first to initialise libpfm4 decides how */
        hwp_cleanup(quiet_end) struct quiet quiet = quiet_begin();
        (void)quiet;
        status = PAPI_library_init(PAPI_VER_CURRENT);
        PAPI_set_debug(PAPI_QUIET);
        done = true;
    }
    if (status == PAPI_VER_CURRENT)
        return NULL;
    return hwp_error_hint(
        hwp_error(HWP_E_UNSUPPORTED, "PAPI does not start: %s",
                  status > 0 ? "its version is not the one built with" : PAPI_strerror(status)),
        "use generic or native event names");
}

/* Why PAPI's CPU component can't be used, or NULL. */
static const char *cpu_disabled(void)
{
    int n = PAPI_num_components();

    for (int i = 0; i < n; i++) {
        const PAPI_component_info_t *c = PAPI_get_component_info(i);
        if (c && strcmp(c->name, "perf_event") == 0)
            return c->disabled ? c->disabled_reason : NULL;
    }
    return "PAPI was built without its perf_event component";
}

typedef void preset_fn(void *ctx, const PAPI_event_info_t *info);

static void each_preset(bool available, preset_fn *fn, void *ctx)
{
    int code = (int)PAPI_PRESET_MASK;
    PAPI_event_info_t *info = hwp_alloc(sizeof(*info)); /* 30 KB: too large for a stack frame */

    for (int more = PAPI_enum_event(&code, PAPI_ENUM_FIRST); more == PAPI_OK;
         more = PAPI_enum_event(&code, PAPI_ENUM_EVENTS)) {
        memset(info, 0, sizeof(*info));
        if (PAPI_get_event_info(code, info) == PAPI_OK && (!available || info->count > 0))
            fn(ctx, info);
    }
    free(info);
}

static void offer(void *ctx, const PAPI_event_info_t *info)
{
    hwp_suggest_offer(ctx, info->symbol);
}

static struct hwp_error *unknown_preset(const char *name)
{
    struct hwp_suggest near = {.wanted = name};

    each_preset(false, offer, &near);
    hwp_cleanup(hwp_free_cleanup) char *names = hwp_suggest_text(&near);
    hwp_suggest_deinit(&near);
    struct hwp_error *err = hwp_error(HWP_E_NOT_FOUND, "PAPI has no preset '%s'", name);
    if (names)
        return hwp_error_hint(err, "did you mean %s?", names);
    return hwp_error_hint(err, "`hwprof list papi` shows the presets of this CPU");
}

static struct hwp_error *unavailable(const char *name)
{
    const char *reason = cpu_disabled();
    struct hwp_error *err =
        reason ? hwp_error(HWP_E_UNSUPPORTED, "PAPI can't count '%s' here: %s", name, reason)
               : hwp_error(HWP_E_UNSUPPORTED, "PAPI has no '%s' for this CPU", name);

    if (reason)
        return hwp_error_hint(err, "PAPI needs a PMU that its libpfm4 knows; `hwprof doctor` says "
                                   "what can be measured here");
    return hwp_error_hint(err, "`hwprof list papi` shows the presets of this CPU");
}

/* A linear form: weights of the operands and a constant. */
struct form {
    double w[PAPI_MAX_INFO_TERMS], constant;
    bool operands; /* whether any weight may be set */
};

static void add(struct form *a, const struct form *b, double factor)
{
    for (unsigned i = 0; i < PAPI_MAX_INFO_TERMS; i++)
        a->w[i] += factor * b->w[i];
    a->constant += factor * b->constant;
    a->operands |= b->operands;
}

static void scale(struct form *a, double factor)
{
    for (unsigned i = 0; i < PAPI_MAX_INFO_TERMS; i++)
        a->w[i] *= factor;
    a->constant *= factor;
}

/* a = a op b; false where the result is not linear in the operands. */
static bool apply(char op, struct form *a, const struct form *b)
{
    switch (op) {
    case '+':
    case '-':
        add(a, b, op == '+' ? 1 : -1);
        return true;
    case '*':
        if (a->operands && b->operands)
            return false;
        if (b->operands) {
            double factor = a->constant;
            *a = *b;
            scale(a, factor);
        } else {
            scale(a, b->constant);
        }
        return true;
    default:
        if (b->operands || b->constant == 0)
            return false;
        scale(a, 1 / b->constant);
        return true;
    }
}

bool hwp_papi_postfix(const char *formula, unsigned n, double *ret_weights)
{
    struct form stack[16];
    unsigned depth = 0;

    for (const char *p = formula; *p; p += strcspn(p, "|"), p += *p == '|') {
        size_t len = strcspn(p, "|");
        char *end;

        if (len == 1 && strchr("+-*/", *p)) {
            if (depth < 2 || !apply(*p, &stack[depth - 2], &stack[depth - 1]))
                return false;
            depth--;
            continue;
        }
        if (depth == hwp_array_size(stack))
            return false;
        struct form *top = &stack[depth++];
        *top = (struct form){0};
        if (*p == 'N') {
            unsigned long i = strtoul(p + 1, &end, 10);
            if (end == p + 1 || i >= n || i >= PAPI_MAX_INFO_TERMS)
                return false;
            top->w[i] = 1;
            top->operands = true;
        } else {
            top->constant = strtod(p, &end);
        }
        if (end == p || end != p + len)
            return false;
    }
    if (depth != 1 || stack[0].constant != 0 || n > PAPI_MAX_INFO_TERMS)
        return false;
    memcpy(ret_weights, stack[0].w, n * sizeof(*ret_weights));
    return true;
}

/* The weights of the preset's natives by its kind of derivation. */
static bool weights_of(const PAPI_event_info_t *info, double *ret)
{
    for (unsigned i = 0; i < info->count; i++)
        ret[i] = 1;
    if (strcmp(info->derived, "NOT_DERIVED") == 0 || strcmp(info->derived, "DERIVED_ADD") == 0)
        return true;
    if (strcmp(info->derived, "DERIVED_SUB") == 0) {
        for (unsigned i = 1; i < info->count; i++)
            ret[i] = -1;
        return true;
    }
    if (strcmp(info->derived, "DERIVED_POSTFIX") == 0)
        return hwp_papi_postfix(info->postfix, info->count, ret);
    return false;
}

static void fill_preset(const PAPI_event_info_t *info, struct hwp_papi_preset *ret)
{
    double weights[PAPI_MAX_INFO_TERMS];

    ret->linear = weights_of(info, weights);
    for (unsigned i = 0; i < info->count && i < PAPI_MAX_INFO_TERMS; i++) {
        struct hwp_papi_part part = {hwp_strdup(info->name[i]), ret->linear ? weights[i] : 0};
        hwp_vec_push(&ret->parts, part);
    }
}

struct find {
    const char *name;
    bool found, available;
    struct hwp_papi_preset preset;
};

static void match(void *ctx, const PAPI_event_info_t *info)
{
    struct find *find = ctx;

    if (strcasecmp(info->symbol, find->name) != 0)
        return;
    find->found = true;
    if (info->count == 0 || info->count > PAPI_MAX_INFO_TERMS || find->available)
        return;
    find->available = true;
    fill_preset(info, &find->preset);
}

struct hwp_error *hwp_papi_preset(const char *name, struct hwp_papi_preset *ret)
{
    struct find find = {.name = name};

    HWP_TRY(init());
    {
        hwp_cleanup(quiet_end) struct quiet quiet = quiet_begin();
        (void)quiet;
        each_preset(false, match, &find);
    }
    if (!find.found)
        return unknown_preset(name);
    if (!find.available)
        return unavailable(name);
    *ret = find.preset;
    return NULL;
}

void hwp_papi_preset_deinit(struct hwp_papi_preset *preset)
{
    hwp_vec_foreach (&preset->parts, part)
        free(part->native);
    hwp_vec_deinit(&preset->parts);
}

static const PAPI_component_info_t *find_component(const char *name)
{
    int n = PAPI_num_components();

    for (int i = 0; i < n; i++) {
        const PAPI_component_info_t *c = PAPI_get_component_info(i);
        if (c && (strcmp(c->name, name) == 0 || strcmp(c->short_name, name) == 0))
            return c;
    }
    return NULL;
}

static struct hwp_error *no_component(const char *name)
{
    struct hwp_str list = {0};
    int n = PAPI_num_components();

    for (int i = 0; i < n; i++) {
        const PAPI_component_info_t *c = PAPI_get_component_info(i);
        if (c)
            hwp_str_addf(&list, "%s%s", list.len ? ", " : "", c->name);
    }
    struct hwp_error *err = hwp_error(HWP_E_NOT_FOUND, "this PAPI has no component '%s'", name);
    err = hwp_error_hint(err, "it was built with %s", list.data ? list.data : "none");
    hwp_str_deinit(&list);
    return err;
}

struct hwp_error *hwp_papi_component(const char *component, const char *event)
{
    hwp_cleanup(hwp_free_cleanup) char *full = hwp_asprintf("%s:::%s", component, event);
    int code, status;

    HWP_TRY(init());
    const PAPI_component_info_t *c = find_component(component);
    if (!c)
        return no_component(component);
    {
        hwp_cleanup(quiet_end) struct quiet quiet = quiet_begin();
        (void)quiet;
        status = PAPI_event_name_to_code(full, &code); /* wakes components that start late */
    }
    if (c->disabled)
        return hwp_error_hint(hwp_error(HWP_E_UNSUPPORTED, "PAPI's component '%s' is disabled: %s",
                                        component, c->disabled_reason),
                              "papi_component_avail shows the state of every component");
    if (status != PAPI_OK)
        return hwp_error_hint(
            hwp_error(HWP_E_NOT_FOUND, "PAPI's component '%s' has no event '%s'", component, event),
            "papi_native_avail lists the events of every component");
    return hwp_error_hint(hwp_error(HWP_E_UNSUPPORTED,
                                    "'%s' can't be counted per function: it has "
                                    "totals only",
                                    full),
                          "leave it out, or use an event of perf that measures the same, such as "
                          "power/energy-pkg/");
}

struct listing {
    hwp_papi_fn *fn;
    void *ctx;
};

static void list(void *ctx, const PAPI_event_info_t *info)
{
    const struct listing *l = ctx;

    l->fn(l->ctx, info->symbol, info->long_descr);
}

void hwp_papi_each(hwp_papi_fn *fn, void *ctx)
{
    struct listing listing = {fn, ctx};
    struct hwp_error *err = init();

    if (!err)
        each_preset(true, list, &listing);
    hwp_error_destroy(err);
}
