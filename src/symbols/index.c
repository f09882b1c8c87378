/*
 * A module's symbols sorted by address. Which of several symbols at one address stands for it, and
 * where a symbol without a size ends, follow perf's rules, so that both tools name the same
 * function: in order, one with a size, not weak, global, fewer leading underscores, longer name.
 */
#include "symbols/internal.h"

#include <stdlib.h>
#include <string.h>

#include "symbols/demangle.h"

#define PAGE 4096u

struct hwp_symbol_entry *hwp_index_add(struct hwp_symbol_index *ix, const char *name,
                                       uint64_t start, uint64_t end, enum hwp_symbol_from from,
                                       enum hwp_binding binding)
{
    hwp_vec_push(&ix->entries, (struct hwp_symbol_entry){
                                   .symbol = {NULL, name, start, end < start ? start : end, from},
                                   .order = ix->entries.len,
                                   .binding = (uint8_t)binding,
                               });
    return hwp_vec_last(&ix->entries);
}

const char *hwp_index_own(struct hwp_symbol_index *ix, char *name)
{
    hwp_vec_push(&ix->strings, name);
    return name;
}

/* "memcpy@@GLIBC_2.14" without its version; "memcpy@plt" stays. */
static char *without_version(const char *raw)
{
    const char *at = strchr(raw, '@');

    if (!at || at == raw || strcmp(at, "@plt") == 0)
        return NULL;
    return hwp_strndup(raw, (size_t)(at - raw));
}

static char *plt_name(const char *raw)
{
    hwp_cleanup(hwp_free_cleanup) char *bare = hwp_strndup(raw, strlen(raw) - strlen("@plt"));
    hwp_cleanup(hwp_free_cleanup) char *nice = hwp_demangle(bare);

    return hwp_asprintf("%s@plt", nice);
}

static void set_name(struct hwp_symbol_index *ix, struct hwp_symbol *s)
{
    hwp_cleanup(hwp_free_cleanup) char *bare = NULL;

    if (s->name)
        return;
    if (ix->no_demangle || s->from == HWP_SYMBOL_UNWIND) {
        s->name = s->raw_name;
        return;
    }
    if (s->from == HWP_SYMBOL_PLT) {
        s->name = hwp_index_own(ix, strchr(s->raw_name, '@') ? plt_name(s->raw_name)
                                                             : hwp_strdup(s->raw_name));
        return;
    }
    bare = s->from == HWP_SYMBOL_PERFMAP ? NULL : without_version(s->raw_name);
    s->name = hwp_index_own(ix, hwp_demangle(bare ? bare : s->raw_name));
}

static int compare_entries(const void *a, const void *b)
{
    const struct hwp_symbol_entry *x = a, *y = b;

    if (x->symbol.start != y->symbol.start)
        return x->symbol.start < y->symbol.start ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static void sort_entries(struct hwp_symbol_index *ix)
{
    uint64_t reach = 0;

    if (ix->entries.len)
        qsort(ix->entries.data, ix->entries.len, sizeof(*ix->entries.data), compare_entries);
    hwp_vec_foreach (&ix->entries, e) {
        if (e->symbol.end > reach)
            reach = e->symbol.end;
        e->reach = reach;
    }
    ix->nr_sealed = ix->entries.len;
}

/* At the next symbol, but not past its section: _init would swallow the PLT behind it. */
static void end_the_endless(struct hwp_symbol_index *ix)
{
    for (size_t i = 0; i < ix->entries.len; i++) {
        struct hwp_symbol *s = &ix->entries.data[i].symbol;
        if (s->end != s->start)
            continue;
        if (i + 1 < ix->entries.len)
            s->end = ix->entries.data[i + 1].symbol.start;
        else if (s->start < UINT64_MAX - 2 * (uint64_t)PAGE)
            s->end = (s->start + PAGE - 1) / PAGE * PAGE + PAGE;
        else
            s->end = UINT64_MAX;
        uint64_t limit = ix->entries.data[i].limit;
        if (limit > s->start && limit < s->end)
            s->end = limit;
    }
}

static size_t leading_underscores(const char *name)
{
    return strspn(name, "_");
}

/* True if `b` stands for the address rather than `a`, which comes first. */
static bool second_is_better(struct hwp_symbol_index *ix, struct hwp_symbol_entry *a,
                             struct hwp_symbol_entry *b)
{
    bool sized_a = a->symbol.end != a->symbol.start, sized_b = b->symbol.end != b->symbol.start;

    if (sized_a != sized_b)
        return sized_b;
    if ((a->binding == HWP_BIND_WEAK) != (b->binding == HWP_BIND_WEAK))
        return a->binding == HWP_BIND_WEAK;
    if ((a->binding == HWP_BIND_GLOBAL) != (b->binding == HWP_BIND_GLOBAL))
        return b->binding == HWP_BIND_GLOBAL;
    set_name(ix, &a->symbol);
    set_name(ix, &b->symbol);
    size_t under_a = leading_underscores(a->symbol.name);
    size_t under_b = leading_underscores(b->symbol.name);
    if (under_a != under_b)
        return under_b < under_a;
    return strlen(b->symbol.name) > strlen(a->symbol.name);
}

static void drop_duplicates(struct hwp_symbol_index *ix)
{
    struct hwp_symbol_entry *entries = ix->entries.data;
    size_t kept = 0;

    for (size_t i = 0; i < ix->entries.len; i++) {
        struct hwp_symbol_entry *e = &entries[i];
        struct hwp_symbol_entry *last = kept ? &entries[kept - 1] : NULL;
        if (!last || last->symbol.start != e->symbol.start)
            entries[kept++] = *e;
        else if (second_is_better(ix, last, e))
            *last = *e;
    }
    ix->entries.len = kept;
}

void hwp_index_seal(struct hwp_symbol_index *ix)
{
    sort_entries(ix);
    end_the_endless(ix);
    drop_duplicates(ix);
    sort_entries(ix);
}

/* The number of sealed entries that start at or before `vaddr`. */
static size_t upper_bound(const struct hwp_symbol_index *ix, uint64_t vaddr)
{
    size_t low = 0, high = ix->nr_sealed;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (ix->entries.data[mid].symbol.start <= vaddr)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* The innermost: symbols may nest (a label with a size inside of a function). */
static struct hwp_symbol_entry *find_entry(const struct hwp_symbol_index *ix, uint64_t vaddr)
{
    for (size_t i = upper_bound(ix, vaddr); i-- > 0;) {
        struct hwp_symbol_entry *e = &ix->entries.data[i];
        if (vaddr < e->symbol.end)
            return e;
        if (e->reach <= vaddr)
            return NULL;
    }
    return NULL;
}

bool hwp_index_fill(struct hwp_symbol_index *ix, const char *name, uint64_t start, uint64_t end,
                    enum hwp_symbol_from from)
{
    size_t next = upper_bound(ix, start);

    if (end <= start || find_entry(ix, start))
        return false;
    if (next < ix->nr_sealed && ix->entries.data[next].symbol.start < end)
        end = ix->entries.data[next].symbol.start;
    hwp_index_add(ix, name, start, end, from, HWP_BIND_LOCAL);
    return true;
}

void hwp_index_close(struct hwp_symbol_index *ix)
{
    sort_entries(ix);
    drop_duplicates(ix);
    sort_entries(ix);
}

const struct hwp_symbol *hwp_index_find(struct hwp_symbol_index *ix, uint64_t vaddr)
{
    struct hwp_symbol_entry *e = find_entry(ix, vaddr);

    if (!e)
        return NULL;
    set_name(ix, &e->symbol);
    return &e->symbol;
}

const struct hwp_symbol *hwp_index_named(struct hwp_symbol_index *ix, size_t i)
{
    set_name(ix, &ix->entries.data[i].symbol);
    return &ix->entries.data[i].symbol;
}

void hwp_index_deinit(struct hwp_symbol_index *ix)
{
    hwp_vec_foreach (&ix->strings, s)
        free(*s);
    hwp_vec_deinit(&ix->strings);
    hwp_vec_deinit(&ix->entries);
}
