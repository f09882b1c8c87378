/*
 * A growable string. A zeroed one is empty and valid; `data` is NULL until something is added, and
 * NUL-terminated after. hwp_str_steal hands the buffer over (never NULL) for the caller to free().
 */
#ifndef HWP_BASE_STR_H
#define HWP_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct hwp_str {
    char *data;
    size_t len, cap;
};

void hwp_str_add(struct hwp_str *s, const char *text);
void hwp_str_addn(struct hwp_str *s, const char *bytes, size_t n);
void hwp_str_addc(struct hwp_str *s, char c);
void hwp_str_addf(struct hwp_str *s, const char *fmt, ...) hwp_printf(2, 3);
char *hwp_str_steal(struct hwp_str *s);
void hwp_str_deinit(struct hwp_str *s);

bool hwp_starts_with(const char *s, const char *prefix);
bool hwp_ends_with(const char *s, const char *suffix);

/* Columns that a UTF-8 string takes on a terminal, one per code point. */
size_t hwp_display_width(const char *s);

#endif
