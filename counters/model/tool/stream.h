/*
 * The stream of records beyond what tool.h says: what fork and exec do to it.
 */
#ifndef HWM_TOOL_STREAM_H
#define HWM_TOOL_STREAM_H

#include "tool.h"

/* Closes the file without writing what is buffered, which belongs to the parent: a forked child. */
void hwm_stream_abandon(void);

/* Everything written so far reaches the file; returns the file's length. */
ULong hwm_stream_flush(void);

/* Writes HWM_RECORD_END and flushes, but stays open. */
void hwm_stream_end(void);

/* Cuts the file back to a length that hwm_stream_flush returned, and goes on there. */
void hwm_stream_rewind(ULong length);

#endif
