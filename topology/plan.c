#include "topology/plan.h"

#include <stdlib.h>

#include "base/mem.h"

struct hwp_error *hwp_plan_create(const struct hwp_topology *t, const char *text,
                                  struct hwp_plan **ret)
{
    struct hwp_cpu_list cpus = {0};

    HWP_TRY(hwp_pinexpr_parse(t, text, &cpus));

    struct hwp_plan *plan = hwp_calloc(1, sizeof(*plan));
    plan->text = hwp_strdup(text);
    hwp_vec_foreach(&cpus, cpu) {
        hwp_vec_push(&plan->slots, (struct hwp_slot){.cpu = *cpu});
        hwp_cpuset_add(&plan->cpus, *cpu);
    }
    hwp_vec_deinit(&cpus);
    *ret = plan;
    return NULL;
}

void hwp_plan_destroy(struct hwp_plan *plan)
{
    if (!plan)
        return;
    hwp_vec_deinit(&plan->slots);
    free(plan->text);
    free(plan);
}

int hwp_plan_assign(struct hwp_plan *plan)
{
    struct hwp_slot *best = NULL;

    hwp_vec_foreach(&plan->slots, slot)
        if (!best || slot->live < best->live)
            best = slot;
    if (!best)
        return -1;
    if (best->live++)
        plan->was_oversubscribed = true;
    return (int)best->cpu;
}

void hwp_plan_release(struct hwp_plan *plan, int cpu)
{
    struct hwp_slot *busiest = NULL;

    /* A CPU listed twice has two slots; of two equally busy ones the later was filled last. */
    hwp_vec_foreach(&plan->slots, slot)
        if ((int)slot->cpu == cpu && slot->live && (!busiest || slot->live >= busiest->live))
            busiest = slot;
    if (busiest)
        busiest->live--;
}
