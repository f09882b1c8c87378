/*
 * Compressed recordings (perf record -z): records that hold a piece each of one zstd stream, which is
 * records again, with records that aren't compressed in between. They are expanded once, into a file
 * that nobody else sees, so that memory doesn't grow with the recording; both passes read that.
 *
 * perf.data-file-format.txt, "PERF_RECORD_COMPRESSED" and "PERF_RECORD_COMPRESSED2".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "base/error.h"
#include "base/mem.h"
#include "profile/reader_internal.h"

#define BUFFER_BYTES ((size_t)1 << 20)

/* A file without a name, where temporary ones belong. */
static FILE *nameless(void)
{
    const char *dir = getenv("TMPDIR");
    int fd = open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    return fd < 0 ? tmpfile() : fdopen(fd, "w+");
}

/* A few bytes may stand for any number of them: more than this is nobody's recording. */
#define EXPANDED_MAX(size) (((uint64_t)1 << 30) + 256 * (uint64_t)(size))

struct expansion {
    struct hwp_reader *r;
    FILE *plain;  /* records that were not compressed, then those that were */
    FILE *packed;
    ZSTD_DStream *stream;
    uint8_t *buffer;
    uint64_t bytes;
};

static bool is_compressed(const struct hwp_record *rec)
{
    return rec->header.type == PERF_RECORD_COMPRESSED ||
           rec->header.type == PERF_RECORD_COMPRESSED2;
}

static bool has_compressed(const struct hwp_reader *r)
{
    struct hwp_cursor at = r->records;
    struct hwp_record rec;
    bool cut;

    while (hwp_record_next(&at, &rec, &cut))
        if (is_compressed(&rec))
            return true;
    return false;
}

static struct hwp_error *no_room(const struct expansion *x)
{
    return hwp_error_hint(hwp_error_sys(errno, "can't expand %s", x->r->name),
                          "there must be room for it in TMPDIR, or /tmp");
}

static struct hwp_error *put(const struct expansion *x, FILE *into, const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, into) == n ? NULL : no_room(x);
}

/* The piece of the stream that a record has; the newer kind is padded and says how long it is. */
static struct hwp_cursor piece_of(const struct hwp_record *rec)
{
    struct hwp_cursor c = rec->body;

    if (rec->header.type == PERF_RECORD_COMPRESSED2) {
        uint64_t size = hwp_cursor_u64(&c);
        if (!c.bad && size < (uint64_t)(c.end - c.at))
            c.end = c.at + size;
    }
    return c;
}

/* *ret_ok: the stream makes sense so far. */
static struct hwp_error *expand_piece(struct expansion *x, struct hwp_cursor c, bool *ret_ok)
{
    ZSTD_inBuffer in = {c.at, (size_t)(c.end - c.at), 0};

    *ret_ok = true;
    for (bool more = true; more;) {
        ZSTD_outBuffer out = {x->buffer, BUFFER_BYTES, 0};
        size_t left = ZSTD_decompressStream(x->stream, &out, &in);

        x->bytes += out.pos;
        *ret_ok = !ZSTD_isError(left) && x->bytes <= EXPANDED_MAX(x->r->size);
        if (!*ret_ok)
            return NULL;
        HWP_TRY(put(x, x->packed, x->buffer, out.pos));
        more = in.pos < in.size || out.pos == out.size;
    }
    return NULL;
}

static struct hwp_error *expand_records(struct expansion *x)
{
    struct hwp_cursor at = x->r->records;
    struct hwp_record rec;
    bool cut = false, ok = true;

    while (ok && hwp_record_next(&at, &rec, &cut)) {
        if (is_compressed(&rec))
            HWP_TRY(expand_piece(x, piece_of(&rec), &ok));
        else /* with what may follow it outside of its own size */
            HWP_TRY(put(x, x->plain, rec.body.at - sizeof(rec.header),
                        (size_t)(at.at - rec.body.at) + sizeof(rec.header)));
    }
    x->r->truncated |= cut || !ok;
    return NULL;
}

/* The records of both kinds, one behind the other: readers go by their times. */
static struct hwp_error *join(struct expansion *x)
{
    size_t n;

    if (fflush(x->packed) != 0 || fseeko(x->packed, 0, SEEK_SET) != 0)
        return no_room(x);
    while ((n = fread(x->buffer, 1, BUFFER_BYTES, x->packed)) > 0)
        HWP_TRY(put(x, x->plain, x->buffer, n));
    return ferror(x->packed) || fflush(x->plain) != 0 ? no_room(x) : NULL;
}

static struct hwp_error *map_result(struct expansion *x)
{
    off_t size = ftello(x->plain);

    if (size <= 0)
        return hwp_error(HWP_E_FORMAT, "%s has no records", x->r->name);
    void *data = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fileno(x->plain), 0);
    if (data == MAP_FAILED)
        return hwp_error_sys(errno, "can't map the expanded %s", x->r->name);
    x->r->expanded = data;
    x->r->expanded_size = (size_t)size;
    x->r->records = (struct hwp_cursor){x->r->expanded, x->r->expanded + size, false};
    return NULL;
}

static struct hwp_error *expand(struct expansion *x)
{
    if (!x->plain || !x->packed)
        return hwp_error_sys(errno, "can't make a file to expand %s into", x->r->name);
    HWP_TRY(expand_records(x));
    HWP_TRY(join(x));
    return map_result(x);
}

struct hwp_error *hwp_reader_expand(struct hwp_reader *r)
{
    struct expansion x = {.r = r};

    if (!has_compressed(r))
        return NULL;
    x.plain = nameless();
    x.packed = nameless();
    x.stream = ZSTD_createDStream();
    x.buffer = hwp_alloc(BUFFER_BYTES);
    struct hwp_error *err = expand(&x);
    ZSTD_freeDStream(x.stream);
    free(x.buffer);
    if (x.plain)
        fclose(x.plain);
    if (x.packed)
        fclose(x.packed);
    return err;
}
