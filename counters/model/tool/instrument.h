/* The rewriting of code: VEX IR in, IR with the model's checks and calls out. */
#ifndef HWM_TOOL_INSTRUMENT_H
#define HWM_TOOL_INSTRUMENT_H

#include "tool.h"

IRSB *hwm_instrument(VgCallbackClosure *closure, IRSB *in, const VexGuestLayout *layout,
                     const VexGuestExtents *extents, const VexArchInfo *host, IRType guest_word,
                     IRType host_word);

#endif
