#include "base/suggest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define NAME_MAX_LEN 128

static char fold(char c)
{
    return c == '_' ? '-' : (char)tolower((unsigned char)c);
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

unsigned hwp_edit_distance(const char *a, const char *b)
{
    unsigned rows[3][NAME_MAX_LEN + 1];
    size_t n = strnlen(a, NAME_MAX_LEN), m = strnlen(b, NAME_MAX_LEN);
    unsigned *before = rows[0], *previous = rows[1], *row = rows[2];

    for (size_t j = 0; j <= m; j++)
        previous[j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned substitution = previous[j - 1] + (fold(a[i - 1]) != fold(b[j - 1]));
            row[j] = min3(previous[j] + 1, row[j - 1] + 1, substitution);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1]) && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        unsigned *oldest = before;
        before = previous;
        previous = row;
        row = oldest;
    }
    return previous[m];
}

static bool contains_folded(const char *hay, const char *needle)
{
    size_t n = strlen(needle);

    for (; n >= 3 && strlen(hay) >= n; hay++) {
        size_t i = 0;
        while (i < n && fold(hay[i]) == fold(needle[i]))
            i++;
        if (i == n)
            return true;
    }
    return false;
}

/* The edit distance, with containment of one in the other counted as a near miss. */
static unsigned distance(const char *wanted, const char *candidate)
{
    unsigned d = hwp_edit_distance(wanted, candidate);

    if (contains_folded(candidate, wanted) || contains_folded(wanted, candidate))
        d = d > 2 ? 2 : d;
    return d;
}

void hwp_suggest_offer(struct hwp_suggest *s, const char *candidate)
{
    unsigned d = distance(s->wanted, candidate);
    size_t at = s->n;

    if (d > 1 + strlen(s->wanted) / 3)
        return;
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->best[i].name, candidate) == 0)
            return;
    while (at > 0 && s->best[at - 1].distance > d)
        at--;
    if (at == HWP_SUGGEST_MAX)
        return;
    if (s->n == HWP_SUGGEST_MAX)
        free(s->best[--s->n].name);
    memmove(&s->best[at + 1], &s->best[at], (s->n - at) * sizeof(s->best[0]));
    s->best[at].name = hwp_strdup(candidate);
    s->best[at].distance = d;
    s->n++;
}

char *hwp_suggest_text(const struct hwp_suggest *s)
{
    struct hwp_str text = {0};

    if (s->n == 0)
        return NULL;
    for (size_t i = 0; i < s->n; i++) {
        if (i > 0)
            hwp_str_add(&text, i + 1 == s->n ? " or " : ", ");
        hwp_str_add(&text, s->best[i].name);
    }
    return hwp_str_steal(&text);
}

void hwp_suggest_deinit(struct hwp_suggest *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->best[i].name);
    s->n = 0;
}
