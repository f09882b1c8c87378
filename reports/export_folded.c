#include "reports/export_folded.h"

#include <string.h>

#include "base/mem.h"
#include "reports/text.h"

static char *name_of(const struct hwp_stacks *s, uint32_t node)
{
    char *name = hwp_text_printable(s->frames.data[s->nodes.data[node].frame].name);

    for (char *p = name; (p = strchr(p, ';'));)
        *p = ':';
    return name;
}

void hwp_folded_print(const struct hwp_stacks *stacks, size_t event, struct hwp_out *out)
{
    struct hwp_str path = {0};
    HWP_VEC(size_t) ends = {0}; /* of the path at each depth */

    for (uint32_t i = 1; i < stacks->nodes.len; i++) {
        uint32_t depth = stacks->nodes.data[i].depth;
        uint64_t value = hwp_stacks_self(stacks, i, event)->value;
        char *name hwp_cleanup(hwp_free_cleanup) = name_of(stacks, i);

        ends.len = depth - 1;
        path.len = depth > 1 ? ends.data[depth - 2] : 0;
        hwp_str_addf(&path, "%s%s", depth > 1 ? ";" : "", name);
        hwp_vec_push(&ends, path.len);
        if (value)
            hwp_out_printf(out, "%s %llu\n", path.data, (unsigned long long)value);
    }
    hwp_vec_deinit(&ends);
    hwp_str_deinit(&path);
}
