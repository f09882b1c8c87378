#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct hwp_error *new_error(enum hwp_code code, int errnum, char *msg)
{
    struct hwp_error *err = hwp_alloc(sizeof(*err));

    *err = (struct hwp_error){.code = code, .errnum = errnum, .msg = msg};
    return err;
}

static enum hwp_code code_of_errno(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ESRCH:
        return HWP_E_NOT_FOUND;
    case EACCES:
    case EPERM:
        return HWP_E_DENIED;
    default:
        return HWP_E_SYSTEM;
    }
}

struct hwp_error *hwp_error(enum hwp_code code, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *msg = hwp_vasprintf(fmt, ap);
    va_end(ap);
    return new_error(code, 0, msg);
}

struct hwp_error *hwp_error_sys(int errnum, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *what = hwp_vasprintf(fmt, ap);
    va_end(ap);

    char *msg = hwp_asprintf("%s: %s", what, strerror(errnum));
    free(what);
    return new_error(code_of_errno(errnum), errnum, msg);
}

struct hwp_error *hwp_error_hint(struct hwp_error *err, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return NULL;
    va_start(ap, fmt);
    free(err->hint);
    err->hint = hwp_vasprintf(fmt, ap);
    va_end(ap);
    return err;
}

struct hwp_error *hwp_error_prefix(struct hwp_error *err, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return NULL;
    va_start(ap, fmt);
    char *prefix = hwp_vasprintf(fmt, ap);
    va_end(ap);

    char *msg = hwp_asprintf("%s: %s", prefix, err->msg);
    free(prefix);
    free(err->msg);
    err->msg = msg;
    return err;
}

void hwp_error_destroy(struct hwp_error *err)
{
    if (!err)
        return;
    free(err->msg);
    free(err->hint);
    free(err);
}

int hwp_error_exit_status(const struct hwp_error *err)
{
    switch (err->code) {
    case HWP_E_USAGE:
        return 2;
    case HWP_E_CANT_RUN:
        return 126;
    case HWP_E_NO_WORKLOAD:
        return 127;
    default:
        return 125;
    }
}
