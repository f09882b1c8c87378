/*
 * Allocation that does not fail: out of memory prints one line and aborts, so that no caller has
 * to carry an error path that is never tested. What these return is freed with free().
 */
#ifndef HWP_BASE_MEM_H
#define HWP_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/attr.h"

void *hwp_alloc(size_t size) __attribute__((malloc, returns_nonnull));
void *hwp_calloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));

/* realloc to n × size bytes, with the product checked for overflow. */
void *hwp_realloc(void *p, size_t n, size_t size) __attribute__((returns_nonnull));

/* NULL stays NULL. */
char *hwp_strdup(const char *s);
char *hwp_strndup(const char *s, size_t n) __attribute__((returns_nonnull));
char *hwp_asprintf(const char *fmt, ...) hwp_printf(1, 2) __attribute__((returns_nonnull));
char *hwp_vasprintf(const char *fmt, va_list ap) hwp_printf(1, 0) __attribute__((returns_nonnull));

/* For hwp_cleanup on any `T *` local that free() releases. */
static inline void hwp_free_cleanup(void *p)
{
    free(*(void **)p);
}

#endif
