/*
 * Small reads from /proc and /sys, shared by what looks at the system.
 */
#ifndef HWP_COUNTERS_SYSTEM_FACTS_H
#define HWP_COUNTERS_SYSTEM_FACTS_H

#include <stdbool.h>

/* A file that holds one number. */
bool hwp_read_number(const char *path, long long *ret);

#endif
