/*
 * The modelled region beyond what tool.h says.
 */
#ifndef HWM_TOOL_REGION_H
#define HWM_TOOL_REGION_H

#include "tool.h"

/* Whether the budget of instructions, which all processes of the workload share, is used up: then the
 * running task is to leave generated code, so that hwm_region_check() can end the region. */
Bool hwm_region_is_over(void);

/* A forked child: what its parent has modelled counts already. Before its counts are zeroed. */
void hwm_region_forked(void);

/* Before the stream ends: what this process has modelled is counted. */
void hwm_region_finish(void);

/* Nobody waits for counts any more: the workload goes on without the model. */
void hwm_region_abandon(void);

#endif
