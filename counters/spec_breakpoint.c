/*
 * mem:(ADDR|SYMBOL[+OFFSET])[/LEN][:ACCESS][:modifiers]. C++ symbols may hold "::".
 */
#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "counters/spec_text.h"

static const char form[] = "a breakpoint is written mem:ADDRESS/LENGTH:rw or mem:SYMBOL+OFFSET:w";

/* The end of the location: a '/', or a ':' that is not half of "::". */
static size_t location_end(struct hwp_slice s)
{
    size_t i = s.at;

    while (i < s.end && s.text[i] != '/') {
        bool doubled = s.text[i] == ':' && i + 1 < s.end && s.text[i + 1] == ':';
        if (s.text[i] == ':' && !doubled)
            break;
        i += doubled ? 2 : 1;
    }
    return i;
}

static struct hwp_error *parse_location(struct hwp_slice s, struct hwp_spec *ret)
{
    size_t plus = s.at;

    if (s.at == s.end)
        return hwp_spec_error(s.text, s.at, form, "the address is missing");
    if (isdigit((unsigned char)s.text[s.at]))
        return hwp_spec_number(s, "address", &ret->raw);
    while (plus < s.end && s.text[plus] != '+')
        plus++;
    if (plus == s.at)
        return hwp_spec_error(s.text, s.at, form, "the symbol is missing");
    ret->name = hwp_strndup(s.text + s.at, plus - s.at);
    if (plus == s.end)
        return NULL;
    return hwp_spec_number((struct hwp_slice){s.text, plus + 1, s.end}, "offset", &ret->raw);
}

static struct hwp_error *parse_length(struct hwp_slice s, struct hwp_spec *ret)
{
    uint64_t len;

    HWP_TRY(hwp_spec_number(s, "length", &len));
    if (len != 1 && len != 2 && len != 4 && len != 8)
        return hwp_spec_error(s.text, s.at,
                              "the hardware watches 1, 2, 4 or 8 bytes; use several "
                              "breakpoints for more",
                              "a breakpoint can't have length %llu", (unsigned long long)len);
    ret->bp_len = (uint32_t)len;
    return NULL;
}

static bool is_access(struct hwp_slice s)
{
    for (size_t i = s.at; i < s.end; i++)
        if (!strchr("rwx", s.text[i]))
            return false;
    return s.end > s.at;
}

static struct hwp_error *parse_access(struct hwp_slice s, struct hwp_spec *ret)
{
    for (size_t i = s.at; i < s.end; i++) {
        bool *flag = s.text[i] == 'r'   ? &ret->bp_read
                     : s.text[i] == 'w' ? &ret->bp_write
                                        : &ret->bp_exec;
        if (*flag)
            return hwp_spec_error(s.text, i, form, "access '%c' is there twice", s.text[i]);
        *flag = true;
    }
    if (ret->bp_exec && (ret->bp_read || ret->bp_write))
        return hwp_spec_error(s.text, s.at, "the hardware watches either x, or r, w or rw",
                              "x can't be combined with r or w");
    return NULL;
}

struct hwp_error *hwp_spec_breakpoint(struct hwp_slice s, struct hwp_spec *ret)
{
    struct hwp_slice rest = {s.text, s.at + strlen("mem:"), s.end};
    size_t end = location_end(rest);

    ret->kind = HWP_SPEC_BREAKPOINT;
    HWP_TRY(parse_location((struct hwp_slice){s.text, rest.at, end}, ret));
    rest.at = end;
    if (rest.at < s.end && s.text[rest.at] == '/') {
        end = ++rest.at;
        while (end < s.end && s.text[end] != ':')
            end++;
        HWP_TRY(parse_length((struct hwp_slice){s.text, rest.at, end}, ret));
        rest.at = end;
    }
    if (rest.at < s.end) {
        end = ++rest.at;
        while (end < s.end && s.text[end] != ':')
            end++;
        struct hwp_slice part = {s.text, rest.at, end};
        if (is_access(part)) {
            HWP_TRY(parse_access(part, ret));
            rest.at = end < s.end ? end + 1 : end;
        }
        if (rest.at < s.end || end < s.end || !is_access(part))
            HWP_TRY(hwp_spec_modifiers((struct hwp_slice){s.text, rest.at, s.end}, &ret->mods));
    }
    if (!ret->bp_read && !ret->bp_write && !ret->bp_exec)
        ret->bp_read = ret->bp_write = true;
    return NULL;
}
