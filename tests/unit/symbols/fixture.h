/*
 * Small programs compiled when the test runs, into a directory of their own, and a store of
 * symbols over one file. Without a compiler the tests that need one are skipped.
 */
#ifndef HWP_TEST_SYMBOLS_FIXTURE_H
#define HWP_TEST_SYMBOLS_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "symbols/symbols.h"
#include "unit.h"

static char fixture_dir[64];

static int hwp_unused fixture_setup(void **state)
{
    (void)state;
    snprintf(fixture_dir, sizeof(fixture_dir), "/tmp/hwp-symbols-XXXXXX");
    return mkdtemp(fixture_dir) ? 0 : -1;
}

/* Runs a command of the test's own making in the directory; false if it fails. */
static bool hwp_unused sh(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    hwp_cleanup(hwp_free_cleanup) char *what = hwp_vasprintf(fmt, ap);
    va_end(ap);
    /* The sanitizers' preloads are no business of compilers. */
    hwp_cleanup(hwp_free_cleanup) char *command =
        hwp_asprintf("cd %s && env -u LD_PRELOAD sh -c '%s' >/dev/null 2>&1", fixture_dir, what);
    return system(command) == 0;
}

static int hwp_unused fixture_teardown(void **state)
{
    (void)state;
    hwp_cleanup(hwp_free_cleanup) char *command = hwp_asprintf("rm -rf %s", fixture_dir);
    return system(command);
}

static void hwp_unused fixture_write(const char *name, const char *text)
{
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/%s", fixture_dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void hwp_unused need(const char *tool)
{
    if (!sh("command -v %s", tool)) {
        print_message("no %s: skipped\n", tool);
        skip();
    }
}

/* A profile of one DSO, and its symbols. */
struct opened {
    struct hwp_dso dso;
    struct hwp_profile profile;
    struct hwp_symbols *symbols;
    const struct hwp_module *module;
};

static void hwp_unused open_dso(struct opened *o, const struct hwp_dso *dso, const char *kallsyms,
                                const struct hwp_symbols_options *opts)
{
    memset(o, 0, sizeof(*o));
    o->dso = *dso;
    o->dso.path = hwp_strdup(dso->path);
    o->profile.dsos.data = &o->dso;
    o->profile.dsos.len = o->profile.dsos.cap = 1;
    o->profile.kallsyms = hwp_strdup(kallsyms);
    o->symbols = hwp_symbols_create(&o->profile, opts);
    o->module = hwp_symbols_module(o->symbols, 0);
}

static void hwp_unused open_file(struct opened *o, const char *name)
{
    hwp_cleanup(hwp_free_cleanup) char *path =
        name[0] == '/' ? hwp_strdup(name) : hwp_asprintf("%s/%s", fixture_dir, name);
    struct hwp_dso dso = {.kind = HWP_DSO_USER, .path = path};
    open_dso(o, &dso, NULL, NULL);
}

static void hwp_unused close_opened(struct opened *o)
{
    hwp_symbols_destroy(o->symbols);
    free(o->dso.path);
    free(o->profile.kallsyms);
}

/* The first symbol of a name, or NULL. */
static const struct hwp_symbol hwp_unused *named(struct opened *o, const char *name)
{
    struct hwp_symbol_list list = {0};
    hwp_symbols_find(o->symbols, name, &list);
    const struct hwp_symbol *found = list.len ? list.data[0] : NULL;
    hwp_vec_deinit(&list);
    return found;
}

#endif
