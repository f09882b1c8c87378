#include "cmd/notes.h"

void hwp_notes_print(const struct hwp_notes *notes, FILE *stream)
{
    hwp_vec_foreach (notes, note) {
        const struct hwp_note_info *info = hwp_note_info(note->id);

        fprintf(stream, "hwprof: %s%s%s%s\n",
                info->severity == HWP_SEVERITY_WARN ? "warning: " : "", info->text,
                note->detail ? ": " : "", note->detail ? note->detail : "");
        if (info->remedy && info->severity == HWP_SEVERITY_WARN)
            fprintf(stream, "  hint: %s\n", info->remedy);
    }
}
