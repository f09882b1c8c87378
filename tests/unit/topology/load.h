/* Topologies for tests, loaded from a synthetic string or a file under tests/data/topology. */
#ifndef HWP_TEST_TOPOLOGY_LOAD_H
#define HWP_TEST_TOPOLOGY_LOAD_H

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "topology/topology.h"

#define SMT     "pack:2 [numa(memory=8589934592)] l3:1(size=33554432) core:4 pu:2"
#define HYBRID  "hybrid.xml"
#define OFFLINE "offline.xml"     /* CPUs 3 and 6 are offline */
#define MEMORY  "memory-only.xml" /* node 1 has no CPUs */

/* `allowed` is a CPU list, NULL for all. */
static inline struct hwp_topology *load(const char *what, const char *allowed)
{
    struct hwp_topology *t = NULL;
    struct hwp_cpuset set = {0};
    struct hwp_error *err = allowed ? hwp_cpuset_parse(allowed, &set) : NULL;

    assert_null(err);
    bool file = strstr(what, ".xml") != NULL;
    char *path hwp_cleanup(hwp_free_cleanup) =
        file ? hwp_asprintf("%s/topology/%s", HWP_TEST_DATA, what) : hwp_strdup(what);
    err = hwp_topology_load(file ? HWP_TOPOLOGY_XML : HWP_TOPOLOGY_SYNTHETIC, path,
                            allowed ? &set : NULL, &t);
    if (err)
        fail_msg("%s: %s", what, err->msg);
    return t;
}

#endif
