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

/* A file that is there, has at least so many bytes, and that nobody has locked. */
static bool is_free(const char *directory, const char *name, off_t least)
{
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/%s", directory, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;

    if (fd < 0)
        return false;
    bool free = fstat(fd, &st) == 0 && st.st_size >= least && flock(fd, LOCK_EX | LOCK_NB) == 0;
    close(fd);
    return free;
}

/* One that is being made has no `machine` yet, or an empty one. Both files must be there: what is
 * laid out otherwise is somebody else's. */
static bool is_stale(const char *directory)
{
    struct stat st;

    if (lstat(directory, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
        return false;
    return is_free(directory, "hwprof", 0) && is_free(directory, "machine", 1);
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
