/*
 * The part of the run that is modelled. Outside it, translations carry no instrumentation of the
 * model, so switching throws them all away.
 */
#include "pub_tool_debuginfo.h"

#include "core_api.h"
#include "region.h"
#include "shared.h"

Bool hwm_modelling;

static Bool is_waiting; /* for the function that it begins with */
static Bool is_over;    /* the budget is used up */
static ULong all;       /* instructions of all processes, when they were last summed */
static ULong counted;   /* those of this process that `all` contains */

/* --- the budget ------------------------------------------------------------------------------ */

static void sum_up(void)
{
    ULong now = hwm_instructions();
    Int fd = hwm_shared_open("budget", &all, sizeof all);

    all += now - counted;
    counted = now;
    hwm_shared_close(fd, &all, sizeof all);
    is_over |= all >= hwm_machine.instructions;
}

Bool hwm_region_is_over(void)
{
    if (hwm_modelling && hwm_machine.instructions)
        sum_up();
    return is_over;
}

void hwm_region_forked(void)
{
    counted = 0;
}

void hwm_region_finish(void)
{
    if (hwm_machine.instructions)
        sum_up();
}

/* --- the first function ---------------------------------------------------------------------- */

void hwm_region_abandon(void)
{
    is_over = True;
}

void hwm_region_init(void)
{
    if (hwm_machine.instructions)
        sum_up(); /* an earlier process may have used it up */
    is_over |= hwm_shared_is_orphan();
    is_waiting = hwm_machine.from[0] != '\0' && !is_over;
    hwm_modelling = !is_waiting && !is_over;
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

/* --- switching ------------------------------------------------------------------------------- */

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
    if (is_over)
        hwm_region_set(False);
}
