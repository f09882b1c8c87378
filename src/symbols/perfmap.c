/* What JIT compilers leave for profilers: /tmp/perf-PID.map, "address size name" in hexadecimal. */
#include "symbols/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define MAP_MAX (256u << 20)

static void add_line(struct hwp_symbol_index *ix, const char *line)
{
    char *p = NULL;
    uint64_t start = strtoull(line, &p, 16);

    if (p == line || *p != ' ')
        return;
    const char *second = p;
    uint64_t size = strtoull(second, &p, 16);
    if (p == second || *p != ' ' || !p[1] || !size || size > UINT64_MAX - start)
        return;
    hwp_index_add(ix, hwp_index_own(ix, hwp_strdup(p + 1)), start, start + size, HWP_SYMBOL_PERFMAP,
                  HWP_BIND_GLOBAL);
}

/* The later of two entries at one address is in force: code memory is used again. */
static void keep_latest(struct hwp_symbol_index *ix)
{
    struct hwp_map latest = {0};
    size_t kept = 0;

    for (size_t i = 0; i < ix->entries.len; i++)
        *hwp_map_put(&latest, ix->entries.data[i].symbol.start, i, NULL) = i;
    for (size_t i = 0; i < ix->entries.len; i++)
        if (*hwp_map_get(&latest, ix->entries.data[i].symbol.start) == i)
            ix->entries.data[kept++] = ix->entries.data[i];
    ix->entries.len = kept;
    hwp_map_deinit(&latest);
}

/* Anyone can put a file into /tmp under the process's number: only what is root's, the reader's or
 * the process's own is believed, and links are not followed. */
static bool is_trusted(const char *path, int32_t pid)
{
    hwp_cleanup(hwp_free_cleanup) char *proc = hwp_asprintf("/proc/%d", pid);
    struct stat st, owner;

    if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    return st.st_uid == 0 || st.st_uid == geteuid() ||
           (stat(proc, &owner) == 0 && st.st_uid == owner.st_uid);
}

static char *read_map(const char *path, int32_t pid)
{
    hwp_cleanup(hwp_free_cleanup) char *text = NULL;

    if (!is_trusted(path, pid))
        return NULL;
    text = hwp_file_read(path, MAP_MAX, NULL);
    /* /tmp is sticky: what is trusted now was not exchanged by others while it was read. */
    return is_trusted(path, pid) ? hwp_steal(&text) : NULL;
}

void hwp_index_add_perf_map(struct hwp_symbol_index *ix, int32_t pid)
{
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("/tmp/perf-%d.map", pid);
    /* A process in a container has its own /tmp. */
    hwp_cleanup(hwp_free_cleanup) char *inside = hwp_asprintf("/proc/%d/root%s", pid, path);
    hwp_cleanup(hwp_free_cleanup) char *text = read_map(path, pid);
    char *state = NULL;

    if (!text)
        text = read_map(inside, pid);
    if (!text)
        return;
    for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
        add_line(ix, line);
    keep_latest(ix);
}
