/*
 * What a report begins with: why events couldn't be had (first, if the clock stands in), the
 * command and how it ended, the machine, where tasks were pinned, and each event's origin and
 * state.
 */
#ifndef HWP_REPORTS_HEADER_H
#define HWP_REPORTS_HEADER_H

#include "base/out.h"
#include "profile/run.h"
#include "reports/table.h"

struct cJSON;

void hwp_header_text(const struct hwp_run *run, const struct hwp_report_options *options,
                     struct hwp_out *out);
/* Whether the header already says what this note does. */
bool hwp_header_tells(enum hwp_note_id id);

struct cJSON *hwp_header_json(const struct hwp_run *run);

/* The events of a run: name, state, reason, remedy, samples, count, … */
void hwp_header_events(const struct hwp_run *run, struct hwp_table *ret);

/* "measured 1,234,567, 812 samples", "measured ~1,234 (scaled: ran 30.5% of the time)",
 * "not supported: this VM …". Caller frees. */
char *hwp_header_event_state(const struct hwp_event *ev, bool big_num);

/* "counter→core 0, counter→core 1", or "8 tasks on 4 cores (0-3)" for many. NULL: nothing pinned.
 */
char *hwp_header_pins(const struct hwp_run *run);

#endif
