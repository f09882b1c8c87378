#include "counters/model_stale.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "counters/model/protocol.h"

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

/* A regular file of this user that nobody has locked. */
static bool is_free(const char *directory, const char *name, struct stat *st)
{
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/%s", directory, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0)
        return false;
    bool free = fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
                flock(fd, LOCK_EX | LOCK_NB) == 0;
    close(fd);
    return free;
}

/* One that is being made has no `machine` yet, or an empty one. What is laid out in any other way is
 * somebody else's: it has the lock file, empty, and a machine's description of just its size. */
static bool is_stale(const char *directory)
{
    struct stat st;

    if (lstat(directory, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
        return false;
    return is_free(directory, "hwprof", &st) && st.st_size == 0 &&
           is_free(directory, "machine", &st) && st.st_size == sizeof(struct hwm_machine);
}

/* As mkdtemp(3) made it. */
static bool is_session_name(const char *name)
{
    return strlen(name) == strlen("hwprof-XXXXXX") && hwp_starts_with(name, "hwprof-") &&
           strspn(name + strlen("hwprof-"), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789") == strlen("XXXXXX");
}

/* Files alone, and the directory if nothing else was in it. */
static void remove_files(const char *directory)
{
    DIR *dir = opendir(directory);

    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));)
        unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(directory);
}

void hwp_model_remove_stale(const char *tmp)
{
    DIR *dir = opendir(tmp);

    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!is_session_name(entry->d_name))
            continue;
        hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/%s", tmp, entry->d_name);
        if (is_stale(path))
            remove_files(path);
    }
    closedir(dir);
}
