#include "base/str.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void hwp_str_addn(struct hwp_str *s, const char *bytes, size_t n)
{
    if (s->len + n + 1 > s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        s->cap = cap > s->len + n + 1 ? cap : s->len + n + 1;
        s->data = hwp_realloc(s->data, s->cap, 1);
    }
    memcpy(s->data + s->len, bytes, n);
    s->len += n;
    s->data[s->len] = '\0';
}

void hwp_str_add(struct hwp_str *s, const char *text)
{
    hwp_str_addn(s, text, strlen(text));
}

void hwp_str_addc(struct hwp_str *s, char c)
{
    hwp_str_addn(s, &c, 1);
}

void hwp_str_addf(struct hwp_str *s, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *text = hwp_vasprintf(fmt, ap);
    va_end(ap);
    hwp_str_add(s, text);
    free(text);
}

char *hwp_str_steal(struct hwp_str *s)
{
    char *data = s->data ? s->data : hwp_strdup("");

    *s = (struct hwp_str){0};
    return data;
}

void hwp_str_deinit(struct hwp_str *s)
{
    free(s->data);
    *s = (struct hwp_str){0};
}

bool hwp_starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool hwp_ends_with(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);

    return n >= m && strcmp(s + n - m, suffix) == 0;
}

size_t hwp_display_width(const char *s)
{
    size_t width = 0;

    for (; *s; s++)
        width += ((unsigned char)*s & 0xc0) != 0x80;
    return width;
}
