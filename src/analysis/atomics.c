#include "analysis/atomics.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/metrics.h"
#include "base/mem.h"
#include "profile/encoding.h"

ptrdiff_t hwp_insns_find(const struct hwp_insns *insns, uint64_t vaddr)
{
    size_t low = 0, high = insns->len;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct hwp_insn *insn = &insns->data[mid];
        if (vaddr < insn->addr)
            high = mid;
        else if (vaddr - insn->addr >= insn->len)
            low = mid + 1;
        else
            return (ptrdiff_t)mid;
    }
    return -1;
}

void hwp_insns_targets(const struct hwp_insns *insns, bool *targets)
{
    if (!insns->len)
        return;
    memset(targets, 0, insns->len * sizeof(*targets));
    hwp_vec_foreach (insns, insn) {
        if (!insn->target || (insn->flow != HWP_FLOW_JUMP && insn->flow != HWP_FLOW_COND_JUMP))
            continue;
        ptrdiff_t to = hwp_insns_find(insns, insn->target);
        /* a jump over a lock prefix goes into the instruction, and is not a target of it */
        if (to >= 0 && insns->data[to].addr == insn->target)
            targets[to] = true;
    }
}

bool hwp_event_skids(const struct hwp_event *ev)
{
    if (ev->precise || ev->origin == HWP_ORIGIN_MODELLED || !ev->name)
        return false;
    switch (hwp_role_find(ev->name).role) {
    case HWP_ROLE_PAGE_FAULTS:
    case HWP_ROLE_MINOR_FAULTS:
    case HWP_ROLE_MAJOR_FAULTS:
        return false;
    default:
        return hwp_encoding_is_interrupt(ev->encoding);
    }
}

/* Instruction i follows an atomic in the same basic block. */
static bool follows_atomic(const struct hwp_insns *insns, const bool *targets, size_t i)
{
    if (i == 0 || targets[i])
        return false;
    const struct hwp_insn *before = &insns->data[i - 1];
    return hwp_atomic_counts(before->atomic) && before->flow == HWP_FLOW_NEXT && !before->bad &&
           before->addr + before->len == insns->data[i].addr;
}

void hwp_atomics_unskid(const struct hwp_insns *insns, const struct hwp_events *events,
                        struct hwp_cost *costs, struct hwp_cost *moved)
{
    size_t n = events->len;
    bool *targets hwp_cleanup(hwp_free_cleanup) = hwp_calloc(insns->len, sizeof(*targets));

    hwp_insns_targets(insns, targets);
    /* Ascending, so that of two atomics in a row each gets what landed behind it. */
    for (size_t i = 1; i < insns->len; i++) {
        if (!follows_atomic(insns, targets, i))
            continue;
        for (size_t e = 0; e < n; e++) {
            struct hwp_cost *here = &costs[i * n + e];
            if (!here->samples || !hwp_event_skids(&events->data[e]))
                continue;
            hwp_cost_add(&costs[(i - 1) * n + e], here);
            if (moved)
                hwp_cost_add(&moved[e], here);
            *here = (struct hwp_cost){0};
        }
    }
}

void hwp_atomics_sum(const struct hwp_insns *insns, size_t nr_events, const struct hwp_cost *costs,
                     struct hwp_cost *ret)
{
    for (size_t i = 0; i < insns->len; i++) {
        if (!hwp_atomic_counts(insns->data[i].atomic))
            continue;
        for (size_t e = 0; e < nr_events; e++)
            hwp_cost_add(&ret[e], &costs[i * nr_events + e]);
    }
}
