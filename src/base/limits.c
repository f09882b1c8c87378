#include "base/limits.h"

#include <sys/resource.h>

/* Root's raises of the hard limit end here (fs.nr_open is 1 << 20 by default). */
#define FILES_MAX ((rlim_t)1 << 20)

static struct rlimit original;
static bool was_raised;

static bool set_files(const struct rlimit *before, rlim_t soft, rlim_t hard)
{
    struct rlimit more = {.rlim_cur = soft, .rlim_max = hard};

    if (setrlimit(RLIMIT_NOFILE, &more))
        return false;
    if (!was_raised)
        original = *before;
    was_raised = true;
    return true;
}

bool hwp_limits_raise_files(void)
{
    struct rlimit now;

    if (getrlimit(RLIMIT_NOFILE, &now))
        return false;
    if (now.rlim_cur < now.rlim_max)
        return set_files(&now, now.rlim_max, now.rlim_max);
    return now.rlim_max < FILES_MAX && now.rlim_max * 4 > now.rlim_cur &&
           set_files(&now, now.rlim_max * 4, now.rlim_max * 4);
}

void hwp_limits_restore(void)
{
    if (was_raised)
        setrlimit(RLIMIT_NOFILE, &original);
}
