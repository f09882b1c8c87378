#include "reports/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Length of the well-formed sequence at `s` (Unicode 15, table 3-7) and its code point; 0 if it is
 * ill-formed. `s` is NUL-terminated, so that a sequence cut short ends in an ill-formed byte. */
static size_t decode(const unsigned char *s, uint32_t *ret)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t min;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    for (size_t n = 0; n < 4; n++) {
        if ((s[0] & forms[n].mask) != forms[n].lead)
            continue;
        uint32_t c = s[0] & (unsigned char)~forms[n].mask;
        for (size_t k = 1; k <= n; k++) {
            if ((s[k] & 0xc0) != 0x80)
                return 0;
            c = c << 6 | (s[k] & 0x3f);
        }
        if (c < forms[n].min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return 0;
        *ret = c;
        return n + 1;
    }
    return 0;
}

char *hwp_text_utf8(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    struct hwp_str text = {0};

    while (*p) {
        uint32_t c;
        size_t n = decode(p, &c);
        if (n)
            hwp_str_addn(&text, (const char *)p, n);
        else
            hwp_str_add(&text, REPLACEMENT);
        p += n ? n : 1;
    }
    return hwp_str_steal(&text);
}

/* Reorders or hides what surrounds it: U+200E/F, U+202A–E, U+2066–9, line separators. */
static bool is_deceptive(uint32_t c)
{
    return c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || (c & 0xfffe) == 0xfffe; /* no characters, nor in XML */
}

static void add_printable(struct hwp_str *text, const unsigned char *bytes, size_t n, uint32_t c)
{
    if (c == '\t')
        hwp_str_addc(text, ' ');
    else if (c < 0x20 || c == 0x7f)
        hwp_str_addf(text, "\\x%02x", c);
    else if ((c >= 0x80 && c < 0xa0) || is_deceptive(c))
        hwp_str_addf(text, "\\u{%x}", c);
    else
        hwp_str_addn(text, (const char *)bytes, n);
}

char *hwp_text_printable(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    struct hwp_str text = {0};

    while (*p) {
        uint32_t c;
        size_t n = decode(p, &c);
        if (n)
            add_printable(&text, p, n, c);
        else
            hwp_str_add(&text, REPLACEMENT);
        p += n ? n : 1;
    }
    return hwp_str_steal(&text);
}

char *hwp_text_fit(const char *s, size_t width)
{
    if (hwp_display_width(s) <= width)
        return hwp_strdup(s);
    if (!width)
        return hwp_strdup("");

    const char *p = s;
    for (size_t columns = 0; *p; p++) {
        bool begins = ((unsigned char)*p & 0xc0) != 0x80;
        if (begins && columns++ == width - 1)
            break;
    }
    struct hwp_str text = {0};
    hwp_str_addn(&text, s, (size_t)(p - s));
    hwp_str_add(&text, "…");
    return hwp_str_steal(&text);
}

char *hwp_text_count(uint64_t n, bool big_num)
{
    char digits[24];
    struct hwp_str text = {0};
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

    for (int i = 0; i < len; i++) {
        if (big_num && i && (len - i) % 3 == 0)
            hwp_str_addc(&text, ',');
        hwp_str_addc(&text, digits[i]);
    }
    return hwp_str_steal(&text);
}

char *hwp_text_duration(uint64_t ns)
{
    if (ns < 1000)
        return hwp_asprintf("%llu ns", (unsigned long long)ns);
    if (ns < 999995)
        return hwp_asprintf("%.2f us", (double)ns / 1e3);
    if (ns < 999995000)
        return hwp_asprintf("%.2f ms", (double)ns / 1e6);
    if (ns < 120000000000)
        return hwp_asprintf("%.2f s", (double)ns / 1e9);
    /* whole tenths, so that 59.96 s doesn't print as 60.0 beside its minutes */
    uint64_t tenths = ns / 100000000 + (ns / 10000000 % 10 >= 5);
    return hwp_asprintf("%llu min %llu.%llu s", (unsigned long long)(tenths / 600),
                        (unsigned long long)(tenths % 600 / 10), (unsigned long long)(tenths % 10));
}

void hwp_text_pad(struct hwp_out *out, const char *s, size_t width, bool right)
{
    size_t w = hwp_display_width(s);
    int fill = w < width ? (int)(width - w) : 0;

    if (right)
        hwp_out_printf(out, "%*s%s", fill, "", s);
    else
        hwp_out_printf(out, "%s%*s", s, fill, "");
}

enum hwp_color hwp_color_of_percent(double percent)
{
    return percent >= 5 ? HWP_COLOR_HOT : percent >= 0.5 ? HWP_COLOR_WARM : HWP_COLOR_NONE;
}

void hwp_color_begin(struct hwp_out *out, enum hwp_color color)
{
    static const char *const escapes[] = {
        [HWP_COLOR_HOT] = "\033[31m", [HWP_COLOR_WARM] = "\033[32m", [HWP_COLOR_DIM] = "\033[2m",
        [HWP_COLOR_BOLD] = "\033[1m", [HWP_COLOR_WARN] = "\033[33m", [HWP_COLOR_MARK] = "\033[35m",
    };

    if (out->color && color != HWP_COLOR_NONE)
        hwp_out_puts(out, escapes[color]);
}

void hwp_color_end(struct hwp_out *out, enum hwp_color color)
{
    if (out->color && color != HWP_COLOR_NONE)
        hwp_out_puts(out, "\033[0m");
}
