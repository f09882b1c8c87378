/*
 * The child's side, between fork and exec. It applies the memory policy, reports that it is ready,
 * and obeys one-byte orders from a pipe; the pipe's end (hwprof is gone) is its own end too. What
 * goes wrong travels back as a report. The report pipe is close-on-exec, so that its end of file
 * says that the exec has worked.
 *
 * All signals are blocked until just before the exec, so that none is delivered while it waits.
 */
#ifndef HWP_TARGET_CHILD_H
#define HWP_TARGET_CHILD_H

#include <signal.h>
#include <stdbool.h>

#include "target/target.h"

enum hwp_order { HWP_ORDER_FILTER = 'f', HWP_ORDER_EXEC = 'x' };

enum hwp_child_stage {
    HWP_CHILD_READY,    /* waits for orders */
    HWP_CHILD_MEMORY,   /* the memory policy failed: code, errnum, msg, hint; the child has ended */
    HWP_CHILD_FILTERED, /* HWP_ORDER_FILTER done; errnum says whether it worked */
    HWP_CHILD_EXEC,     /* execve failed with errnum; the child has ended */
};

/* One write(2), below PIPE_BUF and so whole. */
struct hwp_child_report {
    enum hwp_child_stage stage;
    enum hwp_code code;
    int errnum;
    char msg[512], hint[512];
};

struct hwp_child {
    const struct hwp_target_config *config;
    const char *path; /* what to execute */
    sigset_t mask;    /* the signal mask for it */
    int orders, reports;
};

_Noreturn void hwp_child_main(const struct hwp_child *child);

#endif
