/*
 * Small reads from /proc and /sys, shared by what looks at the system. The caller frees text.
 */
#ifndef HWP_COUNTERS_SYSTEM_FACTS_H
#define HWP_COUNTERS_SYSTEM_FACTS_H

#include <stdbool.h>
#include <stddef.h>

/* The whole of a (virtual) file, NUL-terminated; NULL if it can't be read. */
char *hwp_read_text(const char *path);

/* A file that holds one number. */
bool hwp_read_number(const char *path, long long *ret);

#endif
