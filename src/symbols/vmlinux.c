/* The kernel's own ELF file, if it is installed: for its code and lines. */
#include "symbols/internal.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "profile/build_id.h"

/* Symbols whose names may stand twice in a kernel would give a wrong slide. */
static bool find_slide(const struct hwp_elf *e, const struct hwp_kallsyms *k, uint64_t *ret)
{
    struct hwp_symbol_index ix = {.no_demangle = true};
    hwp_cleanup(hwp_intern_deinit) struct hwp_intern names = {0};
    struct hwp_map addrs = {0};
    bool found = false;

    hwp_index_add_elf(&ix, e, false);
    hwp_vec_foreach (&ix.entries, entry) {
        bool is_new = false;
        uint32_t id = hwp_intern(&names, entry->symbol.raw_name);
        uint64_t *addr = hwp_map_put(&addrs, id, entry->symbol.start, &is_new);
        if (!is_new)
            *addr = 0;
    }
    size_t known = names.len;
    hwp_vec_foreach (&k->list, s) {
        if (s->module || found)
            continue;
        const uint64_t *addr = hwp_map_get(&addrs, hwp_intern(&names, s->name));
        if (names.len == known && addr && *addr) {
            *ret = s->addr - *addr;
            found = true;
        }
        known = names.len;
    }
    hwp_map_deinit(&addrs);
    hwp_index_deinit(&ix);
    return found;
}

static struct hwp_elf *try_open(const char *path, const struct hwp_dso *dso)
{
    struct hwp_elf *e = NULL;

    if (hwp_elf_open(path, &e) != HWP_MODULE_OK)
        return NULL;
    if (!dso->build_id_len || hwp_elf_build_id_is(e, dso->build_id, dso->build_id_len))
        return e;
    hwp_elf_close(e);
    return NULL;
}

struct hwp_elf *hwp_vmlinux_open(const struct hwp_dso *dso, const char *path,
                                 const struct hwp_kallsyms *k, uint64_t *ret_slide)
{
    static const char *const places[] = {
        "/usr/lib/debug/boot/vmlinux-%s",
        "/usr/lib/debug/lib/modules/%s/vmlinux",
        "/boot/vmlinux-%s",
        "/lib/modules/%s/build/vmlinux",
    };
    struct hwp_elf *e = path ? try_open(path, dso) : NULL;
    struct utsname names;

    *ret_slide = 0;
    /* Without a build id nothing says that a file found by chance is this recording's kernel. */
    for (size_t i = 0; !e && !path && dso->build_id_len && i < hwp_array_size(places); i++) {
        if (uname(&names) != 0)
            return NULL;
        hwp_cleanup(hwp_free_cleanup) char *place = hwp_asprintf(places[i], names.release);
        e = try_open(place, dso);
    }
    if (e && k->list.len && !find_slide(e, k, ret_slide)) {
        hwp_elf_close(e);
        return NULL;
    }
    return e;
}

bool hwp_kernel_build_id_is(const uint8_t *id, size_t len)
{
    uint8_t own[HWP_BUILD_ID_MAX];
    size_t own_len = hwp_build_id_of_kernel(own);

    return own_len && own_len <= len && memcmp(own, id, own_len) == 0;
}
