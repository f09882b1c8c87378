/* What JIT compilers leave for profilers: /tmp/perf-PID.map, "address size name" in hexadecimal. */
#include "symbols/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define MAP_MAX (1u << 30)

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

void hwp_index_add_perf_map(struct hwp_symbol_index *ix, int32_t pid)
{
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("/tmp/perf-%d.map", pid);
    /* A process in a container has its own /tmp. */
    hwp_cleanup(hwp_free_cleanup) char *inside = hwp_asprintf("/proc/%d/root%s", pid, path);
    size_t len = 0;
    hwp_cleanup(hwp_free_cleanup) char *text = hwp_file_read(path, MAP_MAX, &len);
    char *state = NULL;

    if (!text)
        text = hwp_file_read(inside, MAP_MAX, &len);
    if (!text)
        return;
    for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
        add_line(ix, line);
    keep_latest(ix);
}
