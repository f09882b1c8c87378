/*
 * Errors as objects.
 *
 * A function that can fail returns `struct hwp_error *`: NULL is success, anything else is owned
 * by the caller, who passes it up or destroys it. Results leave through a last parameter `ret`,
 * which is untouched on failure. An error carries what happened (msg), the errno behind it if
 * there was one, and a hint: the next thing the user can do. Only main() prints errors.
 *
 * Running out of memory is not an error but the end: see mem.h. A counter that can't be had is
 * data, not an error: see profile/count.h.
 *
 * Threads: an error belongs to one thread at a time.
 */
#ifndef HWP_BASE_ERROR_H
#define HWP_BASE_ERROR_H

#include "base/attr.h"

enum hwp_code {
    HWP_E_USAGE,       /* the command line is wrong */
    HWP_E_INVALID,     /* a value, name or expression is wrong */
    HWP_E_NOT_FOUND,   /* a file, symbol or object that was named is not there */
    HWP_E_DENIED,      /* the system forbids it */
    HWP_E_UNSUPPORTED, /* this machine or kernel can't do it */
    HWP_E_FORMAT,      /* a file's content is not what it should be */
    HWP_E_SYSTEM,      /* a system call failed for another reason */
    HWP_E_CANT_RUN,    /* the workload exists but can't be executed */
    HWP_E_NO_WORKLOAD, /* the workload can't be found */
};

struct hwp_error {
    enum hwp_code code;
    int errnum; /* errno of the system call behind it, or 0 */
    char *msg;  /* one line, no trailing period or newline */
    char *hint; /* what to do about it, or NULL */
};

struct hwp_error *hwp_error(enum hwp_code code, const char *fmt, ...) hwp_printf(2, 3)
    __attribute__((returns_nonnull)) hwp_must_use;

/* An error from errno `errnum`: the message gets ": strerror(errnum)" appended, and the code
 * follows from errnum (ENOENT: not found; EACCES, EPERM: denied; others: system). */
struct hwp_error *hwp_error_sys(int errnum, const char *fmt, ...) hwp_printf(2, 3)
    __attribute__((returns_nonnull)) hwp_must_use;

/* Sets the hint (replacing an earlier one) and returns `err`, so that it can wrap a return. */
struct hwp_error *hwp_error_hint(struct hwp_error *err, const char *fmt, ...) hwp_printf(2, 3)
    hwp_must_use;

/* Puts "prefix: " before the message and returns `err`. NULL stays NULL. */
struct hwp_error *hwp_error_prefix(struct hwp_error *err, const char *fmt, ...) hwp_printf(2, 3)
    hwp_must_use;

void hwp_error_destroy(struct hwp_error *err);
HWP_DEFINE_CLEANUP(hwp_error_cleanup, struct hwp_error, hwp_error_destroy)

/* The exit status of a process that ends with this error: 2 usage, 126 can't run, 127 no
 * workload, 125 everything else. */
int hwp_error_exit_status(const struct hwp_error *err);

/* Returns the error of a fallible call to the caller. */
#define HWP_TRY(call)                                                                             \
    do {                                                                                          \
        struct hwp_error *hwp_err_ = (call);                                                      \
        if (hwp_err_)                                                                             \
            return hwp_err_;                                                                      \
    } while (0)

#endif
