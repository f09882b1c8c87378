#include "symbols/variables.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"
#include "symbols/demangle.h"

struct hwp_variables {
    HWP_VEC(struct hwp_named_variable) list; /* by start */
};

static void add_table(struct hwp_variables *v, Elf *elf, Elf_Scn *section)
{
    GElf_Shdr header;
    Elf_Data *data = elf_getdata(section, NULL);

    if (!gelf_getshdr(section, &header) || !data || !header.sh_entsize)
        return;
    for (size_t i = 0; i < header.sh_size / header.sh_entsize; i++) {
        GElf_Sym sym;
        if (!gelf_getsym(data, (int)i, &sym) || sym.st_shndx == SHN_UNDEF || !sym.st_size ||
            GELF_ST_TYPE(sym.st_info) != STT_OBJECT)
            continue;
        const char *name = elf_strptr(elf, header.sh_link, sym.st_name);
        if (name && *name && sym.st_value + sym.st_size > sym.st_value)
            hwp_vec_push(&v->list, (struct hwp_named_variable){
                                       hwp_demangle(name), sym.st_value, sym.st_value + sym.st_size});
    }
}

static void add_type(struct hwp_variables *v, Elf *elf, unsigned type)
{
    for (Elf_Scn *s = elf_nextscn(elf, NULL); s; s = elf_nextscn(elf, s)) {
        GElf_Shdr header;
        if (gelf_getshdr(s, &header) && header.sh_type == type)
            add_table(v, elf, s);
    }
}

static void add_file(struct hwp_variables *v, const char *path)
{
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

    if (fd < 0)
        return;
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    if (elf && elf_kind(elf) == ELF_K_ELF) {
        add_type(v, elf, SHT_SYMTAB);
        if (!v->list.len)
            add_type(v, elf, SHT_DYNSYM);
    }
    elf_end(elf);
    close(fd);
}

static int by_start(const void *a, const void *b)
{
    const struct hwp_named_variable *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

struct hwp_variables *hwp_variables_load(const char *path, const char *debug_path)
{
    struct hwp_variables *v = hwp_calloc(1, sizeof(*v));

    add_file(v, debug_path);
    if (!v->list.len)
        add_file(v, path);
    if (v->list.len)
        qsort(v->list.data, v->list.len, sizeof(*v->list.data), by_start);
    return v;
}

void hwp_variables_destroy(struct hwp_variables *v)
{
    if (!v)
        return;
    hwp_vec_foreach (&v->list, variable)
        free(variable->name);
    hwp_vec_deinit(&v->list);
    free(v);
}

const struct hwp_named_variable *hwp_variables_at(const struct hwp_variables *v, uint64_t vaddr)
{
    size_t lo = 0, hi = v->list.len;

    while (lo < hi) { /* the first that starts later */
        size_t mid = lo + (hi - lo) / 2;
        if (v->list.data[mid].start <= vaddr)
            lo = mid + 1;
        else
            hi = mid;
    }
    /* Variables don't lie inside each other, but may have several names. */
    return lo && vaddr < v->list.data[lo - 1].end ? &v->list.data[lo - 1] : NULL;
}
