/*
 * Every part is packed as a Profile of its own that holds nothing else: the wire format makes of
 * messages one after the other a single one, their lists appended.
 */
#include "reports/pprof_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "profile.pb-c.h"
#include "reports/text.h"

#define CHUNK     65536
#define GZIP_BITS (MAX_WBITS + 16) /* zlib.h: a gzip header and trailer around it */

struct hwp_pprof_file {
    ProtobufCBuffer buffer; /* first: what protobuf-c calls back with */
    struct hwp_out *out;
    struct hwp_intern strings;
    z_stream zlib;
    size_t len; /* of `pending` */
    uint8_t pending[CHUNK];
};

static void compress_pending(struct hwp_pprof_file *f, int flush)
{
    uint8_t compressed[CHUNK];

    f->zlib.next_in = f->pending;
    f->zlib.avail_in = (unsigned)f->len;
    do {
        f->zlib.next_out = compressed;
        f->zlib.avail_out = CHUNK;
        deflate(&f->zlib, flush); /* can't fail: its state is sound, and there is room */
        hwp_out_write(f->out, (const char *)compressed, CHUNK - f->zlib.avail_out);
    } while (f->zlib.avail_out == 0);
    f->len = 0;
}

static void append(ProtobufCBuffer *buffer, size_t len, const uint8_t *data)
{
    struct hwp_pprof_file *f = (struct hwp_pprof_file *)buffer;

    while (len) {
        size_t n = len < CHUNK - f->len ? len : CHUNK - f->len;
        memcpy(f->pending + f->len, data, n);
        f->len += n;
        data += n;
        len -= n;
        if (f->len == CHUNK)
            compress_pending(f, Z_NO_FLUSH);
    }
}

static void put(struct hwp_pprof_file *f, const Hwp__Pprof__Profile *part)
{
    hwp__pprof__profile__pack_to_buffer(part, &f->buffer);
}

struct hwp_pprof_file *hwp_pprof_file_create(struct hwp_out *out)
{
    struct hwp_pprof_file *f = hwp_calloc(1, sizeof(*f));

    f->buffer.append = append;
    f->out = out;
    hwp_intern(&f->strings, ""); /* is index 0 */
    if (deflateInit2(&f->zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_BITS, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        fputs("hwprof: out of memory\n", stderr);
        abort();
    }
    return f;
}

void hwp_pprof_file_finish(struct hwp_pprof_file *f)
{
    for (size_t i = 0; i < f->strings.len; i++) {
        Hwp__Pprof__Profile part = HWP__PPROF__PROFILE__INIT;
        part.n_string_table = 1;
        part.string_table = &f->strings.strings[i];
        put(f, &part);
    }
    compress_pending(f, Z_FINISH);
    deflateEnd(&f->zlib);
    hwp_intern_deinit(&f->strings);
    free(f);
}

int64_t hwp_pprof_string(struct hwp_pprof_file *f, const char *text)
{
    if (!text)
        return 0;
    char *valid hwp_cleanup(hwp_free_cleanup) = hwp_text_utf8(text);
    return hwp_intern(&f->strings, valid);
}

static Hwp__Pprof__ValueType value_type(struct hwp_pprof_file *f, const char *type,
                                        const char *unit)
{
    Hwp__Pprof__ValueType v = HWP__PPROF__VALUE_TYPE__INIT;

    v.type = hwp_pprof_string(f, type);
    v.unit = hwp_pprof_string(f, unit);
    return v;
}

void hwp_pprof_sample_type(struct hwp_pprof_file *f, const char *type, const char *unit)
{
    Hwp__Pprof__Profile part = HWP__PPROF__PROFILE__INIT;
    Hwp__Pprof__ValueType v = value_type(f, type, unit);
    Hwp__Pprof__ValueType *list = &v;

    part.n_sample_type = 1;
    part.sample_type = &list;
    put(f, &part);
}

#define LABELS_MAX 8

void hwp_pprof_sample(struct hwp_pprof_file *f, const struct hwp_pprof_sample *sample)
{
    Hwp__Pprof__Profile part = HWP__PPROF__PROFILE__INIT;
    Hwp__Pprof__Sample s = HWP__PPROF__SAMPLE__INIT;
    Hwp__Pprof__Sample *list = &s;
    Hwp__Pprof__Label labels[LABELS_MAX], *label_list[LABELS_MAX];

    for (size_t i = 0; i < sample->nr_labels && i < LABELS_MAX; i++) {
        const struct hwp_pprof_label *l = &sample->labels[i];
        hwp__pprof__label__init(&labels[i]);
        labels[i].key = l->key;
        labels[i].str = l->text;
        labels[i].num = l->number;
        labels[i].num_unit = l->unit;
        label_list[s.n_label++] = &labels[i];
    }
    s.label = label_list;
    s.n_location_id = sample->nr_locations;
    s.location_id = (uint64_t *)(uintptr_t)sample->locations; /* read alone */
    s.n_value = sample->nr_values;
    s.value = (int64_t *)(uintptr_t)sample->values;
    part.n_sample = 1;
    part.sample = &list;
    put(f, &part);
}

void hwp_pprof_mapping(struct hwp_pprof_file *f, const struct hwp_pprof_mapping *mapping)
{
    Hwp__Pprof__Profile part = HWP__PPROF__PROFILE__INIT;
    Hwp__Pprof__Mapping m = HWP__PPROF__MAPPING__INIT;
    Hwp__Pprof__Mapping *list = &m;

    m.id = mapping->id;
    m.memory_start = mapping->start;
    m.memory_limit = mapping->limit;
    m.file_offset = mapping->offset;
    m.filename = hwp_pprof_string(f, mapping->path);
    m.build_id = hwp_pprof_string(f, mapping->build_id);
    m.has_functions = true;
    m.has_filenames = m.has_line_numbers = mapping->has_lines;
    m.has_inline_frames = mapping->has_inlined;
    part.n_mapping = 1;
    part.mapping = &list;
    put(f, &part);
}

void hwp_pprof_location(struct hwp_pprof_file *f, uint64_t id, uint64_t mapping, uint64_t address,
                        const struct hwp_pprof_line *lines, size_t nr_lines)
{
    Hwp__Pprof__Profile part = HWP__PPROF__PROFILE__INIT;
    Hwp__Pprof__Location l = HWP__PPROF__LOCATION__INIT;
    Hwp__Pprof__Location *list = &l;
    Hwp__Pprof__Line *line hwp_cleanup(hwp_free_cleanup) = hwp_calloc(nr_lines, sizeof(*line));
    l.line = hwp_calloc(nr_lines, sizeof(Hwp__Pprof__Line *));

    for (size_t i = 0; i < nr_lines; i++) {
        hwp__pprof__line__init(&line[i]);
        line[i].function_id = lines[i].function;
        line[i].line = lines[i].line;
        l.line[l.n_line++] = &line[i];
    }
    l.id = id;
    l.mapping_id = mapping;
    l.address = address;
    part.n_location = 1;
    part.location = &list;
    put(f, &part);
    free(l.line);
}

void hwp_pprof_function(struct hwp_pprof_file *f, const struct hwp_pprof_function *function)
{
    Hwp__Pprof__Profile part = HWP__PPROF__PROFILE__INIT;
    Hwp__Pprof__Function fn = HWP__PPROF__FUNCTION__INIT;
    Hwp__Pprof__Function *list = &fn;

    fn.id = function->id;
    fn.name = function->name;
    fn.system_name = function->system_name;
    fn.filename = function->file;
    fn.start_line = function->start_line;
    part.n_function = 1;
    part.function = &list;
    put(f, &part);
}

void hwp_pprof_header(struct hwp_pprof_file *f, const struct hwp_pprof_header *header)
{
    Hwp__Pprof__Profile part = HWP__PPROF__PROFILE__INIT;
    Hwp__Pprof__ValueType of = value_type(f, header->type, header->unit);

    part.time_nanos = (int64_t)header->time_ns;
    part.duration_nanos = (int64_t)header->duration_ns;
    part.period = (int64_t)header->period;
    part.period_type = &of;
    part.default_sample_type = of.type;
    put(f, &part);
}

void hwp_pprof_comment(struct hwp_pprof_file *f, const char *text)
{
    Hwp__Pprof__Profile part = HWP__PPROF__PROFILE__INIT;
    int64_t index = hwp_pprof_string(f, text);

    part.n_comment = 1;
    part.comment = &index;
    put(f, &part);
}
