/*
 * Allocating functions by name, and what their arguments mean.
 */
#ifndef HWM_TOOL_HEAP_NAMES_H
#define HWM_TOOL_HEAP_NAMES_H

#include "tool.h"

enum hwm_allocator {
    HWM_NO_ALLOCATOR,
    HWM_ALLOCATOR_SIZE,    /* (bytes, …) */
    HWM_ALLOCATOR_PRODUCT, /* (count, bytes) */
    HWM_ALLOCATOR_ALIGNED, /* (alignment, bytes) */
    HWM_ALLOCATOR_POSIX,   /* (where to store the address, alignment, bytes); returns 0 */
    HWM_ALLOCATOR_RESIZE,  /* (address, bytes) */
    HWM_ALLOCATOR_FREE,    /* (address, …) */
};

/* Of the function whose first instruction is at the address. Answers are kept, so it may be asked
 * at each call. */
enum hwm_allocator hwm_allocator_at(Addr address);

#endif
