/*
 * What a program asks or says about where its memory and tasks are, answered by the modelled
 * machine. Each function gets the system call's arguments and returns its result: a value or
 * -errno, or HWM_AS_HOST where the host's kernel has answered rightly.
 */
#ifndef HWM_TOOL_PLACEMENT_H
#define HWM_TOOL_PLACEMENT_H

#include "tool.h"

#define HWM_AS_HOST 1 /* no call here returns it */

Word hwm_set_mempolicy(const UWord *args);
Word hwm_get_mempolicy(const struct hwm_task *task, const UWord *args);
Word hwm_mbind(const UWord *args);
Word hwm_move_pages(const UWord *args);

/* The process's policy as set_mempolicy(2) was told it: bit i of `nodes` for node i. */
void hwm_policy_get(UInt *ret_mode, UInt *ret_nodes);
void hwm_policy_set(UInt mode, UInt nodes);

Word hwm_getcpu(const struct hwm_task *task, const UWord *args);
Word hwm_get_affinity(struct hwm_task *task, const UWord *args);
Word hwm_set_affinity(struct hwm_task *task, const UWord *args);

/* Whether the client may read or write these bytes. */
Bool hwm_client_reads(UWord address, SizeT bytes);
Bool hwm_client_writes(UWord address, SizeT bytes);

#endif
