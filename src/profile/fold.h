/*
 * The indexes of a profile under construction: what makes each find-or-add one hash lookup.
 * Private to the profile; a profile's owner sees only hwp_profile_* calls.
 */
#ifndef HWP_PROFILE_FOLD_H
#define HWP_PROFILE_FOLD_H

#include "base/map.h"

struct hwp_fold {
    struct hwp_map tasks;  /* pid << 32 | tid → index */
    struct hwp_map chains; /* caller << 32 | loc → index */
    /* Keyed by a hash of the whole; a different entry under the same hash sends the lookup on to
     * the next key of a fixed sequence (see fold.c). */
    struct hwp_map dsos, locs, cells;
};

struct hwp_fold *hwp_fold_create(void);
void hwp_fold_destroy(struct hwp_fold *f);

#endif
