/*
 * Compiler attributes and the scoped-cleanup idiom, in one place.
 *
 * A local that owns something is declared with hwp_cleanup(fn): fn(&local) runs when the scope
 * ends. Ownership leaves the scope visibly, through hwp_steal(&local), which yields the pointer
 * and leaves NULL behind. Every *_destroy function therefore accepts NULL.
 */
#ifndef HWP_BASE_ATTR_H
#define HWP_BASE_ATTR_H

#define hwp_must_use              __attribute__((warn_unused_result))
#define hwp_printf(fmt, args)     __attribute__((format(printf, fmt, args)))
#define hwp_cleanup(fn)           __attribute__((cleanup(fn)))
#define hwp_unused                __attribute__((unused))

#define hwp_array_size(a)         (sizeof(a) / sizeof((a)[0]))

/* Hands the pointer over: the value of *p, with *p set to NULL. */
#define hwp_steal(p)                                                                              \
    __extension__({                                                                               \
        __typeof__(*(p)) hwp_stolen_ = *(p);                                                      \
        *(p) = NULL;                                                                              \
        hwp_stolen_;                                                                              \
    })

/* Defines NAME_cleanup(type **), for use with hwp_cleanup, from a destroy function. */
#define HWP_DEFINE_CLEANUP(name, type, destroy)                                                   \
    static inline hwp_unused void name(type **p)                                                  \
    {                                                                                             \
        destroy(*p);                                                                              \
    }

#endif
