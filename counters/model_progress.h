/*
 * How far the modelled run has come, on the terminal: a thread of its own reads the status files of
 * the tool and rewrites one line of standard error twice a second. Where standard error is no
 * terminal it says nothing.
 */
#ifndef HWP_COUNTERS_MODEL_PROGRESS_H
#define HWP_COUNTERS_MODEL_PROGRESS_H

struct hwp_model_progress;

/* NULL where there is nothing to show it on. `directory` is copied. */
struct hwp_model_progress *hwp_model_progress_start(const char *directory);

/* Ends the thread and wipes the line. Accepts NULL. */
void hwp_model_progress_stop(struct hwp_model_progress *progress);

#endif
