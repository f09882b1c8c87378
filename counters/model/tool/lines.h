/*
 * Ownership of lines between cores: who may write without asking, who must be told, and which lines
 * cores contend for, so that the weave decides.
 */
#ifndef HWM_TOOL_LINES_H
#define HWM_TOOL_LINES_H

#include "core.h"

/* What a core that brings a line into its private caches, or wants to write to one it has, finds. */
struct hwm_claim {
    UInt flags;            /* of its new tag: enum hwm_tag */
    struct hwm_core *from; /* the core that held it modified and hands it over, or NULL */
    UInt taken;            /* copies that others had to give up */
    struct hwm_line *line; /* contended for: the weave is to be told; else NULL */
};

struct hwm_claim hwm_claim(struct hwm_core *c, Addr line, Bool write);

/* For a prefetch, which must not cost what nobody is charged for: False (and nothing has changed) if
 * another core has the line modified, or if it is contended for. The access itself will ask. */
Bool hwm_claim_prefetch(struct hwm_core *c, Addr line);

/* For an atomic: follows the line from now on, whoever uses it. */
struct hwm_line *hwm_follow(struct hwm_core *c, Addr line);

/* The line that a CONTESTED tag stands for. */
struct hwm_line *hwm_line_of(Addr line);

/* A private cache of the core has let go of it; tag: as it was there. */
void hwm_let_go(struct hwm_core *c, uint64_t tag);

/* Fills the object that owns the line: objects.c. */
void hwm_object_find(struct hwm_record_line *record);

#endif
