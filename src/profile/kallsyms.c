#include "profile/kallsyms.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#define KALLSYMS_MAX ((size_t)256 << 20) /* some 5 MiB, more with many modules */

/* What is known so far about one wanted address. */
struct bounds {
    uint64_t at_or_below; /* the nearest symbol; 0: none */
    uint64_t above;       /* the next one; UINT64_MAX: none */
};

/* "ffffffff81000000 T _text\n" → its address; *at moves to the next line. */
static uint64_t next_line(const char **at)
{
    const char *p = *at;
    uint64_t addr = 0;

    for (;; p++) {
        unsigned digit;
        if (*p >= '0' && *p <= '9')
            digit = (unsigned)(*p - '0');
        else if (*p >= 'a' && *p <= 'f')
            digit = (unsigned)(*p - 'a') + 10;
        else
            break;
        addr = addr << 4 | digit;
    }
    p = strchrnul(p, '\n');
    *at = *p ? p + 1 : p;
    return addr;
}

/* How many of the sorted numbers are below x. */
static size_t count_below(const uint64_t *sorted, size_t n, uint64_t x)
{
    size_t lo = 0;

    while (lo < n) {
        size_t mid = lo + (n - lo) / 2;
        if (sorted[mid] < x)
            lo = mid + 1;
        else
            n = mid;
    }
    return lo;
}

/* The list is not sorted throughout (modules follow the kernel). Each symbol is weighed with its
 * neighbours among the addresses alone; a pass each way then carries the nearest to the rest. */
static void find_bounds(const char *text, const uint64_t *addrs, size_t n, struct bounds *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = (struct bounds){0, UINT64_MAX};
    for (const char *at = text; *at;) {
        uint64_t a = next_line(&at);
        size_t i = count_below(addrs, n, a);
        if (i < n && a > ret[i].at_or_below)
            ret[i].at_or_below = a;
        if (i > 0 && a < ret[i - 1].above)
            ret[i - 1].above = a;
    }
    for (size_t i = 1; i < n; i++)
        if (ret[i - 1].at_or_below > ret[i].at_or_below)
            ret[i].at_or_below = ret[i - 1].at_or_below;
    for (size_t i = n; i-- > 1;)
        if (ret[i].above < ret[i - 1].above)
            ret[i - 1].above = ret[i].above;
}

/* Addresses repeat (equal bounds of neighbours), which does no harm to a search. */
static bool is_wanted(uint64_t a, const uint64_t *below, const uint64_t *above, size_t n)
{
    size_t i = count_below(below, n, a), j = count_below(above, n, a);

    return (i < n && below[i] == a) || (j < n && above[j] == a);
}

void hwp_kallsyms_select(const char *text, const uint64_t *addrs, size_t nr_addrs,
                         struct hwp_str *out)
{
    struct bounds *found hwp_cleanup(hwp_free_cleanup) = hwp_calloc(nr_addrs, sizeof(*found));
    uint64_t *below hwp_cleanup(hwp_free_cleanup) = hwp_calloc(nr_addrs, sizeof(*below));
    uint64_t *above hwp_cleanup(hwp_free_cleanup) = hwp_calloc(nr_addrs, sizeof(*above));

    find_bounds(text, addrs, nr_addrs, found);
    for (size_t i = 0; i < nr_addrs; i++) {
        below[i] = found[i].at_or_below;
        above[i] = found[i].above;
    }
    for (const char *at = text; *at;) {
        const char *line = at;
        uint64_t a = next_line(&at);
        if (a && is_wanted(a, below, above, nr_addrs))
            hwp_str_addn(out, line, (size_t)(at - line));
    }
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

void hwp_kallsyms_of_profile(const struct hwp_profile *p, struct hwp_str *out)
{
    uint64_t *addrs hwp_cleanup(hwp_free_cleanup) = hwp_calloc(p->locs.len, sizeof(*addrs));
    size_t n = 0;

    for (size_t i = 0; i < p->locs.len; i++) {
        enum hwp_dso_kind kind = p->dsos.data[p->locs.data[i].dso].kind;
        if (kind == HWP_DSO_KERNEL || kind == HWP_DSO_MODULE)
            addrs[n++] = p->locs.data[i].addr;
    }
    if (!n)
        return;
    qsort(addrs, n, sizeof(*addrs), by_value);
    char *text hwp_cleanup(hwp_free_cleanup) = hwp_file_read("/proc/kallsyms", KALLSYMS_MAX, NULL);
    if (text)
        hwp_kallsyms_select(text, addrs, n, out);
}
