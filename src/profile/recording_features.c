#include "profile/recording_features.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/mem.h"
#include "profile/build_id.h"
#include "profile/kallsyms.h"
#include "profile/perf_file.h"

static void add_bytes(struct hwp_str *out, const void *bytes, size_t n)
{
    hwp_str_addn(out, bytes, n);
}

static void add_u32(struct hwp_str *out, uint32_t v)
{
    add_bytes(out, &v, sizeof(v));
}

static void add_u64(struct hwp_str *out, uint64_t v)
{
    add_bytes(out, &v, sizeof(v));
}

static void add_padding(struct hwp_str *out, size_t n)
{
    for (; n; n--)
        hwp_str_addc(out, '\0');
}

/* Length with padding, text, NULs up to that length. */
static void add_string(struct hwp_str *out, const char *s)
{
    size_t len = strlen(s) + 1;
    size_t padded = (len + PERF_STRING_ALIGN - 1) / PERF_STRING_ALIGN * PERF_STRING_ALIGN;

    add_u32(out, (uint32_t)padded);
    add_bytes(out, s, len);
    add_padding(out, padded - len);
}

static void add_known_string(struct hwp_str *out, const char *s, const char *otherwise)
{
    if (s || otherwise)
        add_string(out, s ? s : otherwise);
}

static void add_build_id(struct hwp_str *out, uint16_t cpumode, const char *path, const uint8_t *id,
                         size_t len)
{
    size_t name = strlen(path) + 1;
    size_t padded = (name + PERF_STRING_ALIGN - 1) / PERF_STRING_ALIGN * PERF_STRING_ALIGN;
    struct perf_build_id_record rec = {
        .header.misc = cpumode | PERF_MISC_BUILD_ID_SIZE,
        .pid = -1,
        .size = (uint8_t)len,
    };

    if (!len || sizeof(rec) + padded > UINT16_MAX)
        return;
    rec.header.size = (uint16_t)(sizeof(rec) + padded);
    memcpy(rec.build_id, id, len);
    add_bytes(out, &rec, sizeof(rec));
    add_bytes(out, path, name);
    add_padding(out, padded - name);
}

static bool uses_clockid(const struct hwp_feature_input *in)
{
    return in->nr_events && in->events[0].attr.use_clockid;
}

/* When a DSO was first mapped, by CLOCK_REALTIME, or a time before that. */
static uint64_t mapped_since(const struct hwp_feature_input *in, const struct hwp_dso *dso)
{
    if (!uses_clockid(in) || dso->mapped_at < in->clock_ns)
        return in->created_ns;
    return in->wall_ns + (dso->mapped_at - in->clock_ns);
}

/* The kernel reads the ids from what is mapped, if it can; where it finds none, there is none. */
static bool kernel_has_ids(const struct hwp_feature_input *in)
{
    for (size_t i = 0; i < in->nr_events; i++)
        if (in->events[i].attr.build_id)
            return true;
    return false;
}

/* Of every file that a sample or a caller was in, so that a later change of it is noticed. Ids
 * that came with the MMAP2 records are the kernel's word; others are read from the file now, if
 * it is the same still. */
static void build_ids(const struct hwp_feature_input *in, struct hwp_str *out)
{
    uint8_t id[HWP_BUILD_ID_MAX];
    bool read_files = !kernel_has_ids(in);

    for (size_t i = 0; in->profile && i < in->profile->dsos.len; i++) {
        const struct hwp_dso *dso = &in->profile->dsos.data[i];

        if (dso->kind == HWP_DSO_KERNEL)
            add_build_id(out, PERF_RECORD_MISC_KERNEL, "[kernel.kallsyms]", id,
                         hwp_build_id_of_kernel(id));
        else if (dso->kind == HWP_DSO_USER && dso->build_id_len)
            add_build_id(out, PERF_RECORD_MISC_USER, dso->path, dso->build_id, dso->build_id_len);
        else if (dso->kind == HWP_DSO_USER && read_files && !hwp_ends_with(dso->path, " (deleted)"))
            add_build_id(out, PERF_RECORD_MISC_USER, dso->path, id,
                         hwp_build_id_of_dso(dso, mapped_since(in, dso), id));
    }
}

static void hostname(const struct hwp_feature_input *in, struct hwp_str *out)
{
    struct utsname u;

    add_known_string(out, in->run->hostname, uname(&u) == 0 ? u.nodename : NULL);
}

static void os_release(const struct hwp_feature_input *in, struct hwp_str *out)
{
    struct utsname u;

    add_known_string(out, in->run->os_release, uname(&u) == 0 ? u.release : NULL);
}

static void arch(const struct hwp_feature_input *in, struct hwp_str *out)
{
    struct utsname u;

    add_known_string(out, in->run->arch, uname(&u) == 0 ? u.machine : NULL);
}

static void version(const struct hwp_feature_input *in, struct hwp_str *out)
{
    (void)in;
    add_string(out, "hwprof " HWP_VERSION);
}

static void nr_cpus(const struct hwp_feature_input *in, struct hwp_str *out)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN), configured = sysconf(_SC_NPROCESSORS_CONF);

    (void)in;
    add_u32(out, configured > 0 ? (uint32_t)configured : 1);
    add_u32(out, online > 0 ? (uint32_t)online : 1);
}

static void cpu_desc(const struct hwp_feature_input *in, struct hwp_str *out)
{
    add_known_string(out, in->run->cpu_model, NULL);
}

static void cpuid(const struct hwp_feature_input *in, struct hwp_str *out)
{
    add_known_string(out, in->run->cpuid, NULL);
}

static void total_mem(const struct hwp_feature_input *in, struct hwp_str *out)
{
    struct sysinfo info;

    (void)in;
    if (sysinfo(&info) == 0)
        add_u64(out, (uint64_t)info.totalram * info.mem_unit / 1024);
}

/* The run has its command as one shell-quoted string, so that is the one argument. */
static void cmdline(const struct hwp_feature_input *in, struct hwp_str *out)
{
    if (!in->run->command)
        return;
    add_u32(out, 1);
    add_string(out, in->run->command);
}

/* Where perf gets the events' names from. */
static void event_desc(const struct hwp_feature_input *in, struct hwp_str *out)
{
    add_u32(out, (uint32_t)in->nr_events);
    add_u32(out, sizeof(struct perf_event_attr));
    for (size_t i = 0; i < in->nr_events; i++) {
        const struct hwp_recording_event *ev = &in->events[i];
        struct perf_event_attr attr = ev->attr;

        attr.size = sizeof(attr);
        add_bytes(out, &attr, sizeof(attr));
        add_u32(out, (uint32_t)ev->nr_ids);
        add_string(out, ev->name);
        add_bytes(out, ev->ids, ev->nr_ids * sizeof(uint64_t));
    }
}

static void sample_time(const struct hwp_feature_input *in, struct hwp_str *out)
{
    if (in->sample_times[1])
        add_bytes(out, in->sample_times, sizeof(in->sample_times));
}

static void clockid(const struct hwp_feature_input *in, struct hwp_str *out)
{
    struct timespec res;

    if (uses_clockid(in) && clock_getres(in->events[0].attr.clockid, &res) == 0)
        add_u64(out, (uint64_t)res.tv_sec * 1000000000u + (uint64_t)res.tv_nsec);
}

static void clock_data(const struct hwp_feature_input *in, struct hwp_str *out)
{
    if (!uses_clockid(in))
        return;
    add_u32(out, 1); /* version */
    add_u32(out, (uint32_t)in->events[0].attr.clockid);
    add_u64(out, in->wall_ns);
    add_u64(out, in->clock_ns);
}

static void run_json(const struct hwp_feature_input *in, struct hwp_str *out)
{
    char *json hwp_cleanup(hwp_free_cleanup) = hwp_run_to_json(in->run);

    hwp_str_add(out, json);
}

static void topology_xml(const struct hwp_feature_input *in, struct hwp_str *out)
{
    if (in->run->topology_xml)
        hwp_str_add(out, in->run->topology_xml);
}

static void kallsyms(const struct hwp_feature_input *in, struct hwp_str *out)
{
    if (in->profile)
        hwp_kallsyms_of_profile(in->profile, out);
}

static void lines(const struct hwp_feature_input *in, struct hwp_str *out)
{
    if (in->run->lines.line_bytes)
        hwp_cache_lines_encode(&in->run->lines, out);
}

/* In ascending order of bits, as the file wants them. A feature without content is left out. */
static const struct {
    unsigned bit;
    void (*fill)(const struct hwp_feature_input *in, struct hwp_str *out);
} features[] = {
    {PERF_FEATURE_BUILD_ID, build_ids},
    {PERF_FEATURE_HOSTNAME, hostname},
    {PERF_FEATURE_OSRELEASE, os_release},
    {PERF_FEATURE_VERSION, version},
    {PERF_FEATURE_ARCH, arch},
    {PERF_FEATURE_NRCPUS, nr_cpus},
    {PERF_FEATURE_CPUDESC, cpu_desc},
    {PERF_FEATURE_CPUID, cpuid},
    {PERF_FEATURE_TOTAL_MEM, total_mem},
    {PERF_FEATURE_CMDLINE, cmdline},
    {PERF_FEATURE_EVENT_DESC, event_desc},
    {PERF_FEATURE_SAMPLE_TIME, sample_time},
    {PERF_FEATURE_CLOCKID, clockid},
    {PERF_FEATURE_CLOCK_DATA, clock_data},
    {HWP_FEATURE_RUN, run_json},
    {HWP_FEATURE_TOPOLOGY, topology_xml},
    {HWP_FEATURE_KALLSYMS, kallsyms},
    {HWP_FEATURE_LINES, lines},
};

void hwp_features_collect(const struct hwp_feature_input *in, struct hwp_features *ret)
{
    for (size_t i = 0; i < hwp_array_size(features); i++) {
        struct hwp_feature f = {.bit = features[i].bit};

        features[i].fill(in, &f.content);
        if (f.content.len)
            hwp_vec_push(ret, f);
        else
            hwp_str_deinit(&f.content);
    }
}

void hwp_features_deinit(struct hwp_features *list)
{
    hwp_vec_foreach (list, f)
        hwp_str_deinit(&f->content);
    hwp_vec_deinit(list);
}
