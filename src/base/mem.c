#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static void *checked(void *p)
{
    if (!p) {
        fputs("hwprof: out of memory\n", stderr);
        abort();
    }
    return p;
}

void *hwp_alloc(size_t size)
{
    return checked(malloc(size ? size : 1));
}

void *hwp_calloc(size_t n, size_t size)
{
    return checked(calloc(n ? n : 1, size ? size : 1));
}

void *hwp_realloc(void *p, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes))
        return checked(NULL);
    return checked(realloc(p, bytes ? bytes : 1));
}

char *hwp_strdup(const char *s)
{
    return s ? hwp_strndup(s, strlen(s)) : NULL;
}

char *hwp_strndup(const char *s, size_t n)
{
    size_t len = strnlen(s, n);
    char *copy = hwp_alloc(len + 1);

    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *hwp_vasprintf(const char *fmt, va_list ap)
{
    char *s = NULL;

    if (vasprintf(&s, fmt, ap) < 0)
        checked(NULL);
    return checked(s);
}

char *hwp_asprintf(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *s = hwp_vasprintf(fmt, ap);
    va_end(ap);
    return s;
}
