#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "profile/reader_internal.h"
#include "profile/recording.h"

/* The section of a feature; empty if the file has none. */
static struct hwp_cursor find(const struct hwp_reader *r, unsigned bit)
{
    struct hwp_cursor c = {r->records_end, r->data + r->size, false};
    struct hwp_cursor none = {r->data, r->data, false};
    struct perf_file_section s;

    if (r->is_stream)
        return bit < PERF_FEATURE_END && r->stream_features[bit].at ? r->stream_features[bit] : none;
    if (!(r->header.features[bit / 64] >> bit % 64 & 1))
        return none;
    for (unsigned b = 0; b < bit; b++)
        if (r->header.features[b / 64] >> b % 64 & 1)
            hwp_cursor_bytes(&c, sizeof(s));
    const uint8_t *p = hwp_cursor_bytes(&c, sizeof(s));
    if (!p)
        return none;
    memcpy(&s, p, sizeof(s));
    if (s.offset > r->size || s.size > r->size - s.offset)
        return none;
    return (struct hwp_cursor){r->data + s.offset, r->data + s.offset + s.size, false};
}

/* Features are written last: a file without any, or with one that ends behind the file's end, was
 * cut short. */
static bool is_cut_short(const struct hwp_reader *r)
{
    struct hwp_cursor c = {r->records_end, r->data + r->size, false};
    size_t n = 0;

    for (unsigned bit = 0; bit < sizeof(r->header.features) * 8; bit++) {
        struct perf_file_section s;
        if (!(r->header.features[bit / 64] >> bit % 64 & 1))
            continue;
        const uint8_t *p = hwp_cursor_bytes(&c, sizeof(s));
        if (!p)
            return true;
        memcpy(&s, p, sizeof(s));
        if (s.offset > r->size || s.size > r->size - s.offset)
            return true;
        n++;
    }
    return n == 0;
}

static size_t left(const struct hwp_cursor *c)
{
    return (size_t)(c->end - c->at);
}

/* A length, and so many bytes with a NUL among them. NULL if there is no such thing. */
static char *read_string(struct hwp_cursor *c)
{
    uint32_t len = hwp_cursor_u32(c);
    const uint8_t *p = hwp_cursor_bytes(c, len);

    return p && len ? hwp_strndup((const char *)p, len) : NULL;
}

static void read_string_feature(const struct hwp_reader *r, unsigned bit, char **into)
{
    struct hwp_cursor c = find(r, bit);
    char *s = *into ? NULL : read_string(&c);

    if (s)
        *into = s;
}

/* --- event names --- */

/* Entries are in the order of the file's attributes, but perf leaves some out; the ids tell. */
static void name_attr(struct hwp_reader *r, uint32_t entry, uint64_t first_id, char *name)
{
    const uint64_t *index = first_id ? hwp_map_get(&r->attr_of_id, first_id) : NULL;
    uint64_t i = index ? *index : entry;

    if (i < r->attrs.len && !r->attrs.data[i].name && name && name[0])
        r->attrs.data[i].name = name;
    else
        free(name);
}

void hwp_features_read_names(struct hwp_reader *r)
{
    struct hwp_cursor c = find(r, PERF_FEATURE_EVENT_DESC);
    uint32_t nr = hwp_cursor_u32(&c), attr_size = hwp_cursor_u32(&c);

    for (uint32_t i = 0; i < nr && !c.bad; i++) {
        hwp_cursor_bytes(&c, attr_size);
        uint32_t nr_ids = hwp_cursor_u32(&c);
        char *name = read_string(&c);
        struct hwp_cursor ids = c;
        hwp_cursor_bytes(&c, (size_t)nr_ids * 8);
        name_attr(r, i, nr_ids && !c.bad ? hwp_cursor_u64(&ids) : 0, name);
    }
}

/* --- build ids --- */

void hwp_features_add_build_id(const struct hwp_record *r, struct hwp_build_ids *ret)
{
    const uint8_t *p = r->body.at - sizeof(r->header);
    struct perf_build_id_record rec;

    if (r->header.size <= sizeof(rec))
        return;
    memcpy(&rec, p, sizeof(rec));
    const uint8_t *path = p + sizeof(rec), *id = p + offsetof(struct perf_build_id_record, build_id);
    if (!memchr(path, 0, rec.header.size - sizeof(rec)))
        return;
    uint8_t len = rec.header.misc & PERF_MISC_BUILD_ID_SIZE ? rec.size : HWP_BUILD_ID_MAX;
    if (len > HWP_BUILD_ID_MAX)
        len = HWP_BUILD_ID_MAX;
    hwp_vec_push(ret, (struct hwp_build_id){(const char *)path, id, len});
}

/* The section is a run of records. */
void hwp_features_read_build_ids(const struct hwp_reader *r, struct hwp_build_ids *ret)
{
    struct hwp_cursor c = find(r, PERF_FEATURE_BUILD_ID);
    struct hwp_record rec;
    bool cut;

    while (hwp_record_next(&c, &rec, &cut))
        hwp_features_add_build_id(&rec, ret);
}

/* --- the run --- */

/* Words with characters that a shell would not leave alone are put in single quotes. */
static void add_quoted(struct hwp_str *out, const char *word)
{
    if (word[0] && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=./,:@%^") == strlen(word)) {
        hwp_str_add(out, word);
        return;
    }
    hwp_str_addc(out, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            hwp_str_add(out, "'\\''");
        else
            hwp_str_addc(out, *word);
    }
    hwp_str_addc(out, '\'');
}

static void read_command(const struct hwp_reader *r, char **into)
{
    struct hwp_cursor c = find(r, PERF_FEATURE_CMDLINE);
    struct hwp_str out hwp_cleanup(hwp_str_deinit) = {0};

    for (uint32_t nr = hwp_cursor_u32(&c); nr && !c.bad; nr--) {
        char *word hwp_cleanup(hwp_free_cleanup) = read_string(&c);
        if (!word)
            break;
        if (out.len)
            hwp_str_addc(&out, ' ');
        add_quoted(&out, word);
    }
    if (!*into && out.len)
        *into = hwp_str_steal(&out);
}

static void read_perf_facts(struct hwp_reader *r)
{
    struct hwp_run *run = &r->profile->run;
    struct hwp_cursor cpus = find(r, PERF_FEATURE_NRCPUS);

    read_string_feature(r, PERF_FEATURE_HOSTNAME, &run->hostname);
    read_string_feature(r, PERF_FEATURE_OSRELEASE, &run->os_release);
    read_string_feature(r, PERF_FEATURE_ARCH, &run->arch);
    read_string_feature(r, PERF_FEATURE_CPUDESC, &run->cpu_model);
    read_string_feature(r, PERF_FEATURE_CPUID, &run->cpuid);
    read_string_feature(r, PERF_FEATURE_VERSION, &run->version);
    hwp_cursor_u32(&cpus); /* configured; the online ones follow */
    if (!run->nr_cpus)
        run->nr_cpus = hwp_cursor_u32(&cpus);
    read_command(r, &run->command);
    if (!run->source)
        run->source = hwp_strdup("perf");
}

static char *read_text(const struct hwp_reader *r, unsigned bit)
{
    struct hwp_cursor c = find(r, bit);

    return left(&c) ? hwp_strndup((const char *)c.at, left(&c)) : NULL;
}

void hwp_features_read_run(struct hwp_reader *r)
{
    struct hwp_cursor json = find(r, HWP_FEATURE_RUN);
    struct hwp_run *run = &r->profile->run;

    if (!r->is_stream && is_cut_short(r))
        r->truncated = true;
    if (left(&json)) {
        struct hwp_error *err = hwp_run_from_json((const char *)json.at, left(&json), run);
        if (err)
            r->truncated = true; /* damaged; the samples are still good */
        r->has_run = !err;
        hwp_error_destroy(err);
    }
    run->topology_xml = read_text(r, HWP_FEATURE_TOPOLOGY);
    r->profile->kallsyms = read_text(r, HWP_FEATURE_KALLSYMS);
    struct hwp_cursor lines = find(r, HWP_FEATURE_LINES);
    if (left(&lines) && !hwp_cache_lines_decode(lines.at, left(&lines), &run->lines))
        r->truncated = true; /* damaged; the samples are still good */
    read_perf_facts(r);
}

/* --- names for events whose name the file doesn't have --- */

static const char *const hardware[] = {
    "cycles",
    "instructions",
    "cache-references",
    "cache-misses",
    "branches",
    "branch-misses",
    "bus-cycles",
    "stalled-cycles-frontend",
    "stalled-cycles-backend",
    "ref-cycles",
};
static const char *const software[] = {
    "cpu-clock",        "task-clock",   "page-faults",  "context-switches",
    "cpu-migrations",   "minor-faults", "major-faults", "alignment-faults",
    "emulation-faults", "dummy",        "bpf-output",   "cgroup-switches",
};
static const char *const caches[] = {
    "L1-dcache", "L1-icache", "LLC", "dTLB", "iTLB", "branch", "node",
};
static const char *const cache_ops[][2] = {
    {"loads", "load-misses"},
    {"stores", "store-misses"},
    {"prefetches", "prefetch-misses"},
};

char *hwp_attr_name(const struct perf_event_attr *attr)
{
    uint64_t c = attr->config;
    uint64_t cache = c & 0xff, op = c >> 8 & 0xff, result = c >> 16 & 0xff;

    if (attr->type == PERF_TYPE_HARDWARE && c < hwp_array_size(hardware))
        return hwp_strdup(hardware[c]);
    if (attr->type == PERF_TYPE_SOFTWARE && c < hwp_array_size(software))
        return hwp_strdup(software[c]);
    if (attr->type == PERF_TYPE_HW_CACHE && cache < hwp_array_size(caches) &&
        op < hwp_array_size(cache_ops) && result < 2)
        return hwp_asprintf("%s-%s", caches[cache], cache_ops[op][result]);
    if (attr->type == PERF_TYPE_RAW)
        return hwp_asprintf("r%llx", (unsigned long long)c);
    if (attr->type == PERF_TYPE_BREAKPOINT)
        return hwp_asprintf("mem:0x%llx", (unsigned long long)attr->bp_addr);
    return hwp_asprintf("event type=%u,config=0x%llx", attr->type, (unsigned long long)c);
}

char *hwp_attr_encoding(const struct perf_event_attr *attr)
{
    return hwp_asprintf("type=%u,config=0x%llx", attr->type, (unsigned long long)attr->config);
}
