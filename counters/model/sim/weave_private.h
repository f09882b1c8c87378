/*
 * What the weave's files share.
 *
 *   weave.c          cores' logs, and their merge by time
 *   weave_play.c     one event: what it waits for and what it costs
 *   weave_stores.c   a core's store buffer
 *   weave_locks.c    critical sections must not overlap
 *   weave_results.c  lines and accesses, in order, for the report
 *   line.c           lines come, go and are evicted
 *   line_protocol.c  who has a copy, from when until when
 *   line_access.c    counts per line and per access of it; they outlive the line
 *
 * Times are ticks, as everywhere in the weave.
 */
#ifndef HWM_SIM_WEAVE_PRIVATE_H
#define HWM_SIM_WEAVE_PRIVATE_H

#include "weave.h"

#define HWM_NEVER           UINT64_MAX
#define HWM_MASK_WORDS      (HWM_MAX_CORES / 64)
#define HWM_LOG_EVENTS      (1u << 16)
#define HWM_LOG_SPARE       (1u << 12) /* what a core may still log after it was told to stop */
#define HWM_HOLD_TICKS      (2 * HWM_TICKS) /* who gets a line can use it before it is taken away */
#define HWM_LINE_LOCKS      4
#define HWM_QUIET_RUNS      16
#define HWM_QUIET_EVENTS    (1u << 16)
#define HWM_SUMMARY_BUCKETS (1u << 16)

static inline uint64_t hwm_later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* --- store buffer: weave_stores.c ------------------------------------------------------------ */

struct hwm_store {
    uint64_t done; /* when it has left for the cache */
    uint64_t line; /* address */
    uint64_t bytes;
};

struct hwm_stores { /* drains in order: `done` only grows */
    struct hwm_store *ring;
    uint32_t capacity, head, count;
    uint64_t last_done;
};

void hwm_stores_init(struct hwm_stores *s, uint32_t capacity);
/* When, at `now` or later, there is room for one more. */
uint64_t hwm_stores_room_at(struct hwm_stores *s, uint64_t now);
/* There must be room. Returns when the store is done; `at`: when its line is there. */
uint64_t hwm_stores_push(struct hwm_stores *s, uint64_t line, uint64_t bytes, uint64_t at);
/* Whether the youngest store to any of the bytes has all of them, and is still on its way. */
bool hwm_stores_forward(const struct hwm_stores *s, uint64_t now, uint64_t line, uint64_t bytes);

/* --- lines: line.c, line_protocol.c, line_access.c ------------------------------------------- */

/* A core's copy of a line. It may lie in the future: a copy that is on its way, and that is to be
 * taken away again soon after. */
struct hwm_holder {
    uint64_t from, until;           /* can be read */
    uint64_t owns_from, owns_until; /* can be written */
    uint64_t wrote, touched;        /* bytes, since it came */
    uint64_t store_done;            /* of the core's last store to the line */
    uint32_t row;                   /* of the line's accesses: perhaps the one that comes next */
    uint32_t pad;
};

struct hwm_lock { /* a word that might be one */
    bool used;
    uint8_t offset;
    uint8_t seen;     /* times that a core which acquired it released it */
    int16_t holder;   /* core, or -1 */
    int16_t reserved; /* for the waiter that comes next, or -1 */
    uint32_t nr_waiters;
    uint64_t acquired[HWM_MASK_WORDS]; /* cores that did, and have not released it */
};

struct hwm_access_row {
    uint64_t ip, count, transfers; /* count: 0 in an empty row */
    uint32_t tid;
    uint16_t core;
    uint8_t offset, bytes, kind;
};

struct hwm_summary { /* what is known of a line for good */
    uint64_t address;
    struct hwm_summary *next; /* of the same bucket */
    uint64_t transfers, false_transfers, invalidations, contended_atomics, stall_ticks;
    struct hwm_access_row *rows; /* a hash table */
    uint32_t nr_rows, max_rows;
    uint32_t nr_lines; /* that use it: the one in use, and retired ones with events left */
    struct hwm_lock locks[HWM_LINE_LOCKS];
};

struct hwm_line {
    struct hwm_weave *weave;
    struct hwm_summary *summary;
    uint64_t address;
    uint64_t ready; /* when the current data can be read from the caches that have it */
    uint64_t busy;  /* when the last of those who asked so far has got it */
    uint64_t wrote; /* bytes the last owner wrote */
    uint64_t changed_run, changed_event; /* when it last was used by another core than before */
    uint64_t sharers[HWM_MASK_WORDS];    /* cores whose copy nobody has asked for; with the owner */
    uint32_t pending;                    /* events in logs */
    int16_t owner;                       /* of the modified line, or -1 */
    int16_t last_core;
    bool retired;                        /* goes away with its last event */
    uint32_t nr_holders, max_holders;
    struct hwm_holder *holders; /* of cores that have used it, in order of the first time */
    uint16_t slots[];           /* by core: 1 + its index in holders; 0: none */
};

/* The core's copy, made if it never had one: which moves the others'. */
struct hwm_holder *hwm_line_holder_make(struct hwm_line *line, unsigned core);
static inline struct hwm_holder *hwm_line_holder(struct hwm_line *line, unsigned core)
{
    if (!line->slots[core])
        return hwm_line_holder_make(line, core);
    return &line->holders[line->slots[core] - 1];
}

struct hwm_fetch { /* what an access did to a line */
    bool filled;    /* given: HWM_EVENT_FILLED */
    uint32_t invalidations;
    bool missed;    /* there was no copy in the core's caches */
    bool moved;     /* the line came from another core's caches */
    bool modified;  /* … which had modified it */
    bool far_l3;    /* … from another L3 domain */
    bool far_node;  /* … of another node */
    bool unrelated; /* … that had not used these bytes */
};

/* The line at `now`, to read or to write: when it is there. `ret` must be zero but for what is
 * given. */
uint64_t hwm_line_read(struct hwm_line *line, unsigned core, uint64_t now, uint64_t bytes,
                       struct hwm_fetch *ret);
uint64_t hwm_line_write(struct hwm_line *line, unsigned core, uint64_t now, uint64_t bytes,
                        struct hwm_fetch *ret);
void hwm_line_drop(struct hwm_line *line, unsigned core, uint64_t now);
void hwm_line_unref(struct hwm_line *line); /* an event of it is gone from the logs */

struct hwm_summary *hwm_summary_get(struct hwm_weave *w, uint64_t address);
void hwm_summary_forget_counts(struct hwm_summary *s);
/* A line goes away: what nobody will ask for goes, too. */
void hwm_summary_put(struct hwm_weave *w, struct hwm_summary *s);
void hwm_summaries_free(struct hwm_weave *w);

/* --- logs: weave.c --------------------------------------------------------------------------- */

enum hwm_play { /* goes on after enum hwm_access */
                HWM_PLAY_DRAM = HWM_RMW + 1,
                HWM_PLAY_DRAIN,
                HWM_PLAY_EVICT
};

struct hwm_entry {
    uint64_t t0; /* issued, without delays */
    uint64_t ip;
    struct hwm_line *line;
    struct hwm_cost *cost;
    uint32_t tid;
    uint8_t kind, flags;
    uint8_t offset, bytes; /* HWM_PLAY_DRAM: node and percent */
};

/* Counts an access to e->line; `h`: the core's. */
void hwm_summary_access(const struct hwm_entry *e, struct hwm_holder *h, unsigned core, bool moved);

struct hwm_woven {         /* a core */
    struct hwm_entry *log; /* a ring of HWM_LOG_EVENTS; NULL until used */
    uint32_t head, count;
    uint64_t delay;
    struct hwm_stores stores;
    struct hwm_lock *waits; /* the lock that the next event must wait for, or NULL */
    uint64_t waits_since;
    bool goes_on; /* without waiting for that lock any more */
};

struct hwm_turn {
    uint64_t when; /* of the core's next event; HWM_NEVER: it has none to play now */
    uint32_t core;
    uint32_t rank; /* in the weave's order */
};

struct hwm_weave {
    const struct hwm_machine *machine;
    struct hwm_woven *cores;
    uint16_t order[HWM_MAX_CORES]; /* who goes first among equals */
    struct hwm_turn turns[HWM_MAX_CORES]; /* a heap: none comes before its parent, the first is first */
    uint32_t nr_turns;
    uint32_t nr_waiters;   /* cores that wait for a lock */
    uint32_t granule_bits; /* bytes of a line per bit of a mask, as a power of two */
    bool woken;            /* a waiting core has got a turn: the heap is to be made anew */
    uint64_t safe, runs, events;
    uint64_t memory_busy[HWM_MAX_NODES];
    uint64_t (*same_l3)[HWM_MASK_WORDS];   /* by domain: its cores */
    uint64_t (*same_node)[HWM_MASK_WORDS]; /* by node */
    struct hwm_cost nobody;                /* for events without a cost */
    struct hwm_summary **summaries;
    uint64_t nr_summaries;
};

static inline struct hwm_entry *hwm_woven_next(const struct hwm_woven *c)
{
    return &c->log[c->head & (HWM_LOG_EVENTS - 1)];
}

/* Plays an event that takes effect at `now`; false: it must wait for a lock. weave_play.c */
bool hwm_weave_play(struct hwm_weave *w, unsigned core, const struct hwm_entry *e, uint64_t now);

/* --- locks: weave_locks.c -------------------------------------------------------------------- */

/* An RMW that acquires at `now`; true: it must wait, the core has been paused. */
bool hwm_lock_must_wait(struct hwm_weave *w, unsigned core, const struct hwm_entry *e,
                        uint64_t now);
void hwm_lock_acquired(unsigned core, const struct hwm_entry *e);
/* A word was cleared at `now`. */
void hwm_lock_released(struct hwm_weave *w, unsigned core, const struct hwm_entry *e, uint64_t now);
/* Nothing is left to play: wakes a core whose wait cannot end. False: there is none. */
bool hwm_locks_unstick(struct hwm_weave *w);
/* The core waits no more, but goes on as if it had not. */
void hwm_lock_give_up(struct hwm_weave *w, struct hwm_woven *c);

#endif
