/*
 * What the files of this folder share: an opened ELF file, the index of a module's symbols, the
 * kernel's symbol list, the DWARF of a module, the cache of source files. Not for other folders.
 * libelf and libdw types are only named here, so that their headers stay with their adapters.
 */
#ifndef HWP_SYMBOLS_INTERNAL_H
#define HWP_SYMBOLS_INTERNAL_H

#include "base/map.h"
#include "symbols/symbols.h"

struct Elf;
struct Dwarf;

/* --- one ELF file ------------------------------------------------------------------------------
 */

struct hwp_load {                 /* a PT_LOAD */
    uint64_t offset, vaddr, size; /* size: bytes that come from the file */
    bool exec;
};

struct hwp_elf {
    struct Elf *elf;
    int fd;      /* -1 for an image in memory */
    char *image; /* that image, or NULL */
    char *path;
    int machine;
    HWP_VEC(struct hwp_load) loads;
};

/* MISSING, NOT_ELF or OK; *ret is set for OK alone. */
enum hwp_module_state hwp_elf_open(const char *path, struct hwp_elf **ret);

/* Takes `image` over, whatever the outcome. */
enum hwp_module_state hwp_elf_open_image(char *image, size_t size, struct hwp_elf **ret);
void hwp_elf_close(struct hwp_elf *e);
bool hwp_elf_has_section(const struct hwp_elf *e, const char *name);
size_t hwp_elf_build_id(const struct hwp_elf *e, const void **ret);
bool hwp_elf_build_id_is(const struct hwp_elf *e, const uint8_t *id, size_t len);
uint64_t hwp_elf_vaddr(const struct hwp_elf *e, uint64_t offset);
const uint8_t *hwp_elf_bytes(const struct hwp_elf *e, uint64_t start, uint64_t end, size_t *ret);

/* The separate debug file of `e` (by build id, then by debug link), or NULL. */
struct hwp_elf *hwp_debug_file_open(const struct hwp_elf *e, const char *symfs);

/* --- symbols by address ------------------------------------------------------------------------
 */

enum hwp_binding { HWP_BIND_LOCAL, HWP_BIND_WEAK, HWP_BIND_GLOBAL };

struct hwp_symbol_entry {
    struct hwp_symbol symbol; /* its name is filled in when it is first asked for */
    uint64_t reach;           /* the highest end of this entry and all before it */
    uint64_t limit;           /* where its section ends; 0: not known */
    size_t order;             /* as added: breaks ties of start */
    uint8_t binding;
};

/* Filled (add), sealed, then its holes filled (fill) and closed. */
struct hwp_symbol_index {
    HWP_VEC(struct hwp_symbol_entry) entries;
    HWP_VEC(char *) strings; /* names it owns */
    size_t nr_sealed;
    bool no_demangle;
};

/* `name` is borrowed for the index's life; hwp_index_own makes it the index's. The entry may be
 * amended until the next is added. */
struct hwp_symbol_entry *hwp_index_add(struct hwp_symbol_index *ix, const char *name,
                                       uint64_t start, uint64_t end, enum hwp_symbol_from from,
                                       enum hwp_binding binding);
const char *hwp_index_own(struct hwp_symbol_index *ix, char *name);
void hwp_index_seal(struct hwp_symbol_index *ix);

/* Adds a symbol where no sealed one covers its start; it ends at the next sealed one at most. */
bool hwp_index_fill(struct hwp_symbol_index *ix, const char *name, uint64_t start, uint64_t end,
                    enum hwp_symbol_from from);
void hwp_index_close(struct hwp_symbol_index *ix);
const struct hwp_symbol *hwp_index_find(struct hwp_symbol_index *ix, uint64_t vaddr);

/* The symbol at a place in the sealed order, its name filled in. */
const struct hwp_symbol *hwp_index_named(struct hwp_symbol_index *ix, size_t i);
void hwp_index_deinit(struct hwp_symbol_index *ix);

void hwp_index_add_elf(struct hwp_symbol_index *ix, const struct hwp_elf *e, bool dynamic);
void hwp_index_fill_plt(struct hwp_symbol_index *ix, const struct hwp_elf *e);
void hwp_index_fill_unwind(struct hwp_symbol_index *ix, const struct hwp_elf *e);
void hwp_index_add_perf_map(struct hwp_symbol_index *ix, int32_t pid);

/* --- the kernel --------------------------------------------------------------------------------
 */

struct hwp_kallsym {
    uint64_t addr;
    const char *name, *module; /* module NULL: the kernel itself */
    char type;
};

struct hwp_kallsyms {
    char *text; /* what the names point into */
    HWP_VEC(struct hwp_kallsym) list;
};

/* Takes `text` over. Symbols of code alone are kept. */
void hwp_kallsyms_parse(struct hwp_kallsyms *k, char *text);
void hwp_kallsyms_deinit(struct hwp_kallsyms *k);
void hwp_index_add_kallsyms(struct hwp_symbol_index *ix, const struct hwp_kallsyms *k,
                            const char *module);

/* Opens the vmlinux of `dso`'s kernel; *ret_slide is what KASLR added to its addresses. */
struct hwp_elf *hwp_vmlinux_open(const struct hwp_dso *dso, const char *path,
                                 const struct hwp_kallsyms *k, uint64_t *ret_slide);

/* The build id of the kernel that runs now. */
bool hwp_kernel_build_id_is(const uint8_t *id, size_t len);

/* The vDSO of this very process, or NULL. */
struct hwp_elf *hwp_vdso_open(void);

/* --- DWARF -------------------------------------------------------------------------------------
 */

struct hwp_dwarf;

struct hwp_dwarf *hwp_dwarf_open(const struct hwp_elf *e, bool no_demangle);
void hwp_dwarf_close(struct hwp_dwarf *d);
struct hwp_line hwp_dwarf_line(struct hwp_dwarf *d, uint64_t vaddr);
void hwp_dwarf_inlines(struct hwp_dwarf *d, uint64_t vaddr, struct hwp_inline_frames *ret);

/* --- source text -------------------------------------------------------------------------------
 */

struct hwp_source_file;

struct hwp_sources {
    const char *symfs;
    struct hwp_intern paths;
    HWP_VEC(struct hwp_source_file *) files; /* by interned path */
};

const char *hwp_source_line(struct hwp_sources *s, const char *file, unsigned line);
void hwp_sources_deinit(struct hwp_sources *s);

/* --- a module ----------------------------------------------------------------------------------
 */

#define HWP_DELETED " (deleted)" /* what the kernel appends to the path of an unlinked file */

struct hwp_module_private {
    struct hwp_symbols *owner;
    struct hwp_elf *file, *debug; /* file: vmlinux for the kernel */
    uint64_t slide;               /* a kernel's absolute address minus its vmlinux's */
    struct hwp_symbol_index index;
    bool indexed;
    char *short_name;             /* what the module's points to */
    struct hwp_symbol none; /* what an address without a symbol gets */
    struct hwp_dwarf *dwarf;
    bool dwarf_tried;
    bool sourceless; /* a line was asked for, and there is no DWARF */
};

struct hwp_symbols {
    const struct hwp_profile *profile;
    struct hwp_symbols_options opts;
    struct hwp_module **modules; /* by DSO */
    size_t nr_modules;
    struct hwp_module *unknown; /* for an index out of range */
    struct hwp_kallsyms kallsyms;
    bool kallsyms_tried, kernel_mismatch;
    struct hwp_sources sources;
};

void hwp_module_open(struct hwp_module *m, struct hwp_symbols *owner);
void hwp_module_close(struct hwp_module *m);
struct hwp_symbol_index *hwp_module_index(const struct hwp_module *m);

/* Finds and opens the file behind a user DSO. */
void hwp_module_find_file(struct hwp_module *m);
const struct hwp_kallsyms *hwp_symbols_kallsyms(struct hwp_symbols *s, const struct hwp_dso *dso);

#endif
