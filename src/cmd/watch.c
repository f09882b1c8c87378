#include "cmd/watch.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "symbols/variable.h"

struct image {
    char path[PATH_MAX]; /* the program's file */
    uint64_t start;      /* where its first byte is mapped */
    struct hwp_error *err;
};

/* The lowest mapping of the program's own file, from /proc/PID/maps (proc(5)). */
static struct hwp_error *find_image(pid_t pid, struct image *image)
{
    char name[64], line[PATH_MAX + 128];

    snprintf(name, sizeof(name), "/proc/%d/exe", (int)pid);
    ssize_t n = readlink(name, image->path, sizeof(image->path) - 1);
    if (n < 0)
        return hwp_error(HWP_E_SYSTEM, "can't tell which program process %d runs", (int)pid);
    image->path[n] = '\0';

    snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(name, "re");
    bool found = false;
    while (maps && !found && fgets(line, sizeof(line), maps)) {
        uint64_t start, offset;
        int at = 0;
        if (sscanf(line, "%" SCNx64 "-%*x %*s %" SCNx64 " %*s %*s %n", &start, &offset, &at) < 2 ||
            !at || offset != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        found = strcmp(line + at, image->path) == 0;
        image->start = start;
    }
    if (maps)
        fclose(maps);
    return found ? NULL : hwp_error(HWP_E_SYSTEM, "%s is not mapped", image->path);
}

static uint64_t address_of(void *ctx, const char *symbol)
{
    struct image *image = ctx;
    struct hwp_variable variable;
    uint64_t base;

    if (image->err)
        return 0;
    image->err = hwp_variable_find(image->path, symbol, &variable, &base);
    return image->err ? 0 : image->start - base + variable.vaddr;
}

struct hwp_error *hwp_watch_symbols(const struct hwp_source *source, struct hwp_session *session,
                                    pid_t pid)
{
    struct image *image hwp_cleanup(hwp_free_cleanup) = hwp_calloc(1, sizeof(*image));

    if (!source->mapped)
        return NULL;
    HWP_TRY(find_image(pid, image));
    struct hwp_error *err = source->mapped(session, address_of, image);
    if (image->err) {
        hwp_error_destroy(err);
        return image->err;
    }
    return err;
}
