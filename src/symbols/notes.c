/* Why names are missing: told where it matters for what was sampled, one note for all modules. */
#include "symbols/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define NAMED_IN_DETAIL 2

struct share { /* samples of a module */
    uint64_t all, nameless;
};

struct tally {
    struct share *shares; /* by DSO */
    uint64_t total;
};

struct list { /* the detail of a note */
    struct hwp_str names;
    size_t len;
};

static uint64_t *samples_by_location(const struct hwp_profile *p)
{
    uint64_t *samples = hwp_calloc(p->locs.len ? p->locs.len : 1, sizeof(*samples));

    hwp_vec_foreach (&p->cells, c)
        if (c->loc < p->locs.len)
            samples[c->loc] += c->samples;
    return samples;
}

static bool is_nameless(const struct hwp_module *m, uint64_t addr)
{
    enum hwp_symbol_from from = hwp_module_symbol(m, hwp_module_vaddr(m, addr))->from;

    return from == HWP_SYMBOL_UNWIND || from == HWP_SYMBOL_NONE;
}

/* Modules that nobody opened or asked for symbols are not indexed for a note's sake. */
static struct tally count(const struct hwp_symbols *s)
{
    struct tally t = {hwp_calloc(s->nr_modules ? s->nr_modules : 1, sizeof(*t.shares)), 0};
    const struct hwp_profile *p = s->profile;
    hwp_cleanup(hwp_free_cleanup) uint64_t *samples = samples_by_location(p);

    for (size_t i = 0; i < p->locs.len; i++) {
        const struct hwp_loc *loc = &p->locs.data[i];
        t.total += samples[i];
        if (!samples[i] || loc->dso >= s->nr_modules)
            continue;
        const struct hwp_module *m = s->modules[loc->dso];
        t.shares[loc->dso].all += samples[i];
        if (m && m->priv->indexed && is_nameless(m, loc->addr))
            t.shares[loc->dso].nameless += samples[i];
    }
    return t;
}

static void list_add(struct list *l, const char *name)
{
    if (l->len++ < NAMED_IN_DETAIL)
        hwp_str_addf(&l->names, "%s%s", l->len > 1 ? ", " : "", name);
}

static void list_raise(struct list *l, enum hwp_note_id id, struct hwp_notes *notes)
{
    if (l->len > NAMED_IN_DETAIL)
        hwp_str_addf(&l->names, " (+%zu more)", l->len - NAMED_IN_DETAIL);
    if (l->len)
        hwp_note_raise(notes, id, l->names.data);
    hwp_str_deinit(&l->names);
}

/* At least 5 % of the module and 1 % of the profile: a libc has a few nameless helpers. */
static bool is_stripped(const struct share *share, uint64_t total)
{
    return share->nameless && share->nameless >= share->all / 20 && share->nameless >= total / 100;
}

static void list_module(const struct hwp_module *m, const struct share *share, uint64_t total,
                        struct list *lists)
{
    bool user = m->dso->kind == HWP_DSO_USER, ok = m->state == HWP_MODULE_OK;

    if (!share->all)
        return;
    if (m->state == HWP_MODULE_MISMATCH)
        list_add(&lists[HWP_NOTE_BUILD_ID_MISMATCH], m->short_name);
    else if (m->state == HWP_MODULE_MISSING && user && m->dso->path[0] == '/')
        list_add(&lists[HWP_NOTE_NO_SYMBOL_FILE], m->short_name);
    else if (ok && user && is_stripped(share, total))
        list_add(&lists[HWP_NOTE_STRIPPED], m->short_name);
    if (ok && user && m->priv->sourceless)
        list_add(&lists[HWP_NOTE_NO_SOURCE], m->short_name);
}

void hwp_symbols_notes(const struct hwp_symbols *s, struct hwp_notes *notes)
{
    struct list lists[HWP_NOTE_COUNT_] = {0};
    struct tally t = count(s);

    for (size_t i = 0; i < s->nr_modules; i++)
        if (s->modules[i])
            list_module(s->modules[i], &t.shares[i], t.total, lists);
    for (size_t id = 0; id < HWP_NOTE_COUNT_; id++)
        list_raise(&lists[id], (enum hwp_note_id)id, notes);
    free(t.shares);
}
