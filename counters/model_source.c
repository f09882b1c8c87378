/*
 * The source `model`: the workload runs under a Valgrind tool on a simulated machine, and what the
 * tool leaves behind becomes the counts and samples. Everything that the two exchange lies in one
 * directory of the session's, which goes with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "counters/model_logs.h"
#include "counters/model_output.h"
#include "counters/model_progress.h"
#include "counters/model_rows.h"
#include "counters/model_stale.h"
#include "counters/source.h"

struct model_session {
    struct hwp_session base;
    struct hwp_session_config config; /* what it points to is borrowed */
    char *directory;
    int machine_fd, alive_fd;         /* of two files in it, both locked; see model_stale.h */
    struct hwp_model_columns columns; /* parallel to the run's events */
    struct hwp_recording *recording;
    struct hwp_model_progress *progress;
    bool stopped;
};

static struct model_session *inside(struct hwp_session *session)
{
    return (struct model_session *)session;
}

static struct hwp_error *model_probe(const struct hwp_system_facts *facts)
{
    hwp_cleanup(hwp_free_cleanup) char *directory = NULL;

    (void)facts;
    return hwp_model_tool_directory(&directory);
}

/* --- open ------------------------------------------------------------------------------------ */

static struct hwp_error *make_directory(struct model_session *s)
{
    const char *set = getenv("TMPDIR"), *tmp = set && *set == '/' ? set : "/tmp";
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/hwprof-XXXXXX", tmp);

    hwp_model_remove_stale(tmp);
    if (!mkdtemp(path))
        return hwp_error_hint(hwp_error_sys(errno, "can't make the directory %s", path),
                              "set TMPDIR to a directory that can be written");
    s->directory = hwp_steal(&path);
    return NULL;
}

/* A text of the machine's description; it must fit. */
static struct hwp_error *set_text(char *into, size_t size, const char *text, const char *what)
{
    if (snprintf(into, size, "%s", text) >= (int)size)
        return hwp_error(HWP_E_INVALID, "%s is longer than %zu bytes", what, size - 1);
    return NULL;
}

static struct hwp_error *describe_machine(const struct model_session *s, struct hwm_machine *m)
{
    const struct hwp_session_config *config = &s->config;

    *m = config->machine->machine;
    m->flags &= ~(uint32_t)(HWM_FOLLOW | HWM_CHAINS);
    m->flags |= (config->follow ? HWM_FOLLOW : 0) | (config->call_chains ? HWM_CHAINS : 0);
    m->instructions = config->model_instructions;
    HWP_TRY(set_text(m->from, sizeof(m->from), config->model_from ? config->model_from : "",
                     "the function to model from"));
    return set_text(m->directory, sizeof(m->directory), s->directory, "TMPDIR");
}

static struct hwp_error *write_machine(struct model_session *s)
{
    hwp_cleanup(hwp_free_cleanup) struct hwm_machine *m = hwp_alloc(sizeof(*m));

    HWP_TRY(describe_machine(s, m));
    HWP_TRY(hwp_model_hold(s->directory, &s->alive_fd, &s->machine_fd));
    ssize_t n = write(s->machine_fd, m, sizeof(*m));
    int errnum = n < 0 ? errno : n < (ssize_t)sizeof(*m) ? ENOSPC : 0;
    return errnum ? hwp_error_sys(errnum, "can't write %s/machine", s->directory) : NULL;
}

static struct hwp_error *create_recording(struct model_session *s)
{
    const struct hwp_encodings *asked = s->config.events;
    HWP_VEC(struct hwp_recording_event) events = {0};

    for (size_t i = 0; i < asked->len; i++) {
        struct hwp_recording_event ev = {
            .name = asked->data[i].name, .ids = &s->columns.data[i].id, .nr_ids = 1};
        if (!s->columns.data[i].event)
            continue;
        hwp_model_sample_attr(&ev.attr, s->config.call_chains);
        ev.attr.type = asked->data[i].attr.type;
        ev.attr.config = asked->data[i].attr.config;
        ev.attr.exclude_kernel = ev.attr.exclude_hv = 1;
        hwp_vec_push(&events, ev);
    }
    struct hwp_error *err =
        hwp_recording_create(s->config.recording_path, events.data, events.len, &s->recording);
    hwp_vec_deinit(&events);
    if (!err && s->config.compress)
        hwp_recording_compress(s->recording);
    return err;
}

static void note_machine(const struct model_session *s, struct hwp_run *run)
{
    const struct hwp_model_machine *machine = s->config.machine;
    hwp_cleanup(hwp_free_cleanup) char *summary = hwp_topology_summary(machine->topology);
    hwp_cleanup(hwp_free_cleanup) char *detail = hwp_asprintf("%s: %s", machine->name, summary);
    struct hwp_str assumed = {0};

    hwp_note_raise(&run->notes, HWP_NOTE_MODELLED, detail);
    hwp_vec_foreach (&machine->assumed, text) {
        hwp_str_add(&assumed, assumed.len ? "; " : "");
        hwp_str_add(&assumed, *text);
    }
    if (assumed.len)
        hwp_note_raise(&run->notes, HWP_NOTE_MODEL_ASSUMED, assumed.data);
    hwp_str_deinit(&assumed);
}

static struct hwp_error *open_all(struct model_session *s, struct hwp_run *run)
{
    HWP_TRY(
        hwp_model_add_rows(s->config.events, s->config.recording_path != NULL, run, &s->columns));
    HWP_TRY(make_directory(s));
    HWP_TRY(write_machine(s));
    if (s->config.recording_path)
        HWP_TRY(create_recording(s));
    note_machine(s, run);
    free(run->source);
    run->source = hwp_strdup(hwp_source_model.name);
    run->call_chains = s->config.recording_path && s->config.call_chains;
    return NULL;
}

static void model_close(struct hwp_session *session);

static struct hwp_error *model_open(const struct hwp_session_config *config, struct hwp_run *run,
                                    struct hwp_session **ret)
{
    struct model_session *s = hwp_calloc(1, sizeof(*s));

    *s = (struct model_session){
        .base = {.source = &hwp_source_model}, .config = *config, .machine_fd = -1, .alive_fd = -1};
    struct hwp_error *err = open_all(s, run);
    if (err) {
        model_close(&s->base);
        return err;
    }
    *ret = &s->base;
    return NULL;
}

/* --- the run --------------------------------------------------------------------------------- */

static struct hwp_error *model_wrap(struct hwp_session *session, char *const *argv,
                                    struct hwp_launch *ret)
{
    struct model_session *s = inside(session);

    return hwp_model_launch(s->directory, s->config.follow, argv, ret);
}

static struct hwp_error *model_start(struct hwp_session *session)
{
    struct model_session *s = inside(session);

    s->progress = hwp_model_progress_start(s->directory);
    return NULL;
}

static struct hwp_error *model_stop(struct hwp_session *session)
{
    struct model_session *s = inside(session);

    hwp_model_progress_stop(hwp_steal(&s->progress));
    s->stopped = true;
    return NULL;
}

/* The tool writes its streams as it goes and at its end, so there is nothing to read before that.
 */
static struct hwp_error *model_collect(struct hwp_session *session, struct hwp_run *run)
{
    struct model_session *s = inside(session);
    const struct hwp_model_output_config config = {
        .directory = s->directory,
        .machine = s->config.machine,
        .columns = &s->columns,
        .per_cpu = true, /* each count is known per core anyway */
        .call_chains = run->call_chains,
        .from = s->config.model_from,
        .recording = s->recording,
    };

    if (!s->stopped)
        return NULL;
    HWP_TRY(hwp_model_check_logs(s->directory, run));
    return hwp_model_output_read(&config, run);
}

static struct hwp_error *model_finish(struct hwp_session *session, const struct hwp_run *run)
{
    struct model_session *s = inside(session);

    if (!s->recording)
        return NULL;
    struct hwp_error *err = hwp_recording_finish(s->recording, run);
    hwp_recording_destroy(hwp_steal(&s->recording));
    return err;
}

/* --- close ----------------------------------------------------------------------------------- */

static void model_close(struct hwp_session *session)
{
    struct model_session *s = inside(session);

    if (!s)
        return;
    hwp_model_progress_stop(s->progress);
    hwp_recording_destroy(s->recording);
    if (s->directory)
        hwp_model_remove(s->directory);
    if (s->alive_fd >= 0)
        close(s->alive_fd);
    if (s->machine_fd >= 0)
        close(s->machine_fd);
    free(s->directory);
    hwp_vec_deinit(&s->columns);
    free(s);
}

const struct hwp_source hwp_source_model = {
    .name = "model",
    .summary = "the modelled PMU: the workload on a simulated machine, 30 to 100 times slower",
    .probe = model_probe,
    .open = model_open,
    .wrap = model_wrap,
    .start = model_start,
    .stop = model_stop,
    .collect = model_collect,
    .finish = model_finish,
    .close = model_close,
};
