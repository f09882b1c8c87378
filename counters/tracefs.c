#include "counters/tracefs.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/suggest.h"

/* The directory "events" of the first tracefs found, or NULL with errno of the last try. */
static char *events_dir(void)
{
    static const char *const usual[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
    const char *env = getenv("HWPROF_TRACEFS");
    int errnum = ENOENT;

    for (size_t i = 0; i < (env ? 1 : hwp_array_size(usual)); i++) {
        char *dir = hwp_asprintf("%s/events", env ? env : usual[i]);
        if (access(dir, R_OK | X_OK) == 0)
            return dir;
        if (errno != ENOENT)
            errnum = errno;
        free(dir);
    }
    errno = errnum;
    return NULL;
}

static struct hwp_error *no_tracefs(int errnum)
{
    if (errnum == EACCES || errnum == EPERM)
        return hwp_error_hint(hwp_error(HWP_E_DENIED, "tracepoints can't be looked up: tracefs is "
                                                      "not readable"),
                              "run as root, or: mount -o remount,mode=755 /sys/kernel/tracing");
    return hwp_error_hint(hwp_error(HWP_E_UNSUPPORTED, "tracepoints can't be looked up: tracefs is "
                                                       "not mounted"),
                          "as root: mount -t tracefs nodev /sys/kernel/tracing");
}

static int is_event_dir(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && entry->d_type != DT_REG;
}

void hwp_tracepoints_each(hwp_tracepoint_fn *fn, void *ctx)
{
    hwp_cleanup(hwp_free_cleanup) char *root = events_dir();
    struct dirent **systems, **names;
    int n = root ? scandir(root, &systems, is_event_dir, alphasort) : -1;

    for (int i = 0; i < n; i++) {
        hwp_cleanup(hwp_free_cleanup) char *dir = hwp_asprintf("%s/%s", root, systems[i]->d_name);
        int m = scandir(dir, &names, is_event_dir, alphasort);
        for (int j = 0; j < m; j++) {
            hwp_cleanup(hwp_free_cleanup) char *name =
                hwp_asprintf("%s:%s", systems[i]->d_name, names[j]->d_name);
            fn(ctx, name);
            free(names[j]);
        }
        if (m >= 0)
            free(names);
        free(systems[i]);
    }
    if (n >= 0)
        free(systems);
}

char *hwp_tracefs_read(const char *name, size_t *ret_len)
{
    hwp_cleanup(hwp_free_cleanup) char *root = events_dir();
    hwp_cleanup(hwp_free_cleanup) char *path = root ? hwp_asprintf("%s/%s", root, name) : NULL;

    return path ? hwp_file_read(path, HWP_FILE_SMALL, ret_len) : NULL;
}

static void offer(void *ctx, const char *name)
{
    struct hwp_suggest *near = ctx;

    if (strcmp(name, near->wanted) != 0) /* its directory is there, its id isn't */
        hwp_suggest_offer(near, name);
}

static struct hwp_error *unknown(const char *system, const char *name)
{
    hwp_cleanup(hwp_free_cleanup) char *full = hwp_asprintf("%s:%s", system, name);
    struct hwp_suggest near = {.wanted = full};

    hwp_tracepoints_each(offer, &near);
    hwp_cleanup(hwp_free_cleanup) char *names = hwp_suggest_text(&near);
    hwp_suggest_deinit(&near);
    struct hwp_error *err = hwp_error(HWP_E_NOT_FOUND, "no tracepoint '%s'", full);
    if (names)
        return hwp_error_hint(err, "did you mean %s?", names);
    return hwp_error_hint(err, "`hwprof list tracepoint` shows them all");
}

struct hwp_error *hwp_tracepoint_id(const char *system, const char *name, uint64_t *ret)
{
    hwp_cleanup(hwp_free_cleanup) char *root = events_dir();
    unsigned long long id;

    if (!root)
        return no_tracefs(errno);
    if (system[0] == '.' || name[0] == '.' || strchr(system, '/') || strchr(name, '/'))
        return unknown(system, name);
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/%s/%s/id", root, system, name);
    FILE *file = fopen(path, "re");
    if (!file && (errno == EACCES || errno == EPERM))
        return no_tracefs(errno);
    if (!file)
        return unknown(system, name);
    int got = fscanf(file, "%llu", &id);
    fclose(file);
    if (got != 1)
        return hwp_error(HWP_E_FORMAT, "%s holds no number", path);
    *ret = id;
    return NULL;
}
