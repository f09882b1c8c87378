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

/* --- events --- */

static bool is_clock(const struct perf_event_attr *attr)
{
    return attr->type == PERF_TYPE_SOFTWARE &&
           (attr->config == PERF_COUNT_SW_CPU_CLOCK || attr->config == PERF_COUNT_SW_TASK_CLOCK);
}

/* perf adds one to carry MMAP and COMM records; nobody asked for it and it samples nothing. */
static bool is_dummy(const struct perf_event_attr *attr)
{
    return attr->type == PERF_TYPE_SOFTWARE && attr->config == PERF_COUNT_SW_DUMMY;
}

static void add_event(struct hwp_reader *r, struct hwp_attr *a)
{
    struct hwp_event ev = {
        .name = hwp_strdup(a->name),
        .encoding = hwp_attr_encoding(&a->attr),
        .source = hwp_strdup("perf"),
        .unit = hwp_strdup(is_clock(&a->attr) ? "ns" : ""),
        .requested = !is_dummy(&a->attr),
        .sampled = !is_dummy(&a->attr),
        .precise = a->attr.precise_ip > 1,
        .period = a->attr.freq ? 0 : a->attr.sample_period,
        .freq_hz = a->attr.freq ? a->attr.sample_freq : 0,
        .leader = -1,
    };

    a->event = (uint32_t)r->profile->run.events.len;
    hwp_vec_push(&r->profile->run.events, ev);
}

/* Ties each attribute to an event of the run. The run of our own recordings lists all events that
 * were asked for, with and without samples: matched by name, and in order where a name stands for
 * several (one per kind of core). */
static void tie_events(struct hwp_reader *r)
{
    struct hwp_events *events = &r->profile->run.events;
    struct hwp_intern names = {0};
    struct hwp_map next = {0}; /* name's id → 1 + the event that its next attribute gets */
    size_t nr_known = events->len;
    HWP_VEC(uint64_t) same = {0}; /* by event: 1 + the next event of the same name */

    for (size_t i = 0; i < nr_known; i++)
        hwp_vec_push(&same, 0);
    for (size_t i = nr_known; i-- > 0;) {
        const char *name = events->data[i].name ? events->data[i].name : "";
        uint64_t *head = hwp_map_put(&next, hwp_intern(&names, name), 0, NULL);
        same.data[i] = *head;
        *head = i + 1;
    }
    hwp_vec_foreach (&r->attrs, a) {
        uint64_t *head = hwp_map_get(&next, hwp_intern(&names, a->name));
        if (!head) {
            add_event(r, a);
            continue;
        }
        a->event = (uint32_t)*head - 1;
        if (same.data[a->event])
            *head = same.data[a->event];
    }
    hwp_vec_deinit(&same);
    hwp_map_deinit(&next);
    hwp_intern_deinit(&names);
}

/* perf's files hold no counts; the sum of the periods estimates them. Marked as an estimate:
 * scaled, with nothing left to scale. */
static void estimate_totals(struct hwp_reader *r)
{
    struct hwp_profile *p = r->profile;

    if (r->has_run)
        return;
    uint64_t ns = r->last_time > r->first_time ? r->last_time - r->first_time : 1;
    hwp_vec_foreach (&p->run.events, ev) {
        ev->total = (struct hwp_count){0, ns, ns, HWP_COUNT_SCALED};
        ev->reason = hwp_strdup("estimated from the samples' periods: the recording has no counts");
    }
    hwp_vec_foreach (&p->cells, c)
        p->run.events.data[c->event].total.value += c->value;
}

/* --- all of it --- */

static struct hwp_error *read_mapped(struct hwp_reader *r)
{
    struct hwp_maps *maps hwp_cleanup(hwp_maps_cleanup) = NULL;

    memcpy(&r->header, r->data, r->size < sizeof(r->header) ? r->size : sizeof(r->header));
    HWP_TRY(check_magic(r));
    if (r->header.size == PERF_PIPE_HEADER_SIZE) {
        HWP_TRY(hwp_stream_read_head(r));
    } else {
        HWP_TRY(find_records(r));
        HWP_TRY(read_attrs(r));
    }
    r->profile = hwp_profile_create();
    r->first_time = UINT64_MAX;
    hwp_features_read_names(r);
    hwp_features_read_run(r);
    hwp_vec_foreach (&r->attrs, a)
        if (!a->name)
            a->name = hwp_attr_name(&a->attr);
    tie_events(r);
    maps = hwp_maps_create(r);
    HWP_TRY(hwp_reader_fold(r, maps));
    estimate_totals(r);
    return NULL;
}

static void finish(struct hwp_reader *r)
{
    struct hwp_run *run = &r->profile->run;

    hwp_vec_foreach (&r->attrs, a)
        if (a->attr.sample_type & PERF_SAMPLE_CALLCHAIN)
            run->call_chains = true;
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
