/*
 * Lists and groups. What a single event is: spec_event.c.
 */
#include "counters/spec.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "base/str.h"
#include "counters/spec_text.h"

struct parser {
    const char *text;
    size_t at;
    struct hwp_specs *specs;
    int groups;
};

struct hwp_error *hwp_spec_error(const char *text, size_t at, const char *advice, const char *fmt,
                                 ...)
{
    hwp_cleanup(hwp_free_cleanup) char *msg = NULL;
    struct hwp_str hint = {0};
    va_list ap;

    va_start(ap, fmt);
    msg = hwp_vasprintf(fmt, ap);
    va_end(ap);
    hwp_str_addf(&hint, "%s\n    %s\n    ", advice ? advice : "it is here:", text);
    for (size_t i = 0; i < at; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80) /* one column per UTF-8 code point */
            hwp_str_addc(&hint, text[i] == '\t' ? '\t' : ' ');
    hwp_str_addc(&hint, '^');
    struct hwp_error *err =
        hwp_error(HWP_E_INVALID, "bad event list: %s, at position %zu", msg, at + 1);
    err = hwp_error_hint(err, "%s", hint.data);
    hwp_str_deinit(&hint);
    return err;
}

static void skip_space(struct parser *p)
{
    while (isspace((unsigned char)p->text[p->at]))
        p->at++;
}

/* Past the '/' that ends the terms which begin at `from`; 0 if there is none. */
static size_t after_terms(const char *text, size_t from)
{
    bool quoted = false;

    for (size_t i = from; text[i]; i++) {
        if (text[i] == '\'')
            quoted = !quoted;
        else if (text[i] == '/' && !quoted)
            return i + 1;
    }
    return 0;
}

/* Where the event at p->at ends. Only pmu/…/ may hold commas and braces. */
static struct hwp_error *event_end(const struct parser *p, size_t *ret)
{
    const char *begin = p->text + p->at;
    size_t at = p->at, word = strcspn(begin, ",{}");
    const char *component = strstr(begin, ":::");
    bool slashes =
        !hwp_starts_with(begin, "mem:") && !(component && (size_t)(component - begin) < word);

    for (; p->text[at] && !strchr(",{}", p->text[at]); at++) {
        if (p->text[at] != '/' || !slashes)
            continue;
        size_t after = after_terms(p->text, at + 1);
        if (!after)
            return hwp_spec_error(p->text, at, "a PMU event is written PMU/term,term/",
                                  "this '/' has no closing '/'");
        at = after - 1;
        slashes = false;
    }
    if (p->text[at] == '{')
        return hwp_spec_error(p->text, at,
                              "a group is written {event,event}, with a comma before "
                              "it and no group inside",
                              "unexpected '{'");
    *ret = at;
    return NULL;
}

static struct hwp_error *parse_event(struct parser *p, int group)
{
    struct hwp_spec spec = {.group = group};
    size_t end = p->at;

    skip_space(p);
    HWP_TRY(event_end(p, &end));
    struct hwp_slice s = {p->text, p->at, end};
    while (s.end > s.at && isspace((unsigned char)s.text[s.end - 1]))
        s.end--;
    struct hwp_error *err = hwp_spec_event(s, &spec);
    if (err) {
        hwp_spec_deinit(&spec);
        return err;
    }
    hwp_vec_push(p->specs, spec);
    p->at = end;
    return NULL;
}

/* Groups add to their members' modifiers, as perf does; `p` and `pp` make `ppp`. */
static struct hwp_error *add_modifiers(struct parser *p, size_t at, struct hwp_modifiers *into,
                                       const struct hwp_modifiers *more)
{
    if (into->precise + more->precise > 3)
        return hwp_spec_error(p->text, at,
                              "an event takes p up to three times, the group's own "
                              "included",
                              "too many 'p'");
    into->precise = (uint8_t)(into->precise + more->precise);
    into->user |= more->user;
    into->kernel |= more->kernel;
    into->hypervisor |= more->hypervisor;
    into->guest |= more->guest;
    into->host |= more->host;
    into->max_precise |= more->max_precise;
    into->sample_read |= more->sample_read;
    into->pinned |= more->pinned;
    into->exclusive |= more->exclusive;
    into->weak |= more->weak;
    into->exclude_idle |= more->exclude_idle;
    return NULL;
}

static struct hwp_error *group_modifiers(struct parser *p, size_t first)
{
    struct hwp_modifiers mods = {0};
    size_t at = p->at + 1;
    size_t end = at + strcspn(p->text + at, ",{} \t\n");

    HWP_TRY(hwp_spec_modifiers((struct hwp_slice){p->text, at, end}, &mods));
    for (size_t i = first; i < p->specs->len; i++)
        HWP_TRY(add_modifiers(p, at, &p->specs->data[i].mods, &mods));
    p->at = end;
    return NULL;
}

static struct hwp_error *parse_group(struct parser *p)
{
    size_t open = p->at, first = p->specs->len;
    int group = p->groups++;

    do {
        p->at++;
        skip_space(p);
        if (!p->text[p->at])
            break;
        HWP_TRY(parse_event(p, group));
    } while (p->text[p->at] == ',');
    if (p->text[p->at] != '}')
        return hwp_spec_error(p->text, open, "a group is written {event,event}",
                              "this '{' has no closing '}'");
    p->at++;
    if (p->text[p->at] == ':')
        return group_modifiers(p, first);
    return NULL;
}

static struct hwp_error *parse_list(struct parser *p)
{
    for (;;) {
        skip_space(p);
        if (p->text[p->at] == '{')
            HWP_TRY(parse_group(p));
        else
            HWP_TRY(parse_event(p, -1));
        skip_space(p);
        if (!p->text[p->at])
            return NULL;
        if (p->text[p->at] == '}')
            return hwp_spec_error(p->text, p->at, NULL, "this '}' has no opening '{'");
        if (p->text[p->at] != ',')
            return hwp_spec_error(p->text, p->at, "events are separated by commas",
                                  "unexpected '%c' after a group", p->text[p->at]);
        p->at++;
    }
}

struct hwp_error *hwp_specs_parse(const char *text, struct hwp_specs *ret)
{
    struct hwp_specs specs = {0};
    struct parser p = {.text = text, .specs = &specs};
    struct hwp_error *err = parse_list(&p);

    if (err) {
        hwp_specs_deinit(&specs);
        return err;
    }
    *ret = specs;
    return NULL;
}

void hwp_terms_deinit(struct hwp_terms *terms)
{
    hwp_vec_foreach (terms, t) {
        free(t->key);
        free(t->value);
    }
    hwp_vec_deinit(terms);
}

void hwp_spec_deinit(struct hwp_spec *spec)
{
    free(spec->text);
    free(spec->name);
    free(spec->pmu);
    hwp_terms_deinit(&spec->terms);
}

void hwp_specs_deinit(struct hwp_specs *specs)
{
    hwp_vec_foreach (specs, spec)
        hwp_spec_deinit(spec);
    hwp_vec_deinit(specs);
}
