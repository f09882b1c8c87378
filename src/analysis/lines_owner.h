/*
 * Whose a cache line is, in words. Private to the analysis of lines (lines.h).
 */
#ifndef HWP_ANALYSIS_LINES_OWNER_H
#define HWP_ANALYSIS_LINES_OWNER_H

#include "analysis/lines.h"

struct hwp_owners; /* the variables of each module, read once */

struct hwp_owners *hwp_owners_create(const struct hwp_profile *p, struct hwp_symbols *s);
void hwp_owners_destroy(struct hwp_owners *o);

/* Fills the row's owner and module. Its words must be there. `comm`: of the task whose stack it is. */
void hwp_owner_of(struct hwp_owners *o, struct hwp_line_row *row, const char *comm);

/* A place in code: "function file.c:12", as far as known; the address if nothing is. `loc` may be
 * HWP_NO_LOC. Caller frees. */
char *hwp_place_text(const struct hwp_profile *p, struct hwp_symbols *s, uint32_t loc, uint64_t ip);

#endif
