/* Single facts that hwloc knows, for those who model the machine. */
#include <hwloc.h>
#include <hwloc/distances.h>
#include <stdlib.h>

#include "base/mem.h"
#include "topology/hwloc_private.h"

const char *hwp_topology_info(const struct hwp_topology *t, const char *name)
{
    hwloc_obj_t package = hwloc_get_obj_by_type(t->priv->hwloc, HWLOC_OBJ_PACKAGE, 0);
    const char *value = package ? hwloc_obj_get_info_by_name(package, name) : NULL;

    return value ? value : hwloc_obj_get_info_by_name(hwloc_get_root_obj(t->priv->hwloc), name);
}

static hwloc_obj_t node_object(const struct hwp_topology *t, int node)
{
    if (node < 0)
        return NULL;
    return hwloc_get_obj_by_type(t->priv->hwloc, HWLOC_OBJ_NUMANODE, (unsigned)node);
}

unsigned hwp_topology_distance(const struct hwp_topology *t, int from, int to)
{
    hwloc_obj_t a = node_object(t, from), b = node_object(t, to);
    struct hwloc_distances_s *found = NULL;
    hwloc_uint64_t there = 0, back = 0;
    unsigned nr = 1;

    if (!a || !b)
        return 0;
    if (hwloc_distances_get_by_type(t->priv->hwloc, HWLOC_OBJ_NUMANODE, &nr, &found,
                                    HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0) < 0 ||
        nr == 0)
        return 0;
    if (hwloc_distances_obj_pair_values(found, a, b, &there, &back) < 0)
        there = 0;
    hwloc_distances_release(t->priv->hwloc, found);
    return there < 256 ? (unsigned)there : 0; /* SLIT has bytes; HMAT's units are not these */
}

void hwp_topology_set_cpu_model(struct hwp_topology *t, const char *name)
{
    hwloc_obj_t obj = hwloc_get_obj_by_type(t->priv->hwloc, HWLOC_OBJ_PACKAGE, 0);

    free(t->cpu_model);
    t->cpu_model = hwp_strdup(name);
    hwloc_obj_add_info(obj ? obj : hwloc_get_root_obj(t->priv->hwloc), "CPUModel", name);
}
