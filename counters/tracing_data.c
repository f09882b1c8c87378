#include "counters/tracing_data.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/vec.h"
#include "counters/tracefs.h"

/* The version that has saved command lines at its end. */
#define VERSION "0.6"

struct description {
    char *system, *format; /* "sched", and the text that describes one event of it */
    size_t format_len;
    bool is_written;
};
HWP_VEC_TYPE(descriptions, struct description);

static void descriptions_deinit(struct descriptions *list)
{
    hwp_vec_foreach (list, d) {
        free(d->system);
        free(d->format);
    }
    hwp_vec_deinit(list);
}

/* --- numbers and files ----------------------------------------------------------------------- */

static void add_bytes(struct hwp_str *out, const void *bytes, size_t size)
{
    hwp_str_addn(out, bytes, size);
}

static void add_u32(struct hwp_str *out, uint32_t value)
{
    add_bytes(out, &value, sizeof(value));
}

static void add_u64(struct hwp_str *out, uint64_t value)
{
    add_bytes(out, &value, sizeof(value));
}

/* With its NUL. */
static void add_name(struct hwp_str *out, const char *name)
{
    add_bytes(out, name, strlen(name) + 1);
}

static void add_text(struct hwp_str *out, const char *text, size_t len)
{
    add_u64(out, len);
    add_bytes(out, text, len);
}

/* events/header_page and the like: the name, the size, the content. */
static bool add_header_file(struct hwp_str *out, const char *name)
{
    size_t len = 0;
    hwp_cleanup(hwp_free_cleanup) char *text = hwp_tracefs_read(name, &len);

    if (!text)
        return false;
    add_name(out, name);
    add_text(out, text, len);
    return true;
}

/* --- the tracepoints ------------------------------------------------------------------------- */

struct search {
    const uint64_t *ids;
    size_t nr_ids;
    struct descriptions found;
};

static bool is_wanted(const struct search *s, uint64_t id)
{
    for (size_t i = 0; i < s->nr_ids; i++)
        if (s->ids[i] == id)
            return true;
    return false;
}

/* `name` is SYSTEM:NAME. The id is in the description, as "ID: 314". */
static void look_at(void *ctx, const char *name)
{
    struct search *s = ctx;
    const char *colon = strchr(name, ':');
    size_t len = 0;

    if (!colon || s->found.len == s->nr_ids)
        return;
    struct description d = {
        .system = hwp_asprintf("%.*s", (int)(colon - name), name),
    };
    hwp_cleanup(hwp_free_cleanup) char *id_path = hwp_asprintf("%s/%s/id", d.system, colon + 1);
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/%s/format", d.system, colon + 1);
    hwp_cleanup(hwp_free_cleanup) char *id = hwp_tracefs_read(id_path, &len);
    if (id && is_wanted(s, strtoull(id, NULL, 10)))
        d.format = hwp_tracefs_read(path, &d.format_len);
    if (d.format)
        hwp_vec_push(&s->found, d);
    else
        free(d.system);
}

/* The number of descriptions, then each. */
static void add_system(struct hwp_str *out, struct descriptions *all, const char *system)
{
    uint32_t n = 0;

    hwp_vec_foreach (all, d)
        n += strcmp(d->system, system) == 0;
    add_u32(out, n);
    hwp_vec_foreach (all, d)
        if (strcmp(d->system, system) == 0) {
            add_text(out, d->format, d->format_len);
            d->is_written = true;
        }
}

static uint32_t count_systems(const struct descriptions *all)
{
    uint32_t n = 0;

    for (size_t i = 0; i < all->len; i++) {
        bool is_first = !all->data[i].is_written;
        for (size_t j = 0; j < i; j++)
            is_first &= strcmp(all->data[j].system, all->data[i].system) != 0;
        n += is_first;
    }
    return n;
}

/* ftrace's own events first, apart; then the other systems by name. */
static void add_descriptions(struct hwp_str *out, struct descriptions *all)
{
    add_system(out, all, "ftrace");
    add_u32(out, count_systems(all));
    hwp_vec_foreach (all, d)
        if (!d->is_written) {
            add_name(out, d->system);
            add_system(out, all, d->system);
        }
}

/* --- the whole ------------------------------------------------------------------------------- */

static void add_preamble(struct hwp_str *out)
{
    static const uint16_t one = 1;
    const char is_big_endian = *(const char *)&one == 0, size_of_long = sizeof(long);

    add_bytes(out, "\x17\x08\x44tracing", 10);
    add_name(out, VERSION);
    add_bytes(out, &is_big_endian, 1);
    add_bytes(out, &size_of_long, 1);
    add_u32(out, (uint32_t)sysconf(_SC_PAGESIZE));
}

void hwp_tracing_data(const uint64_t *ids, size_t nr_ids, struct hwp_str *out)
{
    struct search search = {.ids = ids, .nr_ids = nr_ids};
    struct hwp_str data = {0};

    if (nr_ids)
        hwp_tracepoints_each(look_at, &search);
    add_preamble(&data);
    if (search.found.len && add_header_file(&data, "header_page") &&
        add_header_file(&data, "header_event")) {
        add_descriptions(&data, &search.found);
        add_u32(&data, 0); /* kallsyms: perf has the kernel's symbols from elsewhere */
        add_u32(&data, 0); /* texts of trace_printk, which no tracepoint uses */
        add_u64(&data, 0); /* names of tasks: they are in the COMM records */
        hwp_str_addn(out, data.data, data.len);
    }
    hwp_str_deinit(&data);
    descriptions_deinit(&search.found);
}
