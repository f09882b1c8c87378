/*
 * Two hash tables, open addressing: u64 → u64, and an interner of strings.
 *
 * hwp_map: a key or a value may be any u64. Zeroed is empty and valid.
 * hwp_intern: equal strings get the same small id (0, 1, 2 … in order of first appearance); the
 * pointers it returns live until _deinit. Neither is safe for use from two threads at once.
 */
#ifndef HWP_BASE_MAP_H
#define HWP_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hwp_map_slot {
    uint64_t key, value;
};

struct hwp_map {
    struct hwp_map_slot *slots;
    uint8_t *used;
    size_t len, cap; /* cap is a power of two, or 0 */
};

/* NULL if absent. The pointer is good until the next put. */
uint64_t *hwp_map_get(const struct hwp_map *m, uint64_t key);

/* The slot's value for `key`, created as `initial` if absent; *ret_new (may be NULL) says which. */
uint64_t *hwp_map_put(struct hwp_map *m, uint64_t key, uint64_t initial, bool *ret_new);
void hwp_map_deinit(struct hwp_map *m);

struct hwp_intern {
    char **strings; /* by id */
    size_t len, cap;
    struct hwp_map by_hash; /* hash → 1 + id of the chain's newest */
    uint32_t *next;         /* by id: 1 + id of the next with the same hash, 0 at the end */
};

uint32_t hwp_intern(struct hwp_intern *in, const char *s);
void hwp_intern_deinit(struct hwp_intern *in);

/* Mixers for composing keys. */
uint64_t hwp_hash_u64(uint64_t x);
uint64_t hwp_hash_combine(uint64_t seed, uint64_t x);
uint64_t hwp_hash_str(const char *s);

#endif
