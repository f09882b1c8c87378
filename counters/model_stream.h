/*
 * Reading the streams that the modelled PMU's tool wrote: which there are, and the records of one.
 * Nothing in them is trusted: a record is handed out only if all that its type promises lies inside
 * of it, and reading ends at the first one for which that is not so.
 *
 * A stream is mapped; records point into it and live as long. One thread at a time.
 */
#ifndef HWP_COUNTERS_MODEL_STREAM_H
#define HWP_COUNTERS_MODEL_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/vec.h"
#include "counters/model/protocol.h"

/* A process image's stream: DIRECTORY/stream.PID.N. */
struct hwp_model_stream {
    char *path;
    uint32_t pid, image; /* image: N */
    uint64_t size;       /* bytes mapped */
    const unsigned char *bytes;
    const struct hwm_record_process *process; /* the first record */
};
HWP_VEC_TYPE(hwp_model_streams, struct hwp_model_stream);

/* Finds and maps them, parents before the processes they started, images of a process in order. One
 * that doesn't begin with its process's record is left out; *ret_nr_bad counts those. An error only
 * where the directory can't be read. */
struct hwp_error *hwp_model_streams_open(const char *directory, struct hwp_model_streams *ret,
                                         size_t *ret_nr_bad) hwp_must_use;
void hwp_model_streams_close(struct hwp_model_streams *streams);

/* Where reading is. A zeroed one is at the front. */
struct hwp_model_cursor {
    uint64_t at;
    bool ended; /* the record that ends a whole stream was seen */
};

/* The next record, of a known type and as long as its type says (texts end with a NUL, counts of a
 * cost are all there). NULL at the end: `ended` tells whether it is the stream's own end. */
const struct hwm_record *hwp_model_stream_next(const struct hwp_model_stream *s,
                                               struct hwp_model_cursor *c);

#endif
