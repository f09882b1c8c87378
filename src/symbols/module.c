/* One module: which files are behind a DSO, and what an address in it means. */
#include "symbols/internal.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#if defined(__x86_64__)
#define HOST_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define HOST_MACHINE EM_AARCH64
#elif defined(__powerpc64__)
#define HOST_MACHINE EM_PPC64
#elif defined(__s390x__)
#define HOST_MACHINE EM_S390
#elif defined(__riscv)
#define HOST_MACHINE EM_RISCV
#else
#define HOST_MACHINE EM_NONE
#endif

/* "/lib/modules/…/snd-pcm.ko.xz" and "[snd_pcm]" are the module snd_pcm. */
static char *kernel_module_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t len;

    if (*base == '[')
        base++;
    len = strcspn(base, ".]");
    char *name = hwp_strndup(base, len);
    for (char *p = name; *p; p++)
        if (*p == '-')
            *p = '_';
    return name;
}

static void open_kernel(struct hwp_module *m)
{
    struct hwp_module_private *p = m->priv;
    const struct hwp_kallsyms *k = hwp_symbols_kallsyms(p->owner, m->dso);

    m->machine = HOST_MACHINE;
    if (m->dso->kind == HWP_DSO_KERNEL)
        p->file = hwp_vmlinux_open(m->dso, p->owner->opts.vmlinux, k, &p->slide);
    if (p->file)
        m->path = hwp_strdup(p->file->path);
    if (k->list.len || p->file)
        m->state = HWP_MODULE_OK;
    else
        m->state = p->owner->kernel_mismatch ? HWP_MODULE_MISMATCH : HWP_MODULE_MISSING;
}

static void open_vdso(struct hwp_module *m)
{
    struct hwp_module_private *p = m->priv;

    m->machine = HOST_MACHINE;
    p->file = hwp_vdso_open();
    m->state = p->file ? HWP_MODULE_OK : HWP_MODULE_MISSING;
    if (p->file && m->dso->build_id_len &&
        !hwp_elf_build_id_is(p->file, m->dso->build_id, m->dso->build_id_len)) {
        hwp_elf_close(hwp_steal(&p->file));
        m->state = HWP_MODULE_MISMATCH;
    }
}

static void open_user(struct hwp_module *m)
{
    struct hwp_module_private *p = m->priv;

    hwp_module_find_file(m);
    if (!p->file)
        return;
    m->machine = p->file->machine;
    if (!hwp_elf_has_section(p->file, ".debug_info") || !hwp_elf_has_section(p->file, ".symtab"))
        p->debug = hwp_debug_file_open(p->file, p->owner->opts.symfs);
    if (p->debug)
        m->debug_path = hwp_strdup(p->debug->path);
}

/* "//anon", "//toolong" and "[heap]" say nothing about what ran there; "/memfd:prog" does. */
static bool is_named(const struct hwp_dso *dso)
{
    return dso->kind != HWP_DSO_ANON || hwp_starts_with(dso->path, "/memfd:");
}

/* A file that was deleted goes by the same name as before. */
static char *short_name_of(const struct hwp_dso *dso)
{
    const char *slash = strrchr(dso->path, '/');
    const char *name = slash && slash[1] ? slash + 1 : dso->path;
    size_t len;

    if (!is_named(dso))
        return hwp_strdup(dso->path[0] == '[' ? dso->path : "[anon]");
    if (dso->kind == HWP_DSO_ANON)
        name = dso->path + 1; /* the name given to memfd_create() may have slashes */
    len = strlen(name);
    if (hwp_ends_with(name, HWP_DELETED) && len > strlen(HWP_DELETED))
        len -= strlen(HWP_DELETED);
    return hwp_strndup(name, len);
}

void hwp_module_open(struct hwp_module *m, struct hwp_symbols *owner)
{
    struct hwp_module_private *p = hwp_calloc(1, sizeof(*p));

    m->priv = p;
    p->owner = owner;
    p->index.no_demangle = owner->opts.no_demangle;
    m->short_name = p->short_name = short_name_of(m->dso);
    m->machine = HOST_MACHINE;
    p->none = (struct hwp_symbol){"[unknown]", "[unknown]", 0, UINT64_MAX, HWP_SYMBOL_NONE};
    switch (m->dso->kind) {
    case HWP_DSO_USER:
        open_user(m);
        break;
    case HWP_DSO_VDSO:
        open_vdso(m);
        break;
    case HWP_DSO_KERNEL:
    case HWP_DSO_MODULE:
        open_kernel(m);
        break;
    case HWP_DSO_ANON:
        if (!is_named(m->dso))
            p->none.name = p->none.raw_name = "[anon]";
        m->state = HWP_MODULE_NOT_ELF;
        break;
    case HWP_DSO_UNKNOWN:
        m->state = HWP_MODULE_MISSING;
        break;
    }
}

void hwp_module_close(struct hwp_module *m)
{
    struct hwp_module_private *p = m->priv;

    hwp_dwarf_close(p->dwarf);
    hwp_index_deinit(&p->index);
    hwp_elf_close(p->debug);
    hwp_elf_close(p->file);
    free(p->short_name);
    free(p);
    free(m->path);
    free(m->debug_path);
    free(m);
}

static void index_elf(struct hwp_module_private *p)
{
    struct hwp_symbol_index *ix = &p->index;

    if (hwp_elf_has_section(p->file, ".symtab") || !p->debug)
        hwp_index_add_elf(ix, p->file, false);
    else
        hwp_index_add_elf(ix, p->debug, false);
    hwp_index_add_elf(ix, p->file, true);
    hwp_index_seal(ix);
    hwp_index_fill_plt(ix, p->file);
    hwp_index_close(ix);
    hwp_index_fill_unwind(ix, p->file);
    hwp_index_close(ix);
}

static void index_kernel(const struct hwp_module *m)
{
    struct hwp_module_private *p = m->priv;
    const struct hwp_kallsyms *k = hwp_symbols_kallsyms(p->owner, m->dso);
    hwp_cleanup(hwp_free_cleanup) char *name = NULL;

    if (m->dso->kind == HWP_DSO_MODULE)
        name = kernel_module_name(m->dso->path);
    hwp_index_add_kallsyms(&p->index, k, name);
    if (!p->index.entries.len && p->file)
        hwp_index_add_elf(&p->index, p->file, false);
    hwp_index_seal(&p->index);
}

struct hwp_symbol_index *hwp_module_index(const struct hwp_module *m)
{
    struct hwp_module_private *p = m->priv;

    if (p->indexed)
        return &p->index;
    p->indexed = true;
    if (m->dso->kind == HWP_DSO_ANON) {
        hwp_index_add_perf_map(&p->index, m->dso->pid);
        hwp_index_seal(&p->index);
    } else if (m->dso->kind == HWP_DSO_KERNEL || m->dso->kind == HWP_DSO_MODULE) {
        index_kernel(m);
    } else if (p->file) {
        index_elf(p);
    }
    return &p->index;
}

uint64_t hwp_module_vaddr(const struct hwp_module *m, uint64_t addr)
{
    bool offsets = m->dso->kind == HWP_DSO_USER || m->dso->kind == HWP_DSO_VDSO;

    return offsets && m->priv->file ? hwp_elf_vaddr(m->priv->file, addr) : addr;
}

const struct hwp_symbol *hwp_module_symbol(const struct hwp_module *m, uint64_t vaddr)
{
    struct hwp_module_private *p = m->priv;

    const struct hwp_symbol *found = hwp_index_find(hwp_module_index(m), vaddr);

    return found ? found : &p->none;
}

static struct hwp_dwarf *dwarf_of(const struct hwp_module *m)
{
    struct hwp_module_private *p = m->priv;

    if (p->dwarf_tried)
        return p->dwarf;
    p->dwarf_tried = true;
    if (p->file && hwp_elf_has_section(p->file, ".debug_info"))
        p->dwarf = hwp_dwarf_open(p->file, p->index.no_demangle);
    else if (p->debug)
        p->dwarf = hwp_dwarf_open(p->debug, p->index.no_demangle);
    p->sourceless = !p->dwarf;
    return p->dwarf;
}

struct hwp_line hwp_module_line(const struct hwp_module *m, uint64_t vaddr)
{
    struct hwp_dwarf *d = dwarf_of(m);

    return d ? hwp_dwarf_line(d, vaddr - m->priv->slide) : (struct hwp_line){NULL, 0};
}

void hwp_module_inlines(const struct hwp_module *m, uint64_t vaddr, struct hwp_inline_frames *ret)
{
    struct hwp_dwarf *d = dwarf_of(m);

    ret->len = 0;
    if (d)
        hwp_dwarf_inlines(d, vaddr - m->priv->slide, ret);
}

const uint8_t *hwp_module_code(const struct hwp_module *m, uint64_t start, uint64_t end,
                               size_t *ret_len)
{
    const struct hwp_module_private *p = m->priv;

    *ret_len = 0;
    if (!p->file || end <= start)
        return NULL;
    return hwp_elf_bytes(p->file, start - p->slide, end - p->slide, ret_len);
}
