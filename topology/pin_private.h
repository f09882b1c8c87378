/*
 * What the three pin expression files share: a cursor over the text, index lists, and ordering.
 * pinexpr.c splits and dispatches, pin_hwloc.c and pin_likwid.c each know one syntax.
 */
#ifndef HWP_TOPOLOGY_PIN_PRIVATE_H
#define HWP_TOPOLOGY_PIN_PRIVATE_H

#include "topology/pinexpr.h"

/* An expression can repeat CPUs; past this many it is a mistake. */
#define HWP_PIN_MAX       65536
#define HWP_PIN_MAX_DEPTH 8 /* of objects in objects */

struct hwp_pin {
    const struct hwp_topology *t;
    const char *text; /* the whole expression */
    const char *at;   /* what comes next */
    struct hwp_cpu_list *out;
    unsigned depth, steps; /* objects within objects: how deep, how many looked into */
};

/* An error at `where`, which lies within the text. */
struct hwp_error *hwp_pin_error(const struct hwp_pin *p, const char *where, const char *fmt, ...)
    hwp_printf(3, 4) hwp_must_use;

struct hwp_error *hwp_pin_number(struct hwp_pin *p, unsigned *ret) hwp_must_use;

/* Moves past `word` (any case) if it comes next and no letter or digit follows it. */
bool hwp_pin_word(struct hwp_pin *p, const char *word);

/* Whether the term ends here: at the end of the text, '+' or '@'. */
bool hwp_pin_at_end(const struct hwp_pin *p);

/* An index list out of 0 … nr-1: "0", "0-3", "3-0", "2-", "4:2" (from 4, 2 of them), "all", "odd",
 * "even", and those with commas between. `whose` names the list in errors ("core", "S0"), `sep`
 * what stands between name and index. *ret_all (may be NULL) says that it picks all there are
 * rather than naming each. */
struct hwp_error *hwp_pin_indexes(struct hwp_pin *p, const char *whose, const char *sep,
                                  unsigned nr, struct hwp_cpu_list *ret,
                                  bool *ret_all) hwp_must_use;

/* Reorders list[from …]: the first hardware threads of all cores, then the second ones … */
void hwp_pin_threads_apart(const struct hwp_topology *t, struct hwp_cpu_list *list, size_t from);

/* Says that `cpu` may not be used. */
struct hwp_error *hwp_pin_not_allowed(const struct hwp_pin *p, const char *where, unsigned cpu)
    hwp_must_use;

struct hwp_error *hwp_pin_push(struct hwp_pin *p, const char *where, unsigned cpu) hwp_must_use;

/* The two syntaxes. _is_: whether what comes next belongs to it. */
bool hwp_pin_is_likwid(const struct hwp_pin *p);
struct hwp_error *hwp_pin_likwid(struct hwp_pin *p) hwp_must_use;
struct hwp_error *hwp_pin_hwloc(struct hwp_pin *p) hwp_must_use;

#endif
