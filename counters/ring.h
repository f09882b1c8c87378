/*
 * A perf ring buffer: the kernel writes records at data_head, we read from data_tail
 * (perf_event_open(2), "MMAP layout"). One reader thread per ring.
 */
#ifndef HWP_COUNTERS_RING_H
#define HWP_COUNTERS_RING_H

#include <linux/perf_event.h>
#include <stddef.h>

struct hwp_ring {
    int fd;  /* of the event that owns the buffer; borrowed */
    int cpu;
    struct perf_event_mmap_page *meta; /* NULL: not mapped */
    unsigned char *data;
    size_t size;        /* of data: a power of two */
    void *straddling;   /* room for one record that wraps around */
};

/* Whole records, one after the other. */
typedef void hwp_ring_sink(void *ctx, const void *records, size_t size);

/* Maps 2^n data `pages` of fd. 0, or the errno of mmap (EPERM: beyond the mlock limit). */
int hwp_ring_map(struct hwp_ring *ring, int fd, int cpu, size_t pages);
void hwp_ring_unmap(struct hwp_ring *ring);

/* Hands everything that is there to the sink and frees its space. Returns the bytes handed over.
 * A record whose size makes no sense ends the pass and drops what was pending. */
size_t hwp_ring_drain(struct hwp_ring *ring, hwp_ring_sink *sink, void *ctx);

#endif
