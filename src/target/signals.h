/*
 * hwprof's own signals while a workload runs, and its ticks. SIGINT and SIGQUIT end nothing here (the
 * terminal sends them to the workload too), SIGTERM and SIGHUP are passed on to the workload's
 * first process. Those that hwprof was started with as ignored stay so. All is put back at the end.
 *
 * A tick is a SIGALRM to the thread that started it; it ends a blocking wait with EINTR. Ticks
 * repeat until they are stopped, so that one which comes just before the wait does no harm.
 *
 * One thread, and one guard at a time in a process (signal actions belong to it).
 */
#ifndef HWP_TARGET_SIGNALS_H
#define HWP_TARGET_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define HWP_SIGNALS_GUARDED 5

struct hwp_signals {
    bool is_active, has_timer, is_ticking;
    struct sigaction old[HWP_SIGNALS_GUARDED];
    sigset_t old_mask;
    timer_t timer;
};

/* `pidfd` may be -1. */
void hwp_signals_enter(struct hwp_signals *s, pid_t pid, int pidfd);

/* The process has been reaped: nothing is passed on any more. */
void hwp_signals_forget(void);
void hwp_signals_leave(struct hwp_signals *s);

/* The first tick after `first_ns` (at least 1), the others every `every_ns`. */
void hwp_signals_tick(struct hwp_signals *s, uint64_t first_ns, uint64_t every_ns);
void hwp_signals_stop_ticks(struct hwp_signals *s);

/* Whether there was a tick since the last call. */
bool hwp_signals_ticked(void);

#endif
