#include "reports/notes.h"

#include "base/mem.h"
#include "reports/json.h"
#include "reports/text.h"

void hwp_note_text(const struct hwp_note *note, struct hwp_out *out)
{
    const struct hwp_note_info *info = hwp_note_info(note->id);
    bool warns = info->severity == HWP_SEVERITY_WARN;
    enum hwp_color color = warns ? HWP_COLOR_WARN : HWP_COLOR_NONE;

    hwp_color_begin(out, color);
    hwp_out_puts(out, warns ? "warning: " : "note: ");
    hwp_color_end(out, color);
    hwp_out_puts(out, info->text);
    if (note->detail) {
        char *detail hwp_cleanup(hwp_free_cleanup) = hwp_text_printable(note->detail);
        hwp_out_printf(out, " (%s)", detail);
    }
    hwp_out_puts(out, "\n");
    if (info->remedy)
        hwp_out_printf(out, "  hint: %s\n", info->remedy);
}

void hwp_notes_text(const struct hwp_notes *notes, struct hwp_out *out)
{
    static const enum hwp_severity order[] = {HWP_SEVERITY_WARN, HWP_SEVERITY_INFO};

    for (size_t i = 0; i < hwp_array_size(order); i++)
        hwp_vec_foreach (notes, note)
            if (hwp_note_info(note->id)->severity == order[i])
                hwp_note_text(note, out);
}

struct cJSON *hwp_notes_json(const struct hwp_notes *notes)
{
    struct cJSON *array = hwp_json_array();

    hwp_vec_foreach (notes, note) {
        const struct hwp_note_info *info = hwp_note_info(note->id);
        struct cJSON *object = hwp_json_object();
        hwp_json_put_text(object, "id", info->key);
        hwp_json_put_text(object, "severity",
                          info->severity == HWP_SEVERITY_WARN ? "warning" : "note");
        hwp_json_put_text(object, "text", info->text);
        hwp_json_put_text(object, "detail", note->detail);
        hwp_json_put_text(object, "remedy", info->remedy);
        hwp_json_append(array, object);
    }
    return array;
}
