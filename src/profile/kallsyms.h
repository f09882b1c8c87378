/*
 * The part of a kernel symbol list that some addresses need. Private to src/profile.
 */
#ifndef HWP_PROFILE_KALLSYMS_H
#define HWP_PROFILE_KALLSYMS_H

#include "base/str.h"
#include "profile/profile.h"

/* Adds those of the kallsyms lines in `text` that name the addresses (sorted ascending): for each,
 * the nearest symbols at or below, and the next above, which bounds them. Adds nothing if the list
 * hides its addresses (all zero, as for users without the right to see them). */
void hwp_kallsyms_select(const char *text, const uint64_t *addrs, size_t nr_addrs,
                         struct hwp_str *out);

/* The same from /proc/kallsyms, for all kernel locations of a profile. */
void hwp_kallsyms_of_profile(const struct hwp_profile *p, struct hwp_str *out);

#endif
