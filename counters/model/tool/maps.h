/*
 * Executable mappings beyond what tool.h says.
 */
#ifndef HWM_TOOL_MAPS_H
#define HWM_TOOL_MAPS_H

#include "tool.h"

/* Tells the stream all that are there now: a forked child has a stream of its own. */
void hwm_maps_tell_all(void);

/* The mapping [start, end) that the client made with one call, and that holds `address`: neighbours that
 * the kernel treats as one are told apart. False: it made none. */
Bool hwm_mapping_find(Addr address, Addr *ret_start, Addr *ret_end);

#endif
