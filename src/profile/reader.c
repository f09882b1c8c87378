#include "profile/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "profile/reader_internal.h"

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static void reader_deinit(struct hwp_reader *r)
{
    hwp_vec_foreach (&r->attrs, a)
        free(a->name);
    hwp_vec_deinit(&r->attrs);
    hwp_map_deinit(&r->attr_of_id);
    hwp_profile_destroy(r->profile);
    if (r->expanded)
        munmap((void *)(uintptr_t)r->expanded, r->expanded_size);
    if (r->data)
        munmap((void *)(uintptr_t)r->data, r->size);
}

/* --- header --- */

static struct hwp_error *check_magic(const struct hwp_reader *r)
{
    const struct perf_file_header *h = &r->header;

    if (r->size < PERF_PIPE_HEADER_SIZE ||
        (h->magic != PERF_FILE_MAGIC && h->magic != PERF_FILE_MAGIC_SWAPPED))
        return hwp_error_hint(hwp_error(HWP_E_FORMAT, "%s is not a recording", r->name),
                              "name a file that 'hwprof record' or 'perf record' wrote");
    if (h->magic == PERF_FILE_MAGIC_SWAPPED)
        return hwp_error_hint(hwp_error(HWP_E_FORMAT,
                                        "%s was recorded on a machine of the other byte order",
                                        r->name),
                              "read it on a machine of the kind that recorded it");
    if (h->size != PERF_PIPE_HEADER_SIZE && (r->size < sizeof(*h) || h->size < sizeof(*h)))
        return hwp_error(HWP_E_FORMAT, "%s ends inside its header", r->name);
    return NULL;
}

/* The section of the file, or an error if it is not inside. */
static struct hwp_error *section(const struct hwp_reader *r, const struct perf_file_section *s,
                                 const char *what, struct hwp_cursor *ret)
{
    if (s->offset > r->size || s->size > r->size - s->offset)
        return hwp_error(HWP_E_FORMAT, "%s is cut off in its %s", r->name, what);
    *ret = (struct hwp_cursor){r->data + s->offset, r->data + s->offset + s->size, false};
    return NULL;
}

/* A recorder that was killed leaves no features, perf not even the data's size: what follows the
 * attributes is data, up to the end of the file. */
static struct hwp_error *find_records(struct hwp_reader *r)
{
    struct perf_file_section *data = &r->header.data;

    if (data->offset > r->size)
        return hwp_error(HWP_E_FORMAT, "%s ends before its first record", r->name);
    bool finished = false;
    for (size_t i = 0; i < 4; i++)
        finished |= r->header.features[i] != 0;
    if (!finished || data->size > r->size - data->offset) {
        r->truncated = true;
        memset(r->header.features, 0, sizeof(r->header.features));
        if (data->size == 0 || data->size > r->size - data->offset)
            data->size = r->size - data->offset;
    }
    r->records =
        (struct hwp_cursor){r->data + data->offset, r->data + data->offset + data->size, false};
    return NULL;
}

/* --- attributes --- */

static struct hwp_error *read_ids(struct hwp_reader *r, const struct perf_file_section *s,
                                  struct hwp_attr *a, uint64_t index, uint64_t *budget)
{
    struct hwp_cursor c = {0};

    HWP_TRY(section(r, s, "event ids", &c));
    /* Each id belongs to one event, so all together fit into the file. */
    if (s->size > *budget)
        return hwp_error(HWP_E_FORMAT, "%s gives its events the same ids", r->name);
    *budget -= s->size;
    for (uint64_t n = s->size / 8; n; n--) {
        uint64_t id = hwp_cursor_u64(&c);
        if (!a->first_id)
            a->first_id = id;
        *hwp_map_put(&r->attr_of_id, id, index, NULL) = index;
    }
    return NULL;
}

/* The kernel's struct has grown over time, and attr_size tells how much of it this file has: a
 * shorter one is taken as followed by zeros, and of a longer one the fields known here. */
static struct hwp_error *read_attrs(struct hwp_reader *r)
{
    struct hwp_cursor c = {0};
    uint64_t entry = r->header.attr_size, budget = r->size;

    HWP_TRY(section(r, &r->header.attrs, "event attributes", &c));
    if (entry < PERF_ATTR_SIZE_VER0 + sizeof(struct perf_file_section) ||
        entry > r->header.attrs.size)
        return hwp_error(HWP_E_FORMAT, "%s has no events in it", r->name);
    if (r->header.attrs.size / entry > HWP_EVENTS_MAX)
        return hwp_error(HWP_E_UNSUPPORTED, "%s has %llu events; %d is the most that can be shown",
                         r->name, (unsigned long long)(r->header.attrs.size / entry), HWP_EVENTS_MAX);
    size_t stored = entry - sizeof(struct perf_file_section);
    size_t used = stored < sizeof(struct perf_event_attr) ? stored : sizeof(struct perf_event_attr);

    for (uint64_t n = r->header.attrs.size / entry; n; n--) {
        struct hwp_attr a = {0};
        struct perf_file_section ids;

        memcpy(&a.attr, hwp_cursor_bytes(&c, stored), used);
        memcpy(&ids, hwp_cursor_bytes(&c, sizeof(ids)), sizeof(ids));
        HWP_TRY(read_ids(r, &ids, &a, r->attrs.len, &budget));
        hwp_vec_push(&r->attrs, a);
    }
    return NULL;
}

/* --- all of it --- */

static struct hwp_error *read_mapped(struct hwp_reader *r)
{
    struct hwp_maps *maps hwp_cleanup(hwp_maps_cleanup) = NULL;

    if (r->size)
        memcpy(&r->header, r->data, r->size < sizeof(r->header) ? r->size : sizeof(r->header));
    HWP_TRY(check_magic(r));
    if (r->header.size == PERF_PIPE_HEADER_SIZE) {
        HWP_TRY(hwp_stream_read_head(r));
    } else {
        HWP_TRY(find_records(r));
        HWP_TRY(read_attrs(r));
    }
    r->records_end = r->records.end;
    HWP_TRY(hwp_reader_expand(r));
    r->profile = hwp_profile_create();
    r->first_time = UINT64_MAX;
    hwp_features_read_names(r);
    hwp_features_read_run(r);
    hwp_vec_foreach (&r->attrs, a)
        if (!a->name)
            a->name = hwp_attr_name(&a->attr);
    hwp_events_tie(r);
    maps = hwp_maps_create(r);
    HWP_TRY(hwp_reader_fold(r, maps));
    hwp_lines_locate(r, maps);
    hwp_events_estimate(r);
    hwp_events_drop_helpers(r->profile);
    return NULL;
}

static void finish(struct hwp_reader *r)
{
    struct hwp_run *run = &r->profile->run;

    hwp_vec_foreach (&r->attrs, a) {
        if (hwp_attr_has_chains(&a->attr))
            run->call_chains = true;
        else if (a->attr.sample_type & PERF_SAMPLE_CALLCHAIN)
            hwp_note_raise(&run->notes, HWP_NOTE_CHAINS_UNWOUND_ELSEWHERE, NULL);
    }
    if (r->truncated) {
        run->truncated = true;
        hwp_note_raise(&run->notes, HWP_NOTE_TRUNCATED, NULL);
    }
    hwp_profile_seal(r->profile);
}

static struct hwp_error *map_file(struct hwp_reader *r, int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return hwp_error_sys(errno, "can't read %s", r->name);
    if (S_ISDIR(st.st_mode))
        return hwp_error_hint(hwp_error(HWP_E_UNSUPPORTED, "%s is a directory", r->name),
                              "name a file; record without --threads");
    if (!S_ISREG(st.st_mode))
        return hwp_error_hint(hwp_error(HWP_E_UNSUPPORTED, "%s is not a regular file", r->name),
                              "save it to a file first");
    if (st.st_size == 0)
        return hwp_error(HWP_E_FORMAT, "%s is empty", r->name);
    void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return hwp_error_sys(errno, "can't map %s", r->name);
    r->data = data;
    r->size = (size_t)st.st_size;
    return NULL;
}

struct hwp_error *hwp_profile_read_fd(int fd, const char *name, uint64_t ret_times[2],
                                      struct hwp_profile **ret)
{
    struct hwp_reader r hwp_cleanup(reader_deinit) = {.name = name};

    HWP_TRY(map_file(&r, fd));
    HWP_TRY(read_mapped(&r));
    finish(&r);
    if (ret_times) {
        bool any = r.first_time <= r.last_time;
        ret_times[0] = any ? r.first_time : 0;
        ret_times[1] = any ? r.last_time : 0;
    }
    *ret = hwp_steal(&r.profile);
    return NULL;
}

struct hwp_error *hwp_profile_read(const char *path, struct hwp_profile **ret)
{
    int fd hwp_cleanup(close_fd) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT)
        return hwp_error_hint(hwp_error_sys(errno, "can't open %s", path),
                              "record one with 'hwprof record', or name it with -i");
    if (fd < 0)
        return hwp_error_sys(errno, "can't open %s", path);
    return hwp_profile_read_fd(fd, path, NULL, ret);
}
