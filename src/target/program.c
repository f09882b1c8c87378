#include "target/program.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/suggest.h"

/* What execvp(3) searches where PATH is unset. */
#define DEFAULT_PATH "/bin:/usr/bin"

/* 0 if `path` can be executed, else the errno that execve(2) would give. */
static int executable(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return errno;
    if (S_ISDIR(st.st_mode))
        return EISDIR;
    if (!S_ISREG(st.st_mode))
        return EACCES;
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

static struct hwp_error *cant_run(const char *path, int errnum)
{
    if (errnum == EISDIR)
        return hwp_error_hint(hwp_error(HWP_E_CANT_RUN, "can't run %s: it is a directory", path),
                              "name a program inside it");

    struct hwp_error *err = hwp_error(HWP_E_CANT_RUN, "can't run %s: %s", path, strerror(errnum));
    struct stat st;
    if (errnum == EACCES && stat(path, &st) == 0 && S_ISREG(st.st_mode) && !(st.st_mode & 0111))
        return hwp_error_hint(err, "chmod +x %s", path);
    return err;
}

static void offer_directory(struct hwp_suggest *near, const char *dir, size_t dir_len)
{
    char *name hwp_cleanup(hwp_free_cleanup) = hwp_strndup(dir_len ? dir : ".",
                                                           dir_len ? dir_len : 1);
    DIR *d = opendir(name);

    if (!d)
        return;
    for (struct dirent *entry; (entry = readdir(d));) {
        /* The cheap test first: a bin directory has thousands of names. */
        if (hwp_edit_distance(near->wanted, entry->d_name) > 1 + strlen(near->wanted) / 3)
            continue;
        char *path hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s/%s", name, entry->d_name);
        if (executable(path) == 0)
            hwp_suggest_offer(near, entry->d_name);
    }
    closedir(d);
}

static struct hwp_error *hint_near(struct hwp_error *err, const struct hwp_suggest *near,
                                   const char *dir, size_t dir_len)
{
    char *names hwp_cleanup(hwp_free_cleanup) = hwp_suggest_text(near);

    return names ? hwp_error_hint(err, "did you mean %s%s%.*s?", names, dir_len ? " in " : "",
                                  (int)dir_len, dir)
                 : err;
}

/* A name with a slash: what stands there, or nothing. */
static struct hwp_error *missing_path(const char *path, int errnum)
{
    if (errnum != ENOENT)
        return hwp_error(HWP_E_NO_WORKLOAD, "can't find %s: %s", path, strerror(errnum));

    const char *base = strrchr(path, '/') + 1;
    struct hwp_suggest near = {.wanted = base};

    offer_directory(&near, path, (size_t)(base - path));
    struct hwp_error *err = hint_near(hwp_error(HWP_E_NO_WORKLOAD, "there is no file %s", path),
                                      &near, path, (size_t)(base - path));
    hwp_suggest_deinit(&near);
    return err;
}

static const char *search_path(void)
{
    const char *path = getenv("PATH");

    return path ? path : DEFAULT_PATH;
}

static struct hwp_error *missing_name(const char *name)
{
    struct hwp_error *err = hwp_error(HWP_E_NO_WORKLOAD, "there is no program %s on PATH", name);

    switch (executable(name)) {
    case 0:
        return hwp_error_hint(err, "./%s runs the one in this directory", name);
    case EACCES:
        return hwp_error_hint(err, "there is one here: chmod +x %s, then ./%s", name, name);
    }

    struct hwp_suggest near = {.wanted = name};
    for (const char *dir = search_path(), *end; dir; dir = *end ? end + 1 : NULL) {
        end = strchrnul(dir, ':');
        offer_directory(&near, dir, (size_t)(end - dir));
    }
    err = hint_near(err, &near, "", 0);
    hwp_suggest_deinit(&near);
    return err;
}

struct hwp_error *hwp_program_find(const char *name, char **ret)
{
    if (!name || !*name)
        return hwp_error(HWP_E_NO_WORKLOAD, "the workload's name is empty");
    if (strchr(name, '/')) {
        int errnum = executable(name);
        if (errnum == ENOENT || errnum == ENOTDIR || errnum == ENAMETOOLONG || errnum == ELOOP)
            return missing_path(name, errnum);
        if (errnum)
            return cant_run(name, errnum);
        *ret = hwp_strdup(name);
        return NULL;
    }

    /* As execvp(3): the first that can be executed; an empty element is the working directory. */
    struct hwp_error *denied = NULL;
    for (const char *dir = search_path(), *end; dir; dir = *end ? end + 1 : NULL) {
        end = strchrnul(dir, ':');
        char *path = hwp_asprintf("%.*s%s%s", (int)(end - dir), dir, end > dir ? "/" : "./", name);
        int errnum = executable(path);
        if (errnum == 0) {
            hwp_error_destroy(denied);
            *ret = path;
            return NULL;
        }
        if (errnum == EACCES && !denied)
            denied = cant_run(path, errnum);
        free(path);
    }
    return denied ? denied : missing_name(name);
}

struct hwp_error *hwp_program_exec_error(const char *path, int errnum)
{
    struct hwp_error *err =
        hwp_error(HWP_E_CANT_RUN, "can't run %s: %s", path, strerror(errnum));

    err->errnum = errnum;
    switch (errnum) {
    case ENOENT: /* the file was there a moment ago */
        return hwp_error_hint(err, "its interpreter is missing: see the #! line of a script, or "
                                   "'readelf -l' of a program");
    case ENOEXEC:
        return hwp_error_hint(err, "it is no program of this machine: 'file %s' says what it is",
                              path);
    case E2BIG:
        return hwp_error_hint(err, "arguments and environment are longer than the kernel takes");
    case ETXTBSY:
        return hwp_error_hint(err, "the file is being written; wait for that to end");
    default:
        return err;
    }
}
