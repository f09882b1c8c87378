/*
 * Nearest matches for a misspelt name, for "did you mean" hints.
 */
#ifndef HWP_BASE_SUGGEST_H
#define HWP_BASE_SUGGEST_H

#include <stddef.h>

#define HWP_SUGGEST_MAX 3

/* Collects the nearest of the candidates offered to it. Zeroed apart from `wanted` is valid; the
 * candidates are copied. */
struct hwp_suggest {
    const char *wanted;
    size_t n;
    struct {
        char *name;
        unsigned distance;
    } best[HWP_SUGGEST_MAX];
};

/* Damerau-Levenshtein distance (optimal string alignment), case-insensitive, '_' equal to '-'. */
unsigned hwp_edit_distance(const char *a, const char *b);

void hwp_suggest_offer(struct hwp_suggest *s, const char *candidate);

/* "a, b or c" of what is near enough to be meant (a third of the wanted name's length, or a name
 * that contains it), or NULL. The caller frees it. */
char *hwp_suggest_text(const struct hwp_suggest *s);
void hwp_suggest_deinit(struct hwp_suggest *s);

#endif
