/*
 * The perf.data format as both its writer and its reader see it: what
 * tools/perf/Documentation/perf.data-file-format.txt says, and, where that is silent, what
 * perf 6.1 writes (tools/perf/util/header.c). Integers are in the recording machine's own order.
 *
 * Private to src/profile.
 */
#ifndef HWP_PROFILE_PERF_FILE_H
#define HWP_PROFILE_PERF_FILE_H

#include <linux/perf_event.h>
#include <stdint.h>

#define PERF_FILE_MAGIC         UINT64_C(0x32454c4946524550) /* "PERFILE2" */
#define PERF_FILE_MAGIC_SWAPPED UINT64_C(0x50455246494c4532)

struct perf_file_section {
    uint64_t offset, size;
};

struct perf_file_header {
    uint64_t magic;
    uint64_t size;      /* of this header; 16 says that the file is a stream (perf record -o -) */
    uint64_t attr_size; /* of one entry in `attrs`: a perf_event_attr and a section of its ids */
    struct perf_file_section attrs, data, event_types;
    uint64_t features[4];
};

_Static_assert(sizeof(struct perf_file_header) == 104, "as on disk");

#define PERF_PIPE_HEADER_SIZE 16

/* Feature sections: bits in perf_file_header.features. After the data comes one perf_file_section
 * for each bit that is set, in ascending order. */
enum perf_feature {
    PERF_FEATURE_BUILD_ID = 2,
    PERF_FEATURE_HOSTNAME,
    PERF_FEATURE_OSRELEASE,
    PERF_FEATURE_VERSION,
    PERF_FEATURE_ARCH,
    PERF_FEATURE_NRCPUS,
    PERF_FEATURE_CPUDESC,
    PERF_FEATURE_CPUID,
    PERF_FEATURE_TOTAL_MEM,
    PERF_FEATURE_CMDLINE,
    PERF_FEATURE_EVENT_DESC,
    PERF_FEATURE_SAMPLE_TIME = 21,
    PERF_FEATURE_CLOCKID = 23,
    PERF_FEATURE_COMPRESSED = 27,
    PERF_FEATURE_CLOCK_DATA = 29,
    PERF_FEATURE_END = 256
};

/* Strings in features and build-id records are padded with NULs to a multiple of this. */
#define PERF_STRING_ALIGN 64

/* Records that perf itself makes: enum perf_user_event_type of tools/lib/perf. */
enum perf_user_record {
    PERF_RECORD_USER_TYPE_START = 64,
    PERF_RECORD_HEADER_ATTR = 64,
    PERF_RECORD_HEADER_TRACING_DATA = 66,
    PERF_RECORD_HEADER_BUILD_ID = 67,
    PERF_RECORD_FINISHED_ROUND = 68,
    PERF_RECORD_AUXTRACE = 71,
    PERF_RECORD_HEADER_FEATURE = 80,
    PERF_RECORD_COMPRESSED = 81,
    PERF_RECORD_COMPRESSED2 = 83,
};

/* An entry of the BUILD_ID feature; a NUL-terminated file name follows. */
struct perf_build_id_record {
    struct perf_event_header header;
    int32_t pid; /* -1 */
    uint8_t build_id[20];
    uint8_t size; /* valid where header.misc has PERF_MISC_BUILD_ID_SIZE, else 20 */
    uint8_t reserved[3];
};

#define PERF_MISC_BUILD_ID_SIZE (1 << 15)

_Static_assert(sizeof(struct perf_build_id_record) == 36, "as on disk");

#endif
