#include "counters/ring.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"

#define MAX_RECORD 65536 /* header.size has 16 bits */

int hwp_ring_map(struct hwp_ring *ring, int fd, int cpu, size_t pages)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *base = mmap(NULL, page + pages * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (base == MAP_FAILED)
        return errno;
    *ring = (struct hwp_ring){
        .fd = fd,
        .cpu = cpu,
        .meta = base,
        .data = (unsigned char *)base + page,
        .size = pages * page,
        .straddling = hwp_alloc(MAX_RECORD),
    };
    return 0;
}

void hwp_ring_unmap(struct hwp_ring *ring)
{
    if (ring->meta)
        munmap(ring->meta, ring->size + (size_t)sysconf(_SC_PAGESIZE));
    free(ring->straddling);
    *ring = (struct hwp_ring){.fd = -1};
}

/* The header's size field; records are 8-byte aligned, so a header never wraps. */
static size_t record_size(const struct hwp_ring *ring, uint64_t at)
{
    const struct perf_event_header *header =
        (const void *)(ring->data + (at & (ring->size - 1)));

    return header->size;
}

/* A record that begins before the buffer's end and goes on at its beginning, put together. */
static const void *linearise(struct hwp_ring *ring, uint64_t at, size_t size)
{
    size_t offset = at & (ring->size - 1), first = ring->size - offset;

    memcpy(ring->straddling, ring->data + offset, first);
    memcpy((unsigned char *)ring->straddling + first, ring->data, size - first);
    return ring->straddling;
}

size_t hwp_ring_drain(struct hwp_ring *ring, hwp_ring_sink *sink, void *ctx)
{
    /* Acquire: the records before data_head are seen whole. Release below: they have been read
     * before the kernel may overwrite them. */
    uint64_t head = __atomic_load_n(&ring->meta->data_head, __ATOMIC_ACQUIRE);
    uint64_t tail = ring->meta->data_tail, span = tail, at = tail;

    while (at < head) {
        size_t size = record_size(ring, at), offset = at & (ring->size - 1);

        if (size < sizeof(struct perf_event_header) || size % 8 || size > head - at)
            break;
        if (offset + size > ring->size) {
            if (at > span)
                sink(ctx, ring->data + (span & (ring->size - 1)), at - span);
            sink(ctx, linearise(ring, at, size), size);
            span = at + size;
        } else if (offset + size == ring->size) {
            sink(ctx, ring->data + (span & (ring->size - 1)), at + size - span);
            span = at + size;
        }
        at += size;
    }
    if (at > span)
        sink(ctx, ring->data + (span & (ring->size - 1)), at - span);
    __atomic_store_n(&ring->meta->data_tail, head, __ATOMIC_RELEASE);
    return at - tail;
}
