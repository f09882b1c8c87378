#include "profile/recording_pack.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/mem.h"
#include "profile/perf_file.h"

#define LEVEL        1 /* perf's, too: higher ones cost more than they save while recording */
#define RECORD_BYTES ((size_t)65528) /* a record's size has 16 bits */
#define TYPE_ZSTD    1

struct hwp_packer {
    ZSTD_CStream *stream;
    uint64_t in, out;
};

struct hwp_packer *hwp_packer_create(void)
{
    struct hwp_packer *p = hwp_calloc(1, sizeof(*p));

    p->stream = ZSTD_createCStream();
    ZSTD_initCStream(p->stream, LEVEL);
    return p;
}

void hwp_packer_destroy(struct hwp_packer *p)
{
    if (!p)
        return;
    ZSTD_freeCStream(p->stream);
    free(p);
}

/* One record with as much of the input as fits. How much is left in the stream, or zstd's error. */
static size_t pack_record(struct hwp_packer *p, ZSTD_inBuffer *in, struct hwp_str *out)
{
    char bytes[RECORD_BYTES];
    struct perf_event_header header = {.type = PERF_RECORD_COMPRESSED};
    ZSTD_outBuffer piece = {bytes, sizeof(bytes) - sizeof(header), 0};
    size_t left = ZSTD_compressStream2(p->stream, &piece, in, ZSTD_e_flush);

    header.size = (uint16_t)(sizeof(header) + piece.pos);
    if (piece.pos) {
        hwp_str_addn(out, (const char *)&header, sizeof(header));
        hwp_str_addn(out, bytes, piece.pos);
    }
    p->out += header.size;
    return left;
}

int hwp_packer_pack(struct hwp_packer *p, const void *records, size_t size, struct hwp_str *out)
{
    for (size_t at = 0; at < size; at += HWP_PACK_BYTES) {
        size_t n = size - at < HWP_PACK_BYTES ? size - at : HWP_PACK_BYTES;
        ZSTD_inBuffer in = {(const char *)records + at, n, 0};
        size_t left;

        while ((left = pack_record(p, &in, out)) > 0)
            if (ZSTD_isError(left))
                return ENOMEM; /* nothing else can go wrong */
    }
    p->in += size;
    return 0;
}

/* perf.data-file-format.txt, HEADER_COMPRESSED. */
void hwp_packer_feature(const struct hwp_packer *p, struct hwp_str *out)
{
    const uint32_t content[] = {
        1, TYPE_ZSTD, LEVEL, (uint32_t)(p->out ? p->in / p->out : 1), (uint32_t)HWP_PACK_BYTES,
    };

    hwp_str_addn(out, (const char *)content, sizeof(content));
}
