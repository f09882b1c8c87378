/*
 * Weaving: what cores do to lines that they share, put in order of time.
 *
 * Valgrind runs one task at a time, a slice each. Within a slice a core logs its accesses to
 * contested lines and to memory controllers instead of resolving them; when all cores have got far
 * enough, the logs are merged by time and played against the state of each line. What an access had to
 * wait for (a line held by another core, a full store buffer, a controller's queue) is a delay that
 * moves everything later on that core. So results do not depend on how long slices are.
 * (The bound-weave idea of ZSim, Sanchez & Kozyrakis, ISCA 2013.)
 *
 * Times are ticks. A core's clock in the caller is its own progress without delays plus
 * hwm_weave_delay(); an event carries the clock at which it was issued, and takes effect at that
 * clock plus whatever delay was added since.
 *
 * One thread at a time.
 */
#ifndef HWM_SIM_WEAVE_H
#define HWM_SIM_WEAVE_H

#include "cost.h"

struct hwm_weave;
struct hwm_line; /* a contested line */

/* The machine must outlive it. */
struct hwm_weave *hwm_weave_create(const struct hwm_machine *machine);

/* Lines must have been retired before. */
void hwm_weave_destroy(struct hwm_weave *w);

/* --- lines ----------------------------------------------------------------------------------- */

/* Begins to follow a line. `owner`: the core whose cache holds it modified, or -1; `sharers`: cores
 * with a clean copy, as bits. */
struct hwm_line *hwm_line_create(struct hwm_weave *w, uint64_t address, int owner,
                                 const uint64_t sharers[HWM_MAX_CORES / 64]);
uint64_t hwm_line_address(const struct hwm_line *line);

/* Whether a core other than this one has a copy, as far as was played: it need not come from the
 * last-level cache or memory. */
bool hwm_line_is_elsewhere(const struct hwm_line *line, unsigned core);

/* Whether only one core has used it for a while (16 runs and 65,536 events of any line), so that it
 * need not be followed; *ret_core is that core. Events of the line must not be pending (else:
 * false). */
bool hwm_line_is_quiet(const struct hwm_line *line, int *ret_core);

/* Stops following it. What it saw of contention stays for hwm_weave_lines. */
void hwm_line_retire(struct hwm_weave *w, struct hwm_line *line);

/* The core's private caches have dropped their copy (capacity): it must fetch the line again. */
void hwm_line_evicted(struct hwm_weave *w, struct hwm_line *line, unsigned core);

/* --- logging --------------------------------------------------------------------------------- */

enum hwm_event_flag {
    HWM_EVENT_MISSED = 1,   /* L1 missed already, and that was counted */
    HWM_EVENT_ACQUIRES = 2, /* an RMW that changed a zero word to non-zero: perhaps a lock */
    HWM_EVENT_CLEARS = 4,  /* a store or RMW that wrote zero: perhaps its release */
    HWM_EVENT_MISSED_L2 = 8, /* L2, too */
    HWM_EVENT_FILLED = 16,   /* the last-level cache or memory has answered, and was charged: what is
                                left to wait for is other cores */
};

struct hwm_event {
    uint64_t ticks; /* the core's clock when issued */
    uint64_t ip;
    struct hwm_line *line; /* NULL: memory alone (hwm_weave_log_dram) */
    struct hwm_cost *cost; /* what it costs is added here */
    uint16_t core;
    uint8_t kind;          /* enum hwm_access */
    uint8_t flags;         /* enum hwm_event_flag */
    uint8_t offset, bytes; /* within the line */
    uint32_t tid;
};

/* Logs an access to a contested line. Returns false when the core's log is full: the caller then
 * ends the slice (the event is kept). */
bool hwm_weave_log(struct hwm_weave *w, const struct hwm_event *event);

/* Logs an access that memory of `node` answers, `percent` of whose waiting is not hidden (0 for a
 * prefetch). Only the queue's delay is added; the latency has been charged. */
bool hwm_weave_log_dram(struct hwm_weave *w, unsigned core, unsigned node, uint64_t ticks,
                        unsigned percent, struct hwm_cost *cost);

/* A full fence, or the kernel: the core waits until its store buffer is empty. */
bool hwm_weave_log_drain(struct hwm_weave *w, unsigned core, uint64_t ticks, struct hwm_cost *cost);

/* Plays every event that takes effect before `safe` (UINT64_MAX: all). Events at or after it stay. */
void hwm_weave_run(struct hwm_weave *w, uint64_t safe);

/* The same where nothing was logged since the last run: what that has delayed made more of it safe. */
void hwm_weave_go_on(struct hwm_weave *w, uint64_t safe);

/* The sum of all delays of a core so far, in ticks. */
uint64_t hwm_weave_delay(const struct hwm_weave *w, unsigned core);

/* --- results --------------------------------------------------------------------------------- */

/* Calls fn for every line that ever moved between cores, retired or not, in order of address, then
 * access() for each of its (word, task, instruction, kind). Only counts and addresses are filled:
 * not the records' heads, nor the owner object. */
void hwm_weave_lines(struct hwm_weave *w,
                     void (*line)(void *ctx, struct hwm_record_line *record),
                     void (*access)(void *ctx, struct hwm_record_access *record), void *ctx);

/* Forgets what was counted, keeps the state of lines and stores: after a fork. */
void hwm_weave_reset_counts(struct hwm_weave *w);

#endif
