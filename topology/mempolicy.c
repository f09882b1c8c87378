#include "topology/mempolicy.h"

#include <errno.h>
#include <hwloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "topology/hwloc_private.h"

static const struct hwp_numa_node *find_node(const struct hwp_topology *t, int node)
{
    hwp_vec_foreach(&t->nodes, n)
        if (n->node == node)
            return n;
    return NULL;
}

/* Logical numbers of all nodes, or of those that are allowed. */
static char *list_nodes(const struct hwp_topology *t, bool only_allowed)
{
    struct hwp_cpuset set = {0};

    hwp_vec_foreach(&t->nodes, n)
        if (n->allowed || !only_allowed)
            hwp_cpuset_add(&set, (unsigned)n->node);
    return hwp_cpuset_format(&set);
}

static struct hwp_error *check_node(const struct hwp_topology *t, int node)
{
    const struct hwp_numa_node *found = find_node(t, node);

    if (found && found->allowed)
        return NULL;

    char *which hwp_cleanup(hwp_free_cleanup) = list_nodes(t, found != NULL);
    if (!found)
        return hwp_error_hint(hwp_error(HWP_E_INVALID, "there is no NUMA node %d", node),
                              "this machine has NUMA node %s", which);
    return hwp_error_hint(
        hwp_error(HWP_E_DENIED, "NUMA node %d exists but is not allowed here", node),
        "allowed: %s", *which ? which : "none");
}

struct hwp_error *hwp_mempolicy_parse(const struct hwp_topology *t, enum hwp_mempolicy_kind kind,
                                      const char *nodes, struct hwp_mempolicy *ret)
{
    struct hwp_mempolicy policy = {.kind = kind};
    struct hwp_cpuset asked = {0};
    bool all = strcmp(nodes, "all") == 0;

    if (all) {
        hwp_vec_foreach(&t->nodes, n)
            if (n->allowed)
                hwp_cpuset_add(&asked, (unsigned)n->node);
    } else {
        HWP_TRY(hwp_error_prefix(hwp_cpuset_parse(nodes, &asked), "NUMA nodes"));
    }
    if (hwp_cpuset_count(&asked) == 0)
        return hwp_error_hint(hwp_error(HWP_E_INVALID, "no NUMA node is named"),
                              "write node numbers, as in 0 or 0-1, or all");
    hwp_cpuset_foreach(&asked, node) {
        HWP_TRY(check_node(t, node));
        hwp_cpuset_add(&policy.nodes, find_node(t, node)->os);
    }
    *ret = policy;
    return NULL;
}

static struct hwp_error *bind_error(int errnum)
{
    struct hwp_error *err = hwp_error_sys(errnum, "can't set the memory policy");

    if (errnum == ENOSYS)
        return hwp_error_hint(err, "the kernel has no NUMA support: leave the memory policy out");
    if (errnum == EPERM)
        return hwp_error_hint(err, "containers often forbid set_mempolicy: allow it (docker: "
                                   "--cap-add SYS_NICE), or leave the memory policy out");
    return hwp_error_hint(err, "name NUMA nodes that have memory and are allowed here");
}

/* For the calling thread: all there is of a child between fork and exec. hwloc offers no
 * whole-process policy on Linux, as the kernel has none. */
struct hwp_error *hwp_mempolicy_apply(const struct hwp_topology *t,
                                      const struct hwp_mempolicy *policy)
{
    if (policy->kind == HWP_MEMPOLICY_DEFAULT)
        return NULL;
    /* hwloc would pretend to succeed. */
    if (!t->is_this_system)
        return hwp_error_hint(
            hwp_error(HWP_E_INVALID, "a memory policy needs the topology of this machine"),
            "unset HWLOC_XMLFILE and HWLOC_SYNTHETIC");

    hwloc_bitmap_t nodes = hwloc_bitmap_alloc();
    hwloc_membind_policy_t how = policy->kind == HWP_MEMPOLICY_BIND ? HWLOC_MEMBIND_BIND
                                                                    : HWLOC_MEMBIND_INTERLEAVE;
    if (!nodes)
        return hwp_error_sys(ENOMEM, "can't set the memory policy");
    hwp_cpuset_foreach(&policy->nodes, node)
        hwloc_bitmap_set(nodes, (unsigned)node);
    int rc = hwloc_set_membind(t->priv->hwloc, nodes, how,
                               HWLOC_MEMBIND_BYNODESET | HWLOC_MEMBIND_STRICT |
                                   HWLOC_MEMBIND_THREAD);
    int errnum = errno;
    hwloc_bitmap_free(nodes);
    return rc < 0 ? bind_error(errnum) : NULL;
}

char *hwp_mempolicy_format(const struct hwp_mempolicy *policy)
{
    if (policy->kind == HWP_MEMPOLICY_DEFAULT)
        return NULL;
    char *nodes hwp_cleanup(hwp_free_cleanup) = hwp_cpuset_format(&policy->nodes);
    return hwp_asprintf("%s:%s", policy->kind == HWP_MEMPOLICY_BIND ? "bind" : "interleave",
                        nodes);
}
