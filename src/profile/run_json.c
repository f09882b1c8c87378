/*
 * A run as JSON. One table per struct names each field, its kind and its place, and serves both
 * directions, so that they can't drift apart.
 *
 * JSON numbers are doubles to cJSON as to most readers, exact up to 2^53; a larger integer is
 * written as a string of digits, and both forms are read.
 */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "profile/run.h"

#define EXACT_MAX (UINT64_C(1) << 53)

enum kind { STR, BOOL, U64, U32, I32, ORIGIN, COUNT, COUNTS, EVENTS, PINS, NOTES };

struct field {
    const char *key;
    enum kind kind;
    size_t offset;
};

#define RUN(key, kind)                            \
    {                                             \
#key, kind, offsetof(struct hwp_run, key) \
    }
#define EVENT(key, kind)                            \
    {                                               \
#key, kind, offsetof(struct hwp_event, key) \
    }
#define PIN(key, kind)                            \
    {                                             \
#key, kind, offsetof(struct hwp_pin, key) \
    }

static const struct field run_fields[] = {
    RUN(command, STR),       RUN(has_exit, BOOL),    RUN(exit_status, I32),
    RUN(duration_ns, U64),   RUN(user_ns, U64),      RUN(system_ns, U64),
    RUN(hostname, STR),      RUN(os_release, STR),   RUN(arch, STR),
    RUN(cpu_model, STR),     RUN(cpuid, STR),        RUN(topology, STR),
    RUN(nr_cpus, U32),       RUN(version, STR),      RUN(start_time_s, U64),
    RUN(source, STR),        RUN(events, EVENTS),    RUN(pin_plan, STR),
    RUN(memory_policy, STR), RUN(pins, PINS),        RUN(call_chains, BOOL),
    RUN(lost_records, U64),  RUN(lost_samples, U64), RUN(throttled, U64),
    RUN(truncated, BOOL),    RUN(notes, NOTES),      {NULL},
};

static const struct field event_fields[] = {
    EVENT(name, STR),      EVENT(encoding, STR),   EVENT(source, STR),     EVENT(unit, STR),
    EVENT(origin, ORIGIN), EVENT(total, COUNT),    EVENT(per_cpu, COUNTS), EVENT(reason, STR),
    EVENT(remedy, STR),    EVENT(requested, BOOL), EVENT(sampled, BOOL),   EVENT(precise, BOOL),
    EVENT(period, U64),    EVENT(freq_hz, U64),    EVENT(leader, I32),     {NULL},
};

static const struct field pin_fields[] = {
    PIN(pid, I32), PIN(tid, I32), PIN(comm, STR), PIN(cpu, I32), PIN(core, I32), {NULL},
};

_Static_assert(sizeof(int) == sizeof(int32_t), "int fields are described as I32");

/* --- writing --- */

static cJSON *put_fields(const void *base, const struct field *fields);

static cJSON *put_u64(uint64_t v)
{
    char digits[32];

    if (v <= EXACT_MAX)
        return cJSON_CreateNumber((double)v);
    snprintf(digits, sizeof(digits), "%" PRIu64, v);
    return cJSON_CreateString(digits);
}

static cJSON *put_count(const struct hwp_count *c)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddItemToObject(o, "value", put_u64(c->value));
    cJSON_AddItemToObject(o, "enabled_ns", put_u64(c->time_enabled_ns));
    cJSON_AddItemToObject(o, "running_ns", put_u64(c->time_running_ns));
    cJSON_AddStringToObject(o, "state", hwp_count_state_name(c->state));
    return o;
}

static cJSON *put_note(const struct hwp_note *n)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "id", hwp_note_info(n->id)->key);
    if (n->detail)
        cJSON_AddStringToObject(o, "detail", n->detail);
    return o;
}

static cJSON *put_array(const void *at, enum kind kind)
{
    const struct hwp_counts *counts = at;
    const struct hwp_events *events = at;
    const struct hwp_pins *pins = at;
    const struct hwp_notes *notes = at;
    cJSON *a = cJSON_CreateArray();

    for (size_t i = 0; kind == COUNTS && i < counts->len; i++)
        cJSON_AddItemToArray(a, put_count(&counts->data[i]));
    for (size_t i = 0; kind == EVENTS && i < events->len; i++)
        cJSON_AddItemToArray(a, put_fields(&events->data[i], event_fields));
    for (size_t i = 0; kind == PINS && i < pins->len; i++)
        cJSON_AddItemToArray(a, put_fields(&pins->data[i], pin_fields));
    for (size_t i = 0; kind == NOTES && i < notes->len; i++)
        cJSON_AddItemToArray(a, put_note(&notes->data[i]));
    return a;
}

static cJSON *put_field(const void *at, enum kind kind)
{
    switch (kind) {
    case STR: {
        const char *s = *(char *const *)at;
        return s ? cJSON_CreateString(s) : NULL;
    }
    case BOOL:
        return cJSON_CreateBool(*(const bool *)at);
    case U64:
        return put_u64(*(const uint64_t *)at);
    case U32:
        return put_u64(*(const uint32_t *)at);
    case I32:
        return cJSON_CreateNumber(*(const int32_t *)at);
    case ORIGIN:
        return cJSON_CreateString(hwp_origin_name(*(const enum hwp_origin *)at));
    case COUNT:
        return put_count(at);
    default:
        return put_array(at, kind);
    }
}

static cJSON *put_fields(const void *base, const struct field *fields)
{
    cJSON *o = cJSON_CreateObject();

    for (const struct field *f = fields; f->key; f++) {
        cJSON *item = put_field((const char *)base + f->offset, f->kind);
        if (item)
            cJSON_AddItemToObject(o, f->key, item);
    }
    return o;
}

char *hwp_run_to_json(const struct hwp_run *run)
{
    cJSON *o = put_fields(run, run_fields);
    char *text = cJSON_PrintUnformatted(o);

    cJSON_Delete(o);
    if (text)
        return text;
    return hwp_strdup("{}");
}

/* --- reading: what has the wrong type counts as absent --- */

static void get_fields(const cJSON *o, void *base, const struct field *fields);

static bool get_u64(const cJSON *item, uint64_t *ret)
{
    char *end;

    if (cJSON_IsString(item)) {
        uint64_t v = strtoull(item->valuestring, &end, 10);
        if (end == item->valuestring || *end)
            return false;
        *ret = v;
        return true;
    }
    double d = cJSON_IsNumber(item) ? item->valuedouble : -1.0;
    if (!(d >= 0.0 && d < 18446744073709551616.0))
        return false;
    *ret = (uint64_t)d;
    return true;
}

static bool get_i32(const cJSON *item, int32_t *ret)
{
    double d = cJSON_IsNumber(item) ? item->valuedouble : NAN;

    if (!(d >= INT32_MIN && d <= INT32_MAX))
        return false;
    *ret = (int32_t)d;
    return true;
}

static const char *get_text(const cJSON *o, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, key));
}

static struct hwp_count get_count(const cJSON *o)
{
    struct hwp_count c = {0};
    const char *state = get_text(o, "state");

    get_u64(cJSON_GetObjectItemCaseSensitive(o, "value"), &c.value);
    get_u64(cJSON_GetObjectItemCaseSensitive(o, "enabled_ns"), &c.time_enabled_ns);
    get_u64(cJSON_GetObjectItemCaseSensitive(o, "running_ns"), &c.time_running_ns);
    if (state)
        hwp_count_state_parse(state, &c.state);
    return c;
}

static void get_counts(const cJSON *array, struct hwp_counts *into)
{
    const cJSON *item;

    hwp_vec_deinit(into);
    cJSON_ArrayForEach(item, array) hwp_vec_push(into, get_count(item));
}

static void get_events(const cJSON *array, struct hwp_events *into)
{
    const cJSON *item;

    hwp_vec_foreach (into, ev)
        hwp_event_deinit(ev);
    hwp_vec_deinit(into);
    cJSON_ArrayForEach(item, array)
    {
        hwp_vec_push(into, (struct hwp_event){.leader = -1});
        get_fields(item, hwp_vec_last(into), event_fields);
    }
    /* A leader is an index; one that isn't would be followed into nowhere. */
    hwp_vec_foreach (into, ev)
        if (ev->leader < -1 || (ev->leader >= 0 && (size_t)ev->leader >= into->len))
            ev->leader = -1;
}

static void get_pins(const cJSON *array, struct hwp_pins *into)
{
    const cJSON *item;

    hwp_vec_foreach (into, pin)
        free(pin->comm);
    hwp_vec_deinit(into);
    cJSON_ArrayForEach(item, array)
    {
        hwp_vec_push(into, (struct hwp_pin){.cpu = -1, .core = -1});
        get_fields(item, hwp_vec_last(into), pin_fields);
    }
}

/* A note of a later version is not in our table and has no text: skipped. */
static void get_notes(const cJSON *array, struct hwp_notes *into)
{
    const cJSON *item;
    enum hwp_note_id id;

    hwp_notes_deinit(into);
    cJSON_ArrayForEach(item, array)
    {
        const char *key = get_text(item, "id");
        if (key && hwp_note_parse(key, &id))
            hwp_note_raise(into, id, get_text(item, "detail"));
    }
}

static void get_array(const cJSON *item, void *at, enum kind kind)
{
    if (!cJSON_IsArray(item))
        return;
    if (kind == COUNTS)
        get_counts(item, at);
    else if (kind == EVENTS)
        get_events(item, at);
    else if (kind == PINS)
        get_pins(item, at);
    else
        get_notes(item, at);
}

static void get_str(const cJSON *item, char **at)
{
    if (!cJSON_IsString(item))
        return;
    free(*at);
    *at = hwp_strdup(item->valuestring);
}

static void get_field(const cJSON *item, void *at, enum kind kind)
{
    uint64_t v;

    switch (kind) {
    case STR:
        get_str(item, at);
        break;
    case BOOL:
        if (cJSON_IsBool(item))
            *(bool *)at = cJSON_IsTrue(item);
        break;
    case U64:
        if (get_u64(item, &v))
            *(uint64_t *)at = v;
        break;
    case U32:
        if (get_u64(item, &v) && v <= UINT32_MAX)
            *(uint32_t *)at = (uint32_t)v;
        break;
    case I32:
        get_i32(item, at);
        break;
    case ORIGIN:
        if (cJSON_IsString(item))
            *(enum hwp_origin *)at = strcmp(item->valuestring, "modelled") == 0
                                         ? HWP_ORIGIN_MODELLED
                                         : HWP_ORIGIN_MEASURED;
        break;
    case COUNT:
        if (cJSON_IsObject(item))
            *(struct hwp_count *)at = get_count(item);
        break;
    default:
        get_array(item, at, kind);
    }
}

static void get_fields(const cJSON *o, void *base, const struct field *fields)
{
    for (const struct field *f = fields; f->key; f++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, f->key);
        if (item)
            get_field(item, (char *)base + f->offset, f->kind);
    }
}

struct hwp_error *hwp_run_from_json(const char *text, size_t len, struct hwp_run *ret)
{
    cJSON *o = cJSON_ParseWithLength(text, len);

    if (!cJSON_IsObject(o)) {
        cJSON_Delete(o);
        return hwp_error(HWP_E_FORMAT, "the recording's run section is not a JSON object");
    }
    get_fields(o, ret, run_fields);
    cJSON_Delete(o);
    return NULL;
}
