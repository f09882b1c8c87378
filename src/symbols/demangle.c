#include "symbols/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define MANGLED_MAX   (1u << 16)
#define DEMANGLED_MAX (1u << 16)

/* Back references let a short name stand for an exponentially long one. The demangler of D can't be
 * stopped half-way and has no limit of depth, so that names with too many of them and very long
 * ones stay as they are. */
#define D_MAX_BACK_REFERENCES 32
#define D_MANGLED_MAX         4096u

struct sink {
    struct hwp_str out;
    jmp_buf too_long;
};

static void take(const char *text, size_t len, void *opaque)
{
    struct sink *sink = opaque;

    if (len > DEMANGLED_MAX - sink->out.len)
        longjmp(sink->too_long, 1);
    hwp_str_addn(&sink->out, text, len);
}

typedef int demangler_fn(const char *mangled, int options, demangle_callbackref callback,
                         void *opaque);

/* The callback is left by a jump: the demanglers keep their state on the stack. */
static char *run_demangler(demangler_fn *demangler, const char *name, int options)
{
    struct sink *sink = hwp_calloc(1, sizeof(*sink));
    char *result = NULL;

    if (setjmp(sink->too_long) == 0 && demangler(name, options, take, sink) && sink->out.len)
        result = hwp_str_steal(&sink->out);
    hwp_str_deinit(&sink->out);
    free(sink);
    return result;
}

static size_t count(const char *s, char c)
{
    size_t n = 0;

    for (; *s; s++)
        n += *s == c;
    return n;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Parameters are left out, as perf report does. */
static char *try_languages(const char *name)
{
    char *result = NULL;

    if (name[0] != '_' || strlen(name) > MANGLED_MAX)
        return NULL;
    if (name[1] == 'R' || hwp_starts_with(name, "_ZN"))
        result = run_demangler(rust_demangle_callback, name, DMGL_NO_OPTS);
    if (!result && name[1] == 'Z')
        result = run_demangler(cplus_demangle_v3_callback, name, DMGL_NO_OPTS);
    if (!result && name[1] == 'D' && (is_digit(name[2]) || strcmp(name, "_Dmain") == 0) &&
        strlen(name) <= D_MANGLED_MAX && count(name, 'Q') <= D_MAX_BACK_REFERENCES)
        result = dlang_demangle(name, DMGL_NO_OPTS);
    return result;
}

/* A name comes from a file anyone may have written, and goes to a terminal. */
static void replace_control_characters(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = '?';
}

char *hwp_demangle(const char *name)
{
    char *result = try_languages(name);

    if (!result)
        result = hwp_strdup(name);
    replace_control_characters(result);
    return result;
}
