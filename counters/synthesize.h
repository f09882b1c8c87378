/*
 * Records that the kernel did not write because what they tell of happened before the events were
 * opened: where the kernel and its modules lie, and the tasks that run already with their maps. In
 * the form that `perf record` gives them, so that perf report understands them. Their time is 0.
 */
#ifndef HWP_COUNTERS_SYNTHESIZE_H
#define HWP_COUNTERS_SYNTHESIZE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/* Bytes that the sample_id_all trailer takes: TID, TIME, CPU and IDENTIFIER, 8 bytes each. */
#define HWP_TRAILER_SIZE 32

typedef struct hwp_error *hwp_record_sink(void *ctx, const void *records, size_t size);

/* The kernel's text and its modules; nothing where the addresses are hidden. The paths are those
 * of the files in /proc. */
struct hwp_error *hwp_synthesize_kernel(const char *kallsyms, const char *iomem,
                                        const char *modules, hwp_record_sink *sink,
                                        void *ctx) hwp_must_use;

/* A process with all its threads: FORK, COMM, MMAP2. One that has ended meanwhile yields nothing. */
struct hwp_error *hwp_synthesize_process(pid_t pid, hwp_record_sink *sink,
                                         void *ctx) hwp_must_use;

/* Every process there is. */
struct hwp_error *hwp_synthesize_all(hwp_record_sink *sink, void *ctx) hwp_must_use;

#endif
