#include "profile/encoding.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

/* A field of the text; `absent` if it has none. */
static unsigned long field(const char *encoding, const char *name, unsigned long absent)
{
    const char *at = encoding ? strstr(encoding, name) : NULL;

    return at ? strtoul(at + strlen(name), NULL, 0) : absent;
}

bool hwp_encoding_is_interrupt(const char *encoding)
{
    switch (field(encoding, "type=", PERF_TYPE_HARDWARE)) {
    case PERF_TYPE_SOFTWARE:
        return field(encoding, "config=", PERF_COUNT_SW_CPU_CLOCK) <= PERF_COUNT_SW_TASK_CLOCK;
    case PERF_TYPE_TRACEPOINT:
    case PERF_TYPE_BREAKPOINT:
        return false;
    default:
        return true;
    }
}
