/*
 * Makes perf records by hand, for tests. The events' sample_type is RECORDS_SAMPLE_TYPE.
 */
#ifndef TEST_PROFILE_RECORDS_H
#define TEST_PROFILE_RECORDS_H

#include <linux/perf_event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "profile/perf_file.h"
#include "profile/reader.h"
#include "profile/recording.h"

#define RECORDS_SAMPLE_TYPE                                                                       \
    (PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_CPU |     \
     PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN)

#define KERNEL_IP UINT64_C(0xffffffff81000100)
#define MODULE_IP UINT64_C(0xffffffffc0000040)

static inline void put_u64(struct hwp_str *s, uint64_t v)
{
    hwp_str_addn(s, (const char *)&v, sizeof(v));
}

static inline void put_u32s(struct hwp_str *s, uint32_t a, uint32_t b)
{
    put_u64(s, (uint64_t)b << 32 | a);
}

/* Text, padded with NULs to a multiple of 8. */
static inline void put_text(struct hwp_str *s, const char *text)
{
    size_t len = strlen(text) + 1;

    hwp_str_addn(s, text, len);
    for (; len % 8; len++)
        hwp_str_addc(s, '\0');
}

static inline size_t put_begin(struct hwp_str *s, uint32_t type, uint16_t misc)
{
    struct perf_event_header h = {.type = type, .misc = misc};
    size_t at = s->len;

    hwp_str_addn(s, (const char *)&h, sizeof(h));
    return at;
}

static inline void put_end(struct hwp_str *s, size_t at)
{
    uint16_t size = (uint16_t)(s->len - at);

    memcpy(s->data + at + offsetof(struct perf_event_header, size), &size, sizeof(size));
}

/* The sample_id at the end of a record that isn't a sample. */
static inline void put_trailer_end(struct hwp_str *s, size_t at, int pid, uint64_t time)
{
    put_u32s(s, (uint32_t)pid, (uint32_t)pid);
    put_u64(s, time);
    put_u64(s, 1);
    put_u32s(s, 0, 0);
    put_end(s, at);
}

static inline void put_comm(struct hwp_str *s, int pid, const char *comm, bool exec, uint64_t time)
{
    size_t at = put_begin(s, PERF_RECORD_COMM, exec ? PERF_RECORD_MISC_COMM_EXEC : 0);

    put_u32s(s, (uint32_t)pid, (uint32_t)pid);
    put_text(s, comm);
    put_trailer_end(s, at, pid, time);
}

static inline void put_fork(struct hwp_str *s, int pid, int ppid, uint64_t time)
{
    size_t at = put_begin(s, PERF_RECORD_FORK, 0);

    put_u32s(s, (uint32_t)pid, (uint32_t)ppid);
    put_u32s(s, (uint32_t)pid, (uint32_t)ppid);
    put_u64(s, time);
    put_trailer_end(s, at, ppid, time);
}

static inline void put_mmap(struct hwp_str *s, uint16_t cpumode, int pid, uint64_t start,
                            uint64_t len, uint64_t pgoff, const char *path, uint64_t time)
{
    size_t at = put_begin(s, PERF_RECORD_MMAP, cpumode);

    put_u32s(s, (uint32_t)pid, (uint32_t)pid);
    put_u64(s, start);
    put_u64(s, len);
    put_u64(s, pgoff);
    put_text(s, path);
    put_trailer_end(s, at, pid, time);
}

/* With a build id of 20 bytes of `id`. */
static inline void put_mmap2(struct hwp_str *s, int pid, uint64_t start, uint64_t len,
                             uint64_t pgoff, const char *path, char id, uint64_t time)
{
    size_t at = put_begin(s, PERF_RECORD_MMAP2,
                          PERF_RECORD_MISC_USER | PERF_RECORD_MISC_MMAP_BUILD_ID);

    put_u32s(s, (uint32_t)pid, (uint32_t)pid);
    put_u64(s, start);
    put_u64(s, len);
    put_u64(s, pgoff);
    hwp_str_addn(s, "\x14\0\0", 4);
    for (int i = 0; i < 20; i++)
        hwp_str_addc(s, id);
    put_u32s(s, 5, 2); /* protection, flags */
    put_text(s, path);
    put_trailer_end(s, at, pid, time);
}

/* As perf inject -b and streams have it: 20 bytes of `id`. */
static inline void put_build_id(struct hwp_str *s, const char *path, char id)
{
    size_t at = put_begin(s, PERF_RECORD_HEADER_BUILD_ID, PERF_RECORD_MISC_USER);

    hwp_str_addn(s, "\xff\xff\xff\xff", 4); /* pid */
    for (int i = 0; i < 24; i++)
        hwp_str_addc(s, i < 20 ? id : '\0');
    put_text(s, path);
    hwp_str_addn(s, "\0\0\0", 4); /* to a multiple of 8 */
    put_end(s, at);
}

static inline void put_sample(struct hwp_str *s, uint16_t cpumode, int pid, uint64_t id,
                              unsigned cpu, uint64_t ip, uint64_t period, uint64_t time,
                              const uint64_t *chain, size_t nr_chain)
{
    size_t at = put_begin(s, PERF_RECORD_SAMPLE, cpumode);

    put_u64(s, ip);
    put_u32s(s, (uint32_t)pid, (uint32_t)pid);
    put_u64(s, time);
    put_u64(s, id);
    put_u32s(s, cpu, 0);
    put_u64(s, period);
    put_u64(s, nr_chain);
    for (size_t i = 0; i < nr_chain; i++)
        put_u64(s, chain[i]);
    put_end(s, at);
}

static inline void put_counted(struct hwp_str *s, uint32_t type, size_t nr, uint64_t a, uint64_t b)
{
    size_t at = put_begin(s, type, 0);

    put_u64(s, a);
    if (nr > 1)
        put_u64(s, b);
    put_trailer_end(s, at, 100, 50);
}

/* A little of everything: two events (ids 1, 2 and 3), a fork, an exec, maps over maps, samples of
 * kernel, module and user code, and one record of each kind that is only counted. */
static inline void put_story(struct hwp_str *s)
{
    const uint16_t user = PERF_RECORD_MISC_USER, kernel = PERF_RECORD_MISC_KERNEL;
    const uint64_t chain[] = {(uint64_t)PERF_CONTEXT_KERNEL, KERNEL_IP, KERNEL_IP + 0x100,
                              (uint64_t)PERF_CONTEXT_USER, 0x400021};

    /* The last in time comes first in the file: another CPU's buffer was emptied earlier. */
    put_sample(s, user, 200, 2, 1, 0x500123, 1000, 46, NULL, 0); /* //anon */
    put_mmap(s, kernel, -1, 0xffffffff81000000, 0x2000000, 0xffffffff81000000,
             "[kernel.kallsyms]_text", 0);
    put_mmap(s, kernel, -1, 0xffffffffc0000000, 0x1000, 0,
             "/lib/modules/6.1.0/kernel/net/nf-nat.ko.xz", 0);
    put_comm(s, 100, "sh", false, 10);
    put_mmap2(s, 100, 0x400000, 0x1000, 0x2000, "/bin/tool", 'b', 11);
    put_fork(s, 200, 100, 20);
    put_sample(s, user, 200, 1, 0, 0x400010, 1000, 25, NULL, 0); /* tool, inherited */
    put_mmap(s, user, 100, 0x400000, 0x800, 0, "/lib/late.so (deleted)", 30);
    put_sample(s, user, 100, 1, 0, 0x400010, 1000, 35, NULL, 0); /* late.so */
    put_sample(s, user, 100, 1, 0, 0x400810, 1000, 35, NULL, 0); /* tool, behind it */
    put_sample(s, user, 200, 1, 0, 0x400010, 1000, 36, NULL, 0); /* tool still */
    put_comm(s, 200, "app", true, 40);
    put_sample(s, user, 200, 1, 0, 0x400010, 1000, 41, NULL, 0); /* nothing mapped yet */
    put_mmap2(s, 200, 0x400000, 0x1000, 0, "/bin/app", 'c', 42);
    put_mmap(s, user, 200, 0x500000, 0x1000, 0, "//anon", 43);
    put_sample(s, user, 200, 1, 0, 0x400010, 1000, 44, NULL, 0); /* app */
    put_sample(s, kernel, 200, 3, 1, KERNEL_IP, 7, 45, chain, 5);
    put_sample(s, kernel, 200, 3, 1, KERNEL_IP, 8, 46, chain, 5);
    put_sample(s, kernel, 200, 3, 1, MODULE_IP, 9, 46, NULL, 0);
    put_counted(s, PERF_RECORD_LOST, 2, 1, 5);
    put_counted(s, PERF_RECORD_LOST_SAMPLES, 1, 2, 0);
    put_counted(s, PERF_RECORD_THROTTLE, 2, 47, 1);
}

#define STORY_SAMPLES 10
#define STORY_MISSES  (7 + 8 + 9) /* the periods of "cache-misses" */

static const uint64_t records_ids[] = {1, 2, 3};
static const struct hwp_recording_event records_events[] = {
    {.attr = {.type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES, .freq = 1,
              .sample_freq = 4000, .sample_type = RECORDS_SAMPLE_TYPE, .sample_id_all = 1},
     .name = "cycles", .ids = records_ids, .nr_ids = 2},
    {.attr = {.type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CACHE_MISSES,
              .sample_period = 100, .sample_type = RECORDS_SAMPLE_TYPE, .sample_id_all = 1},
     .name = "my-misses", .ids = records_ids + 2, .nr_ids = 1},
};

/* A path in the build directory that no other test uses at the same time. The caller frees it. */
static inline char *records_path(const char *name)
{
    return hwp_asprintf("%s/test-%d-%s.data", HWP_BUILD_DIR, (int)getpid(), name);
}

#endif
