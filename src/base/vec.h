/*
 * Growable arrays, typed by macro.
 *
 *     HWP_VEC(int) v = {0};
 *     hwp_vec_push(&v, 7);
 *     hwp_vec_foreach(&v, p) printf("%d\n", *p);
 *     hwp_vec_deinit(&v);
 *
 * A zeroed vector is empty and valid. Growth doubles; pointers into `data` are invalidated by it.
 * A vector that crosses a function boundary gets a named type: HWP_VEC_TYPE(hwp_ints, int).
 */
#ifndef HWP_BASE_VEC_H
#define HWP_BASE_VEC_H

#include <stddef.h>
#include <stdlib.h>

#include "base/mem.h"

#define HWP_VEC(type)                                                                             \
    struct {                                                                                      \
        type *data;                                                                               \
        size_t len, cap;                                                                          \
    }

#define HWP_VEC_TYPE(name, type)                                                                  \
    struct name {                                                                                 \
        type *data;                                                                               \
        size_t len, cap;                                                                          \
    }

#define hwp_vec_reserve(v, n)                                                                     \
    do {                                                                                          \
        size_t hwp_want_ = (n);                                                                   \
        if (hwp_want_ > (v)->cap) {                                                               \
            size_t hwp_cap_ = (v)->cap ? (v)->cap * 2 : 8;                                        \
            (v)->cap = hwp_cap_ > hwp_want_ ? hwp_cap_ : hwp_want_;                               \
            (v)->data = hwp_realloc((v)->data, (v)->cap, sizeof(*(v)->data));                     \
        }                                                                                         \
    } while (0)

#define hwp_vec_push(v, ...)                                                                      \
    do {                                                                                          \
        hwp_vec_reserve((v), (v)->len + 1);                                                       \
        (v)->data[(v)->len++] = (__VA_ARGS__);                                                    \
    } while (0)

#define hwp_vec_last(v)       (&(v)->data[(v)->len - 1])

/* Iterates with `p` a pointer to each element. The vector must not grow meanwhile. */
#define hwp_vec_foreach(v, p)                                                                     \
    for (__typeof__((v)->data + 0) p = (v)->data; p && p < (v)->data + (v)->len; p++)

/* Frees the array (not what elements own) and leaves an empty vector. */
#define hwp_vec_deinit(v)                                                                         \
    do {                                                                                          \
        free((v)->data);                                                                          \
        (v)->data = NULL;                                                                         \
        (v)->len = (v)->cap = 0;                                                                  \
    } while (0)

#endif
