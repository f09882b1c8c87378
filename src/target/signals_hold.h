/*
 * SIGINT, SIGTERM and SIGHUP put off for the length of a measurement, so that none of them ends
 * hwprof between the end of the workload and the last byte of its results. Within, hwp_target_run
 * and hwp_attach_wait still see them at once. What hwprof was started with as ignored (nohup) stays
 * ignored. Workloads don't inherit the hold.
 *
 * One thread; signals and their masks belong to the process.
 */
#ifndef HWP_TARGET_SIGNALS_HOLD_H
#define HWP_TARGET_SIGNALS_HOLD_H

#include <signal.h>
#include <stdbool.h>

/* Blocks them. A second hold without a release does nothing. */
void hwp_hold_signals(void);

/* Takes what came meanwhile, which then ends nothing, and puts the mask back. */
void hwp_release_signals(void);

/* Whether a signal that is meant to end things (SIGQUIT too, while a workload ran) has come since
 * the last hold: after this measurement there should be no other. */
bool hwp_signals_came(void);

/* --- for src/target --- */

/* SIGINT, SIGTERM and SIGHUP without those that are ignored. */
void hwp_ending_signals(sigset_t *ret);

/* Such a signal has come. Async-signal-safe. */
void hwp_signal_came(void);

/* Takes what the hold added out of a mask. */
void hwp_unheld_mask(sigset_t *mask);

#endif
