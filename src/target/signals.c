#include "target/signals.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "target/signals_hold.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static volatile sig_atomic_t forward_pid, forward_pidfd = -1, ticked;

/* A pidfd can't hit another process that got the number meanwhile; without one (before Linux 5.3)
 * the window is between the wait and hwp_signals_forget. */
static void forward(int sig)
{
    int saved = errno;

    hwp_signal_came();
    if (forward_pid > 0 && forward_pidfd >= 0)
        syscall(SYS_pidfd_send_signal, (int)forward_pidfd, sig, NULL, 0);
    else if (forward_pid > 0)
        kill((pid_t)forward_pid, sig);
    errno = saved;
}

/* The terminal has sent it to the workload too. */
static void leave_to_workload(int sig)
{
    (void)sig;
    hwp_signal_came();
}

static void tick(int sig)
{
    (void)sig;
    ticked = 1;
}

/* Without SA_RESTART: a signal may end a wait, which goes on after a look around. */
static const struct guarded {
    int sig;
    void (*handler)(int);
    bool keep_ignored; /* hwprof was started by nohup or the like: so it stays */
} guarded[HWP_SIGNALS_GUARDED] = {
    {SIGINT, leave_to_workload, true},
    {SIGQUIT, leave_to_workload, true},
    {SIGTERM, forward, true},
    {SIGHUP, forward, true},
    {SIGALRM, tick, false},
};

void hwp_signals_enter(struct hwp_signals *s, pid_t pid, int pidfd)
{
    struct sigevent ev = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
    sigset_t needed;

    forward_pid = pid;
    forward_pidfd = pidfd;
    ticked = 0;
    sigemptyset(&needed);
    for (size_t i = 0; i < HWP_SIGNALS_GUARDED; i++) {
        struct sigaction action = {.sa_handler = guarded[i].handler};
        sigemptyset(&action.sa_mask);
        sigaction(guarded[i].sig, NULL, &s->old[i]);
        if (!guarded[i].keep_ignored || s->old[i].sa_handler != SIG_IGN)
            sigaction(guarded[i].sig, &action, NULL);
        sigaddset(&needed, guarded[i].sig);
    }
    sigprocmask(SIG_UNBLOCK, &needed, &s->old_mask);

    ev.sigev_notify_thread_id = (int)syscall(SYS_gettid);
    s->has_timer = timer_create(CLOCK_MONOTONIC, &ev, &s->timer) == 0;
    s->is_active = true;
}

void hwp_signals_forget(void)
{
    forward_pid = 0;
    forward_pidfd = -1;
}

void hwp_signals_leave(struct hwp_signals *s)
{
    if (!s->is_active)
        return;
    hwp_signals_forget();
    if (s->has_timer)
        timer_delete(s->timer);
    /* The mask first: a signal that was blocked before must not meet its old action now. */
    sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
    for (size_t i = 0; i < HWP_SIGNALS_GUARDED; i++)
        sigaction(guarded[i].sig, &s->old[i], NULL);
    *s = (struct hwp_signals){0};
}

static struct timespec to_timespec(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000u),
                             .tv_nsec = (long)(ns % 1000000000u)};
}

void hwp_signals_tick(struct hwp_signals *s, uint64_t first_ns, uint64_t every_ns)
{
    struct itimerspec when = {.it_value = to_timespec(first_ns ? first_ns : 1),
                              .it_interval = to_timespec(every_ns)};

    if (s->has_timer)
        timer_settime(s->timer, 0, &when, NULL);
    s->is_ticking = true;
}

void hwp_signals_stop_ticks(struct hwp_signals *s)
{
    struct itimerspec never = {0};

    if (s->has_timer && s->is_ticking)
        timer_settime(s->timer, 0, &never, NULL);
    s->is_ticking = false;
}

bool hwp_signals_ticked(void)
{
    bool was = ticked;

    ticked = 0;
    return was;
}
