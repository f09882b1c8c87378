/* The plain tables, read out of a loaded hwloc handle. */
#include <hwloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "topology/hwloc_private.h"

static int ancestor(hwloc_topology_t h, hwloc_obj_t pu, hwloc_obj_type_t type)
{
    hwloc_obj_t obj = hwloc_get_ancestor_obj_by_type(h, type, pu);

    return obj ? (int)obj->logical_index : -1;
}

static int first_node_of(const struct hwp_topology *t, unsigned cpu)
{
    hwp_vec_foreach(&t->nodes, node)
        if (hwp_cpuset_has(&node->cpus, cpu))
            return node->node;
    return -1;
}

static int kind_of(hwloc_topology_t h, hwloc_obj_t pu, unsigned nr_kinds)
{
    return nr_kinds > 1 ? hwloc_cpukinds_get_by_cpuset(h, pu->cpuset, 0) : -1;
}

static void bitmap_to_set(hwloc_const_bitmap_t bitmap, struct hwp_cpuset *ret)
{
    *ret = (struct hwp_cpuset){0};
    for (int i = hwloc_bitmap_first(bitmap); i >= 0 && i < HWP_MAX_CPUS;
         i = hwloc_bitmap_next(bitmap, i))
        hwp_cpuset_add(ret, (unsigned)i);
}

static hwloc_obj_t cpu_side_parent(hwloc_obj_t node)
{
    hwloc_obj_t obj = node->parent;

    while (obj->parent && hwloc_obj_type_is_memory(obj->type))
        obj = obj->parent;
    return obj;
}

/* hwloc gives a node without CPUs those of the object it hangs from, mostly the machine's. It is
 * told by all of its CPUs having a node that hangs deeper. */
static bool is_memory_only(hwloc_topology_t h, hwloc_obj_t node)
{
    hwloc_bitmap_t covered = hwloc_bitmap_alloc();
    int depth = cpu_side_parent(node)->depth;

    if (!covered)
        return false;
    for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(h, HWLOC_OBJ_NUMANODE, o));)
        if (cpu_side_parent(o)->depth > depth)
            hwloc_bitmap_or(covered, covered, o->cpuset);
    bool all = hwloc_bitmap_isincluded(node->cpuset, covered);
    hwloc_bitmap_free(covered);
    return all;
}

static void fill_nodes(struct hwp_topology *t, hwloc_topology_t h)
{
    hwloc_const_nodeset_t allowed = hwloc_topology_get_allowed_nodeset(h);

    for (hwloc_obj_t obj = NULL; (obj = hwloc_get_next_obj_by_type(h, HWLOC_OBJ_NUMANODE, obj));) {
        struct hwp_numa_node node = {
            .node = (int)obj->logical_index,
            .os = obj->os_index,
            .bytes = obj->attr->numanode.local_memory,
            .allowed = hwloc_bitmap_isset(allowed, obj->os_index),
        };

        if (!is_memory_only(h, obj))
            bitmap_to_set(obj->cpuset, &node.cpus);
        hwp_cpuset_and(&node.cpus, &t->online);
        hwp_vec_push(&t->nodes, node);
    }
}

static struct hwp_error *fill_online(struct hwp_topology *t, hwloc_topology_t h)
{
    for (hwloc_obj_t pu = NULL; (pu = hwloc_get_next_obj_by_type(h, HWLOC_OBJ_PU, pu));) {
        if (pu->os_index >= HWP_MAX_CPUS)
            return hwp_error(HWP_E_UNSUPPORTED,
                             "the topology has a CPU %u; CPUs up to %d are supported",
                             pu->os_index, HWP_MAX_CPUS - 1);
        hwp_cpuset_add(&t->online, pu->os_index);
    }
    return NULL;
}

static void fill_cpus(struct hwp_topology *t, hwloc_topology_t h)
{
    int core_before = -1, smt = 0;

    memset(t->priv->by_os, -1, sizeof(t->priv->by_os));
    for (hwloc_obj_t pu = NULL; (pu = hwloc_get_next_obj_by_type(h, HWLOC_OBJ_PU, pu));) {
        struct hwp_cpu cpu = {
            .cpu = pu->os_index,
            .logical = (int)pu->logical_index,
            .core = ancestor(h, pu, HWLOC_OBJ_CORE),
            .l1 = ancestor(h, pu, HWLOC_OBJ_L1CACHE),
            .l2 = ancestor(h, pu, HWLOC_OBJ_L2CACHE),
            .l3 = ancestor(h, pu, HWLOC_OBJ_L3CACHE),
            .die = ancestor(h, pu, HWLOC_OBJ_DIE),
            .node = first_node_of(t, pu->os_index),
            .package = ancestor(h, pu, HWLOC_OBJ_PACKAGE),
            .kind = kind_of(h, pu, t->nr_kinds),
        };

        /* hwloc lists the PUs of a core one after the other. */
        smt = cpu.core >= 0 && cpu.core == core_before ? smt + 1 : 0;
        core_before = cpu.core;
        cpu.smt = smt;
        t->priv->by_os[cpu.cpu] = (int)t->cpus.len;
        hwp_vec_push(&t->cpus, cpu);
    }
}

static unsigned count_of(hwloc_topology_t h, hwloc_obj_type_t type)
{
    int n = hwloc_get_nbobjs_by_type(h, type);

    return n > 0 ? (unsigned)n : 0;
}

/* hwloc says -1 for a fully associative cache. */
static unsigned cache_ways(const struct hwloc_cache_attr_s *cache)
{
    if (cache->associativity >= 0)
        return (unsigned)cache->associativity;
    return cache->linesize ? (unsigned)(cache->size / cache->linesize) : 0;
}

/* Size and ways of the first cache of a level; its line size too, unless a nearer level gave one. */
static uint64_t cache_bytes(struct hwp_topology *t, hwloc_topology_t h, hwloc_obj_type_t type,
                            unsigned *ret_ways)
{
    hwloc_obj_t obj = hwloc_get_obj_by_type(h, type, 0);

    if (!obj)
        return 0;
    if (!t->line_bytes)
        t->line_bytes = obj->attr->cache.linesize;
    *ret_ways = cache_ways(&obj->attr->cache);
    return obj->attr->cache.size;
}

/* Firmware pads model names with runs of spaces. */
static char *squeeze(const char *name)
{
    struct hwp_str s = {0};

    for (; *name; name++)
        if (*name != ' ' || (s.len && name[1] && name[1] != ' '))
            hwp_str_addc(&s, *name);
    return hwp_str_steal(&s);
}

static char *cpu_model(hwloc_topology_t h)
{
    hwloc_obj_t package = hwloc_get_obj_by_type(h, HWLOC_OBJ_PACKAGE, 0);
    const char *name = package ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;

    if (!name)
        name = hwloc_obj_get_info_by_name(hwloc_get_root_obj(h), "CPUModel");
    return name && *name ? squeeze(name) : NULL;
}

struct hwp_error *hwp_topology_fill(struct hwp_topology *t)
{
    hwloc_topology_t h = t->priv->hwloc;
    int kinds = hwloc_cpukinds_get_nr(h, 0);

    t->nr_kinds = kinds > 1 ? (unsigned)kinds : 1;
    HWP_TRY(fill_online(t, h));
    fill_nodes(t, h);
    fill_cpus(t, h);
    bitmap_to_set(hwloc_topology_get_allowed_cpuset(h), &t->allowed);
    hwp_cpuset_and(&t->allowed, &t->online);
    t->nr_packages = count_of(h, HWLOC_OBJ_PACKAGE);
    t->nr_cores = count_of(h, HWLOC_OBJ_CORE);
    t->nr_l3 = count_of(h, HWLOC_OBJ_L3CACHE);
    t->nr_l2 = count_of(h, HWLOC_OBJ_L2CACHE);
    t->l1d_bytes = cache_bytes(t, h, HWLOC_OBJ_L1CACHE, &t->l1d_ways);
    t->l1i_bytes = cache_bytes(t, h, HWLOC_OBJ_L1ICACHE, &t->l1i_ways);
    t->l2_bytes = cache_bytes(t, h, HWLOC_OBJ_L2CACHE, &t->l2_ways);
    t->l3_bytes = cache_bytes(t, h, HWLOC_OBJ_L3CACHE, &t->l3_ways);
    t->cpu_model = cpu_model(h);
    t->is_this_system = hwloc_topology_is_thissystem(h);
    return NULL;
}
