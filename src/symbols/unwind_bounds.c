/*
 * Bounds of functions without symbols, from the entries (FDEs) of .eh_frame, which programs carry
 * even when stripped. Parsed here: only the first two fields of each entry are of interest.
 */
#include "symbols/internal.h"

#include <dwarf.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

struct cursor {
    const uint8_t *p, *end;
    bool bad; /* ran over the end, or met something unknown */
};

struct frames {
    const uint8_t *data;
    size_t len;
    uint64_t addr;
    uint8_t pointer_size;
    struct hwp_map encodings; /* offset of a CIE → 1 + the encoding of its FDEs' addresses */
};

/* Little-endian, as every machine with names here is. */
static uint64_t take_fixed(struct cursor *c, size_t n)
{
    uint64_t value = 0;

    if ((size_t)(c->end - c->p) < n) {
        c->bad = true;
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        value |= (uint64_t)c->p[i] << (8 * i);
    c->p += n;
    return value;
}

static uint64_t take_leb(struct cursor *c)
{
    uint64_t value = 0;

    for (unsigned shift = 0;; shift += 7) {
        uint64_t byte = take_fixed(c, 1);
        if (c->bad)
            return 0;
        if (shift < 64)
            value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
}

static uint64_t sign_extend(uint64_t value, unsigned bytes)
{
    unsigned shift = 64 - 8 * bytes;
    return (uint64_t)((int64_t)(value << shift) >> shift);
}

static uint64_t take_value(struct cursor *c, uint8_t format, uint8_t pointer_size)
{
    switch (format & 0x0f) {
    case DW_EH_PE_absptr:
        return take_fixed(c, pointer_size);
    case DW_EH_PE_udata2:
        return take_fixed(c, 2);
    case DW_EH_PE_udata4:
        return take_fixed(c, 4);
    case DW_EH_PE_udata8:
    case DW_EH_PE_sdata8:
        return take_fixed(c, 8);
    case DW_EH_PE_sdata2:
        return sign_extend(take_fixed(c, 2), 2);
    case DW_EH_PE_sdata4:
        return sign_extend(take_fixed(c, 4), 4);
    case DW_EH_PE_uleb128:
        return take_leb(c);
    default:
        c->bad = true;
        return 0;
    }
}

/* The encoding of addresses in the FDEs of a CIE whose fields start at `c`. */
static uint8_t cie_encoding(struct cursor c, uint8_t pointer_size)
{
    uint8_t version = (uint8_t)take_fixed(&c, 1);
    const uint8_t *augmentation = c.p;
    const uint8_t *nul = memchr(c.p, 0, (size_t)(c.end - c.p));

    if (c.bad || !nul || *augmentation != 'z')
        return DW_EH_PE_absptr;
    c.p = nul + 1;
    take_leb(&c); /* code alignment */
    take_leb(&c); /* data alignment */
    if (version == 1)
        take_fixed(&c, 1);
    else
        take_leb(&c); /* the return address's register */
    take_leb(&c);     /* the length of what follows */
    for (const uint8_t *a = augmentation + 1; *a && !c.bad; a++) {
        if (*a == 'R')
            return (uint8_t)take_fixed(&c, 1);
        if (*a == 'L')
            take_fixed(&c, 1);
        else if (*a == 'P')
            take_value(&c, (uint8_t)take_fixed(&c, 1), pointer_size);
        else if (*a != 'S' && *a != 'B')
            return DW_EH_PE_omit;
    }
    return c.bad ? DW_EH_PE_omit : DW_EH_PE_absptr;
}

static uint8_t encoding_of(struct frames *f, uint64_t cie)
{
    struct cursor c = {f->data + cie, f->data + f->len, false};
    bool is_new = false;
    uint64_t *known = hwp_map_put(&f->encodings, cie, 0, &is_new);

    if (is_new) {
        uint64_t len = take_fixed(&c, 4);
        if (len == UINT32_MAX)
            take_fixed(&c, 8);
        uint64_t id = take_fixed(&c, 4);
        *known = c.bad || id ? DW_EH_PE_omit : cie_encoding(c, f->pointer_size);
    }
    return (uint8_t)*known;
}

/* An FDE behind its CIE pointer. */
static void fill_fde(struct hwp_symbol_index *ix, struct frames *f, struct cursor c, uint64_t cie)
{
    uint8_t encoding = encoding_of(f, cie);
    uint64_t here = f->addr + (uint64_t)(c.p - f->data);

    if (encoding == DW_EH_PE_omit || (encoding & DW_EH_PE_indirect))
        return;
    uint64_t start = take_value(&c, encoding, f->pointer_size);
    uint64_t len = take_value(&c, encoding & 0x0f, f->pointer_size);
    if ((encoding & 0x70) == DW_EH_PE_pcrel)
        start += here;
    else if (encoding & 0x70)
        return;
    if (c.bad || !start || !len || len > UINT64_MAX - start)
        return;
    char *name = hwp_asprintf("sub_%llx", (unsigned long long)start);
    if (hwp_index_fill(ix, name, start, start + len, HWP_SYMBOL_UNWIND))
        hwp_index_own(ix, name);
    else
        free(name);
}

static void fill_all(struct hwp_symbol_index *ix, struct frames *f)
{
    struct cursor c = {f->data, f->data + f->len, false};

    while (c.p < c.end) {
        uint64_t len = take_fixed(&c, 4);
        if (len == UINT32_MAX)
            len = take_fixed(&c, 8);
        if (c.bad || !len || len > (uint64_t)(c.end - c.p))
            return;
        struct cursor entry = {c.p, c.p + len, false};
        uint64_t id_at = (uint64_t)(c.p - f->data), id = take_fixed(&entry, 4);
        if (!entry.bad && id && id <= id_at)
            fill_fde(ix, f, entry, id_at - id);
        c.p += len;
    }
}

void hwp_index_fill_unwind(struct hwp_symbol_index *ix, const struct hwp_elf *e)
{
    struct frames f = {.pointer_size = gelf_getclass(e->elf) == ELFCLASS32 ? 4 : 8};
    size_t strings;

    if (elf_getshdrstrndx(e->elf, &strings) != 0)
        return;
    for (Elf_Scn *s = elf_nextscn(e->elf, NULL); s; s = elf_nextscn(e->elf, s)) {
        GElf_Shdr header;
        const char *name =
            gelf_getshdr(s, &header) ? elf_strptr(e->elf, strings, header.sh_name) : NULL;
        if (!name || strcmp(name, ".eh_frame") != 0 || header.sh_type == SHT_NOBITS)
            continue;
        Elf_Data *data = elf_rawdata(s, NULL);
        if (!data || !data->d_buf)
            continue;
        f.data = data->d_buf;
        f.len = data->d_size;
        f.addr = header.sh_addr;
        fill_all(ix, &f);
        hwp_map_deinit(&f.encodings);
    }
}
