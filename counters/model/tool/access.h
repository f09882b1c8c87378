/*
 * What generated code calls. Each is entered only when the filters could not rule out that there is
 * something to model. Arguments in registers; none of them reads or writes guest state.
 */
#ifndef HWM_TOOL_ACCESS_H
#define HWM_TOOL_ACCESS_H

#include "block.h"

/* A block begins that is not the running context's last one, or whose code isn't at hand. */
VG_REGPARM(1) void hwm_block_enter(struct hwm_block *block);

/* A load, store, or load and store of one place. */
VG_REGPARM(2) void hwm_access(Addr address, const struct hwm_site *site);

/* An atomic read-modify-write that changes `before` to `after` (their low 8 bytes). */
VG_REGPARM(3) void hwm_atomic(Addr address, const struct hwm_site *site, ULong before, ULong after);

/* A full fence. */
VG_REGPARM(1) void hwm_fence(const struct hwm_site *site);

/* Branches. `taken` is 0 or 1; hwm_branch is for those that aren't easy (sim/branch.h). */
VG_REGPARM(3) void hwm_branch(const struct hwm_site *site, ULong taken, Addr address);
VG_REGPARM(2) void hwm_indirect(const struct hwm_site *site, Addr target);
VG_REGPARM(3) void hwm_call(Addr target, Addr return_address, Addr stack);
VG_REGPARM(3) void hwm_return(const struct hwm_site *site, Addr target, Addr stack);

#endif
