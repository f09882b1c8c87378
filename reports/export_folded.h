/*
 * Folded stacks: a line per stack, "task;caller;function 17", as stackcollapse scripts write them
 * and flame-graph tools read them. A stack's count is what its innermost function cost itself.
 */
#ifndef HWP_REPORTS_EXPORT_FOLDED_H
#define HWP_REPORTS_EXPORT_FOLDED_H

#include "analysis/stacks.h"
#include "base/out.h"

/* Of one event. ';' in names becomes ':', as it separates frames; control characters are escaped.
 */
void hwp_folded_print(const struct hwp_stacks *stacks, size_t event, struct hwp_out *out);

#endif
