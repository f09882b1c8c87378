/*
 * The options that every view of a recording has: which samples it is about, and where their names
 * come from. Each table is bound to the struct that it fills.
 */
#ifndef HWP_CMD_SAMPLE_OPTIONS_H
#define HWP_CMD_SAMPLE_OPTIONS_H

#include "base/opt.h"

extern const struct hwp_opt hwp_filter_opts[];  /* struct hwp_filter */
extern const struct hwp_opt hwp_symbols_opts[]; /* struct hwp_symbols_options */

#endif
