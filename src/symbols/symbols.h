/*
 * From a place in a DSO to names: function, source line, inlined frames, machine code.
 *
 * A `struct hwp_symbols` holds one lazily opened module per DSO of a profile, each indexed once.
 * Everything it returns is owned by it and lives until its destruction. No subprocess is ever
 * started. Used from one thread; a profile it was made from must outlive it.
 *
 * Addresses. A location's `addr` (profile/profile.h) is a file offset for user files. Inside this
 * module addresses are the file's own virtual addresses ("vaddr"; absolute for the kernel), which
 * is what disassembly shows; hwp_module_vaddr converts through the program headers.
 */
#ifndef HWP_SYMBOLS_SYMBOLS_H
#define HWP_SYMBOLS_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/vec.h"
#include "profile/profile.h"

struct hwp_symbols_options {
    const char *symfs;     /* root in front of every path, or NULL */
    const char *vmlinux;   /* for kernel code and lines, or NULL to look in the usual places */
    const char *kallsyms;  /* NULL: the recording's own, else /proc/kallsyms if build ids match
                            * (where none was recorded: the kernels' releases) */
    bool no_demangle;
};

enum hwp_symbol_from {
    HWP_SYMBOL_SYMTAB,   /* .symtab, of the file or its separate debug file */
    HWP_SYMBOL_DYNSYM,
    HWP_SYMBOL_PLT,      /* made from the PLT's relocations: "memcpy@plt" */
    HWP_SYMBOL_UNWIND,   /* no name; bounds from .eh_frame: "sub_4a3f20" */
    HWP_SYMBOL_KALLSYMS,
    HWP_SYMBOL_PERFMAP,  /* /tmp/perf-PID.map */
    HWP_SYMBOL_NONE,     /* nothing known; the symbol stands for its address alone */
};

struct hwp_symbol {
    const char *name;     /* demangled, for people */
    const char *raw_name; /* as in the file */
    uint64_t start, end;  /* vaddr; end is exclusive */
    enum hwp_symbol_from from;
};

enum hwp_module_state {
    HWP_MODULE_OK,
    HWP_MODULE_MISSING,    /* file not found or not readable */
    HWP_MODULE_MISMATCH,   /* its build id is not the recorded one: not used */
    HWP_MODULE_NOT_ELF,
};

struct hwp_module {
    const struct hwp_dso *dso;
    char *path;            /* of the file opened, or NULL */
    char *debug_path;      /* of the separate debug file in use, or NULL */
    const char *short_name; /* "libc.so.6", "[kernel]" */
    enum hwp_module_state state;
    int machine;           /* EM_X86_64, EM_AARCH64 … ; the host's for the kernel */
    struct hwp_module_private *priv;
};

struct hwp_symbols *hwp_symbols_create(const struct hwp_profile *p,
                                       const struct hwp_symbols_options *opts);
void hwp_symbols_destroy(struct hwp_symbols *s);
HWP_DEFINE_CLEANUP(hwp_symbols_cleanup, struct hwp_symbols, hwp_symbols_destroy)

/* The module of a DSO (index into the profile's); opened on first use, never NULL. */
const struct hwp_module *hwp_symbols_module(struct hwp_symbols *s, uint32_t dso);

uint64_t hwp_module_vaddr(const struct hwp_module *m, uint64_t addr);

/* The symbol that covers `vaddr`; never NULL (HWP_SYMBOL_NONE if nothing does). Equal symbols are
 * the same pointer. */
const struct hwp_symbol *hwp_module_symbol(const struct hwp_module *m, uint64_t vaddr);

/* All symbols whose demangled or raw name is `name`, over all modules opened so far. */
HWP_VEC_TYPE(hwp_symbol_list, const struct hwp_symbol *);
void hwp_symbols_find(struct hwp_symbols *s, const char *name, struct hwp_symbol_list *ret);

struct hwp_line {
    const char *file; /* full path as in the DWARF, or NULL */
    unsigned line;    /* 0: none */
};

/* The source line of `vaddr`, from DWARF; {NULL, 0} if unknown. */
struct hwp_line hwp_module_line(const struct hwp_module *m, uint64_t vaddr);

/* One frame of the inline stack at an address. */
struct hwp_inline_frame {
    const char *function; /* demangled; the outermost is the concrete function */
    struct hwp_line call; /* where the next outer frame calls it; {NULL,0} for the outermost */
    struct hwp_line decl; /* where the function is written; {NULL,0} if unknown */
};
HWP_VEC_TYPE(hwp_inline_frames, struct hwp_inline_frame);

/* Innermost first. Empty without DWARF; one frame where nothing is inlined. */
void hwp_module_inlines(const struct hwp_module *m, uint64_t vaddr, struct hwp_inline_frames *ret);

/* Machine code of [start, end) as in the file, or NULL; *ret_len may be shorter. */
const uint8_t *hwp_module_code(const struct hwp_module *m, uint64_t start, uint64_t end,
                               size_t *ret_len);

/* Source text of a line without its newline, or NULL. Files are cached. */
const char *hwp_symbols_source_line(struct hwp_symbols *s, const struct hwp_line *line);

/* Puts "why names are missing" into the profile's notes (STRIPPED, BUILD_ID_MISMATCH …). */
void hwp_symbols_notes(const struct hwp_symbols *s, struct hwp_notes *notes);

#endif
