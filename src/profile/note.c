#include "profile/note.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SEVERITY_WARN HWP_SEVERITY_WARN
#define SEVERITY_INFO HWP_SEVERITY_INFO

static const struct hwp_note_info table[] = {
#define HWP_NOTE(id, severity, text, remedy) \
    [HWP_NOTE_##id] = {#id, SEVERITY_##severity, text, remedy},
#include "profile/note.def"
#undef HWP_NOTE
};

const struct hwp_note_info *hwp_note_info(enum hwp_note_id id)
{
    return &table[id];
}

bool hwp_note_parse(const char *key, enum hwp_note_id *ret)
{
    for (size_t i = 0; i < HWP_NOTE_COUNT_; i++) {
        if (strcmp(table[i].key, key) == 0) {
            *ret = (enum hwp_note_id)i;
            return true;
        }
    }
    return false;
}

static bool same_detail(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

void hwp_note_raise(struct hwp_notes *notes, enum hwp_note_id id, const char *detail)
{
    hwp_vec_foreach (notes, n)
        if (n->id == id && same_detail(n->detail, detail))
            return;
    hwp_vec_push(notes, (struct hwp_note){id, hwp_strdup(detail)});
}

void hwp_notes_deinit(struct hwp_notes *notes)
{
    hwp_vec_foreach (notes, n)
        free(n->detail);
    hwp_vec_deinit(notes);
}
