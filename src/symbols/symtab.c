/* .symtab and .dynsym into the index. */
#include "symbols/internal.h"

#include <gelf.h>
#include <string.h>

static bool section_is_code(Elf *elf, size_t index)
{
    GElf_Shdr header;
    Elf_Scn *section = index < SHN_LORESERVE ? elf_getscn(elf, index) : NULL;

    return section && gelf_getshdr(section, &header) && (header.sh_flags & SHF_EXECINSTR);
}

static uint64_t section_end(Elf *elf, size_t index)
{
    GElf_Shdr header;
    Elf_Scn *section = index < SHN_LORESERVE ? elf_getscn(elf, index) : NULL;

    if (!section || !gelf_getshdr(section, &header) || header.sh_size > UINT64_MAX - header.sh_addr)
        return 0;
    return header.sh_addr + header.sh_size;
}

/* "$x", "$d.12": marks between code and data of Arm, not names. */
static bool is_mapping_symbol(int machine, const char *name)
{
    return (machine == EM_AARCH64 || machine == EM_ARM) && name[0] == '$' && name[1] &&
           strchr("adtx", name[1]) && (!name[2] || name[2] == '.');
}

static bool is_wanted(Elf *elf, const GElf_Sym *sym)
{
    if (sym->st_shndx == SHN_UNDEF || sym->st_shndx == SHN_ABS || sym->st_shndx == SHN_COMMON)
        return false;
    switch (GELF_ST_TYPE(sym->st_info)) {
    case STT_FUNC:
    case STT_GNU_IFUNC:
    case STT_OBJECT: /* for operands that name data */
        return true;
    case STT_NOTYPE:
        return section_is_code(elf, sym->st_shndx);
    default:
        return false;
    }
}

static enum hwp_binding binding_of(const GElf_Sym *sym)
{
    switch (GELF_ST_BIND(sym->st_info)) {
    case STB_WEAK:
        return HWP_BIND_WEAK;
    case STB_GLOBAL:
        return HWP_BIND_GLOBAL;
    default:
        return HWP_BIND_LOCAL;
    }
}

static void add_table(struct hwp_symbol_index *ix, const struct hwp_elf *e, Elf_Scn *section,
                      const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t entry = gelf_fsize(e->elf, ELF_T_SYM, 1, EV_CURRENT);
    enum hwp_symbol_from from =
        header->sh_type == SHT_DYNSYM ? HWP_SYMBOL_DYNSYM : HWP_SYMBOL_SYMTAB;

    if (!data || !entry)
        return;
    for (size_t i = 0; i < data->d_size / entry && i < INT32_MAX; i++) {
        GElf_Sym sym;
        if (!gelf_getsym(data, (int)i, &sym) || !sym.st_name || !is_wanted(e->elf, &sym))
            continue;
        const char *name = elf_strptr(e->elf, header->sh_link, sym.st_name);
        if (!name || !*name || is_mapping_symbol(e->machine, name))
            continue;
        uint64_t start = sym.st_value;
        if (e->machine == EM_ARM)
            start &= ~(uint64_t)1; /* the Thumb bit */
        uint64_t end = sym.st_size > UINT64_MAX - start ? UINT64_MAX : start + sym.st_size;
        struct hwp_symbol_entry *added =
            hwp_index_add(ix, name, start, end, from, binding_of(&sym));
        if (end == start)
            added->limit = section_end(e->elf, sym.st_shndx);
    }
}

void hwp_index_add_elf(struct hwp_symbol_index *ix, const struct hwp_elf *e, bool dynamic)
{
    unsigned type = dynamic ? SHT_DYNSYM : SHT_SYMTAB;

    for (Elf_Scn *s = elf_nextscn(e->elf, NULL); s; s = elf_nextscn(e->elf, s)) {
        GElf_Shdr header;
        if (gelf_getshdr(s, &header) && header.sh_type == type)
            add_table(ix, e, s, &header);
    }
}
