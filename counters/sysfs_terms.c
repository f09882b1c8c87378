/*
 * pmu/terms/ to a perf_event_attr: the PMU's own format fields, its event aliases, generic names on
 * core PMUs, and the terms that every PMU takes.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "counters/generic.h"
#include "counters/spec_text.h"
#include "counters/sysfs.h"

/* What a term is encoded for. `given` are the terms as typed, from which an alias with open
 * parameters ("core=?") takes their values. */
struct encoder {
    struct hwp_pmu *pmu;
    bool hybrid;
    const struct hwp_terms *given;
    struct hwp_pmu_event *event;
    unsigned depth; /* of aliases in aliases */
};

static struct hwp_error *apply_terms(struct encoder *e, const struct hwp_terms *terms);

uint64_t hwp_pmu_extended(const struct hwp_pmu *pmu, bool hybrid, uint64_t config)
{
    return hybrid ? (uint64_t)pmu->type << PERF_PMU_TYPE_SHIFT | config : config;
}

/* perf's own terms that ask for how to sample or show, which here is asked of the command. */
static const struct {
    const char *key, *instead;
} elsewhere[] = {
    {"percore", "--per-core"},
    {"inherit", "the default: tasks created later are followed"},
    {"no-inherit", "the session's options"},
    {"call-graph", "-g"},
    {"stack-size", "-g"},
    {"max-stack", "-g"},
    {"time", "the command's options"},
    {"branch_type", "the command's options"},
    {"nr", "the command's options"},
    {"overwrite", "the command's options"},
    {"no-overwrite", "the command's options"},
    {"driver-config", "perf itself"},
    {"aux-output", "perf itself"},
    {"aux-sample-size", "perf itself"},
    {"metric-id", "name=…"},
};

static bool parse_number(const char *text, uint64_t *ret)
{
    char *end;

    errno = 0;
    *ret = strtoull(text, &end, 0);
    return isdigit((unsigned char)text[0]) && !*end && !errno;
}

static struct hwp_error *number_of(const struct hwp_term *term, uint64_t *ret)
{
    if (!term->value)
        return hwp_error_hint(hwp_error(HWP_E_INVALID, "term '%s' needs a value", term->key),
                              "write %s=NUMBER", term->key);
    if (!parse_number(term->value, ret))
        return hwp_error_hint(hwp_error(HWP_E_INVALID, "term '%s': '%s' is not a 64-bit number",
                                        term->key, term->value),
                              "numbers are written 123 or 0x7b");
    return NULL;
}

/* NULL where the kernel headers of the build end before this field. */
static __u64 *config_word(struct perf_event_attr *attr, unsigned index)
{
    switch (index) {
    case 0:
        return &attr->config;
    case 1:
        return &attr->config1;
    case 2:
        return &attr->config2;
#ifdef PERF_ATTR_SIZE_VER8
    case 3:
        return &attr->config3;
#endif
    default:
        return NULL;
    }
}

static struct hwp_error *no_such_word(const char *key)
{
    return hwp_error_hint(hwp_error(HWP_E_UNSUPPORTED,
                                    "term '%s' goes into config3, which this "
                                    "build doesn't know",
                                    key),
                          "build hwprof with the headers of Linux 6.3 or newer");
}

/* Spreads the value over the set bits of the field's mask, lowest first. */
static struct hwp_error *apply_format(struct encoder *e, const struct hwp_pmu_format *format,
                                      const struct hwp_term *term)
{
    __u64 *word = config_word(&e->event->attr, format->index);
    unsigned bits = (unsigned)__builtin_popcountll(format->mask);
    uint64_t value = 1, rest;

    if (!word)
        return no_such_word(term->key);
    if (term->value)
        HWP_TRY(number_of(term, &value));
    if (bits < 64 && value >> bits)
        return hwp_error_hint(hwp_error(HWP_E_INVALID,
                                        "term '%s': %s does not fit the field's %u "
                                        "bit%s",
                                        term->key, term->value, bits, bits == 1 ? "" : "s"),
                              "the largest is %#llx", (unsigned long long)((1ull << bits) - 1));
    *word &= ~format->mask;
    rest = format->mask;
    for (; rest; rest &= rest - 1, value >>= 1)
        if (value & 1)
            *word |= rest & -rest;
    return NULL;
}

static struct hwp_error *apply_config(struct encoder *e, const struct hwp_term *term,
                                      unsigned index)
{
    __u64 *word = config_word(&e->event->attr, index);
    uint64_t value = 0;

    if (!word)
        return no_such_word(term->key);
    HWP_TRY(number_of(term, &value));
    *word = value;
    return NULL;
}

static struct hwp_error *apply_sampling(const struct hwp_term *term, uint64_t *ret)
{
    uint64_t value = 0;

    HWP_TRY(number_of(term, &value));
    if (value == 0)
        return hwp_error(HWP_E_INVALID, "term '%s' can't be 0", term->key);
    *ret = value;
    return NULL;
}

static struct hwp_error *apply_name(struct encoder *e, const struct hwp_term *term)
{
    if (!term->value)
        return hwp_error_hint(hwp_error(HWP_E_INVALID, "term 'name' needs a value"),
                              "write name=TEXT or name='TEXT, more'");
    free(e->event->name);
    e->event->name = hwp_strdup(term->value);
    return NULL;
}

/* An alias' open parameter: the value the user gave, else an error. */
static struct hwp_error *fill_parameter(const struct encoder *e, const char *alias,
                                        struct hwp_term *term)
{
    hwp_vec_foreach (e->given, given) {
        if (given->value && strcmp(given->key, term->key) == 0) {
            free(term->value);
            term->value = hwp_strdup(given->value);
            return NULL;
        }
    }
    return hwp_error_hint(
        hwp_error(HWP_E_INVALID, "event '%s' needs a value for '%s'", alias, term->key),
        "write %s/%s,%s=NUMBER/", e->pmu->name, alias, term->key);
}

static struct hwp_error *apply_alias_terms(struct encoder *e, const struct hwp_pmu_alias *alias,
                                           struct hwp_terms *terms)
{
    struct hwp_slice s = {alias->terms, 0, strlen(alias->terms)};

    struct hwp_error *err = hwp_spec_terms(s, terms);

    if (err)
        return hwp_error_prefix(err, "%s/events/%s", e->pmu->path, alias->name);
    hwp_vec_foreach (terms, term)
        if (term->value && strcmp(term->value, "?") == 0)
            HWP_TRY(fill_parameter(e, alias->name, term));
    e->depth++;
    err = apply_terms(e, terms);
    e->depth--;
    return hwp_error_prefix(err, "%s/events/%s", e->pmu->path, alias->name);
}

static struct hwp_error *apply_alias(struct encoder *e, const struct hwp_pmu_alias *alias)
{
    struct hwp_terms terms = {0};
    struct hwp_error *err = apply_alias_terms(e, alias, &terms);

    hwp_terms_deinit(&terms);
    if (err)
        return err;
    free(e->event->unit);
    e->event->unit = hwp_strdup(alias->unit);
    e->event->scale = alias->scale;
    return NULL;
}

/* cpu/cycles/, cpu_core/L1-dcache-loads/: the kernel's generic event on this core PMU. */
static bool apply_generic(struct encoder *e, const struct hwp_term *term)
{
    struct hwp_generic row;

    if (term->value || !e->pmu->core || !hwp_generic_find(term->key, &row) ||
        row.type == PERF_TYPE_SOFTWARE)
        return false;
    e->event->attr.type = row.type;
    e->event->attr.config = hwp_pmu_extended(e->pmu, e->hybrid, row.config);
    return true;
}

/* cpu/r1c0/: a raw code. "0x" is allowed after the r, as perf has it. */
static bool apply_raw(struct encoder *e, const struct hwp_term *term)
{
    const char *digits = term->key + 1;
    char *end;

    if (term->value || term->key[0] != 'r' || !isxdigit((unsigned char)*digits) ||
        strlen(digits) > 18)
        return false;
    errno = 0;
    unsigned long long code = strtoull(digits, &end, 16);
    if (*end || errno)
        return false;
    e->event->attr.config = code;
    return true;
}

static struct hwp_error *unknown_term(const struct encoder *e, const struct hwp_term *term)
{
    struct hwp_suggest near = {.wanted = term->key};
    struct hwp_str list = {0};

    for (size_t i = 0; i < hwp_array_size(elsewhere); i++)
        if (strcmp(elsewhere[i].key, term->key) == 0)
            return hwp_error_hint(hwp_error(HWP_E_UNSUPPORTED,
                                            "term '%s' of perf is no part of an event here",
                                            term->key),
                                  "see %s", elsewhere[i].instead);
    hwp_vec_foreach (&e->pmu->formats, format) {
        hwp_suggest_offer(&near, format->name);
        hwp_str_addf(&list, "%s, ", format->name);
    }
    hwp_vec_foreach (&e->pmu->aliases, alias)
        hwp_suggest_offer(&near, alias->name);
    hwp_cleanup(hwp_free_cleanup) char *names = hwp_suggest_text(&near);
    hwp_suggest_deinit(&near);
    struct hwp_error *err =
        hwp_error(HWP_E_INVALID, "PMU '%s' has no term or event '%s'", e->pmu->name, term->key);
    err = hwp_error_hint(err,
                         "%s%s%sits terms are %sconfig, config1, config2, config3, name, "
                         "period, freq; it has %zu named events",
                         names ? "did you mean " : "", names ? names : "", names ? "? " : "",
                         list.data ? list.data : "", e->pmu->aliases.len);
    hwp_str_deinit(&list);
    return err;
}

static struct hwp_error *apply_term(struct encoder *e, const struct hwp_term *term)
{
    static const char *const configs[] = {"config", "config1", "config2", "config3"};

    if (!term->value && e->depth == 0) {
        const struct hwp_pmu_alias *alias = hwp_pmu_alias_find(e->pmu, term->key);
        if (alias)
            return apply_alias(e, alias);
    }
    hwp_vec_foreach (&e->pmu->formats, format)
        if (strcmp(format->name, term->key) == 0)
            return apply_format(e, format, term);
    for (unsigned i = 0; i < hwp_array_size(configs); i++)
        if (strcmp(configs[i], term->key) == 0)
            return apply_config(e, term, i);
    if (strcmp(term->key, "period") == 0)
        return apply_sampling(term, &e->event->period);
    if (strcmp(term->key, "freq") == 0)
        return apply_sampling(term, &e->event->freq);
    if (strcmp(term->key, "name") == 0)
        return apply_name(e, term);
    if (apply_generic(e, term) || apply_raw(e, term))
        return NULL;
    return unknown_term(e, term);
}

/* Whether a typed term only fills an open parameter of an alias, which is no field itself. */
static bool only_parameter(struct encoder *e, const struct hwp_term *term)
{
    hwp_cleanup(hwp_free_cleanup) char *open = hwp_asprintf("%s=?", term->key);

    if (!term->value || e->depth > 0)
        return false;
    hwp_vec_foreach (&e->pmu->formats, format)
        if (strcmp(format->name, term->key) == 0)
            return false;
    hwp_vec_foreach (e->given, given) {
        const struct hwp_pmu_alias *alias =
            given->value ? NULL : hwp_pmu_alias_find(e->pmu, given->key);
        if (alias && strstr(alias->terms, open))
            return true;
    }
    return false;
}

static struct hwp_error *apply_terms(struct encoder *e, const struct hwp_terms *terms)
{
    hwp_vec_foreach (terms, term)
        if (!only_parameter(e, term))
            HWP_TRY(apply_term(e, term));
    return NULL;
}

/* Aliases are the ground on which the other terms then change fields, wherever they stand. */
static struct hwp_error *apply_given(struct encoder *e)
{
    for (int aliases = 1; aliases >= 0; aliases--) {
        hwp_vec_foreach (e->given, term) {
            bool alias = !term->value && hwp_pmu_alias_find(e->pmu, term->key);
            if (alias == (aliases == 1) && !only_parameter(e, term))
                HWP_TRY(apply_term(e, term));
        }
    }
    return NULL;
}

struct hwp_error *hwp_pmu_encode(struct hwp_pmu *pmu, bool hybrid, const struct hwp_terms *terms,
                                 struct hwp_pmu_event *ret)
{
    struct encoder e = {.pmu = pmu, .hybrid = hybrid, .given = terms, .event = ret};

    *ret = (struct hwp_pmu_event){.attr.type = pmu->type, .scale = 1};
    hwp_pmu_load(pmu);
    HWP_TRY(apply_given(&e));
    if (ret->period && ret->freq)
        return hwp_error(HWP_E_INVALID, "terms 'period' and 'freq' exclude each other");
    return NULL;
}

void hwp_pmu_event_deinit(struct hwp_pmu_event *event)
{
    free(event->name);
    free(event->unit);
}
