/* The tool's registration, options, start and end. */
#include "pub_tool_aspacemgr.h"
#include "pub_tool_clientstate.h"
#include "pub_tool_libcfile.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_options.h"
#include "pub_tool_vki.h"

#include "core.h"
#include "instrument.h"
#include "objects.h"
#include "shared.h"
#include "tasks.h"
#include "tool.h"

struct hwm_machine hwm_machine;

static const HChar *machine_path;

void *hwm_alloc(size_t bytes)
{
    /* Big blocks come as fresh pages, which cost nothing until they are touched. */
    if (bytes >= 64 * 1024) {
        void *p = VG_(am_shadow_alloc)(bytes);
        if (!p)
            VG_(out_of_memory_NORETURN)("the modelled machine", bytes);
        return p;
    }
    return VG_(calloc)("hwm", 1, bytes ? bytes : 1);
}

void hwm_free(void *p, size_t bytes)
{
    if (bytes < 64 * 1024)
        VG_(free)(p);
}

static Bool take_option(const HChar *option)
{
    return VG_STR_CLO(option, "--machine", machine_path);
}

static void print_usage(void)
{
    VG_(printf)("    --machine=FILE    the machine to model, as hwprof writes it\n");
}

static void print_debug_usage(void)
{
    VG_(printf)("    (none)\n");
}

static void read_machine(void)
{
    SysRes file;
    Int n;

    if (!machine_path)
        VG_(fmsg_bad_option)("--machine", "this tool is run by hwprof, which names a machine\n");
    file = VG_(open)(machine_path, VKI_O_RDONLY, 0);
    if (sr_isError(file))
        VG_(fmsg_bad_option)(machine_path, "can't be opened\n");
    n = VG_(read)((Int)sr_Res(file), &hwm_machine, sizeof(hwm_machine));
    hwm_shared_hold((Int)sr_Res(file));
    if (n != sizeof(hwm_machine) || hwm_machine.magic != HWM_MAGIC ||
        hwm_machine.size != sizeof(hwm_machine))
        VG_(fmsg_bad_option)(machine_path, "is from another build of hwprof\n");
}

/* The kernel calls this process by the tool's name; its threads are to be called by the program's. */
static void take_name(void)
{
    const HChar *name = VG_(args_the_exename);

    if (name)
        VG_(prctl)(VKI_PR_SET_NAME, (ULong)(Addr)VG_(basename)(name), 0, 0, 0);
}

static void start(void)
{
    read_machine();
    take_name();
    hwm_cores_init();
    hwm_stream_open(False);
    hwm_maps_init();
    hwm_heap_init();
    hwm_objects_init();
    hwm_process_init();
    hwm_region_init();
}

static void finish(Int exit_status)
{
    (void)exit_status;
    hwm_core_leave();
    hwm_cores_settle();
    hwm_blocks_dump();
    hwm_cores_dump();
    hwm_stream_close();
    hwm_tasks_give_slots();
}

static void register_tool(void)
{
    VG_(details_name)("hwprof");
    VG_(details_version)(NULL);
    VG_(details_description)("the modelled PMU of hwprof");
    VG_(details_copyright_author)("GPL-2.0-or-later.");
    VG_(details_bug_reports_to)("the authors of hwprof");
    VG_(details_avg_translation_sizeB)(700);
    VG_(basic_tool_funcs)(start, hwm_instrument, finish);
    VG_(needs_superblock_discards)(hwm_blocks_discard);
    VG_(needs_command_line_options)(take_option, print_usage, print_debug_usage);
    /* One run of code at a time, as it is: no jumps followed, no loops unrolled. */
    VG_(clo_vex_control).guest_chase = False;
    VG_(clo_vex_control).iropt_unroll_thresh = 0;
    hwm_tasks_init();
}

VG_DETERMINE_INTERFACE_VERSION(register_tool)
