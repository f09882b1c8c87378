/*
 * The JSON that speedscope opens: a list of frames, and of each event a profile of stacks with
 * weights. Written as it goes, so that it needs no memory of its own but one stack.
 */
#ifndef HWP_REPORTS_EXPORT_SPEEDSCOPE_H
#define HWP_REPORTS_EXPORT_SPEEDSCOPE_H

#include "analysis/stacks.h"
#include "base/out.h"

/* Every event of `run` that has costs, `event` being shown first; NULL: the stacks have one column,
 * of samples. A frame's file is that of its source, else its module. */
void hwp_speedscope_print(const struct hwp_stacks *stacks, const struct hwp_run *run,
                          uint32_t event, const char *title, struct hwp_out *out);

#endif
