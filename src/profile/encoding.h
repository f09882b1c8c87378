/*
 * What an event's encoding, as text (hwp_event.encoding: "type=1 config=0", "type=4,config=0x1c0"),
 * tells those who know nothing of perf_event_attr.
 */
#ifndef HWP_PROFILE_ENCODING_H
#define HWP_PROFILE_ENCODING_H

#include <stdbool.h>

/* Whether its samples are taken by an interrupt, some time after what they count: hardware events and
 * the two clocks. Other software events, tracepoints and breakpoints are taken where they happen. A
 * text that doesn't say (NULL too) is taken for a hardware event's. */
bool hwp_encoding_is_interrupt(const char *encoding);

#endif
