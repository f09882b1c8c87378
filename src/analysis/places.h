/*
 * What a location of the profile stands for: its module, its address in the file, and its frames,
 * those that the compiler inlined included. What is written for other tools is made of it.
 *
 * A place owns its list of frames, to be used again for the next; names, files and the module are
 * borrowed from the `struct hwp_symbols`.
 */
#ifndef HWP_ANALYSIS_PLACES_H
#define HWP_ANALYSIS_PLACES_H

#include "base/vec.h"
#include "profile/profile.h"
#include "symbols/symbols.h"

struct hwp_place_options {
    bool no_inline; /* one frame a place: the function */
    bool lines;     /* fill in `line` and `decl` */
};

struct hwp_place_frame {
    const char *function;            /* demangled */
    const struct hwp_symbol *symbol; /* NULL: inlined into the next */
    struct hwp_line line; /* where it is, or calls the frame before; {NULL, 0}: unknown */
    struct hwp_line decl; /* where the function is written; {NULL, 0}: unknown */
};
HWP_VEC_TYPE(hwp_place_frames, struct hwp_place_frame);

struct hwp_place {
    uint32_t dso;
    const struct hwp_module *module;
    uint64_t vaddr;                 /* as disassembly shows it; see symbols.h */
    struct hwp_place_frames frames; /* innermost first; the last is the function itself */
    struct hwp_inline_frames inlined;
};

/* `loc` is an index into the profile's locations. *place is a place looked up before, or zeroed. */
void hwp_place_find(const struct hwp_profile *p, struct hwp_symbols *s, uint32_t loc,
                    const struct hwp_place_options *options, struct hwp_place *place);
void hwp_place_deinit(struct hwp_place *place);

#endif
