#include "symbols/internal.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void read_loads(struct hwp_elf *e)
{
    size_t n = 0;

    if (elf_getphdrnum(e->elf, &n) != 0)
        return;
    for (size_t i = 0; i < n; i++) {
        GElf_Phdr header;
        if (gelf_getphdr(e->elf, (int)i, &header) && header.p_type == PT_LOAD)
            hwp_vec_push(&e->loads, (struct hwp_load){header.p_offset, header.p_vaddr,
                                                      header.p_filesz, header.p_flags & PF_X});
    }
}

static enum hwp_module_state take_elf(struct hwp_elf *e, struct hwp_elf **ret)
{
    GElf_Ehdr header;

    if (!e->elf || elf_kind(e->elf) != ELF_K_ELF || !gelf_getehdr(e->elf, &header)) {
        hwp_elf_close(e);
        return HWP_MODULE_NOT_ELF;
    }
    e->machine = header.e_machine;
    read_loads(e);
    *ret = e;
    return HWP_MODULE_OK;
}

enum hwp_module_state hwp_elf_open(const char *path, struct hwp_elf **ret)
{
    /* Not blocking: what was a file when it was recorded may be a FIFO by now. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd < 0)
        return HWP_MODULE_MISSING;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return HWP_MODULE_MISSING;
    }
    elf_version(EV_CURRENT);
    struct hwp_elf *e = hwp_calloc(1, sizeof(*e));
    e->fd = fd;
    e->path = hwp_strdup(path);
    e->elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    return take_elf(e, ret);
}

enum hwp_module_state hwp_elf_open_image(char *image, size_t size, struct hwp_elf **ret)
{
    struct hwp_elf *e = hwp_calloc(1, sizeof(*e));

    elf_version(EV_CURRENT);
    e->fd = -1;
    e->image = image;
    e->elf = elf_memory(image, size);
    return take_elf(e, ret);
}

void hwp_elf_close(struct hwp_elf *e)
{
    if (!e)
        return;
    elf_end(e->elf);
    if (e->fd >= 0)
        close(e->fd);
    hwp_vec_deinit(&e->loads);
    free(e->image);
    free(e->path);
    free(e);
}

bool hwp_elf_has_section(const struct hwp_elf *e, const char *name)
{
    size_t strings;

    if (elf_getshdrstrndx(e->elf, &strings) != 0)
        return false;
    for (Elf_Scn *s = elf_nextscn(e->elf, NULL); s; s = elf_nextscn(e->elf, s)) {
        GElf_Shdr header;
        if (!gelf_getshdr(s, &header) || header.sh_type == SHT_NOBITS)
            continue;
        const char *found = elf_strptr(e->elf, strings, header.sh_name);
        if (found && strcmp(found, name) == 0)
            return true;
    }
    return false;
}

size_t hwp_elf_build_id(const struct hwp_elf *e, const void **ret)
{
    ssize_t len = dwelf_elf_gnu_build_id(e->elf, ret);
    return len > 0 ? (size_t)len : 0;
}

bool hwp_elf_build_id_is(const struct hwp_elf *e, const uint8_t *id, size_t len)
{
    const void *own = NULL;
    size_t own_len = hwp_elf_build_id(e, &own);

    /* Recordings keep 20 bytes at most, and pad shorter ids to that with zeros. */
    if (own_len > HWP_BUILD_ID_MAX)
        own_len = HWP_BUILD_ID_MAX;
    if (!own_len || own_len > len || memcmp(own, id, own_len) != 0)
        return false;
    for (size_t i = own_len; i < len; i++)
        if (id[i])
            return false;
    return true;
}

static const struct hwp_load *load_of_offset(const struct hwp_elf *e, uint64_t offset, bool exec)
{
    hwp_vec_foreach (&e->loads, l)
        if (l->exec == exec && offset >= l->offset && offset - l->offset < l->size)
            return l;
    return NULL;
}

/* An offset may lie in two segments, where they share a page: code wins. */
uint64_t hwp_elf_vaddr(const struct hwp_elf *e, uint64_t offset)
{
    const struct hwp_load *l = load_of_offset(e, offset, true);

    if (!l)
        l = load_of_offset(e, offset, false);
    return l ? offset - l->offset + l->vaddr : offset;
}

const uint8_t *hwp_elf_bytes(const struct hwp_elf *e, uint64_t start, uint64_t end, size_t *ret)
{
    hwp_vec_foreach (&e->loads, l) {
        if (start < l->vaddr || start - l->vaddr >= l->size || end <= start)
            continue;
        uint64_t skip = start - l->vaddr, len = end - start;
        if (len > l->size - skip)
            len = l->size - skip;
        size_t size = 0;
        const char *file = elf_rawfile(e->elf, &size); /* mapped */
        if (!file || l->offset > size || skip > size - l->offset || len > size - l->offset - skip)
            return NULL;
        *ret = len;
        return (const uint8_t *)file + l->offset + skip;
    }
    return NULL;
}
