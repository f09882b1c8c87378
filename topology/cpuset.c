#include "topology/cpuset.h"

#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"

#define NR_WORDS (HWP_MAX_CPUS / 64)

void hwp_cpuset_add(struct hwp_cpuset *set, unsigned cpu)
{
    if (cpu < HWP_MAX_CPUS)
        set->words[cpu / 64] |= UINT64_C(1) << cpu % 64;
}

void hwp_cpuset_remove(struct hwp_cpuset *set, unsigned cpu)
{
    if (cpu < HWP_MAX_CPUS)
        set->words[cpu / 64] &= ~(UINT64_C(1) << cpu % 64);
}

bool hwp_cpuset_has(const struct hwp_cpuset *set, unsigned cpu)
{
    return cpu < HWP_MAX_CPUS && (set->words[cpu / 64] >> cpu % 64 & 1);
}

unsigned hwp_cpuset_count(const struct hwp_cpuset *set)
{
    unsigned n = 0;

    for (size_t i = 0; i < NR_WORDS; i++)
        n += (unsigned)__builtin_popcountll(set->words[i]);
    return n;
}

bool hwp_cpuset_equal(const struct hwp_cpuset *a, const struct hwp_cpuset *b)
{
    return memcmp(a->words, b->words, sizeof(a->words)) == 0;
}

void hwp_cpuset_and(struct hwp_cpuset *into, const struct hwp_cpuset *other)
{
    for (size_t i = 0; i < NR_WORDS; i++)
        into->words[i] &= other->words[i];
}

void hwp_cpuset_or(struct hwp_cpuset *into, const struct hwp_cpuset *other)
{
    for (size_t i = 0; i < NR_WORDS; i++)
        into->words[i] |= other->words[i];
}

int hwp_cpuset_next(const struct hwp_cpuset *set, unsigned from)
{
    if (from >= HWP_MAX_CPUS)
        return -1;

    size_t i = from / 64;
    uint64_t word = set->words[i] & (~UINT64_C(0) << from % 64);

    while (!word) {
        if (++i == NR_WORDS)
            return -1;
        word = set->words[i];
    }
    return (int)(i * 64) + __builtin_ctzll(word);
}

/* --- the kernel's list format ------------------------------------------------------------------- */

struct list_parser {
    const char *list, *at;
};

static struct hwp_error *list_error(const struct list_parser *p, const char *what)
{
    struct hwp_error *err = hwp_error(HWP_E_INVALID, "CPU list: %s at ^ in %.*s^%s", what,
                                      (int)(p->at - p->list), p->list, p->at);

    return hwp_error_hint(err, "write numbers and ranges, as in 0-3,8");
}

static struct hwp_error *list_number(struct list_parser *p, unsigned *ret)
{
    unsigned n = 0;
    const char *s = p->at;

    if (!isdigit((unsigned char)*s))
        return list_error(p, "expected a number");
    for (; isdigit((unsigned char)*s); s++) {
        n = n * 10 + (unsigned)(*s - '0');
        if (n >= HWP_MAX_CPUS)
            return list_error(p, "the number is too large");
    }
    p->at = s;
    *ret = n;
    return NULL;
}

/* The tail of "0-31:2/8": of every 8 CPUs the first 2. */
static struct hwp_error *list_groups(struct list_parser *p, unsigned *used, unsigned *group)
{
    unsigned n = 0;

    p->at++;
    HWP_TRY(list_number(p, used));
    if (*p->at != '/')
        return list_error(p, "expected '/'");
    p->at++;
    HWP_TRY(list_number(p, &n));
    if (n == 0)
        return list_error(p, "a group of no CPUs");
    *group = n;
    return NULL;
}

static struct hwp_error *list_item(struct list_parser *p, struct hwp_cpuset *into)
{
    unsigned first = 0, last, used = 1, group = 1;

    HWP_TRY(list_number(p, &first));
    last = first;
    if (*p->at == '-') {
        p->at++;
        HWP_TRY(list_number(p, &last));
        if (last < first)
            return list_error(p, "the range runs backwards");
        if (*p->at == ':')
            HWP_TRY(list_groups(p, &used, &group));
    }
    for (unsigned cpu = first; cpu <= last; cpu++)
        if ((cpu - first) % group < used)
            hwp_cpuset_add(into, cpu);
    return NULL;
}

struct hwp_error *hwp_cpuset_parse(const char *list, struct hwp_cpuset *ret)
{
    struct list_parser p = {list, list};
    struct hwp_cpuset set = {0};

    if (*p.at && *p.at != '\n') {
        HWP_TRY(list_item(&p, &set));
        while (*p.at == ',') {
            p.at++;
            HWP_TRY(list_item(&p, &set));
        }
    }
    if (*p.at && strcmp(p.at, "\n") != 0)
        return list_error(&p, "expected ',' or the end");
    *ret = set;
    return NULL;
}

char *hwp_cpuset_format(const struct hwp_cpuset *set)
{
    struct hwp_str s = {0};

    for (int first = hwp_cpuset_next(set, 0); first >= 0;) {
        unsigned last = (unsigned)first;

        while (hwp_cpuset_has(set, last + 1))
            last++;
        hwp_str_addf(&s, "%s%d", s.len ? "," : "", first);
        if (last > (unsigned)first)
            hwp_str_addf(&s, "-%u", last);
        first = hwp_cpuset_next(set, last + 1);
    }
    return hwp_str_steal(&s);
}

/* --- affinity ------------------------------------------------------------------------------------ */

/* System calls without glibc's wrappers: nothing here may take a lock between fork and exec. */
int hwp_cpuset_of_task(pid_t tid, struct hwp_cpuset *ret)
{
    struct hwp_cpuset set = {0};

    if (syscall(SYS_sched_getaffinity, tid, sizeof(set.words), set.words) < 0)
        return -1;
    *ret = set;
    return 0;
}

int hwp_cpuset_apply(pid_t tid, const struct hwp_cpuset *set)
{
    return syscall(SYS_sched_setaffinity, tid, sizeof(set->words), set->words) < 0 ? -1 : 0;
}
