/*
 * C++ (Itanium), Rust (legacy and v0), D and Go names to what people wrote, by libiberty.
 */
#ifndef HWP_SYMBOLS_DEMANGLE_H
#define HWP_SYMBOLS_DEMANGLE_H

/* A new string the caller frees; a copy of `name` where there is nothing to demangle. */
char *hwp_demangle(const char *name);

#endif
