#include "profile/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "profile/perf_file.h"
#include "profile/reader_internal.h"
#include "profile/recording_features.h"
#include "profile/recording_pack.h"

struct hwp_recording {
    int fd;
    char *path;
    char *temporary; /* its name until there is something in it; NULL: it is in its place */
    bool is_file;                       /* false: /dev/null, where nothing can be read back */
    struct hwp_recording_event *events; /* names and ids are our own copies */
    size_t nr_events;
    struct perf_file_header header;
    uint64_t created_ns, wall_ns, clock_ns; /* see struct hwp_feature_input */
    struct hwp_features added;  /* by the caller */
    struct hwp_packer *packer;  /* NULL: records are written as they come */
    struct hwp_str packed;      /* those being appended */
    int errnum;                 /* of the write that failed; 0 while all is well */
    bool finished;
};

/* Writes all of it; on failure *ret_done (may be NULL) says how much arrived. 0 or an errno. */
static int write_at(int fd, const void *bytes, size_t size, uint64_t offset, size_t *ret_done)
{
    size_t done = 0;
    int errnum = 0;

    while (done < size && !errnum) {
        ssize_t n = pwrite(fd, (const char *)bytes + done, size - done, (off_t)(offset + done));
        if (n > 0)
            done += (size_t)n;
        else if (n == 0)
            errnum = ENOSPC;
        else if (errno != EINTR)
            errnum = errno;
    }
    if (ret_done)
        *ret_done = done;
    return errnum;
}

static uint64_t data_end(const struct hwp_recording *r)
{
    return r->header.data.offset + r->header.data.size;
}

static struct hwp_error *write_error(const struct hwp_recording *r)
{
    struct hwp_error *err = hwp_error_sys(r->errnum, "can't write %s", r->path);

    if (r->errnum == ENOSPC || r->errnum == EDQUOT || r->errnum == EFBIG)
        return hwp_error_hint(err, "free some space or record elsewhere with -o; what was recorded "
                                   "up to then can be read");
    return err;
}

/* --- creation --- */

/* *ret_is_file is false for /dev/null, the one place other than a file that is written to. */
static struct hwp_error *check_place(const char *path, bool *ret_is_file)
{
    struct stat st;

    *ret_is_file = true;
    if (stat(path, &st) < 0)
        return NULL;
    if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)) {
        *ret_is_file = false;
        return NULL;
    }
    if (!S_ISREG(st.st_mode))
        return hwp_error_hint(hwp_error(HWP_E_INVALID, "can't record to %s: it is %s", path,
                                        S_ISDIR(st.st_mode) ? "a directory" : "not a regular file"),
                              "name a file: record -o FILE; without a verb, -d FILE");
    return NULL;
}

/* Under a name of its own, so that a recording which never comes to be leaves others alone. */
static struct hwp_error *open_file(struct hwp_recording *r)
{
    HWP_TRY(check_place(r->path, &r->is_file));
    if (r->is_file) {
        r->temporary = hwp_asprintf("%s.tmp.%d", r->path, (int)getpid());
        r->fd = open(r->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    } else {
        r->fd = open(r->path, O_RDWR | O_CLOEXEC);
    }
    if (r->fd >= 0)
        return NULL;
    int errnum = errno;
    free(hwp_steal(&r->temporary)); /* if it is there, it is not ours */
    return hwp_error_hint(hwp_error_sys(errnum, "can't create %s", r->path),
                          "record elsewhere: record -o FILE; without a verb, -d FILE");
}

/* Moves the recording to its place, and an older one to PATH.old. 0 or an errno. */
static int take_place(struct hwp_recording *r)
{
    if (!r->temporary)
        return 0;
    char *old hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s.old", r->path);
    bool moved = rename(r->path, old) == 0;

    if (!moved && errno != ENOENT)
        return errno;
    if (rename(r->temporary, r->path) < 0) {
        int errnum = errno;
        if (moved)
            (void)!rename(old, r->path);
        return errnum;
    }
    free(hwp_steal(&r->temporary));
    return 0;
}

static void copy_events(struct hwp_recording *r, const struct hwp_recording_event *events,
                        size_t nr_events)
{
    r->events = hwp_calloc(nr_events, sizeof(*r->events));
    r->nr_events = nr_events;
    for (size_t i = 0; i < nr_events; i++) {
        size_t size = events[i].nr_ids * sizeof(uint64_t);
        uint64_t *ids = hwp_alloc(size);

        if (size)
            memcpy(ids, events[i].ids, size);
        r->events[i] = events[i];
        r->events[i].name = hwp_strdup(events[i].name ? events[i].name : "");
        r->events[i].ids = ids;
    }
}

/* Header, ids, attributes: in that order in the file, as perf has them. */
static void layout(struct hwp_recording *r, struct hwp_str *out)
{
    struct perf_file_header *h = &r->header;
    uint64_t ids_at = sizeof(*h);
    size_t nr_ids = 0;

    for (size_t i = 0; i < r->nr_events; i++)
        nr_ids += r->events[i].nr_ids;
    h->magic = PERF_FILE_MAGIC;
    h->size = sizeof(*h);
    h->attr_size = sizeof(struct perf_event_attr) + sizeof(struct perf_file_section);
    h->attrs.offset = ids_at + nr_ids * sizeof(uint64_t);
    h->attrs.size = r->nr_events * h->attr_size;
    h->data.offset = h->attrs.offset + h->attrs.size;

    hwp_str_addn(out, (const char *)h, sizeof(*h));
    for (size_t i = 0; i < r->nr_events; i++)
        hwp_str_addn(out, (const char *)r->events[i].ids, r->events[i].nr_ids * sizeof(uint64_t));
    for (size_t i = 0; i < r->nr_events; i++) {
        struct perf_event_attr attr = r->events[i].attr;
        struct perf_file_section ids = {ids_at, r->events[i].nr_ids * sizeof(uint64_t)};

        attr.size = sizeof(attr);
        hwp_str_addn(out, (const char *)&attr, sizeof(attr));
        hwp_str_addn(out, (const char *)&ids, sizeof(ids));
        ids_at += ids.size;
    }
}

static uint64_t now_ns(clockid_t clock)
{
    struct timespec ts = {0};

    clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

struct hwp_error *hwp_recording_create(const char *path, const struct hwp_recording_event *events,
                                       size_t nr_events, struct hwp_recording **ret)
{
    struct hwp_recording *r hwp_cleanup(hwp_recording_cleanup) = hwp_calloc(1, sizeof(*r));
    struct hwp_str head hwp_cleanup(hwp_str_deinit) = {0};

    r->fd = -1;
    r->path = hwp_strdup(path);
    r->created_ns = now_ns(CLOCK_REALTIME);
    copy_events(r, events, nr_events);
    HWP_TRY(open_file(r));
    layout(r, &head);
    r->errnum = write_at(r->fd, head.data, head.len, 0, NULL);
    if (r->errnum)
        return write_error(r);
    if (nr_events && events[0].attr.use_clockid) {
        r->wall_ns = now_ns(CLOCK_REALTIME);
        r->clock_ns = now_ns(events[0].attr.clockid);
    }
    *ret = hwp_steal(&r);
    return NULL;
}

/* --- appending --- */

/* How many of the first `size` bytes are whole records. */
static size_t whole_records(const char *records, size_t size)
{
    size_t at = 0;
    struct perf_event_header h;

    while (size - at >= sizeof(h)) {
        memcpy(&h, records + at, sizeof(h));
        if (h.size < sizeof(h) || h.size > size - at)
            break;
        at += h.size;
    }
    return at;
}

/* The first sign that what was to be recorded runs: all before is told of what was there already. */
static bool has_begun(const char *records, size_t size)
{
    struct perf_event_header h;

    for (size_t at = 0; size - at >= sizeof(h); at += h.size) {
        memcpy(&h, records + at, sizeof(h));
        if (h.size < sizeof(h) || h.size > size - at)
            return false;
        if (h.type == PERF_RECORD_SAMPLE ||
            (h.type == PERF_RECORD_COMM && (h.misc & PERF_RECORD_MISC_COMM_EXEC)))
            return true;
    }
    return false;
}

static int write_data_size(struct hwp_recording *r)
{
    return write_at(r->fd, &r->header.data.size, sizeof(r->header.data.size),
                    offsetof(struct perf_file_header, data.size), NULL);
}

void hwp_recording_compress(struct hwp_recording *r)
{
    if (!r->packer)
        r->packer = hwp_packer_create();
}

/* Whole records, as they are to be in the file. */
static struct hwp_error *write_records(struct hwp_recording *r, const void *records, size_t size,
                                       bool begun)
{
    size_t done;

    r->errnum = write_at(r->fd, records, size, data_end(r), &done);
    r->header.data.size += r->errnum ? whole_records(records, done) : size;
    if (r->errnum && r->is_file)
        (void)!ftruncate(r->fd, (off_t)data_end(r));

    /* In place, so that it succeeds on a full disk too. */
    int errnum = write_data_size(r);
    if (!errnum && r->temporary && begun)
        errnum = take_place(r);
    if (!r->errnum)
        r->errnum = errnum;
    return r->errnum ? write_error(r) : NULL;
}

struct hwp_error *hwp_recording_append(struct hwp_recording *r, const void *records, size_t size)
{
    if (r->errnum)
        return write_error(r);
    if (size == 0)
        return NULL;
    bool begun = r->temporary && has_begun(records, size);
    if (!r->packer)
        return write_records(r, records, size, begun);
    r->packed.len = 0;
    r->errnum = hwp_packer_pack(r->packer, records, size, &r->packed);
    return r->errnum ? write_error(r) : write_records(r, r->packed.data, r->packed.len, begun);
}

struct hwp_error *hwp_recording_round(struct hwp_recording *r)
{
    struct perf_event_header h = {.type = PERF_RECORD_FINISHED_ROUND, .size = sizeof(h)};

    if (r->errnum)
        return write_error(r);
    return write_records(r, &h, sizeof(h), false); /* never compressed: perf acts on it at once */
}

/* --- the end --- */

/* A table of sections, then the sections. */
static void lay_out_features(const struct hwp_features *list, uint64_t at, struct hwp_str *out)
{
    at += list->len * sizeof(struct perf_file_section);
    for (size_t i = 0; i < list->len; i++) {
        struct perf_file_section s = {at, list->data[i].content.len};
        hwp_str_addn(out, (const char *)&s, sizeof(s));
        at += s.size;
    }
    for (size_t i = 0; i < list->len; i++)
        hwp_str_addn(out, list->data[i].content.data, list->data[i].content.len);
}

/* The header's bits are set only after all sections are in place; without them the file is one
 * that was cut short, whole up to the end of its data. */
static int write_features(struct hwp_recording *r, const struct hwp_features *list)
{
    struct hwp_str tail hwp_cleanup(hwp_str_deinit) = {0};

    lay_out_features(list, data_end(r), &tail);
    int errnum = write_at(r->fd, tail.data, tail.len, data_end(r), NULL);
    if (errnum) {
        (void)!ftruncate(r->fd, (off_t)data_end(r));
        return errnum;
    }
    for (size_t i = 0; i < list->len; i++)
        r->header.features[list->data[i].bit / 64] |= UINT64_C(1) << list->data[i].bit % 64;
    return write_at(r->fd, &r->header, sizeof(r->header), 0, NULL);
}

void hwp_recording_add_feature(struct hwp_recording *r, unsigned bit, const void *bytes,
                               size_t size)
{
    struct hwp_feature f = {.bit = bit};

    hwp_str_addn(&f.content, bytes, size);
    hwp_vec_push(&r->added, f);
}

static int by_bit(const void *a, const void *b)
{
    const struct hwp_feature *x = a, *y = b;

    return x->bit < y->bit ? -1 : x->bit > y->bit;
}

/* The caller's features among the others, in ascending order of bits as the file wants them. */
static void take_added(struct hwp_recording *r, struct hwp_features *list)
{
    hwp_vec_foreach (&r->added, f)
        hwp_vec_push(list, *f);
    r->added.len = 0;
    if (list->len)
        qsort(list->data, list->len, sizeof(*list->data), by_bit);
}

struct hwp_error *hwp_recording_finish(struct hwp_recording *r, const struct hwp_run *run)
{
    struct hwp_feature_input in = {
        .run = run,
        .events = r->events,
        .nr_events = r->nr_events,
        .created_ns = r->created_ns,
        .wall_ns = r->wall_ns,
        .clock_ns = r->clock_ns,
    };
    struct hwp_profile *recorded hwp_cleanup(hwp_profile_cleanup) = NULL;
    struct hwp_features list = {0};

    if (r->finished || !r->is_file)
        return r->errnum ? write_error(r) : NULL;
    /* Which files the samples fell into is known from reading back what was written. */
    struct hwp_error *unread = hwp_profile_read_fd(r->fd, r->path, in.sample_times, &recorded);
    in.profile = recorded;
    /* Even after a failed append: the disk may have room again, and the run's facts are small. */
    hwp_features_collect(&in, &list);
    if (r->packer) {
        struct hwp_feature f = {.bit = PERF_FEATURE_COMPRESSED};
        hwp_packer_feature(r->packer, &f.content);
        hwp_vec_push(&r->added, f);
    }
    take_added(r, &list);
    int errnum = write_features(r, &list);
    if (!errnum)
        errnum = take_place(r);
    hwp_features_deinit(&list);
    r->finished = true;
    if (!r->errnum)
        r->errnum = errnum;
    if (r->packer && unread && !r->errnum)
        return unread; /* the recording is whole, but for the build ids and times of its samples */
    hwp_error_destroy(unread);
    return r->errnum ? write_error(r) : NULL;
}

uint64_t hwp_recording_bytes(const struct hwp_recording *r)
{
    return r->header.data.size;
}

void hwp_recording_destroy(struct hwp_recording *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->nr_events; i++) {
        free((void *)(uintptr_t)r->events[i].name);
        free((void *)(uintptr_t)r->events[i].ids);
    }
    free(r->events);
    hwp_features_deinit(&r->added);
    hwp_packer_destroy(r->packer);
    hwp_str_deinit(&r->packed);
    if (r->temporary)
        unlink(r->temporary);
    free(r->temporary);
    free(r->path);
    if (r->fd >= 0)
        close(r->fd);
    free(r);
}
