/*
 * The variables of a program or library by address: what stands where, for data that was contended.
 * Names as in .symtab of the file or its separate debug file, else .dynsym; demangled. Owns its
 * strings; immutable once made.
 */
#ifndef HWP_SYMBOLS_VARIABLES_H
#define HWP_SYMBOLS_VARIABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct hwp_named_variable {
    char *name;
    uint64_t start, end; /* as linked; end is exclusive */
};

struct hwp_variables;

/* Either path may be NULL; a file that can't be read has no variables. Never NULL. */
struct hwp_variables *hwp_variables_load(const char *path, const char *debug_path);
void hwp_variables_destroy(struct hwp_variables *v);
HWP_DEFINE_CLEANUP(hwp_variables_cleanup, struct hwp_variables, hwp_variables_destroy)

/* The variable that has the byte at `vaddr`; NULL if none is known. */
const struct hwp_named_variable *hwp_variables_at(const struct hwp_variables *v, uint64_t vaddr);

#endif
