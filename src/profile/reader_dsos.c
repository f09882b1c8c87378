/*
 * The DSOs of a profile: what a map record or a pathless address names, with its build id.
 */
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "base/mem.h"
#include "base/str.h"
#include "profile/reader_internal.h"

/* perf names a module by its file ("/lib/modules/…/nf-nat.ko.xz"), the kernel by its name with
 * underscores, "[nf_nat]", which is what kallsyms has. */
static char *module_name(const char *path)
{
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    const char *ko = strstr(base, ".ko");

    if (path[0] == '[' || !ko)
        return hwp_strdup(path);
    char *name = hwp_asprintf("[%.*s]", (int)(ko - base), base);
    for (char *p = name; *p; p++)
        if (*p == '-')
            *p = '_';
    return name;
}

static enum hwp_dso_kind kind_of(bool kernel, const char *path)
{
    if (kernel)
        return hwp_starts_with(path, "[kernel.") || hwp_starts_with(path, "[guest.kernel.")
                   ? HWP_DSO_KERNEL
                   : HWP_DSO_MODULE;
    if (strcmp(path, "[vdso]") == 0)
        return HWP_DSO_VDSO;
    if (path[0] != '/' || hwp_starts_with(path, "//") || hwp_starts_with(path, "/memfd:") ||
        hwp_starts_with(path, "/dev/zero") || hwp_starts_with(path, "/anon_hugepage") ||
        hwp_starts_with(path, "/SYSV"))
        return HWP_DSO_ANON;
    return HWP_DSO_USER;
}

void hwp_dsos_index(struct hwp_dsos *d)
{
    for (size_t i = 0; i < d->build_ids.len; i++)
        *hwp_map_put(&d->build_id_of, hwp_hash_str(d->build_ids.data[i].path), 0, NULL) = i + 1;
}

void hwp_dsos_deinit(struct hwp_dsos *d)
{
    hwp_vec_deinit(&d->build_ids);
    hwp_map_deinit(&d->build_id_of);
}

static void find_build_id(const struct hwp_dsos *d, const char *path, struct hwp_build_id *ret)
{
    const uint64_t *index = hwp_map_get(&d->build_id_of, hwp_hash_str(path));

    if (index && strcmp(d->build_ids.data[*index - 1].path, path) == 0)
        *ret = d->build_ids.data[*index - 1];
}

/* Tails of the two kinds of map record, behind pid, tid, start, len and pgoff: MMAP2 has four more
 * words, which hold either device and inode or the build id, and protection and flags. */
static char *map_path(const struct hwp_record *rec, struct hwp_build_id *ret_id)
{
    struct hwp_cursor c = rec->body;

    hwp_cursor_bytes(&c, 32);
    if (rec->header.type == PERF_RECORD_MMAP2) {
        const uint8_t *p = hwp_cursor_bytes(&c, 32);
        if (p && (rec->header.misc & PERF_RECORD_MISC_MMAP_BUILD_ID)) {
            ret_id->len = p[0] > HWP_BUILD_ID_MAX ? HWP_BUILD_ID_MAX : p[0];
            ret_id->id = p + 4;
        }
    }
    return hwp_strndup((const char *)c.at, (size_t)(c.end - c.at));
}

/* Which file it was on disk, where the record has that instead of the build id. */
static void keep_file(struct hwp_dso *dso, const struct hwp_record *rec, uint64_t time)
{
    struct hwp_cursor c = rec->body;
    bool is_new = !dso->inode && !dso->mapped_at;

    if (is_new || time < dso->mapped_at)
        dso->mapped_at = time;
    if (!is_new || rec->header.type != PERF_RECORD_MMAP2 ||
        (rec->header.misc & PERF_RECORD_MISC_MMAP_BUILD_ID))
        return;
    hwp_cursor_bytes(&c, 32); /* pid, tid, start, len, pgoff */
    uint32_t major = hwp_cursor_u32(&c), minor = hwp_cursor_u32(&c);
    dso->device = makedev(major, minor);
    dso->inode = hwp_cursor_u64(&c);
}

uint32_t hwp_dsos_mapped(struct hwp_dsos *d, const struct hwp_record *rec, bool kernel,
                         int32_t pid, uint64_t time)
{
    struct hwp_build_id id = {0};

    char *path hwp_cleanup(hwp_free_cleanup) = map_path(rec, &id);
    enum hwp_dso_kind kind = kind_of(kernel, path);
    char *module hwp_cleanup(hwp_free_cleanup) =
        kind == HWP_DSO_MODULE ? module_name(path) : NULL;
    const char *shown = path;

    if (!id.len)
        find_build_id(d, kind == HWP_DSO_KERNEL ? "[kernel.kallsyms]" : path, &id);
    if (kind == HWP_DSO_KERNEL)
        shown = "[kernel]";
    else if (module)
        shown = module;
    else if (kind == HWP_DSO_ANON && !path[0])
        shown = "//anon";
    uint32_t dso = hwp_profile_dso(d->profile, kind, shown, pid, id.id, id.len);
    keep_file(&d->profile->dsos.data[dso], rec, time);
    return dso;
}

uint32_t hwp_dsos_pathless(struct hwp_dsos *d, unsigned cpumode)
{
    struct hwp_build_id id = {0};

    switch (cpumode) {
    case PERF_RECORD_MISC_KERNEL:
        find_build_id(d, "[kernel.kallsyms]", &id);
        return hwp_profile_dso(d->profile, HWP_DSO_KERNEL, "[kernel]", 0, id.id, id.len);
    case PERF_RECORD_MISC_HYPERVISOR:
        return hwp_profile_dso(d->profile, HWP_DSO_UNKNOWN, "[hypervisor]", 0, NULL, 0);
    case PERF_RECORD_MISC_GUEST_KERNEL:
    case PERF_RECORD_MISC_GUEST_USER:
        return hwp_profile_dso(d->profile, HWP_DSO_UNKNOWN, "[guest]", 0, NULL, 0);
    default:
        return hwp_profile_dso(d->profile, HWP_DSO_UNKNOWN, "[unknown]", 0, NULL, 0);
    }
}
