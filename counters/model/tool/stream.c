/*
 * The stream of records and the status file. Both are per process image: `directory`/stream.PID.N
 * and status.PID.N with the first free N, as an exec starts anew under the same PID.
 */
#include "pub_tool_libcfile.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

#include "core_api.h"
#include "process.h"
#include "region.h"
#include "shared.h"
#include "stream.h"

#define BUFFER_BYTES (256 * 1024)
#define STATUS_MS    100
#define MAX_IMAGES   100000 /* execs of one process */

static UChar buffer[BUFFER_BYTES];
static SizeT used;    /* of buffer */
static ULong written; /* bytes in the file */
static Int fd = -1, status_fd = -1;
static UInt status_ms; /* when the status was last written */

/* Records end where the file can't take them: half a stream is readable, one with a hole is not. */
static void fail(const HChar *what, UWord error)
{
    VG_(umsg)
    ("hwprof: %s failed (error %lu): the recording of process %d ends here\n", what, error,
     VG_(getpid)());
    if (fd >= 0)
        VG_(close)(fd);
    fd = -1;
    used = 0;
}

static void flush(void)
{
    const UChar *p = buffer;

    while (used && fd >= 0) {
        SysRes res = VG_(do_syscall)(__NR_write, fd, (UWord)p, used, 0, 0, 0, 0, 0);

        if (sr_isError(res) && sr_Err(res) == VKI_EINTR)
            continue;
        if (sr_isError(res) || !sr_Res(res)) {
            fail("writing the model's stream", sr_Err(res));
            return;
        }
        p += sr_Res(res);
        used -= sr_Res(res);
        written += sr_Res(res);
    }
}

/* `directory`/KIND.PID.N; the descriptor, out of the client's reach, or -errno. */
static Int open_file(const HChar *kind, UInt n)
{
    HChar path[sizeof hwm_machine.directory + 64];
    SysRes res;
    Int safe;

    VG_(snprintf)(path, sizeof path, "%s/%s.%d.%u", hwm_machine.directory, kind, VG_(getpid)(), n);
    res = VG_(open)(path, VKI_O_CREAT | VKI_O_EXCL | VKI_O_WRONLY, 0600);
    if (sr_isError(res))
        return -(Int)sr_Err(res);
    safe = VG_(safe_fd)((Int)sr_Res(res));
    return safe < 0 ? -VKI_EMFILE : safe;
}

/* Valgrind has opened its log among the client's descriptors, the first that was free, copied it to its
 * own, and left the first one open. */
static void close_log(void)
{
    HChar path[sizeof hwm_machine.directory + 64];
    struct vg_stat log, st;
    SysRes res;

    VG_(snprintf)(path, sizeof path, "%s/log.%d", hwm_machine.directory, VG_(getpid)());
    res = VG_(stat)(path, &log);
    for (Int i = 0; !sr_isError(res) && i < VG_(fd_hard_limit) && !VG_(fstat)(i, &st); i++)
        if (st.dev == log.dev && st.ino == log.ino) {
            VG_(close)(i);
            return;
        }
}

static void write_process(Bool forked)
{
    const HChar *name = hwm_process_executable();
    SizeT name_bytes = VG_(strlen)(name) + 1;
    SizeT bytes = sizeof(struct hwm_record_process) + name_bytes;
    struct hwm_record_process *r = VG_(calloc)("hwm.stream.process", 1, bytes + 8);

    r->head.type = HWM_RECORD_PROCESS;
    r->pid = (UInt)VG_(getpid)();
    r->ppid = (UInt)VG_(getppid)();
    r->forked = forked;
    VG_(memcpy)(r->name, name, name_bytes);
    hwm_stream_write(&r->head, bytes);
    VG_(free)(r);
}

void hwm_stream_open(Bool forked)
{
    UInt n = 0;

    if (!forked)
        close_log();
    do
        fd = open_file("stream", n);
    while (fd == -VKI_EEXIST && ++n < MAX_IMAGES);
    used = 0;
    written = 0;
    if (fd < 0) {
        fail("creating the model's stream", (UWord)-fd);
        return;
    }
    status_fd = open_file("status", n);
    status_ms = 0;
    write_process(forked);
}

static void put(const void *data, SizeT bytes)
{
    if (used + bytes > BUFFER_BYTES)
        flush();
    if (fd < 0)
        return;
    VG_(memcpy)(buffer + used, data, bytes);
    used += bytes;
}

void hwm_stream_write(struct hwm_record *record, SizeT bytes)
{
    static const UChar zeros[8];

    if (fd < 0)
        return;
    record->size = (UInt)VG_ROUNDUP(bytes, 8);
    tl_assert(record->size <= BUFFER_BYTES);
    put(record, bytes);
    put(zeros, record->size - bytes);
}

void hwm_stream_note(const HChar *text)
{
    struct {
        struct hwm_record_note note;
        HChar text[512];
    } r;

    VG_(memset)(&r, 0, sizeof r);
    r.note.head.type = HWM_RECORD_NOTE;
    VG_(strlcpy)(r.text, text, sizeof r.text);
    hwm_stream_write(&r.note.head, sizeof r.note + VG_(strlen)(r.text) + 1);
}

ULong hwm_stream_flush(void)
{
    flush();
    return written;
}

void hwm_stream_end(void)
{
    struct hwm_record r = {.type = HWM_RECORD_END};

    hwm_stream_write(&r, sizeof r);
    flush();
}

void hwm_stream_rewind(ULong length)
{
    SysRes res;

    if (fd < 0)
        return;
    used = 0;
    res = VG_(do_syscall)(__NR_ftruncate, fd, length, 0, 0, 0, 0, 0, 0);
    if (sr_isError(res) || VG_(lseek)(fd, (Off64T)length, VKI_SEEK_SET) != (Off64T)length) {
        fail("truncating the model's stream", sr_Err(res));
        return;
    }
    written = length;
}

static void close_files(void)
{
    if (fd >= 0)
        VG_(close)(fd);
    if (status_fd >= 0)
        VG_(close)(status_fd);
    fd = status_fd = -1;
}

void hwm_stream_abandon(void)
{
    used = 0;
    close_files();
    close_log(); /* the child has one of its own */
}

static ULong latest_ticks(void)
{
    ULong ticks = 0;

    for (UInt i = 0; i < hwm_machine.nr_cores; i++) {
        ULong clock = hwm_core_clock(i);

        if (clock > ticks)
            ticks = clock;
    }
    return ticks;
}

static void write_status(void)
{
    struct hwm_status s = {
        .instructions = hwm_instructions(),
        .ticks = latest_ticks(),
        .tasks = hwm_tasks_live(),
        .modelling = hwm_modelling,
    };

    if (status_fd >= 0)
        VG_(do_syscall)(__NR_pwrite64, status_fd, (UWord)&s, sizeof s, 0, 0, 0, 0, 0);
}

void hwm_status_update(void)
{
    UInt now_ms;

    if (status_fd < 0)
        return;
    now_ms = VG_(read_millisecond_timer)();
    if (status_ms && now_ms - status_ms < STATUS_MS)
        return;
    status_ms = now_ms | 1;
    write_status();
    if (hwm_shared_is_orphan())
        hwm_region_abandon();
}

void hwm_stream_close(void)
{
    write_status();
    hwm_region_finish();
    hwm_stream_end();
    close_files();
}
