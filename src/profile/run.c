#include "profile/run.h"

#include <stdlib.h>

void hwp_event_deinit(struct hwp_event *ev)
{
    free(ev->name);
    free(ev->encoding);
    free(ev->source);
    free(ev->unit);
    hwp_vec_deinit(&ev->per_cpu);
    free(ev->reason);
    free(ev->remedy);
    *ev = (struct hwp_event){0};
}

void hwp_run_deinit(struct hwp_run *run)
{
    free(run->command);
    free(run->hostname);
    free(run->os_release);
    free(run->arch);
    free(run->cpu_model);
    free(run->cpuid);
    free(run->topology);
    free(run->topology_xml);
    free(run->version);
    free(run->source);
    hwp_vec_foreach(&run->events, ev)
        hwp_event_deinit(ev);
    hwp_vec_deinit(&run->events);
    free(run->pin_plan);
    free(run->memory_policy);
    hwp_vec_foreach(&run->pins, pin)
        free(pin->comm);
    hwp_vec_deinit(&run->pins);
    hwp_cache_lines_deinit(&run->lines);
    hwp_notes_deinit(&run->notes);
    *run = (struct hwp_run){0};
}
