/*
 * Inside the event parser: errors that point at a place, and the pieces of an event that more than
 * one file needs. Positions are byte offsets into the whole text. Private to counters/spec*.c and
 * to sysfs.c, whose alias files are written in the same term syntax.
 */
#ifndef HWP_COUNTERS_SPEC_TEXT_H
#define HWP_COUNTERS_SPEC_TEXT_H

#include <stddef.h>

#include "counters/spec.h"

/* A part of the whole text: [at, end). */
struct hwp_slice {
    const char *text;
    size_t at, end;
};

/* HWP_E_INVALID whose hint is `advice` (may be NULL) followed by the text and a caret under `at`. */
struct hwp_error *hwp_spec_error(const char *text, size_t at, const char *advice, const char *fmt,
                                 ...) hwp_printf(4, 5) hwp_must_use;

/* A whole number in C notation, all of the slice; `what` names it in the error. */
struct hwp_error *hwp_spec_number(struct hwp_slice s, const char *what, uint64_t *ret) hwp_must_use;

bool hwp_spec_is_modifiers(struct hwp_slice s);

/* Adds the letters of the slice to *mods. An empty slice is an error. */
struct hwp_error *hwp_spec_modifiers(struct hwp_slice s, struct hwp_modifiers *mods) hwp_must_use;

/* term { "," term }; appends to `ret`, also when it fails half-way. */
struct hwp_error *hwp_spec_terms(struct hwp_slice s, struct hwp_terms *ret) hwp_must_use;
void hwp_terms_deinit(struct hwp_terms *terms);

/* One event, without groups: fills everything of `ret` but `group`. On failure what was filled is
 * still to be released with hwp_spec_deinit. */
struct hwp_error *hwp_spec_event(struct hwp_slice s, struct hwp_spec *ret) hwp_must_use;
struct hwp_error *hwp_spec_breakpoint(struct hwp_slice s, struct hwp_spec *ret) hwp_must_use;
void hwp_spec_deinit(struct hwp_spec *spec);

#endif
