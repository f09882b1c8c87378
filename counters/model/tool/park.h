/*
 * Where tasks wait for their turn: without Valgrind's lock, asleep, until they are called. If all of
 * them queued for the lock instead, it would pass through every one of them between two turns.
 *
 * Only where a task has just stopped without having run anything is Valgrind's scheduler ready for
 * what others do meanwhile: discard translations, end the process.
 */
#ifndef HWM_TOOL_PARK_H
#define HWM_TOOL_PARK_H

#include "tool.h"

/* Waits until a task that has passed is called, but not forever: Valgrind may have something to tell
 * it (to end, a signal). To be called with Valgrind's lock, which it has again afterwards. */
void hwm_park(struct hwm_task *task);

/* Lets a task go on that is parked; others are left alone. */
void hwm_unpark(struct hwm_task *task);
void hwm_unpark_all(void);

#endif
