/*
 * The modelled PMU as a Valgrind tool: what its files share. The tool rewrites the workload's code
 * (instrument.c) so that each block of it, each memory access and each branch passes through the
 * modelled core (core.c, access.c); everything else here keeps the books.
 *
 *   main.c        registration, options, start and end
 *   scan.c        what a block of VEX IR does: instructions, base costs, dependent loads
 *   instrument.c  VEX IR in, IR with the model's checks and calls out
 *   block.c       blocks of code, call contexts, and the tallies that hold their costs
 *   core.c        cores: caches, clocks, slices; when what was logged is woven
 *   access.c      the slow paths of a fetch, an access, a fence
 *   branches.c    branches, calls and returns, and the shadow stack
 *   lines.c       who owns which line, and when cores begin to contend for it
 *   tasks.c       tasks: placement, threads, signals
 *   slots.c       the placement plan: where the next task goes
 *   shared.c      numbers that all processes of the workload share
 *   turns.c       which task runs next, and what waiting means for its clock
 *   futex.c       who waits for whom
 *   park.c        where the others wait
 *   syscalls.c    memory policies and moves that the workload asks for; futexes, clone, exec
 *   heap.c        where heap objects were allocated
 *   objects.c     whose memory a contended line is
 *   maps.c        executable mappings, told to the stream as they come and go
 *   region.c      --model-from and the budget of instructions: modelling switched on and off
 *   process.c     fork: a new stream, counts at zero
 *   handover.c    what stays the same over exec
 *   stream.c      the stream of records, and the status file
 *
 * Valgrind runs one task of the process at a time, so nothing here locks.
 */
#ifndef HWM_TOOL_H
#define HWM_TOOL_H

#include "pub_tool_basics.h"
#include "pub_tool_libcassert.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcprint.h"
#include "pub_tool_mallocfree.h"
#include "pub_tool_tooliface.h"

#include "../protocol.h"
#include "../sim/cost.h"

extern struct hwm_machine hwm_machine; /* read at the start, never changed */

/* --- blocks, contexts, records: block.c ------------------------------------------------------- */

struct hwm_block;   /* a translated piece of code */
struct hwm_context; /* a task and, with HWM_CHAINS, a call chain of it */

struct hwm_context *hwm_context_root(UInt task_index);
/* The context of the function at `entry` that `caller` (a return address) calls; the parent itself
 * when chains are too deep or too many. */
struct hwm_context *hwm_context_child(struct hwm_context *parent, Addr caller, Addr entry);

/* Writes what a task cost to the stream and frees all its contexts: it has ended, and all that it logged
 * is woven. */
void hwm_context_end(struct hwm_context *root);

/* Writes every record's costs to the stream and zeroes them: at the end of a process. */
void hwm_blocks_dump(void);
/* The same for the blocks of a range, which are then forgotten: code that goes away. Called by
 * Valgrind when it discards translations. */
void hwm_blocks_discard(Addr start, VexGuestExtents extents);
/* Zeroes all costs without writing them: a forked child. */
void hwm_blocks_reset(void);

/* --- tasks: tasks.c --------------------------------------------------------------------------- */

struct hwm_frame { /* of the shadow stack */
    Addr stack;    /* the stack pointer after the call: the frame is dead once SP is above it */
    Addr return_address;
    struct hwm_context *context; /* to go back to */
};

#define HWM_MAX_HANDLERS 8

struct hwm_task {
    ThreadId thread;  /* Valgrind's number, reused */
    UInt index;       /* our own, never reused; of hwm_task_at() */
    UInt tid;         /* the kernel's; 0: not known yet */
    Bool is_told;     /* the stream knows it */
    Bool is_bound;    /* to `cores`, by sched_setaffinity(2) */
    ULong cores[HWM_MAX_CORES / 64]; /* bit i: core i */
    struct hwm_task *clone; /* the newest that it made */
    HChar name[16];   /* the kernel's, when it began */
    UInt core;        /* index in hwm_machine.cores */
    Bool alive;
    Bool blocked;     /* in a system call that may wait */
    struct hwm_context *root;    /* NULL: it ended, and its costs are told */
    struct hwm_context *context; /* now */
    UWord waits_on;   /* the futex it waits on in the kernel, or 0 */
    UInt wait_bits;   /* of FUTEX_WAIT_BITSET */
    UInt waker;       /* index of the task that has woken it */
    UInt nr_wakes;    /* tasks that its system call has woken */
    Bool is_entering; /* it may not have got there yet */
    Bool woken;       /* it has been woken from that, but is not back yet */
    UInt missed_ms;   /* when it was first found not to be back although it is next; 0: not yet */
    Bool passed;      /* it wasn't its turn, and nothing of it has run */
    UInt parked;      /* waits for its turn, asleep: park.c */
    ULong last_turn;  /* number of the turn it had last: turns.c */
    ULong turns_before; /* handed out when its system call began */
    UWord exit_futex, child_exit_futex; /* woken when it ends; when what it clones now ends */
    UInt slot;        /* of the plan, that it takes up */
    Addr stack;       /* its stack pointer when it began */
    Addr stack_start, stack_end; /* of the memory that it begins in: objects.c */
    struct hwm_frame *frames;
    UInt nr_frames, max_frames, base; /* frames below `base` belong to interrupted code */
    struct {          /* signal handlers that have not returned: what they interrupted */
        struct hwm_context *context;
        UInt nr_frames, base;
        Addr stack; /* pointer */
    } handlers[HWM_MAX_HANDLERS];
    UInt nr_handlers; /* may be more than are kept */
};

/* The task that runs now; NULL before the first one. */
extern struct hwm_task *hwm_task;
struct hwm_task *hwm_task_of(ThreadId thread); /* NULL if it has none */
struct hwm_task *hwm_task_at(UInt index);
UInt hwm_tasks_count(void); /* that ever were */
UInt hwm_tasks_live(void);
struct hwm_task *hwm_task_live(UInt i); /* i < hwm_tasks_live(); in no order */
void hwm_tasks_init(void); /* sets Valgrind's callbacks for threads, signals and system calls */
void hwm_tasks_reset(void); /* a forked child: only the calling task is left */

/* --- cores: core.c ---------------------------------------------------------------------------- */

struct hwm_core; /* core.h */

void hwm_cores_init(void);
/* A task of this core has begun to run (or goes on): the filters and budget of generated code. */
void hwm_core_enter(UInt core);
/* The running task leaves: its clock is brought up to date and what can be woven is woven. */
void hwm_core_leave(void);
ULong hwm_core_clock(UInt core); /* ticks */
ULong hwm_time(void); /* of the core that is ahead: the time of records */
/* Its clock is now at least this: it waited for something. */
void hwm_core_advance(UInt core, ULong ticks);
Bool hwm_core_is_contended(UInt core); /* more than one */
/* A task has got Valgrind's lock, but it is not its turn: it gives the lock back without running. True:
 * at once; else after a block of code. */
Bool hwm_core_pass(struct hwm_task *task);
void hwm_core_occupied(UInt core, Int delta); /* runnable tasks on it: +1 or -1 */
ULong hwm_instructions(void); /* modelled so far, by all cores */
/* What this core has logged is woven, so that its clock has all that it waited for: before others learn
 * of it. */
void hwm_core_settle(UInt core);
void hwm_cores_settle(void);  /* everything logged so far is woven */
void hwm_cores_reset(void);   /* a forked child: counts at zero, caches as they are */
void hwm_cores_dump(void);    /* HWM_RECORD_CORE and the contested lines, to the stream */

/* --- the modelled region: region.c -------------------------------------------------------------- */

extern Bool hwm_modelling; /* generated code passes through the model */
void hwm_region_init(void);
/* At translation of the block at `address`: whether modelling begins with it. */
Bool hwm_region_starts_at(Addr address);
/* Switches on or off and throws away all translations, which were made for the other. */
void hwm_region_set(Bool modelling);
/* Ends the region if its budget of instructions is used up. Called when a task has left generated code,
 * which is what goes away. */
void hwm_region_check(void);

/* --- heap objects: heap.c ---------------------------------------------------------------------- */

struct hwm_allocation {
    Addr address;
    SizeT bytes;
    Addr allocator[8]; /* return addresses outwards; 0-terminated if fewer */
};

void hwm_heap_init(void);
/* At translation: whether code at `address` is the entry of an allocating function. */
Bool hwm_heap_is_entry(Addr address);
/* A task is about to execute such an entry (called from generated code), and: has returned to
 * `address` with its stack pointer at `stack`. */
void hwm_heap_enter(Addr address);
void hwm_heap_return(Addr address, Addr stack);
extern UInt hwm_heap_pending; /* entries that have not returned, of all tasks: 0 spares the call */
Bool hwm_heap_find(Addr address, struct hwm_allocation *ret);

/* --- mappings, fork, stream --------------------------------------------------------------------- */

void hwm_maps_init(void);
void hwm_process_init(void); /* fork */

void hwm_stream_open(Bool forked);
/* head.size is filled in here from `bytes` (rounded up and padded); head.ticks by the caller. */
void hwm_stream_write(struct hwm_record *record, SizeT bytes);
void hwm_stream_note(const HChar *text);
void hwm_stream_close(void); /* writes HWM_RECORD_END */
/* Rewrites the status file if some time has passed. Cheap enough for every slice. */
void hwm_status_update(void);

#endif
