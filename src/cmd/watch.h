/*
 * Watchpoints on symbols (mem:SYMBOL): their addresses are known once the workload's image is
 * mapped, at its exec.
 */
#ifndef HWP_CMD_WATCH_H
#define HWP_CMD_WATCH_H

#include <sys/types.h>

#include "base/error.h"
#include "counters/source.h"

/* `pid` stands in its exec. Resolves each watched symbol in the program and arms the session. */
struct hwp_error *hwp_watch_symbols(const struct hwp_source *source, struct hwp_session *session,
                                    pid_t pid) hwp_must_use;

#endif
