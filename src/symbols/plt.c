/*
 * Names for the stubs of the procedure linkage table. A stub jumps through a slot of the global
 * offset table, and the relocation of that slot has the name: read from the stub's own code, so
 * that every layout (lazy, .plt.sec of CET, .plt.got, BTI) works without knowing it.
 */
#include "symbols/internal.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

struct slots {
    struct hwp_map names; /* address of the GOT slot → const char * owned by the index */
};

struct table {
    const char *section;
    uint64_t addr, step;
    const uint8_t *code;
    size_t len;
};

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* A relocation without a name has the address of a function that chooses one (an ifunc). */
static char *slot_name(struct hwp_symbol_index *ix, Elf *elf, Elf_Data *symbols, size_t strings,
                       const GElf_Rela *rela)
{
    GElf_Sym sym;
    size_t number = GELF_R_SYM(rela->r_info);

    if (number && symbols && number < INT32_MAX && gelf_getsym(symbols, (int)number, &sym)) {
        const char *name = elf_strptr(elf, strings, sym.st_name);
        return name && *name ? hwp_asprintf("%s@plt", name) : NULL;
    }
    if (number || !rela->r_addend)
        return NULL;
    const struct hwp_symbol *chooser = hwp_index_find(ix, (uint64_t)rela->r_addend);
    if (chooser)
        return hwp_asprintf("%s@plt", chooser->raw_name);
    return hwp_asprintf("*ABS*+0x%llx@plt", (unsigned long long)rela->r_addend);
}

static void read_relocations(struct hwp_symbol_index *ix, const struct hwp_elf *e, Elf_Scn *section,
                             const GElf_Shdr *header, struct slots *slots)
{
    Elf_Data *data = elf_getdata(section, NULL);
    Elf_Scn *link = elf_getscn(e->elf, header->sh_link);
    GElf_Shdr symbols_header = {0};
    size_t entry = gelf_fsize(e->elf, ELF_T_RELA, 1, EV_CURRENT);
    Elf_Data *symbols = NULL;

    if (link && gelf_getshdr(link, &symbols_header) && symbols_header.sh_type == SHT_DYNSYM)
        symbols = elf_getdata(link, NULL);
    for (size_t i = 0; data && entry && i < data->d_size / entry && i < INT32_MAX; i++) {
        GElf_Rela rela;
        if (!gelf_getrela(data, (int)i, &rela))
            break;
        char *name = slot_name(ix, e->elf, symbols, symbols_header.sh_link, &rela);
        if (name)
            hwp_map_put(&slots->names, rela.r_offset, (uint64_t)(uintptr_t)hwp_index_own(ix, name),
                        NULL);
    }
}

static const char *name_of_slot(const struct slots *slots, uint64_t slot)
{
    const uint64_t *name = hwp_map_get(&slots->names, slot);
    return name ? (const char *)(uintptr_t)*name : NULL;
}

/* jmp *disp(%rip), maybe behind endbr64 and with a bnd prefix: ff 25 disp32. */
static const char *x86_stub(const struct slots *slots, const struct table *t, size_t at)
{
    for (size_t i = at; i + 6 <= t->len && i + 6 <= at + t->step; i++) {
        if (t->code[i] != 0xff || t->code[i + 1] != 0x25)
            continue;
        int64_t disp = (int32_t)le32(t->code + i + 2);
        return name_of_slot(slots, t->addr + i + 6 + (uint64_t)disp);
    }
    return NULL;
}

/* adrp x16, page; ldr x17, [x16, #offset] */
static const char *arm64_stub(const struct slots *slots, const struct table *t, size_t at)
{
    for (size_t i = at; i + 8 <= t->len && i + 8 <= at + t->step; i += 4) {
        uint32_t adrp = le32(t->code + i), ldr = le32(t->code + i + 4);
        if ((adrp & 0x9f00001f) != 0x90000010 || (ldr & 0xffc003ff) != 0xf9400211)
            continue;
        int64_t pages = (int32_t)((adrp >> 5 & 0x7ffff) << 13) >> 11 | (adrp >> 29 & 3);
        uint64_t page = ((t->addr + i) & ~(uint64_t)0xfff) + ((uint64_t)pages << 12);
        return name_of_slot(slots, page + ((ldr >> 10 & 0xfff) << 3));
    }
    return NULL;
}

static void fill_table(struct hwp_symbol_index *ix, int machine, const struct slots *slots,
                       const struct table *t)
{
    for (size_t at = 0; at < t->len; at += t->step) {
        const char *name =
            machine == EM_AARCH64 ? arm64_stub(slots, t, at) : x86_stub(slots, t, at);
        /* What has no name is the piece all stubs share. */
        hwp_index_fill(ix, name ? name : t->section, t->addr + at, t->addr + at + t->step,
                       HWP_SYMBOL_PLT);
    }
}

static const char *plt_section_name(const char *name)
{
    static const char *const known[] = {".plt", ".plt.sec", ".plt.got"};

    for (size_t i = 0; name && i < hwp_array_size(known); i++)
        if (strcmp(name, known[i]) == 0)
            return known[i];
    return NULL;
}

/* arm64's stubs are of 16 bytes, or 24 with BTI, behind a head of 32: 8 divides all of them, but a
 * stub would then be cut. Its first stub's adrp tells the grid. */
static void adjust_grid(struct hwp_symbol_index *ix, int machine, struct table *t)
{
    if (machine != EM_AARCH64 || t->len <= 32)
        return;
    hwp_index_fill(ix, t->section, t->addr, t->addr + 32, HWP_SYMBOL_PLT);
    t->addr += 32;
    t->code += 32;
    t->len -= 32;
    if (t->len >= 24 && (le32(t->code) & 0x9f00001f) != 0x90000010)
        t->step = 24;
}

static void fill_section(struct hwp_symbol_index *ix, const struct hwp_elf *e, Elf_Scn *section,
                         const GElf_Shdr *header, const char *name, const struct slots *slots)
{
    Elf_Data *data = elf_rawdata(section, NULL);
    struct table t = {name, header->sh_addr, 16, NULL, 0};

    if (!data || !data->d_buf || header->sh_type != SHT_PROGBITS)
        return;
    t.code = data->d_buf;
    t.len = data->d_size;
    if (strcmp(name, ".plt.got") == 0 && header->sh_entsize == 8)
        t.step = 8;
    adjust_grid(ix, e->machine, &t);
    fill_table(ix, e->machine, slots, &t);
}

void hwp_index_fill_plt(struct hwp_symbol_index *ix, const struct hwp_elf *e)
{
    struct slots slots = {0};
    size_t strings;

    if ((e->machine != EM_X86_64 && e->machine != EM_AARCH64) ||
        elf_getshdrstrndx(e->elf, &strings) != 0)
        return;
    for (Elf_Scn *s = elf_nextscn(e->elf, NULL); s; s = elf_nextscn(e->elf, s)) {
        GElf_Shdr header;
        if (gelf_getshdr(s, &header) && header.sh_type == SHT_RELA && (header.sh_flags & SHF_ALLOC))
            read_relocations(ix, e, s, &header, &slots);
    }
    for (Elf_Scn *s = elf_nextscn(e->elf, NULL); s; s = elf_nextscn(e->elf, s)) {
        GElf_Shdr header;
        const char *name = gelf_getshdr(s, &header)
                               ? plt_section_name(elf_strptr(e->elf, strings, header.sh_name))
                               : NULL;
        if (name)
            fill_section(ix, e, s, &header, name, &slots);
    }
    hwp_map_deinit(&slots.names);
}
