#include "target/attach.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "target/signals_hold.h"
#include "target/tasks.h"

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* Nanoseconds until `at` as poll wants them; NULL for never. */
static struct timespec *until(uint64_t at_ns, struct timespec *into)
{
    uint64_t now = hwp_monotonic_ns(), left = at_ns > now ? at_ns - now : 0;

    if (!at_ns)
        return NULL;
    *into = (struct timespec){(time_t)(left / 1000000000), (long)(left % 1000000000)};
    return into;
}

static struct hwp_error *wait_for(int process, int signals, uint64_t end_ns)
{
    struct pollfd fds[] = {{.fd = process, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    struct timespec left;

    while (ppoll(fds, hwp_array_size(fds), until(end_ns, &left), NULL) < 0)
        if (errno != EINTR)
            return hwp_error_sys(errno, "can't wait");
    return NULL;
}

static struct hwp_error *no_file(int errnum, const char *what)
{
    struct hwp_error *err = hwp_error_sys(errnum, "%s", what);

    if (errnum == EMFILE || errnum == ENFILE)
        return hwp_error_hint(err, errnum == EMFILE ? "raise the limit on open files: ulimit -n"
                                                    : "raise the limit on open files: fs.file-max");
    return err;
}

static struct hwp_error *open_process(pid_t pid, int *ret)
{
    *ret = (int)syscall(SYS_pidfd_open, pid, 0);
    if (*ret >= 0)
        return NULL;

    int errnum = errno;
    char *what hwp_cleanup(hwp_free_cleanup) =
        hwp_asprintf("can't wait for process %d", (int)pid);
    struct hwp_error *err = no_file(errnum, what);
    return errnum == ENOSYS ? hwp_error_hint(err, "attaching needs Linux 5.3 or later") : err;
}

/* With the ending signals blocked: they are read from a file, and so end the wait alone. */
static struct hwp_error *wait_blocked(int process, const sigset_t *ending, uint64_t end_ns)
{
    int signals hwp_cleanup(close_fd) = signalfd(-1, ending, SFD_CLOEXEC | SFD_NONBLOCK);
    struct signalfd_siginfo taken;

    /* Without it nothing but the timeout could end the wait. */
    if (signals < 0)
        return no_file(errno, "can't wait for signals");
    struct hwp_error *err = wait_for(process, signals, end_ns);
    while (read(signals, &taken, sizeof(taken)) > 0)
        hwp_signal_came();
    return err;
}

struct hwp_error *hwp_attach_wait(pid_t pid, uint64_t timeout_ns, struct hwp_run *run)
{
    uint64_t start_ns = hwp_monotonic_ns();
    int process hwp_cleanup(close_fd) = -1;
    sigset_t ending, before;

    if (pid > 0) {
        struct hwp_error *err = open_process(pid, &process);
        if (err && err->errnum == ESRCH) {
            hwp_error_destroy(err);
            return NULL; /* it has ended already */
        }
        if (err)
            return err;
    }
    hwp_ending_signals(&ending);
    sigprocmask(SIG_BLOCK, &ending, &before);
    struct hwp_error *err =
        wait_blocked(process, &ending, timeout_ns ? start_ns + timeout_ns : 0);
    sigprocmask(SIG_SETMASK, &before, NULL);
    run->duration_ns = hwp_monotonic_ns() - start_ns;
    return err;
}

struct hwp_error *hwp_attach_name(pid_t pid, char **ret)
{
    char *path hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("/proc/%d/comm", (int)pid);
    char *comm hwp_cleanup(hwp_free_cleanup) = hwp_file_read(path, HWP_FILE_SMALL, NULL);

    if (!comm)
        return hwp_error_hint(hwp_error(HWP_E_NOT_FOUND, "there is no process %d", (int)pid),
                              "pgrep -l NAME finds a process by its name");
    comm[strcspn(comm, "\n")] = '\0';
    *ret = hwp_asprintf("%s (process %d)", comm, (int)pid);
    return NULL;
}
