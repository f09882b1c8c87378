/*
 * Notes on a stream, for verbs that print no report.
 */
#ifndef HWP_CMD_NOTES_H
#define HWP_CMD_NOTES_H

#include <stdio.h>

#include "profile/note.h"

void hwp_notes_print(const struct hwp_notes *notes, FILE *stream);

#endif
