/*
 * Executable mappings beyond what tool.h says.
 */
#ifndef HWM_TOOL_MAPS_H
#define HWM_TOOL_MAPS_H

#include "tool.h"

/* Tells the stream all that are there now: a forked child has a stream of its own. */
void hwm_maps_tell_all(void);

#endif
