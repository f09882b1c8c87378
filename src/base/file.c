#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define CHUNK (16u << 10)

/* The files of /proc and /sys have no size to trust, so it is found by reading. */
static char *read_all(int fd, size_t limit, size_t *ret_len)
{
    size_t len = 0, cap = CHUNK;
    char *text = hwp_alloc(cap + 1);

    for (;;) {
        if (len == cap) {
            cap *= 2;
            text = hwp_realloc(text, cap + 1, 1);
        }
        ssize_t n = read(fd, text + len, cap - len);
        if (n < 0 && errno == EINTR)
            continue;
        len += n > 0 ? (size_t)n : 0;
        if (n < 0 || len > limit) {
            free(text);
            errno = n < 0 ? errno : EFBIG;
            return NULL;
        }
        if (n == 0)
            break;
    }
    text[len] = '\0';
    *ret_len = len;
    return text;
}

char *hwp_file_read(const char *path, size_t limit, size_t *ret_len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    char *text = NULL;
    size_t len = 0;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0) {
        errno = EINVAL;
        if (S_ISREG(st.st_mode))
            text = read_all(fd, limit, &len);
    }
    int errnum = errno;
    close(fd);
    errno = errnum;
    if (text && ret_len)
        *ret_len = len;
    return text;
}
