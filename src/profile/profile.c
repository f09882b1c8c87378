#include "profile/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "profile/fold.h"

struct hwp_profile *hwp_profile_create(void)
{
    struct hwp_profile *p = hwp_calloc(1, sizeof(*p));

    p->fold = hwp_fold_create();
    /* Chain 0 is the empty chain. */
    hwp_vec_push(&p->chains, (struct hwp_chain){HWP_NO_CHAIN, 0});
    return p;
}

void hwp_profile_destroy(struct hwp_profile *p)
{
    if (!p)
        return;
    hwp_run_deinit(&p->run);
    hwp_vec_foreach (&p->tasks, t)
        free(t->comm);
    hwp_vec_deinit(&p->tasks);
    hwp_vec_foreach (&p->dsos, d)
        free(d->path);
    hwp_vec_deinit(&p->dsos);
    hwp_vec_deinit(&p->locs);
    hwp_vec_deinit(&p->chains);
    hwp_vec_deinit(&p->cells);
    free(p->kallsyms);
    hwp_fold_destroy(p->fold);
    free(p);
}

void hwp_profile_task_name(struct hwp_profile *p, uint32_t task, const char *comm)
{
    struct hwp_task *t = &p->tasks.data[task];

    if (strcmp(t->comm, comm) == 0)
        return;
    free(t->comm);
    t->comm = hwp_strdup(comm);
}

void hwp_profile_seal(struct hwp_profile *p)
{
    hwp_fold_destroy(p->fold);
    p->fold = NULL;
    hwp_vec_foreach (&p->run.events, ev)
        ev->nr_samples = 0;
    hwp_vec_foreach (&p->tasks, t)
        t->nr_samples = 0;
    hwp_vec_foreach (&p->cells, c) {
        if (c->event < p->run.events.len)
            p->run.events.data[c->event].nr_samples += c->samples;
        if (c->task < p->tasks.len)
            p->tasks.data[c->task].nr_samples += c->samples;
    }
}
