#include "counters/model_stale.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

static struct hwp_error *make_locked(const char *directory, const char *name, int how, int *ret)
{
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/%s", directory, name);

    *ret = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (*ret < 0)
        return hwp_error_sys(errno, "can't write %s", path);
    flock(*ret, how); /* where there are no locks, nothing is ever taken for stale */
    return NULL;
}

struct hwp_error *hwp_model_hold(const char *directory, int *ret_alive, int *ret_machine)
{
    HWP_TRY(make_locked(directory, "hwprof", LOCK_EX, ret_alive));
    return make_locked(directory, "machine", LOCK_SH, ret_machine);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    return remove(path) && errno != ENOENT;
}

void hwp_model_remove(const char *directory)
{
    nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* One that is being made has no `machine` yet, or an empty one. */
static bool is_stale(const char *directory)
{
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/machine", directory);
    struct stat st;

    if (lstat(directory, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    bool stale = fstat(fd, &st) == 0 && st.st_size > 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    close(fd);
    return stale;
}

void hwp_model_remove_stale(const char *tmp)
{
    DIR *dir = opendir(tmp);

    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!hwp_starts_with(entry->d_name, "hwprof-"))
            continue;
        hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/%s", tmp, entry->d_name);
        if (is_stale(path))
            hwp_model_remove(path);
    }
    closedir(dir);
}
