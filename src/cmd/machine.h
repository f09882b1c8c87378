/*
 * The machine's particulars for a run's header: host name, kernel, CPU model, from uname(2),
 * /proc/cpuinfo and the clock.
 */
#ifndef HWP_CMD_MACHINE_H
#define HWP_CMD_MACHINE_H

#include "profile/run.h"

void hwp_machine_describe(struct hwp_run *run);

#endif
