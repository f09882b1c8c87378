/*
 * argv → command. The only place that prints an error and decides the exit status: 0 or the
 * workload's own on success, 2 for usage, 126 and 127 for a workload that can't be run or found,
 * 125 for any other failure of hwprof's own.
 */
#include <stdio.h>

#include "cmd/command.h"

static int fail(struct hwp_error *err)
{
    int status = hwp_error_exit_status(err);

    fprintf(stderr, "hwprof: %s\n", err->msg);
    if (err->hint)
        fprintf(stderr, "  hint: %s\n", err->hint);
    hwp_error_destroy(err);
    return status;
}

int main(int argc, char **argv)
{
    int status = 0;
    struct hwp_error *err = hwp_commands_run(argc - 1, argv + 1, &status);

    if (err)
        status = fail(err);
    return status;
}
