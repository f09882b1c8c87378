/*
 * GNU build ids, the linker's fingerprint of a file (a note named "GNU" of type 3).
 * For src/profile and src/symbols. Safe from any thread.
 */
#ifndef HWP_PROFILE_BUILD_ID_H
#define HWP_PROFILE_BUILD_ID_H

#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"

/* Both return the id's length, cut to HWP_BUILD_ID_MAX; 0 if there is none, or nothing to read. */

/* Of the file at a DSO's path, if it is still the one that was mapped at `since_ns` (by
 * CLOCK_REALTIME): the same file on disk, and unchanged since. */
size_t hwp_build_id_of_dso(const struct hwp_dso *dso, uint64_t since_ns,
                           uint8_t id[HWP_BUILD_ID_MAX]);
size_t hwp_build_id_of_kernel(uint8_t id[HWP_BUILD_ID_MAX]);

/* In a run of notes whose parts are padded to `align` (4 or 8). */
size_t hwp_build_id_of_notes(const uint8_t *notes, size_t size, size_t align,
                             uint8_t id[HWP_BUILD_ID_MAX]);

#endif
