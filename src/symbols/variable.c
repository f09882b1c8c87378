#include "symbols/variable.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/suggest.h"

#define PAGE_MASK 0xfffu

struct search {
    const char *name;
    struct hwp_variable found;
    int rank; /* 0 nothing, 1 function or untyped, 2 object */
    struct hwp_suggest near;
};

static int rank_of(const GElf_Sym *sym)
{
    switch (GELF_ST_TYPE(sym->st_info)) {
    case STT_OBJECT:
        return 2;
    case STT_FUNC:
    case STT_NOTYPE:
        return 1;
    default:
        return 0;
    }
}

static void search_table(Elf *elf, Elf_Scn *section, struct search *search)
{
    GElf_Shdr header;
    Elf_Data *data = elf_getdata(section, NULL);

    if (!gelf_getshdr(section, &header) || !data || !header.sh_entsize)
        return;
    for (size_t i = 0; i < header.sh_size / header.sh_entsize; i++) {
        GElf_Sym sym;
        if (!gelf_getsym(data, (int)i, &sym) || sym.st_shndx == SHN_UNDEF)
            continue;
        const char *name = elf_strptr(elf, header.sh_link, sym.st_name);
        int rank = rank_of(&sym);
        if (!name || !*name || rank <= search->rank)
            continue;
        if (strcmp(name, search->name) == 0) {
            search->found = (struct hwp_variable){sym.st_value, sym.st_size};
            search->rank = rank;
        } else if (rank == 2 && !search->rank) {
            hwp_suggest_offer(&search->near, name);
        }
    }
}

static void search_type(Elf *elf, unsigned type, struct search *search)
{
    for (Elf_Scn *s = elf_nextscn(elf, NULL); s; s = elf_nextscn(elf, s)) {
        GElf_Shdr header;
        if (gelf_getshdr(s, &header) && header.sh_type == type)
            search_table(elf, s, search);
    }
}

static uint64_t lowest_address(Elf *elf)
{
    uint64_t lowest = UINT64_MAX;
    size_t n = 0;

    if (elf_getphdrnum(elf, &n) != 0)
        return 0;
    for (size_t i = 0; i < n; i++) {
        GElf_Phdr header;
        if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_LOAD &&
            header.p_vaddr < lowest)
            lowest = header.p_vaddr;
    }
    return lowest == UINT64_MAX ? 0 : lowest & ~(uint64_t)PAGE_MASK;
}

static struct hwp_error *not_found(const char *path, const struct search *search)
{
    char *names = hwp_suggest_text(&search->near);
    struct hwp_error *err =
        hwp_error(HWP_E_NOT_FOUND, "no variable '%s' in %s to watch", search->name, path);

    if (names)
        err = hwp_error_hint(err, "did you mean mem:%s?", names);
    else
        err = hwp_error_hint(err, "is the program stripped? mem:ADDRESS watches an address");
    free(names);
    return err;
}

static struct hwp_error *search_elf(Elf *elf, const char *path, struct search *search,
                                    uint64_t *ret_base)
{
    if (elf_kind(elf) != ELF_K_ELF)
        return hwp_error(HWP_E_FORMAT, "%s is not an ELF file, so it has no variables to watch",
                         path);
    search_type(elf, SHT_SYMTAB, search);
    if (!search->rank)
        search_type(elf, SHT_DYNSYM, search);
    if (!search->rank)
        return not_found(path, search);
    *ret_base = lowest_address(elf);
    return NULL;
}

struct hwp_error *hwp_variable_find(const char *path, const char *name, struct hwp_variable *ret,
                                    uint64_t *ret_base)
{
    struct search search = {.name = name, .near = {.wanted = name}};
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return hwp_error_sys(errno, "can't read the symbols of %s", path);
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    struct hwp_error *err = search_elf(elf, path, &search, ret_base);
    if (!err)
        *ret = search.found;
    hwp_suggest_deinit(&search.near);
    elf_end(elf);
    close(fd);
    return err;
}
