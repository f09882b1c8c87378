#include "symbols/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/file.h"

#define KALLSYMS_MAX (256u << 20)

static const struct hwp_dso nowhere = {.kind = HWP_DSO_UNKNOWN, .path = (char[]){"[unknown]"}};

static char *dup_or_null(const char *s)
{
    return s && *s ? hwp_strdup(s) : NULL;
}

struct hwp_symbols *hwp_symbols_create(const struct hwp_profile *p,
                                       const struct hwp_symbols_options *opts)
{
    struct hwp_symbols *s = hwp_calloc(1, sizeof(*s));

    s->profile = p;
    if (opts) {
        s->opts.symfs = dup_or_null(opts->symfs);
        s->opts.vmlinux = dup_or_null(opts->vmlinux);
        s->opts.kallsyms = dup_or_null(opts->kallsyms);
        s->opts.no_demangle = opts->no_demangle;
    }
    s->sources.symfs = s->opts.symfs;
    s->nr_modules = p->dsos.len;
    s->modules = hwp_calloc(s->nr_modules ? s->nr_modules : 1, sizeof(struct hwp_module *));
    return s;
}

static void free_option(const char *option)
{
    free((void *)(uintptr_t)option);
}

void hwp_symbols_destroy(struct hwp_symbols *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->nr_modules; i++)
        if (s->modules[i])
            hwp_module_close(s->modules[i]);
    if (s->unknown)
        hwp_module_close(s->unknown);
    free(s->modules);
    hwp_kallsyms_deinit(&s->kallsyms);
    hwp_sources_deinit(&s->sources);
    free_option(s->opts.symfs);
    free_option(s->opts.vmlinux);
    free_option(s->opts.kallsyms);
    free(s);
}

static struct hwp_module *open_module(struct hwp_symbols *s, const struct hwp_dso *dso)
{
    struct hwp_module *m = hwp_calloc(1, sizeof(*m));

    m->dso = dso;
    hwp_module_open(m, s);
    return m;
}

const struct hwp_module *hwp_symbols_module(struct hwp_symbols *s, uint32_t dso)
{
    struct hwp_module **slot = dso < s->nr_modules ? &s->modules[dso] : &s->unknown;

    if (!*slot)
        *slot = open_module(s, dso < s->nr_modules ? &s->profile->dsos.data[dso] : &nowhere);
    return *slot;
}

/* Without a build id, a kernel of another release is known to be another. */
static bool is_other_release(const struct hwp_run *run)
{
    struct utsname names;

    return run->os_release && uname(&names) == 0 && strcmp(run->os_release, names.release) != 0;
}

static char *running_kernels_kallsyms(struct hwp_symbols *s, const struct hwp_dso *dso)
{
    size_t len = 0;

    /* A module has a build id of its own, which says nothing about the kernel. */
    if (dso->kind == HWP_DSO_KERNEL && dso->build_id_len &&
        !hwp_kernel_build_id_is(dso->build_id, dso->build_id_len)) {
        s->kernel_mismatch = true;
        return NULL;
    }
    if (!(dso->kind == HWP_DSO_KERNEL && dso->build_id_len) &&
        is_other_release(&s->profile->run)) {
        s->kernel_mismatch = true;
        return NULL;
    }
    return hwp_file_read("/proc/kallsyms", KALLSYMS_MAX, &len);
}

/* The recording's kernel decides for its modules too. */
static const struct hwp_dso *kernel_dso(const struct hwp_symbols *s, const struct hwp_dso *dso)
{
    hwp_vec_foreach (&s->profile->dsos, d)
        if (d->kind == HWP_DSO_KERNEL)
            return d;
    return dso;
}

const struct hwp_kallsyms *hwp_symbols_kallsyms(struct hwp_symbols *s, const struct hwp_dso *dso)
{
    size_t len = 0;
    char *text = NULL;

    if (s->kallsyms_tried)
        return &s->kallsyms;
    s->kallsyms_tried = true;
    if (s->opts.kallsyms)
        text = hwp_file_read(s->opts.kallsyms, KALLSYMS_MAX, &len);
    else if (s->profile->kallsyms)
        text = hwp_strdup(s->profile->kallsyms);
    else
        text = running_kernels_kallsyms(s, kernel_dso(s, dso));
    if (text)
        hwp_kallsyms_parse(&s->kallsyms, text);
    return &s->kallsyms;
}

const char *hwp_symbols_source_line(struct hwp_symbols *s, const struct hwp_line *line)
{
    return hwp_source_line(&s->sources, line->file, line->line);
}

static void find_in_module(const struct hwp_module *m, const char *name,
                           struct hwp_symbol_list *ret)
{
    struct hwp_symbol_index *ix = hwp_module_index(m);

    for (size_t i = 0; i < ix->entries.len; i++) {
        const struct hwp_symbol *s = hwp_index_named(ix, i);
        if (strcmp(s->raw_name, name) == 0 || strcmp(s->name, name) == 0)
            hwp_vec_push(ret, s);
    }
}

void hwp_symbols_find(struct hwp_symbols *s, const char *name, struct hwp_symbol_list *ret)
{
    for (size_t i = 0; i < s->nr_modules; i++)
        if (s->modules[i])
            find_in_module(s->modules[i], name, ret);
}
