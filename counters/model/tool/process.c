/*
 * fork and exec. A forked child writes a stream of its own and counts from zero; its caches and
 * clocks go on as they were. An exec ends the stream of the image that it replaces.
 */
#include "pub_tool_clientstate.h"
#include "pub_tool_libcfile.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_threadstate.h"

#include "core_api.h"
#include "handover.h"
#include "maps.h"
#include "process.h"
#include "region.h"
#include "slots.h"
#include "stream.h"
#include "tasks.h"

static Bool is_followed = True; /* this process writes a stream */
static ULong kept_bytes;        /* of the stream, if an exec fails */

const HChar *hwm_process_executable(void)
{
    static HChar *executable;
    const HChar *name = NULL;

    if (executable)
        return executable;
    if (VG_(cl_exec_fd) < 0 || !VG_(resolve_filename)(VG_(cl_exec_fd), &name))
        name = VG_(args_the_exename) ? VG_(args_the_exename) : "?";
    executable = VG_(strdup)("hwm.process.executable", name);
    return executable;
}

/* In the child. What the buffer and the counts hold is the parent's. */
static void begin_child(ThreadId thread)
{
    (void)thread;
    hwm_stream_abandon();
    hwm_blocks_reset();
    hwm_region_forked();
    hwm_cores_reset();
    is_followed = is_followed && (hwm_machine.flags & HWM_FOLLOW);
    if (is_followed) {
        hwm_stream_open(True);
        hwm_maps_tell_all();
    } else {
        hwm_slots_ignore();
        hwm_region_set(False);
    }
    hwm_tasks_reset(); /* tells the stream which task is left */
}

void hwm_process_init(void)
{
    VG_(atfork)(NULL, NULL, begin_child);
}

/* Valgrind lets go of a process that execs when it is not to trace children. */
static void tell_of_end(void)
{
    HChar text[256];

    if (hwm_machine.flags & HWM_FOLLOW)
        return;
    VG_(snprintf)(text, sizeof text,
                  "with --follow no, the program that took the place of %s (exec) was not modelled",
                  VG_(basename)(hwm_process_executable()));
    hwm_stream_note(text);
}

void hwm_process_exec(const struct hwm_task *task)
{
    if (!is_followed)
        return;
    hwm_handover_give(task);
    hwm_cores_settle();
    hwm_blocks_dump();
    kept_bytes = hwm_stream_flush();
    tell_of_end();
    hwm_cores_dump();
    hwm_region_finish();
    hwm_stream_end();
    hwm_tasks_give_slots();
}

void hwm_process_exec_failed(void)
{
    if (!is_followed)
        return;
    hwm_handover_cancel();
    hwm_stream_rewind(kept_bytes);
    hwm_tasks_take_slots();
}
