/* Where distributions and objcopy --add-gnu-debuglink put the debug information of a file. */
#include "symbols/internal.h"

#include <elfutils/libdwelf.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#define DEBUG_ROOT "/usr/lib/debug"

static struct hwp_elf *open_by_build_id(const struct hwp_elf *e, const char *symfs)
{
    hwp_cleanup(hwp_str_deinit) struct hwp_str path = {0};
    const void *id = NULL;
    size_t len = hwp_elf_build_id(e, &id);
    const uint8_t *bytes = id;
    struct hwp_elf *found = NULL;

    if (len < 2)
        return NULL;
    hwp_str_addf(&path, "%s" DEBUG_ROOT "/.build-id/%02x/", symfs, bytes[0]);
    for (size_t i = 1; i < len; i++)
        hwp_str_addf(&path, "%02x", bytes[i]);
    hwp_str_add(&path, ".debug");
    if (hwp_elf_open(path.data, &found) != HWP_MODULE_OK)
        return NULL;
    const void *other = NULL;
    if (hwp_elf_build_id(found, &other) == len && memcmp(id, other, len) == 0)
        return found;
    hwp_elf_close(found);
    return NULL;
}

/* The CRC of .gnu_debuglink: CRC-32 as in zlib, over the whole debug file. */
static uint32_t crc_add(uint32_t crc, const uint8_t *bytes, size_t len)
{
    static const uint32_t nibble[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };

    for (size_t i = 0; i < len; i++) {
        crc = nibble[(crc ^ bytes[i]) & 15] ^ (crc >> 4);
        crc = nibble[(crc ^ (bytes[i] >> 4)) & 15] ^ (crc >> 4);
    }
    return crc;
}

static bool has_crc(const struct hwp_elf *e, uint32_t wanted)
{
    enum { CHUNK = 1 << 16 };
    hwp_cleanup(hwp_free_cleanup) uint8_t *buf = hwp_alloc(CHUNK);
    uint32_t crc = UINT32_MAX;
    off_t at = 0;

    for (;;) {
        ssize_t n = pread(e->fd, buf, CHUNK, at);
        if (n < 0)
            return false;
        if (n == 0)
            return ~crc == wanted;
        crc = crc_add(crc, buf, (size_t)n);
        at += n;
    }
}

static struct hwp_elf *open_with_crc(const char *path, uint32_t crc, const char *except)
{
    struct hwp_elf *found = NULL;

    if (strcmp(path, except) == 0 || hwp_elf_open(path, &found) != HWP_MODULE_OK)
        return NULL;
    if (has_crc(found, crc))
        return found;
    hwp_elf_close(found);
    return NULL;
}

static struct hwp_elf *open_by_link(const struct hwp_elf *e, const char *symfs)
{
    GElf_Word crc = 0;
    const char *name = dwelf_elf_gnu_debuglink(e->elf, &crc);

    if (!name || !*name || strchr(name, '/') || !e->path)
        return NULL;
    hwp_cleanup(hwp_free_cleanup) char *copy = hwp_strdup(e->path);
    const char *dir = dirname(copy);
    const char *inside = hwp_starts_with(dir, symfs) ? dir + strlen(symfs) : dir;
    char *const paths[] = {hwp_asprintf("%s/%s", dir, name),
                           hwp_asprintf("%s/.debug/%s", dir, name),
                           hwp_asprintf("%s" DEBUG_ROOT "%s/%s", symfs, inside, name)};
    struct hwp_elf *found = NULL;
    for (size_t i = 0; i < hwp_array_size(paths); i++) {
        if (!found)
            found = open_with_crc(paths[i], crc, e->path);
        free(paths[i]);
    }
    return found;
}

struct hwp_elf *hwp_debug_file_open(const struct hwp_elf *e, const char *symfs)
{
    struct hwp_elf *found = open_by_build_id(e, symfs ? symfs : "");

    return found ? found : open_by_link(e, symfs ? symfs : "");
}
