/*
 * Addresses of a program's own variables and functions, by name, for watchpoints on symbols.
 */
#ifndef HWP_SYMBOLS_VARIABLE_H
#define HWP_SYMBOLS_VARIABLE_H

#include <stdint.h>

#include "base/error.h"

struct hwp_variable {
    uint64_t vaddr; /* as linked; add the load bias of the process */
    uint64_t size;  /* bytes; 0 unknown */
};

/* Looks `name` up in the .symtab (else .dynsym) of the ELF file `path`; objects before functions.
 * *ret_base is the lowest virtual address the file is linked at, page-aligned: the load bias is
 * where the process has mapped the file minus this. HWP_E_NOT_FOUND with the nearest names. */
struct hwp_error *hwp_variable_find(const char *path, const char *name, struct hwp_variable *ret,
                                    uint64_t *ret_base) hwp_must_use;

#endif
