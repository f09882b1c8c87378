#include "symbols/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define SOURCE_MAX (64u << 20)

struct hwp_source_file {
    char *text;
    HWP_VEC(const char *) lines;
};

/* Lines end in "\n" or "\r\n"; the text is cut up in place. */
static void cut_lines(struct hwp_source_file *f, size_t len)
{
    char *end = f->text + len;

    for (char *p = f->text; p < end;) {
        char *nl = memchr(p, '\n', (size_t)(end - p));
        char *stop = nl ? nl : end;
        *stop = '\0';
        if (stop > p && stop[-1] == '\r')
            stop[-1] = '\0';
        hwp_vec_push(&f->lines, p);
        p = stop + 1;
    }
}

static struct hwp_source_file *load(const struct hwp_sources *s, const char *path)
{
    struct hwp_source_file *f = hwp_calloc(1, sizeof(*f));
    size_t len = 0;

    if (s->symfs) {
        hwp_cleanup(hwp_free_cleanup) char *inside = hwp_asprintf("%s/%s", s->symfs, path);
        f->text = hwp_file_read(inside, SOURCE_MAX, &len);
    }
    if (!f->text)
        f->text = hwp_file_read(path, SOURCE_MAX, &len);
    if (f->text)
        cut_lines(f, len);
    return f;
}

const char *hwp_source_line(struct hwp_sources *s, const char *file, unsigned line)
{
    if (!file || !line)
        return NULL;
    uint32_t id = hwp_intern(&s->paths, file);
    if (id == s->files.len)
        hwp_vec_push(&s->files, load(s, file));
    const struct hwp_source_file *f = s->files.data[id];
    return line <= f->lines.len ? f->lines.data[line - 1] : NULL;
}

void hwp_sources_deinit(struct hwp_sources *s)
{
    hwp_vec_foreach (&s->files, f) {
        free((*f)->text);
        hwp_vec_deinit(&(*f)->lines);
        free(*f);
    }
    hwp_vec_deinit(&s->files);
    hwp_intern_deinit(&s->paths);
}
