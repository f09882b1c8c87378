/* The contended lines of a recording, and where their addresses are. */
#include "profile/reader_internal.h"

static uint32_t locate(struct hwp_maps *m, uint32_t space, uint64_t time, uint64_t address)
{
    return hwp_maps_loc(m, space, time, PERF_RECORD_MISC_USER, address);
}

void hwp_lines_locate(struct hwp_reader *r, struct hwp_maps *m)
{
    struct hwp_cache_lines *lines = &r->profile->run.lines;

    hwp_vec_foreach (&lines->lines, line) {
        uint32_t space = hwp_maps_space(m, line->pid, line->time_ns);

        if (line->anchor)
            line->anchor_loc = locate(m, space, line->time_ns, line->anchor);
        for (size_t i = 0; i < HWP_LINE_CALLERS && line->callers[i]; i++)
            line->caller_locs[i] = locate(m, space, line->time_ns, line->callers[i] - 1);
        for (uint64_t i = 0; i < line->nr_accesses; i++) {
            struct hwp_line_access *access = &lines->accesses.data[line->first_access + i];
            access->loc = locate(m, space, line->time_ns, access->ip);
        }
    }
}
