#include "topology/topology.h"

#include <ctype.h>
#include <errno.h>
#include <hwloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "topology/hwloc_private.h"

/* hwloc writes what it dislikes to stderr unless this is set. Only while it loads, as a workload
 * would inherit it. */
#define QUIET "HWLOC_HIDE_ERRORS"

/* CPUs that a synthetic string describes: the product of its "type:count" counts, without what is
 * in (attributes) or [memory]. Asked before hwloc is, which would build a machine of any size. */
static uint64_t synthetic_cpus(const char *spec)
{
    uint64_t n = 1;
    int depth = 0;

    for (const char *s = spec; *s; s++) {
        if (*s == '(' || *s == '[')
            depth++;
        else if (*s == ')' || *s == ']')
            depth--;
        bool starts = isdigit((unsigned char)*s) && (s == spec || s[-1] == ':' || s[-1] == ' ');
        if (depth || !starts)
            continue;

        uint64_t count = strtoull(s, NULL, 0);
        n *= count > HWP_MAX_CPUS ? HWP_MAX_CPUS + 1 : count;
        if (n > HWP_MAX_CPUS)
            return n;
    }
    return n;
}

static struct hwp_error *set_synthetic(hwloc_topology_t h, const char *spec)
{
    if (synthetic_cpus(spec) > HWP_MAX_CPUS)
        return hwp_error_hint(
            hwp_error(HWP_E_INVALID, "synthetic topology '%s' has too many CPUs", spec),
            "up to %d CPUs are supported", HWP_MAX_CPUS);
    if (hwloc_topology_set_synthetic(h, spec) == 0)
        return NULL;
    return hwp_error_hint(
        hwp_error(HWP_E_INVALID, "'%s' is not an hwloc synthetic topology", spec),
        "name levels with counts, outermost first, as in 'pack:2 l3:1 core:4 pu:2'");
}

static struct hwp_error *xml_error(const char *what)
{
    return hwp_error_hint(hwp_error(HWP_E_FORMAT, "%s is not hwloc XML", what),
                          "make it with: lstopo --of xml FILE");
}

static struct hwp_error *set_source(hwloc_topology_t h, enum hwp_topology_from from,
                                    const char *spec)
{
    switch (from) {
    case HWP_TOPOLOGY_SYNTHETIC:
        return set_synthetic(h, spec);
    case HWP_TOPOLOGY_XML:
        /* "-" would have hwloc read stdin, which is the workload's. */
        if (strcmp(spec, "-") == 0)
            return hwp_error(HWP_E_INVALID, "a topology can't be read from standard input");
        if (access(spec, R_OK) < 0)
            return hwp_error_hint(hwp_error_sys(errno, "can't read topology %s", spec),
                                  "make one with: lstopo --of xml FILE");
        return hwloc_topology_set_xml(h, spec) < 0 ? xml_error(spec) : NULL;
    case HWP_TOPOLOGY_XML_TEXT:
        if (hwloc_topology_set_xmlbuffer(h, spec, (int)strlen(spec) + 1) < 0)
            return xml_error("the recorded topology");
        return NULL;
    case HWP_TOPOLOGY_THIS:
        break;
    }
    return NULL;
}

static struct hwp_error *load_error(enum hwp_topology_from from, const char *spec)
{
    if (from == HWP_TOPOLOGY_XML || from == HWP_TOPOLOGY_XML_TEXT)
        return xml_error(from == HWP_TOPOLOGY_XML ? spec : "the recorded topology");
    struct hwp_error *err = hwp_error_sys(errno ? errno : EINVAL, "hwloc can't read the topology");
    return hwp_error_hint(err, "see whether lstopo works; unset HWLOC_* environment variables");
}

static struct hwp_error *load_handle(struct hwp_topology *t, enum hwp_topology_from from,
                                     const char *spec)
{
    if (hwloc_topology_init(&t->priv->hwloc) < 0)
        return hwp_error_sys(errno, "can't start hwloc");
    HWP_TRY(set_source(t->priv->hwloc, from, spec));

    errno = 0;
    /* hwloc leaves instruction caches out unless asked. */
    if (hwloc_topology_set_flags(t->priv->hwloc, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) < 0 ||
        hwloc_topology_set_type_filter(t->priv->hwloc, HWLOC_OBJ_L1ICACHE,
                                       HWLOC_TYPE_FILTER_KEEP_ALL) < 0 ||
        hwloc_topology_load(t->priv->hwloc) < 0)
        return load_error(from, spec);
    return NULL;
}

static struct hwp_error *load_quietly(struct hwp_topology *t, enum hwp_topology_from from,
                                      const char *spec)
{
    bool was_set = getenv(QUIET) != NULL;

    if (!was_set)
        setenv(QUIET, "2", 1);
    struct hwp_error *err = load_handle(t, from, spec);
    if (!was_set)
        unsetenv(QUIET);
    return err;
}

/* Tells hwloc, so that an exported topology says what was allowed. */
static void keep_allowed_in_hwloc(struct hwp_topology *t)
{
    hwloc_bitmap_t set = hwloc_bitmap_alloc();

    if (!set)
        return;
    hwp_cpuset_foreach(&t->allowed, cpu)
        hwloc_bitmap_set(set, (unsigned)cpu);
    hwloc_topology_allow(t->priv->hwloc, set, NULL, HWLOC_ALLOW_FLAG_CUSTOM);
    hwloc_bitmap_free(set);
}

static struct hwp_error *narrow(struct hwp_topology *t, const struct hwp_cpuset *allowed)
{
    struct hwp_cpuset mine, before = t->allowed;

    if (t->is_this_system && hwp_cpuset_of_task(0, &mine) == 0)
        hwp_cpuset_and(&t->allowed, &mine);
    if (allowed)
        hwp_cpuset_and(&t->allowed, allowed);
    if (hwp_cpuset_count(&t->allowed) == 0)
        return hwp_error_hint(hwp_error(HWP_E_INVALID, "no CPU of this topology is allowed"),
                              "widen the CPU affinity or the cgroup's cpuset");
    if (!hwp_cpuset_equal(&before, &t->allowed))
        keep_allowed_in_hwloc(t);
    return NULL;
}

struct hwp_error *hwp_topology_load(enum hwp_topology_from from, const char *spec,
                                    const struct hwp_cpuset *allowed, struct hwp_topology **ret)
{
    struct hwp_topology *t hwp_cleanup(hwp_topology_cleanup) = hwp_calloc(1, sizeof(*t));

    t->priv = hwp_calloc(1, sizeof(*t->priv));
    HWP_TRY(load_quietly(t, from, spec));
    HWP_TRY(hwp_topology_fill(t));
    HWP_TRY(narrow(t, allowed));
    *ret = t;
    t = NULL;
    return NULL;
}

/* Loads it and lets go of it, as the parent will. No memory or descriptor comes back from there. */
static bool survives(const char *xml)
{
    int status;
    pid_t child = fork();

    if (child < 0)
        return false;
    if (child == 0) {
        const struct rlimit none = {0, 0};
        struct hwp_topology *t = NULL;
        setrlimit(RLIMIT_CORE, &none);
        alarm(10);
        struct hwp_error *err = hwp_topology_load(HWP_TOPOLOGY_XML_TEXT, xml, NULL, &t);
        hwp_error_destroy(err);
        hwp_topology_destroy(t);
        _exit(err ? 1 : 0);
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct hwp_error *hwp_topology_load_untrusted(const char *xml, struct hwp_topology **ret)
{
    if (!survives(xml))
        return hwp_error(HWP_E_FORMAT, "the machine's description is damaged");
    return hwp_topology_load(HWP_TOPOLOGY_XML_TEXT, xml, NULL, ret);
}

void hwp_topology_destroy(struct hwp_topology *t)
{
    if (!t)
        return;
    if (t->priv && t->priv->hwloc)
        hwloc_topology_destroy(t->priv->hwloc);
    free(t->priv);
    hwp_vec_deinit(&t->cpus);
    hwp_vec_deinit(&t->nodes);
    free(t->cpu_model);
    free(t);
}

const struct hwp_cpu *hwp_topology_cpu(const struct hwp_topology *t, unsigned cpu)
{
    int i = cpu < HWP_MAX_CPUS ? t->priv->by_os[cpu] : -1;

    return i >= 0 ? &t->cpus.data[i] : NULL;
}

struct hwp_error *hwp_topology_to_xml(const struct hwp_topology *t, char **ret)
{
    char *buffer;
    int len;

    if (hwloc_topology_export_xmlbuffer(t->priv->hwloc, &buffer, &len, 0) < 0)
        return hwp_error_sys(errno, "hwloc can't export the topology");
    *ret = hwp_strdup(buffer);
    hwloc_free_xmlbuffer(t->priv->hwloc, buffer);
    return NULL;
}
