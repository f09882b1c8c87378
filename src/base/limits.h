/*
 * Resource limits that hwprof raises for itself. Workloads get back what hwprof was started with:
 * limits are inherited, and programs size tables, loops over all descriptors and uses of select(2)
 * by them. One thread.
 */
#ifndef HWP_BASE_LIMITS_H
#define HWP_BASE_LIMITS_H

#include <stdbool.h>

/* More open files: up to the hard limit first, then (as root) beyond it. False if it is to no
 * avail. */
bool hwp_limits_raise_files(void);

/* The limits as they were before the first raise. For a child before its exec: async-signal-safe.
 */
void hwp_limits_restore(void);

#endif
