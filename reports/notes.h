/*
 * Notes for the reader: "warning:" and "note:" lines, each with its remedy.
 */
#ifndef HWP_REPORTS_NOTES_H
#define HWP_REPORTS_NOTES_H

#include "base/out.h"
#include "profile/note.h"

struct cJSON;

void hwp_notes_text(const struct hwp_notes *notes, struct hwp_out *out);
struct cJSON *hwp_notes_json(const struct hwp_notes *notes);

/* One note as text, with its remedy. */
void hwp_note_text(const struct hwp_note *note, struct hwp_out *out);

#endif
