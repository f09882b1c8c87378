#include "target/signals_hold.h"

#include <stddef.h>
#include <time.h>

#include "base/mem.h"

static const int ending[] = {SIGINT, SIGTERM, SIGHUP};

static bool is_held;
static sigset_t before; /* the mask, while held */
static sigset_t added;  /* what the hold has blocked; empty while not held */
static volatile sig_atomic_t came;

void hwp_ending_signals(sigset_t *ret)
{
    struct sigaction action;

    sigemptyset(ret);
    for (size_t i = 0; i < hwp_array_size(ending); i++)
        if (sigaction(ending[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(ret, ending[i]);
}

void hwp_hold_signals(void)
{
    sigset_t set;

    if (is_held)
        return;
    came = 0;
    hwp_ending_signals(&set);
    sigprocmask(SIG_BLOCK, &set, &before);
    sigemptyset(&added);
    for (size_t i = 0; i < hwp_array_size(ending); i++)
        if (sigismember(&set, ending[i]) && !sigismember(&before, ending[i]))
            sigaddset(&added, ending[i]);
    is_held = true;
}

void hwp_release_signals(void)
{
    const struct timespec now = {0};

    if (!is_held)
        return;
    while (sigtimedwait(&added, NULL, &now) > 0)
        came = 1;
    sigprocmask(SIG_SETMASK, &before, NULL);
    is_held = false;
}

bool hwp_signals_came(void)
{
    return came;
}

void hwp_signal_came(void)
{
    came = 1;
}

void hwp_unheld_mask(sigset_t *mask)
{
    for (size_t i = 0; is_held && i < hwp_array_size(ending); i++)
        if (sigismember(&added, ending[i]))
            sigdelset(mask, ending[i]);
}
