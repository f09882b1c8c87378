/*
 * The modelled region beyond what tool.h says.
 */
#ifndef HWM_TOOL_REGION_H
#define HWM_TOOL_REGION_H

#include "tool.h"

/* Before the stream ends: a note if the region never began. */
void hwm_region_finish(void);

#endif
