#include "counters/model_logs.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

/* Every log's text. */
static void read_logs(const char *directory, struct hwp_str *ret, bool *ret_streams)
{
    DIR *dir = opendir(directory);

    *ret_streams = false;
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        *ret_streams |= hwp_starts_with(entry->d_name, "stream.");
        if (!hwp_starts_with(entry->d_name, "log."))
            continue;
        hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/%s", directory, entry->d_name);
        hwp_cleanup(hwp_free_cleanup) char *text = hwp_file_read(path, HWP_FILE_SMALL, NULL);
        if (text)
            hwp_str_add(ret, text);
    }
    closedir(dir);
}

/* The text's first line that says something, without Valgrind's "==PID== "; NULL if none does. */
static char *first_line(const char *text)
{
    while (text && *text) {
        size_t len = strcspn(text, "\n");
        const char *from = text, *end = text + len;

        if (*from == '=' || *from == '-') {
            const char *tail = memchr(from, ' ', len);
            from = tail ? tail : end;
        }
        while (from < end && *from == ' ')
            from++;
        if (from < end)
            return hwp_strndup(from, (size_t)(end - from));
        text = end + (*end == '\n');
    }
    return NULL;
}

/* The whole line that holds `at`, a place in `text`. */
static char *line_around(const char *text, const char *at)
{
    while (at > text && at[-1] != '\n')
        at--;
    return first_line(at);
}

/* An assertion of Valgrind's core or of the tool, or what follows its last words; NULL if all went
 * well. */
static const char *find_failure(const char *logs)
{
    static const char last_words[] = "the 'impossible' happened:\n";
    const char *at = strstr(logs, ": Assertion '");

    if (at)
        return at;
    at = strstr(logs, last_words);
    return at ? at + strlen(last_words) : NULL;
}

static struct hwp_error *judge(const char *logs, bool has_streams, struct hwp_run *run)
{
    const char *unknown = strstr(logs, "Unrecognised instruction");
    const char *failure = find_failure(logs);

    if (failure) {
        hwp_cleanup(hwp_free_cleanup) char *line = line_around(logs, failure);
        return hwp_error_hint(hwp_error(HWP_E_SYSTEM, "the modelled PMU failed: %s",
                                        line ? line : "it did not say why"),
                              "--source clock measures time without it");
    }
    if (unknown && strstr(logs, "default action of signal 4")) {
        /* The next line says where: "at ADDRESS: FUNCTION (FILE:LINE)" */
        hwp_cleanup(hwp_free_cleanup) char *line = first_line(strchrnul(unknown, '\n'));
        hwp_note_raise(&run->notes, HWP_NOTE_MODEL_INSTRUCTION, line);
    } else if (!has_streams) {
        hwp_cleanup(hwp_free_cleanup) char *line = first_line(logs);
        return hwp_error_hint(hwp_error(HWP_E_SYSTEM,
                                        "the modelled PMU did not come to run the workload%s%s",
                                        line ? ": " : "", line ? line : ""),
                              "--source clock measures time without it");
    }
    return NULL;
}

/* Programs that ran outside the model, a line each. */
static void note_unmodelled(const char *directory, struct hwp_run *run)
{
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/as-is", directory);
    hwp_cleanup(hwp_free_cleanup) char *text = hwp_file_read(path, HWP_FILE_SMALL, NULL);
    hwp_cleanup(hwp_free_cleanup) char *first = first_line(text);

    if (first)
        hwp_note_raise(&run->notes, HWP_NOTE_MODEL_AS_IS, first);
}

struct hwp_error *hwp_model_check_logs(const char *directory, struct hwp_run *run)
{
    struct hwp_str logs = {0};
    bool has_streams;

    read_logs(directory, &logs, &has_streams);
    struct hwp_error *err = judge(logs.data ? logs.data : "", has_streams, run);
    hwp_str_deinit(&logs);
    if (!err)
        note_unmodelled(directory, run);
    return err;
}
