/* From the streams to the recording and the run: what happens with each record. */
#include "counters/model_output.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "counters/model_image.h"
#include "counters/model_stream.h"

#define MAX_LINES 1000 /* with the most transfers, are kept with all their accesses */

static void open_output(struct hwp_model_output *o, const struct hwp_model_output_config *config,
                        struct hwp_run *run)
{
    size_t nr_columns = config->columns->len, nr_cores = config->machine->machine.nr_cores;

    *o = (struct hwp_model_output){
        .config = config,
        .run = run,
        .writer = {.recording = config->recording, .call_chains = config->call_chains},
        .totals = hwp_calloc(nr_columns * nr_cores + 1, sizeof(uint64_t)),
    };
    hwp_vec_foreach (config->columns, column)
        if (column->event && !o->writer.id)
            o->writer.id = column->id;
    run->lines.line_bytes = config->machine->machine.line_bytes;
}

static void close_output(struct hwp_model_output *o)
{
    hwp_model_writer_deinit(&o->writer);
    hwp_map_deinit(&o->pin_of);
    hwp_map_deinit(&o->process_of);
    hwp_vec_deinit(&o->processes);
    free(o->totals);
}

/* --- counts ---------------------------------------------------------------------------------- */

/* By CPU number; a CPU that isn't modelled has none. */
static void fill_per_cpu(const struct hwp_model_output *o, size_t column, struct hwp_event *ev)
{
    const struct hwm_machine *m = &o->config->machine->machine;

    ev->per_cpu.len = 0;
    for (uint32_t core = 0; core < m->nr_cores; core++) {
        while (ev->per_cpu.len <= m->cores[core].cpu)
            hwp_vec_push(&ev->per_cpu, (struct hwp_count){.state = HWP_COUNT_UNSUPPORTED});
        ev->per_cpu.data[m->cores[core].cpu] =
            hwp_count_exact(o->totals[column * m->nr_cores + core]);
    }
}

static void fill_events(const struct hwp_model_output *o)
{
    const struct hwp_model_columns *columns = o->config->columns;
    uint32_t nr_cores = o->config->machine->machine.nr_cores;

    for (size_t i = 0; i < columns->len && i < o->run->events.len; i++) {
        struct hwp_event *ev = &o->run->events.data[i];
        uint64_t total = 0;

        if (!columns->data[i].event)
            continue;
        for (uint32_t core = 0; core < nr_cores; core++)
            total += o->totals[i * nr_cores + core];
        ev->total = hwp_count_exact(total);
        ev->origin = HWP_ORIGIN_MODELLED;
        ev->sampled = o->config->recording != NULL;
        ev->precise = ev->sampled;
        ev->period = ev->sampled ? 1 : 0; /* each occurrence is in a sample */
        ev->freq_hz = 0;
        if (o->config->per_cpu)
            fill_per_cpu(o, i, ev);
    }
}

/* --- streams --------------------------------------------------------------------------------- */

static void note_cut(struct hwp_run *run, size_t nr)
{
    if (!nr)
        return;
    char *detail hwp_cleanup(hwp_free_cleanup) =
        hwp_asprintf("%zu process%s", nr, nr == 1 ? "" : "es");
    hwp_note_raise(&run->notes, HWP_NOTE_MODEL_CUT, detail);
    run->truncated = true; /* where nothing was counted, something may have been */
}

static void note_never(const struct hwp_model_output *o)
{
    const char *from = o->config->from;

    if (o->has_costs || !from || !*from)
        return;
    hwp_cleanup(hwp_free_cleanup) char *detail =
        hwp_asprintf("%s() was never called: nothing was modelled", from);
    hwp_note_raise(&o->run->notes, HWP_NOTE_MODEL_SAYS, detail);
}

static struct hwp_error *nothing(const char *directory)
{
    return hwp_error_hint(
        hwp_error(HWP_E_FORMAT, "the modelled PMU left no counts in %s", directory),
        "was the workload killed at its start? the tool's own messages are above");
}

static struct hwp_error *read_streams(struct hwp_model_output *o,
                                      const struct hwp_model_streams *streams, size_t nr_cut)
{
    struct hwp_error *err = NULL;

    for (size_t i = 0; !err && i < streams->len; i++) {
        bool is_whole;
        err = hwp_model_image_read(o, &streams->data[i], &is_whole);
        nr_cut += !is_whole;
    }
    if (!err)
        err = hwp_model_write_flush(&o->writer);
    if (err)
        return err;
    note_never(o);
    fill_events(o);
    hwp_cache_lines_rank(&o->run->lines, MAX_LINES);
    note_cut(o->run, nr_cut);
    o->run->call_chains = o->config->call_chains;
    return NULL;
}

struct hwp_error *hwp_model_output_read(const struct hwp_model_output_config *config,
                                        struct hwp_run *run)
{
    struct hwp_model_streams streams hwp_cleanup(hwp_model_streams_close) = {0};
    struct hwp_model_output o hwp_cleanup(close_output) = {0};
    size_t nr_bad;

    HWP_TRY(hwp_model_streams_open(config->directory, &streams, &nr_bad));
    if (!streams.len)
        return nothing(config->directory);
    open_output(&o, config, run);
    return read_streams(&o, &streams, nr_bad);
}
