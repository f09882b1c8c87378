#include "base/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/mem.h"

void hwp_out_init_memory(struct hwp_out *out)
{
    *out = (struct hwp_out){.name = "memory"};
}

static unsigned terminal_width(int fd)
{
    const char *columns = getenv("COLUMNS");
    struct winsize ws;

    if (columns && atoi(columns) > 0)
        return (unsigned)atoi(columns);
    if (ioctl(fd, TIOCGWINSZ, &ws) == 0)
        return ws.ws_col;
    return 0;
}

void hwp_out_init_stream(struct hwp_out *out, FILE *file, const char *name)
{
    const char *no_color = getenv("NO_COLOR");

    *out = (struct hwp_out){.file = file, .name = name};
    out->color = isatty(fileno(file)) && !(no_color && *no_color);
    out->width = terminal_width(fileno(file));
}

/* By its first bytes (perf.data-file-format.txt): a slip of the keys must not cost what was recorded. */
static bool is_recording(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char magic[8] = "";

    if (fd < 0)
        return false;
    ssize_t n = read(fd, magic, sizeof(magic));
    close(fd);
    return n == sizeof(magic) && memcmp(magic, "PERFILE2", sizeof(magic)) == 0;
}

struct hwp_error *hwp_out_init_path(struct hwp_out *out, const char *path)
{
    if (strcmp(path, "-") == 0) {
        hwp_out_init_stream(out, stdout, "standard output");
        return NULL;
    }
    if (is_recording(path))
        return hwp_error_hint(hwp_error(HWP_E_INVALID, "%s is a recording: not overwritten", path),
                              "name another file for the output");
    FILE *file = fopen(path, "we");
    if (!file)
        return hwp_error_hint(hwp_error_sys(errno, "can't write %s", path),
                              "name a file in a directory you can write to");
    *out = (struct hwp_out){.file = file, .owned = true, .name = path};
    return NULL;
}

void hwp_out_write(struct hwp_out *out, const char *bytes, size_t n)
{
    if (!out->file) {
        hwp_str_addn(&out->text, bytes, n);
        return;
    }
    if (n && !out->errnum && fwrite(bytes, 1, n, out->file) != n)
        out->errnum = errno ? errno : EIO;
}

void hwp_out_puts(struct hwp_out *out, const char *text)
{
    hwp_out_write(out, text, strlen(text));
}

void hwp_out_printf(struct hwp_out *out, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *text = hwp_vasprintf(fmt, ap);
    va_end(ap);
    hwp_out_puts(out, text);
    free(text);
}

struct hwp_error *hwp_out_close(struct hwp_out *out)
{
    if (out->file) {
        if (fflush(out->file) != 0 && !out->errnum)
            out->errnum = errno;
        if (out->owned && fclose(out->file) != 0 && !out->errnum)
            out->errnum = errno;
    }
    hwp_str_deinit(&out->text);
    out->file = NULL;
    if (out->errnum && out->errnum != EPIPE)
        return hwp_error_sys(out->errnum, "can't write the report to %s", out->name);
    return NULL;
}
