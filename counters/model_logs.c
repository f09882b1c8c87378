#include "counters/model_logs.h"

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#define EXIT_SIGILL (128 + SIGILL)

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

struct hwp_error *hwp_model_check_logs(const char *directory, struct hwp_run *run)
{
    struct hwp_str logs = {0};
    struct hwp_error *err = NULL;
    bool has_streams;

    read_logs(directory, &logs, &has_streams);
    const char *unknown = logs.data ? strstr(logs.data, "unrecognised instruction") : NULL;
    if (unknown && run->exit_status == EXIT_SIGILL) {
        hwp_cleanup(hwp_free_cleanup) char *line = first_line(unknown);
        hwp_note_raise(&run->notes, HWP_NOTE_MODEL_INSTRUCTION, line);
    } else if (!has_streams) {
        hwp_cleanup(hwp_free_cleanup) char *line = first_line(logs.data);
        err = hwp_error(HWP_E_SYSTEM, "the modelled PMU did not come to run the workload%s%s",
                        line ? ": " : "", line ? line : "");
        err = hwp_error_hint(err, "--source clock measures time without it");
    }
    hwp_str_deinit(&logs);
    return err;
}
