/*
 * Events that can be asked for, as `list` prints them.
 */
#ifndef HWP_REPORTS_EVENTS_TABLE_H
#define HWP_REPORTS_EVENTS_TABLE_H

#include "reports/table.h"

enum hwp_available { HWP_AVAILABLE_YES, HWP_AVAILABLE_NO, HWP_AVAILABLE_UNKNOWN };

struct hwp_event_row { /* all borrowed */
    const char *name;
    const char *origin; /* "hardware", "software", "tracepoint", "PAPI", "libpfm4" … */
    enum hwp_available available;
    const char *reason;      /* why not; NULL */
    const char *description; /* NULL: none */
};
HWP_VEC_TYPE(hwp_event_rows, struct hwp_event_row);

void hwp_events_table(const struct hwp_event_row *rows, size_t n, struct hwp_table *ret);

/* Text is grouped by origin; CSV and JSON are the table. */
void hwp_events_print(const struct hwp_event_row *rows, size_t n,
                      const struct hwp_report_options *options, struct hwp_out *out);

#endif
