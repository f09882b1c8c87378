/*
 * Notes: things a reader of a report must know, each from the one table in note.def. A note is
 * raised once per (id, detail); raising it again does nothing.
 */
#ifndef HWP_PROFILE_NOTE_H
#define HWP_PROFILE_NOTE_H

#include <stdbool.h>

#include "base/vec.h"

enum hwp_note_id {
#define HWP_NOTE(id, severity, text, remedy) HWP_NOTE_##id,
#include "profile/note.def"
#undef HWP_NOTE
    HWP_NOTE_COUNT_
};

enum hwp_severity { HWP_SEVERITY_INFO, HWP_SEVERITY_WARN };

struct hwp_note_info {
    const char *key; /* "NO_PMU" */
    enum hwp_severity severity;
    const char *text, *remedy; /* remedy may be NULL */
};

struct hwp_note {
    enum hwp_note_id id;
    char *detail; /* "cycles: 43 % of the time", or NULL; owned by the vector's owner */
};
HWP_VEC_TYPE(hwp_notes, struct hwp_note);

const struct hwp_note_info *hwp_note_info(enum hwp_note_id id);
bool hwp_note_parse(const char *key, enum hwp_note_id *ret);

/* `detail` is copied and may be NULL. */
void hwp_note_raise(struct hwp_notes *notes, enum hwp_note_id id, const char *detail);
void hwp_notes_deinit(struct hwp_notes *notes);

#endif
