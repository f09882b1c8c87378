/*
 * Small files read whole: /proc, /sys, perf maps, sources.
 */
#ifndef HWP_BASE_FILE_H
#define HWP_BASE_FILE_H

#include <stddef.h>

/* More than any file of /proc or /sys that is read whole. */
#define HWP_FILE_SMALL ((size_t)16 << 20)

/* The content of `path` with a NUL behind it, or NULL (errno says why) if it can't be read, is no
 * regular file, or has more than `limit` bytes. *ret_len (may be NULL) is its length. The caller
 * frees it. Never blocks on a FIFO. */
char *hwp_file_read(const char *path, size_t limit, size_t *ret_len);

#endif
