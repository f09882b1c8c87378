/*
 * Records, packed: pieces of one zstd stream, as records that perf and the reader know
 * (PERF_RECORD_COMPRESSED). Private to src/profile. One thread at a time.
 */
#ifndef HWP_PROFILE_RECORDING_PACK_H
#define HWP_PROFILE_RECORDING_PACK_H

#include "base/attr.h"
#include "base/str.h"

/* What one record expands to at most: perf must know, to have room for it. */
#define HWP_PACK_BYTES ((size_t)256 << 10)

struct hwp_packer;

struct hwp_packer *hwp_packer_create(void);
void hwp_packer_destroy(struct hwp_packer *p);

/* Appends records to `out` that hold `size` bytes of whole records, and are complete: a reader that has
 * them needs nothing more. 0 or an errno. */
int hwp_packer_pack(struct hwp_packer *p, const void *records, size_t size, struct hwp_str *out);

/* The COMPRESSED feature's content, for so many bytes of which `packed` came. */
void hwp_packer_feature(const struct hwp_packer *p, struct hwp_str *out);

#endif
