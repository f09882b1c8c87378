/*
 * One event's text: which kind it is, and its parts. The rules stand in spec.h.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "counters/generic.h"
#include "counters/spec_text.h"

#define LETTERS        "ukhGHpPSDeWI"
#define NATIVE_LETTERS "ukhpP"

static const char modifier_advice[] =
    "modifiers are u k h (user, kernel, hypervisor), G H (guest, host), p pp ppp P (precise), "
    "S (read with samples), D (pinned), e (exclusive), W (weak group), I (not when idle)";

static char *slice_dup(struct hwp_slice s)
{
    return hwp_strndup(s.text + s.at, s.end - s.at);
}

static bool slice_has(struct hwp_slice s, char c)
{
    return memchr(s.text + s.at, c, s.end - s.at) != NULL;
}

static bool slice_starts(struct hwp_slice s, const char *prefix)
{
    size_t n = strlen(prefix);

    return s.end - s.at >= n && strncmp(s.text + s.at, prefix, n) == 0;
}

/* The first ':' at or after `from`, or s.end. */
static size_t find_colon(struct hwp_slice s, size_t from)
{
    while (from < s.end && s.text[from] != ':')
        from++;
    return from;
}

struct hwp_error *hwp_spec_number(struct hwp_slice s, const char *what, uint64_t *ret)
{
    hwp_cleanup(hwp_free_cleanup) char *text = slice_dup(s);
    char *end;

    errno = 0;
    unsigned long long n = strtoull(text, &end, 0);
    if (!isdigit((unsigned char)text[0]) || *end)
        return hwp_spec_error(s.text, s.at, "numbers are written 123 or 0x7b",
                              "%s '%s' is not a number", what, text);
    if (errno)
        return hwp_spec_error(s.text, s.at, NULL, "%s '%s' is over 64 bits", what, text);
    *ret = n;
    return NULL;
}

static bool made_of(struct hwp_slice s, const char *letters)
{
    unsigned precise = 0;

    for (size_t i = s.at; i < s.end; i++) {
        if (!s.text[i] || !strchr(letters, s.text[i]))
            return false;
        precise += s.text[i] == 'p';
        if (s.text[i] != 'p' && memchr(s.text + i + 1, s.text[i], s.end - i - 1))
            return false;
    }
    return s.end > s.at && precise <= 3;
}

bool hwp_spec_is_modifiers(struct hwp_slice s)
{
    return made_of(s, LETTERS);
}

static void set_modifier(char letter, struct hwp_modifiers *mods)
{
    switch (letter) {
    case 'u': mods->user = true; break;
    case 'k': mods->kernel = true; break;
    case 'h': mods->hypervisor = true; break;
    case 'G': mods->guest = true; break;
    case 'H': mods->host = true; break;
    case 'p': mods->precise++; break;
    case 'P': mods->max_precise = true; break;
    case 'S': mods->sample_read = true; break;
    case 'D': mods->pinned = true; break;
    case 'e': mods->exclusive = true; break;
    case 'W': mods->weak = true; break;
    case 'I': mods->exclude_idle = true; break;
    default: break;
    }
}

struct hwp_error *hwp_spec_modifiers(struct hwp_slice s, struct hwp_modifiers *mods)
{
    if (s.at == s.end)
        return hwp_spec_error(s.text, s.at, modifier_advice, "modifiers are missing after ':'");
    for (size_t i = s.at; i < s.end; i++) {
        char c = s.text[i];

        if (!strchr(LETTERS, c))
            return hwp_spec_error(s.text, i, modifier_advice, "unknown modifier '%c'", c);
        if (c != 'p' && memchr(s.text + s.at, c, i - s.at))
            return hwp_spec_error(s.text, i, modifier_advice, "modifier '%c' is there twice", c);
        if (c == 'p' && mods->precise == 3)
            return hwp_spec_error(s.text, i, "an event takes p up to three times", "too many 'p'");
        set_modifier(c, mods);
    }
    return NULL;
}

/* key [= value]; a value in quotes loses them. */
static struct hwp_error *parse_term(struct hwp_slice s, struct hwp_terms *ret)
{
    size_t equals = s.at;

    while (equals < s.end && s.text[equals] != '=')
        equals++;
    if (equals == s.at)
        return hwp_spec_error(s.text, s.at, "terms are written key=value or key",
                              s.at == s.end ? "a term is missing" : "a term's name is missing");
    struct hwp_term term = {.key = slice_dup((struct hwp_slice){s.text, s.at, equals})};
    hwp_vec_push(ret, term);
    if (equals == s.end)
        return NULL;
    struct hwp_slice value = {s.text, equals + 1, s.end};
    if (value.end - value.at >= 2 && s.text[value.at] == '\'' && s.text[value.end - 1] == '\'')
        value = (struct hwp_slice){s.text, value.at + 1, value.end - 1};
    if (value.at == value.end)
        return hwp_spec_error(s.text, equals, "terms are written key=value or key",
                              "the value of '%s' is missing", term.key);
    hwp_vec_last(ret)->value = slice_dup(value);
    return NULL;
}

struct hwp_error *hwp_spec_terms(struct hwp_slice s, struct hwp_terms *ret)
{
    size_t at = s.at;

    for (;;) {
        bool quoted = false;
        size_t end = at;

        for (; end < s.end && (quoted || s.text[end] != ','); end++)
            quoted ^= s.text[end] == '\'';
        HWP_TRY(parse_term((struct hwp_slice){s.text, at, end}, ret));
        if (end >= s.end)
            return NULL;
        at = end + 1;
    }
}

/* PMU/terms/[:][modifiers] */
static struct hwp_error *parse_pmu(struct hwp_slice s, struct hwp_spec *ret)
{
    size_t open = s.at, close = s.end;

    while (s.text[open] != '/')
        open++;
    if (open == s.at)
        return hwp_spec_error(s.text, s.at, "a PMU event is written PMU/term,term/; `hwprof list` "
                                            "shows the PMUs",
                              "the PMU's name is missing before '/'");
    while (s.text[--close] != '/') {
    }
    if (close == open)
        return hwp_spec_error(s.text, open, "a PMU event is written PMU/term,term/",
                              "this '/' has no closing '/'");
    ret->kind = HWP_SPEC_PMU;
    ret->pmu = slice_dup((struct hwp_slice){s.text, s.at, open});
    if (close > open + 1)
        HWP_TRY(hwp_spec_terms((struct hwp_slice){s.text, open + 1, close}, &ret->terms));
    if (close + 1 == s.end)
        return NULL;
    size_t mods = close + 1 + (s.text[close + 1] == ':');
    return hwp_spec_modifiers((struct hwp_slice){s.text, mods, s.end}, &ret->mods);
}

/* Sets the name up to `colon`; what follows a colon there must be modifiers. */
static struct hwp_error *name_and_modifiers(struct hwp_slice s, size_t colon, struct hwp_spec *ret)
{
    ret->name = slice_dup((struct hwp_slice){s.text, s.at, colon});
    if (colon == s.end)
        return NULL;
    return hwp_spec_modifiers((struct hwp_slice){s.text, colon + 1, s.end}, &ret->mods);
}

static struct hwp_error *parse_component(struct hwp_slice s, size_t colons, struct hwp_spec *ret)
{
    ret->kind = HWP_SPEC_COMPONENT;
    if (colons == s.at || colons + 3 == s.end)
        return hwp_spec_error(s.text, colons, "a PAPI component event is written COMPONENT:::EVENT",
                              "there must be a name on both sides of ':::'");
    ret->pmu = slice_dup((struct hwp_slice){s.text, s.at, colons});
    ret->name = slice_dup((struct hwp_slice){s.text, colons + 3, s.end});
    return NULL;
}

static bool is_raw(struct hwp_slice s)
{
    if (s.end - s.at < 2 || s.text[s.at] != 'r')
        return false;
    for (size_t i = s.at + 1; i < s.end; i++)
        if (!isxdigit((unsigned char)s.text[i]))
            return false;
    return true;
}

static struct hwp_error *parse_raw(struct hwp_slice s, size_t colon, struct hwp_spec *ret)
{
    ret->kind = HWP_SPEC_RAW;
    if (colon - s.at > 17)
        return hwp_spec_error(s.text, s.at, "a raw event is r and up to 16 hex digits",
                              "the raw code is over 64 bits");
    ret->raw = strtoull(s.text + s.at + 1, NULL, 16);
    return name_and_modifiers(s, colon, ret);
}

/* [PMU::]EVENT{:ATTRIBUTE[=VALUE]}, the last part modifiers if it looks like it. */
static struct hwp_error *parse_native(struct hwp_slice s, struct hwp_spec *ret)
{
    size_t last = s.end;

    for (size_t i = s.at; i < s.end; i++)
        if (s.text[i] == ':')
            last = i;
    if (last + 1 == s.end || last == s.at)
        return hwp_spec_error(s.text, last, "a native event is written [PMU::]EVENT[:UMASK]",
                              "a name is missing at this ':'");
    bool doubled = last < s.end && last > s.at && s.text[last - 1] == ':';
    if (last == s.end || doubled ||
        !made_of((struct hwp_slice){s.text, last + 1, s.end}, NATIVE_LETTERS))
        last = s.end;
    return name_and_modifiers(s, last, ret);
}

static struct hwp_error *parse_tracepoint(struct hwp_slice s, size_t colon, struct hwp_spec *ret)
{
    size_t end = find_colon(s, colon + 1);

    if (colon == s.at || end == colon + 1)
        return hwp_spec_error(s.text, colon, "a tracepoint is written SYSTEM:NAME; modifiers are "
                                             "written EVENT:u",
                              "a name is missing at this ':'");
    ret->kind = HWP_SPEC_TRACEPOINT;
    ret->pmu = slice_dup((struct hwp_slice){s.text, s.at, colon});
    ret->name = slice_dup((struct hwp_slice){s.text, colon + 1, end});
    if (end == s.end)
        return NULL;
    return hwp_spec_modifiers((struct hwp_slice){s.text, end + 1, s.end}, &ret->mods);
}

static bool looks_native(struct hwp_slice s, size_t colon)
{
    if (colon + 1 < s.end && s.text[colon + 1] == ':')
        return true;
    for (size_t i = s.at; i < colon; i++)
        if (isupper((unsigned char)s.text[i]))
            return true;
    return slice_has(s, '=');
}

static bool is_generic(struct hwp_slice s)
{
    hwp_cleanup(hwp_free_cleanup) char *name = slice_dup(s);
    struct hwp_generic row;

    return hwp_generic_find(name, &row);
}

static struct hwp_error *parse_named(struct hwp_slice s, struct hwp_spec *ret)
{
    size_t colon = find_colon(s, s.at);
    struct hwp_slice head = {s.text, s.at, colon};

    if (s.end - s.at > 5 && strncasecmp(s.text + s.at, "PAPI_", 5) == 0) {
        ret->kind = HWP_SPEC_PAPI;
        return name_and_modifiers(s, colon, ret);
    }
    if (is_raw(head))
        return parse_raw(s, colon, ret);
    ret->kind = HWP_SPEC_NAME;
    if (colon == s.end || is_generic(head))
        return name_and_modifiers(s, colon, ret);
    if (colon > s.at && looks_native(s, colon))
        return parse_native(s, ret);
    if (colon > s.at && hwp_spec_is_modifiers((struct hwp_slice){s.text, colon + 1, s.end}))
        return name_and_modifiers(s, colon, ret);
    return parse_tracepoint(s, colon, ret);
}

/* Characters that no event has, outside of a PMU's terms. */
static struct hwp_error *check_characters(struct hwp_slice s)
{
    for (size_t i = s.at; i < s.end; i++) {
        if (isspace((unsigned char)s.text[i]))
            return hwp_spec_error(s.text, i, "events are separated by commas",
                                  "unexpected space in an event");
        if (iscntrl((unsigned char)s.text[i]))
            return hwp_spec_error(s.text, i, NULL, "unexpected control character in an event");
    }
    return NULL;
}

struct hwp_error *hwp_spec_event(struct hwp_slice s, struct hwp_spec *ret)
{
    if (s.at == s.end)
        return hwp_spec_error(s.text, s.at, "events are written event,event or {event,event}; "
                                            "`hwprof list` shows them",
                              "an event is missing");
    ret->text = slice_dup(s);
    ret->column = (unsigned)s.at;
    if (slice_starts(s, "mem:")) {
        HWP_TRY(check_characters(s));
        return hwp_spec_breakpoint(s, ret);
    }
    const char *component = strstr(ret->text, ":::");
    const char *slash = strchr(ret->text, '/');
    if (slash && !(component && component < slash))
        return parse_pmu(s, ret);
    HWP_TRY(check_characters(s));
    if (component)
        return parse_component(s, s.at + (size_t)(component - ret->text), ret);
    return parse_named(s, ret);
}
