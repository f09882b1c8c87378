#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The finaliser of splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
 * OOPSLA 2014). */
uint64_t hwp_hash_u64(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    x ^= x >> 31;
    return x;
}

uint64_t hwp_hash_combine(uint64_t seed, uint64_t x)
{
    return hwp_hash_u64(seed * 0x9e3779b97f4a7c15u + x + 0x7f4a7c15u);
}

/* FNV-1a, 64 bit. */
uint64_t hwp_hash_str(const char *s)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return hwp_hash_u64(h);
}

/* The slot that holds `key`, or the free one where it would go. cap must not be 0. */
static size_t probe(const struct hwp_map *m, uint64_t key)
{
    size_t i = hwp_hash_u64(key) & (m->cap - 1);

    while (m->used[i] && m->slots[i].key != key)
        i = (i + 1) & (m->cap - 1);
    return i;
}

uint64_t *hwp_map_get(const struct hwp_map *m, uint64_t key)
{
    if (!m->cap)
        return NULL;
    size_t i = probe(m, key);
    return m->used[i] ? &m->slots[i].value : NULL;
}

static void grow(struct hwp_map *m)
{
    struct hwp_map bigger = {.len = m->len, .cap = m->cap ? m->cap * 2 : 64};

    bigger.slots = hwp_calloc(bigger.cap, sizeof(*bigger.slots));
    bigger.used = hwp_calloc(bigger.cap, 1);
    for (size_t i = 0; i < m->cap; i++) {
        if (!m->used[i])
            continue;
        size_t j = probe(&bigger, m->slots[i].key);
        bigger.slots[j] = m->slots[i];
        bigger.used[j] = 1;
    }
    hwp_map_deinit(m);
    *m = bigger;
}

uint64_t *hwp_map_put(struct hwp_map *m, uint64_t key, uint64_t initial, bool *ret_new)
{
    if (m->len * 4 >= m->cap * 3)
        grow(m);
    size_t i = probe(m, key);
    bool is_new = !m->used[i];

    if (is_new) {
        m->used[i] = 1;
        m->slots[i] = (struct hwp_map_slot){key, initial};
        m->len++;
    }
    if (ret_new)
        *ret_new = is_new;
    return &m->slots[i].value;
}

void hwp_map_deinit(struct hwp_map *m)
{
    free(m->slots);
    free(m->used);
    *m = (struct hwp_map){0};
}

uint32_t hwp_intern(struct hwp_intern *in, const char *s)
{
    uint64_t *head = hwp_map_put(&in->by_hash, hwp_hash_str(s), 0, NULL);

    for (uint32_t i = (uint32_t)*head; i; i = in->next[i - 1])
        if (strcmp(in->strings[i - 1], s) == 0)
            return i - 1;
    if (in->len == in->cap) {
        in->cap = in->cap ? in->cap * 2 : 64;
        in->strings = hwp_realloc(in->strings, in->cap, sizeof(*in->strings));
        in->next = hwp_realloc(in->next, in->cap, sizeof(*in->next));
    }
    in->strings[in->len] = hwp_strdup(s);
    in->next[in->len] = (uint32_t)*head;
    *head = ++in->len;
    return (uint32_t)in->len - 1;
}

void hwp_intern_deinit(struct hwp_intern *in)
{
    for (size_t i = 0; i < in->len; i++)
        free(in->strings[i]);
    free(in->strings);
    free(in->next);
    hwp_map_deinit(&in->by_hash);
    *in = (struct hwp_intern){0};
}
