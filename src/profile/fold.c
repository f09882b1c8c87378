#include "profile/fold.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "profile/profile.h"

struct hwp_fold *hwp_fold_create(void)
{
    return hwp_calloc(1, sizeof(struct hwp_fold));
}

void hwp_fold_destroy(struct hwp_fold *f)
{
    if (!f)
        return;
    hwp_map_deinit(&f->tasks);
    hwp_map_deinit(&f->chains);
    hwp_map_deinit(&f->dsos);
    hwp_map_deinit(&f->locs);
    hwp_map_deinit(&f->cells);
    free(f);
}

static uint64_t pair(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

/* The key to try when `key` is taken by something else. Any fixed sequence will do. */
static uint64_t next_key(uint64_t key)
{
    return hwp_hash_combine(key, 1);
}

uint32_t hwp_profile_task(struct hwp_profile *p, int32_t pid, int32_t tid)
{
    bool is_new;

    assert(p->fold);
    uint64_t *index =
        hwp_map_put(&p->fold->tasks, pair((uint32_t)pid, (uint32_t)tid), p->tasks.len, &is_new);
    if (is_new)
        hwp_vec_push(&p->tasks, (struct hwp_task){pid, tid, hwp_strdup(""), 0});
    return (uint32_t)*index;
}

static bool same_dso(const struct hwp_dso *a, const struct hwp_dso *b)
{
    return a->kind == b->kind && a->pid == b->pid && a->build_id_len == b->build_id_len &&
           memcmp(a->build_id, b->build_id, a->build_id_len) == 0 && strcmp(a->path, b->path) == 0;
}

uint32_t hwp_profile_dso(struct hwp_profile *p, enum hwp_dso_kind kind, const char *path,
                         int32_t pid, const uint8_t *build_id, size_t build_id_len)
{
    struct hwp_dso dso = {.kind = kind, .pid = kind == HWP_DSO_ANON ? pid : 0};
    uint64_t key = hwp_hash_combine(hwp_hash_str(path), pair((uint32_t)kind, (uint32_t)dso.pid));
    bool is_new;

    assert(p->fold);
    if (build_id && build_id_len) {
        dso.build_id_len = build_id_len > HWP_BUILD_ID_MAX ? HWP_BUILD_ID_MAX : build_id_len;
        memcpy(dso.build_id, build_id, dso.build_id_len);
    }
    dso.path = hwp_strdup(path);
    for (;; key = next_key(key)) {
        uint64_t *index = hwp_map_put(&p->fold->dsos, key, p->dsos.len, &is_new);
        if (is_new) {
            hwp_vec_push(&p->dsos, dso);
            return (uint32_t)*index;
        }
        if (same_dso(&p->dsos.data[*index], &dso)) {
            free(dso.path);
            return (uint32_t)*index;
        }
    }
}

uint32_t hwp_profile_loc(struct hwp_profile *p, uint32_t dso, uint64_t addr)
{
    bool is_new;

    for (uint64_t key = hwp_hash_combine(dso, addr);; key = next_key(key)) {
        uint64_t *index = hwp_map_put(&p->fold->locs, key, p->locs.len, &is_new);
        if (is_new)
            hwp_vec_push(&p->locs, (struct hwp_loc){dso, addr});
        const struct hwp_loc *loc = &p->locs.data[*index];
        if (loc->dso == dso && loc->addr == addr)
            return (uint32_t)*index;
    }
}

uint32_t hwp_profile_chain(struct hwp_profile *p, uint32_t caller, uint32_t loc)
{
    bool is_new;
    uint64_t *index = hwp_map_put(&p->fold->chains, pair(caller, loc), p->chains.len, &is_new);

    if (is_new)
        hwp_vec_push(&p->chains, (struct hwp_chain){caller, loc});
    return (uint32_t)*index;
}

static uint64_t cell_key(const struct hwp_cell *c)
{
    uint64_t a = hwp_hash_u64(pair(c->loc, c->chain));
    return hwp_hash_combine(a ^ c->event, pair(c->task, c->cpu));
}

static bool same_cell(const struct hwp_cell *a, const struct hwp_cell *b)
{
    return a->loc == b->loc && a->chain == b->chain && a->task == b->task && a->cpu == b->cpu &&
           a->event == b->event;
}

void hwp_profile_add(struct hwp_profile *p, const struct hwp_cell *cell)
{
    bool is_new;

    assert(p->fold);
    for (uint64_t key = cell_key(cell);; key = next_key(key)) {
        uint64_t *index = hwp_map_put(&p->fold->cells, key, p->cells.len, &is_new);
        if (is_new) {
            hwp_vec_push(&p->cells, *cell);
            return;
        }
        struct hwp_cell *old = &p->cells.data[*index];
        if (same_cell(old, cell)) {
            old->samples += cell->samples;
            old->value += cell->value;
            return;
        }
    }
}
