/* Where the file of a user DSO is now, and whether it is still the one that was recorded. */
#include "symbols/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static bool is_recorded_one(const struct hwp_dso *dso, const struct hwp_elf *e)
{
    return !dso->build_id_len || hwp_elf_build_id_is(e, dso->build_id, dso->build_id_len);
}

static enum hwp_module_state try_path(struct hwp_module *m, const char *path)
{
    struct hwp_elf *e = NULL;
    enum hwp_module_state state = hwp_elf_open(path, &e);

    if (state != HWP_MODULE_OK)
        return state;
    if (!is_recorded_one(m->dso, e)) {
        hwp_elf_close(e);
        return HWP_MODULE_MISMATCH;
    }
    m->priv->file = e;
    m->path = hwp_strdup(path);
    return HWP_MODULE_OK;
}

/* perf record keeps copies of what it sampled in ~/.debug. */
static enum hwp_module_state try_perf_cache(struct hwp_module *m)
{
    hwp_cleanup(hwp_str_deinit) struct hwp_str path = {0};
    const char *home = getenv("HOME");

    if (!home || m->dso->build_id_len < 2)
        return HWP_MODULE_MISSING;
    hwp_str_addf(&path, "%s/.debug/.build-id/%02x/", home, m->dso->build_id[0]);
    for (size_t i = 1; i < m->dso->build_id_len; i++)
        hwp_str_addf(&path, "%02x", m->dso->build_id[i]);
    hwp_str_add(&path, "/elf");
    return try_path(m, path.data);
}

/* Of a file that was unlinked or replaced while it ran, what stands at its path now is the same
 * only if a build id says so. */
static enum hwp_module_state try_deleted(struct hwp_module *m, char *path)
{
    path[strlen(path) - strlen(HWP_DELETED)] = '\0';
    return m->dso->build_id_len ? try_path(m, path) : HWP_MODULE_MISMATCH;
}

void hwp_module_find_file(struct hwp_module *m)
{
    const char *symfs = m->priv->owner->opts.symfs;
    hwp_cleanup(hwp_free_cleanup) char *path =
        hwp_asprintf("%s%s", symfs ? symfs : "", m->dso->path);

    if (hwp_ends_with(path, HWP_DELETED))
        m->state = try_deleted(m, path);
    else
        m->state = try_path(m, path);
    if (m->state != HWP_MODULE_OK && try_perf_cache(m) == HWP_MODULE_OK)
        m->state = HWP_MODULE_OK;
}
