#include "counters/sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define SYSFS "/sys/bus/event_source/devices"

/* The file's content without the newline, or NULL. Files of sysfs are at most a page. */
static char *read_file(const char *dir, const char *name)
{
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/%s", dir, name);
    char buffer[4096];
    FILE *file = fopen(path, "re");

    if (!file)
        return NULL;
    size_t n = fread(buffer, 1, sizeof(buffer) - 1, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed)
        return NULL;
    while (n > 0 && isspace((unsigned char)buffer[n - 1]))
        n--;
    return hwp_strndup(buffer, n);
}

static bool parse_type(const char *text, uint32_t *ret)
{
    char *end;

    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    if (errno || end == text || *end || n > UINT32_MAX)
        return false;
    *ret = (uint32_t)n;
    return true;
}

enum cpus_file { ABSENT, EMPTY, PRESENT };

/* A list file of CPUs. A list that can't be read as one leaves the set empty, which lets the event
 * be opened anywhere. */
static enum cpus_file read_cpus(const struct hwp_pmu *pmu, const char *name, struct hwp_cpuset *ret)
{
    hwp_cleanup(hwp_free_cleanup) char *text = read_file(pmu->path, name);

    if (!text || !*text)
        return text ? EMPTY : ABSENT;
    hwp_error_destroy(hwp_cpuset_parse(text, ret));
    return PRESENT;
}

/* A core PMU whose CPUs are all offline can count nothing and is left out. */
static bool open_pmu(const char *root, const char *name, struct hwp_pmu *ret)
{
    struct hwp_pmu pmu = {.path = hwp_asprintf("%s/%s", root, name)};
    hwp_cleanup(hwp_free_cleanup) char *type = read_file(pmu.path, "type");

    if (!type || !parse_type(type, &pmu.type)) {
        free(pmu.path);
        return false;
    }
    enum cpus_file cpus = read_cpus(&pmu, "cpus", &pmu.cpus);
    pmu.core = cpus == PRESENT || strcmp(name, "cpu") == 0;
    if (cpus == EMPTY) {
        free(pmu.path);
        return false;
    }
    if (!pmu.core &&
        read_cpus(&pmu, "cpumask", &pmu.cpus) != ABSENT) /* SPE's mask says where it exists */
        pmu.per_cpu_only = !hwp_starts_with(name, "arm_spe");
    pmu.name = hwp_strdup(name);
    *ret = pmu;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strverscmp(((const struct hwp_pmu *)a)->name, ((const struct hwp_pmu *)b)->name);
}

/* cpu_core before cpu_atom: the big cores first, as perf lists them. */
static int cores_by_name(const void *a, const void *b)
{
    const struct hwp_pmu *x = a, *y = b;
    bool x_core = strcmp(x->name, "cpu_core") == 0, y_core = strcmp(y->name, "cpu_core") == 0;

    if (x_core != y_core)
        return x_core ? -1 : 1;
    return by_name(a, b);
}

void hwp_pmus_load(struct hwp_pmus *ret)
{
    const char *env = getenv("HWPROF_SYSFS");
    const char *root = env && *env ? env : SYSFS;
    struct hwp_pmus pmus = {0};
    DIR *dir = opendir(root);

    *ret = pmus;
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct hwp_pmu pmu;

        if (entry->d_name[0] == '.' || !open_pmu(root, entry->d_name, &pmu))
            continue;
        pmus.cores += pmu.core;
        hwp_vec_push(&pmus, pmu);
    }
    closedir(dir);
    if (pmus.len)
        qsort(pmus.data, pmus.len, sizeof(*pmus.data), cores_by_name);
    *ret = pmus;
}

static void pmu_deinit(struct hwp_pmu *pmu)
{
    hwp_vec_foreach (&pmu->formats, f)
        free(f->name);
    hwp_vec_foreach (&pmu->aliases, a) {
        free(a->name);
        free(a->terms);
        free(a->unit);
    }
    hwp_vec_deinit(&pmu->formats);
    hwp_vec_deinit(&pmu->aliases);
    free(pmu->name);
    free(pmu->path);
}

void hwp_pmus_deinit(struct hwp_pmus *pmus)
{
    hwp_vec_foreach (pmus, pmu)
        pmu_deinit(pmu);
    hwp_vec_deinit(pmus);
}

struct hwp_pmu *hwp_pmus_by_name(struct hwp_pmus *pmus, const char *name)
{
    hwp_vec_foreach (pmus, pmu)
        if (strcmp(pmu->name, name) == 0)
            return pmu;
    return NULL;
}

struct hwp_pmu *hwp_pmus_by_type(struct hwp_pmus *pmus, uint32_t type)
{
    hwp_vec_foreach (pmus, pmu)
        if (pmu->type == type)
            return pmu;
    return NULL;
}

/* "imc_3" for pattern "imc"; "imc_free_running" not. */
static bool matches_numbered(const char *name, const char *pattern)
{
    size_t n = strlen(pattern);

    if (strncmp(name, pattern, n) != 0)
        return false;
    if (!name[n])
        return true;
    return name[n] == '_' && name[n + 1] &&
           name[n + 1 + strspn(name + n + 1, "0123456789")] == '\0';
}

bool hwp_pmu_matches(const struct hwp_pmu *pmu, const char *pattern)
{
    const char *name = pmu->name;
    const char *bare = hwp_starts_with(name, "uncore_") ? name + strlen("uncore_") : name;

    if (strpbrk(pattern, "*?["))
        return fnmatch(pattern, name, 0) == 0 || fnmatch(pattern, bare, 0) == 0;
    return matches_numbered(name, pattern) || matches_numbered(bare, pattern);
}

/* "config1:0-7,32-35" to index and mask; false for what this program can't fill. */
static bool parse_format(const char *text, struct hwp_pmu_format *ret)
{
    const char *p = text;

    if (!hwp_starts_with(p, "config"))
        return false;
    p += strlen("config");
    ret->index = 0;
    if (isdigit((unsigned char)*p))
        ret->index = (unsigned)(*p++ - '0');
    if (*p != ':' || ret->index > 3)
        return false;
    do {
        char *end;
        unsigned long low = strtoul(++p, &end, 10), high = low;
        if (end == p)
            return false;
        p = end;
        if (*p == '-') {
            high = strtoul(++p, &end, 10);
            if (end == p)
                return false;
            p = end;
        }
        if (low > high || high > 63)
            return false;
        ret->mask |= ~0ull << low & ~0ull >> (63 - high);
    } while (*p == ',');
    return !*p;
}

static void load_format(struct hwp_pmu *pmu, const char *dir, const char *name)
{
    hwp_cleanup(hwp_free_cleanup) char *text = read_file(dir, name);
    struct hwp_pmu_format format = {0};

    if (!text || !parse_format(text, &format))
        return;
    format.name = hwp_strdup(name);
    hwp_vec_push(&pmu->formats, format);
}

static void load_alias(struct hwp_pmu *pmu, const char *dir, const char *name)
{
    static const char *const extra[] = {".scale", ".unit", ".per-pkg", ".snapshot"};

    for (size_t i = 0; i < hwp_array_size(extra); i++)
        if (hwp_ends_with(name, extra[i]))
            return;
    struct hwp_pmu_alias alias = {.terms = read_file(dir, name), .scale = 1};
    if (!alias.terms)
        return;
    alias.name = hwp_strdup(name);
    hwp_cleanup(hwp_free_cleanup) char *scale_name = hwp_asprintf("%s.scale", name);
    hwp_cleanup(hwp_free_cleanup) char *unit_name = hwp_asprintf("%s.unit", name);
    hwp_cleanup(hwp_free_cleanup) char *scale = read_file(dir, scale_name);
    alias.unit = read_file(dir, unit_name);
    if (!alias.unit)
        alias.unit = hwp_strdup("");
    if (scale) {
        char *end;
        double value = strtod(scale, &end);
        if (end != scale && value != 0)
            alias.scale = value;
    }
    hwp_vec_push(&pmu->aliases, alias);
}

static void load_dir(struct hwp_pmu *pmu, const char *name,
                     void (*load)(struct hwp_pmu *, const char *, const char *))
{
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/%s", pmu->path, name);
    struct dirent **entries;
    int n = scandir(path, &entries, NULL, alphasort); /* sorted: lists and errors stay the same */

    if (n < 0)
        return;
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.')
            load(pmu, path, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

void hwp_pmu_load(struct hwp_pmu *pmu)
{
    if (pmu->loaded)
        return;
    pmu->loaded = true;
    load_dir(pmu, "format", load_format);
    load_dir(pmu, "events", load_alias);
}

const struct hwp_pmu_alias *hwp_pmu_alias_find(struct hwp_pmu *pmu, const char *name)
{
    hwp_pmu_load(pmu);
    hwp_vec_foreach (&pmu->aliases, alias)
        if (strcasecmp(alias->name, name) == 0)
            return alias;
    return NULL;
}

unsigned hwp_pmu_max_precise(const struct hwp_pmu *pmu)
{
    hwp_cleanup(hwp_free_cleanup) char *text = read_file(pmu->path, "caps/max_precise");
    uint32_t n = 0;

    return text && parse_type(text, &n) && n <= 3 ? n : 0;
}
