/*
 * The part of the run that is modelled. Outside it, translations carry no instrumentation of the
 * model, so switching throws them all away.
 */
#include "pub_tool_debuginfo.h"

#include "core_api.h"
#include "region.h"

Bool hwm_modelling;

static Bool is_waiting; /* for the function that it begins with */

void hwm_region_init(void)
{
    is_waiting = hwm_machine.from[0] != '\0';
    hwm_modelling = !is_waiting;
}

/* Whether `name` is the function that was asked for: the same, or with the parameters, template
 * arguments and return type that demangling adds. */
static Bool is_wanted(const HChar *name)
{
    const HChar *from = hwm_machine.from;
    SizeT n = VG_(strlen)(from);

    for (const HChar *p = VG_(strstr)(name, from); p; p = VG_(strstr)(p + 1, from)) {
        Bool begins = p == name || p[-1] == ' ';
        Bool ends = !p[n] || p[n] == '(' || p[n] == '<' || p[n] == '[' || p[n] == '@';

        if (begins && ends)
            return True;
        if (VG_(strchr)(name, '(') && VG_(strchr)(name, '(') < p)
            return False; /* among the parameters */
    }
    return False;
}

Bool hwm_region_starts_at(Addr address)
{
    DiEpoch epoch;
    const HChar *name;

    if (!is_waiting)
        return False;
    epoch = VG_(current_DiEpoch)();
    if (!VG_(get_fnname_if_entry)(epoch, address, &name))
        return False;
    if (is_wanted(name))
        return True;
    return VG_(get_fnname_raw)(epoch, address, &name) && !VG_(strcmp)(name, hwm_machine.from);
}

void hwm_region_set(Bool modelling)
{
    const Addr start = 0x1000; /* a range of all addresses would have a length of 0 */
    Bool was_allowed = VG_(ok_to_discard_translations);

    if (modelling == hwm_modelling)
        return;
    hwm_modelling = modelling;
    is_waiting = False;
    VG_(ok_to_discard_translations) = True;
    VG_(discard_translations)(start, ~(ULong)0xfff, "hwm_region_set");
    VG_(ok_to_discard_translations) = was_allowed;
}

void hwm_region_check(void)
{
    if (hwm_modelling && hwm_machine.instructions && hwm_instructions() >= hwm_machine.instructions)
        hwm_region_set(False);
}

void hwm_region_finish(void)
{
    HChar text[sizeof hwm_machine.from + 64];

    if (!is_waiting)
        return;
    VG_(snprintf)
    (text, sizeof text, "%s() was never called: nothing was modelled", hwm_machine.from);
    hwm_stream_note(text);
}
