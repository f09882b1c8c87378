/*
 * Where the calling conventions (System V for x86-64, AAPCS64) put arguments and results.
 */
#include "guest.h"

#include "pub_tool_guest.h"
#include "pub_tool_machine.h"

#if defined(VGA_amd64)
static const PtrdiffT arguments[] = {
    offsetof(VexGuestArchState, guest_RDI),
    offsetof(VexGuestArchState, guest_RSI),
    offsetof(VexGuestArchState, guest_RDX),
};
static const PtrdiffT result = offsetof(VexGuestArchState, guest_RAX);
static const PtrdiffT thread_pointer = offsetof(VexGuestArchState, guest_FS_CONST);
#elif defined(VGA_arm64)
static const PtrdiffT arguments[] = {
    offsetof(VexGuestArchState, guest_X0),
    offsetof(VexGuestArchState, guest_X1),
    offsetof(VexGuestArchState, guest_X2),
};
static const PtrdiffT result = offsetof(VexGuestArchState, guest_X0);
static const PtrdiffT thread_pointer = offsetof(VexGuestArchState, guest_TPIDR_EL0);
#else
#error "the modelled PMU is for x86-64 and arm64"
#endif

static UWord read_register(ThreadId thread, PtrdiffT offset)
{
    UWord value;

    VG_(get_shadow_regs_area)(thread, (UChar *)&value, 0, offset, sizeof value);
    return value;
}

UWord hwm_guest_argument(ThreadId thread, UInt n)
{
    return read_register(thread, arguments[n]);
}

Addr hwm_guest_return_address(ThreadId thread, Addr stack)
{
#if defined(VGA_amd64)
    (void)thread;
    return *(const Addr *)stack;
#else
    (void)stack;
    return read_register(thread, offsetof(VexGuestArchState, guest_X30));
#endif
}

UWord hwm_guest_result(ThreadId thread)
{
    return read_register(thread, result);
}

Addr hwm_guest_thread_pointer(ThreadId thread)
{
    return read_register(thread, thread_pointer);
}

void hwm_guest_set_result(ThreadId thread, Word value)
{
    VG_(set_shadow_regs_area)(thread, 0, result, sizeof value, (const UChar *)&value);
}
