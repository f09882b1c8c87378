#include "symbols/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (64u << 10)

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
            return NULL;
        }
        if (n == 0)
            break;
    }
    text[len] = '\0';
    *ret_len = len;
    return text;
}

char *hwp_read_text(const char *path, size_t limit, size_t *ret_len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    char *text = NULL;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        text = read_all(fd, limit, ret_len);
    close(fd);
    return text;
}
