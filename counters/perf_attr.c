/* What the kernel understands, and the attr of each event. */
#include <errno.h>
#include <linux/hw_breakpoint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "counters/perf_session.h"
#include "counters/system_facts.h"

#define DEFAULT_MAX_STACK 127

/* --- features -------------------------------------------------------------------------------- */

static bool understands(struct perf_event_attr attr)
{
    attr.type = PERF_TYPE_SOFTWARE;
    attr.size = sizeof(attr);
    attr.disabled = 1;
    attr.exclude_kernel = 1;
    attr.exclude_hv = 1;

    int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd >= 0)
        close(fd);
    /* Denied says nothing about what would be understood. */
    return fd >= 0 || errno == EACCES || errno == EPERM;
}

void hwp_perf_features_probe(struct hwp_perf_features *ret)
{
    struct perf_event_attr clock = {.config = PERF_COUNT_SW_CPU_CLOCK},
                           clockid = clock, build_id = clock, lost = clock,
                           dummy = {.config = PERF_COUNT_SW_DUMMY};

    clockid.use_clockid = 1;
    clockid.clockid = CLOCK_MONOTONIC;
    build_id.mmap = build_id.mmap2 = build_id.build_id = 1;
    lost.read_format = PERF_FORMAT_LOST;
    *ret = (struct hwp_perf_features){
        .clockid = understands(clockid),
        .build_id = understands(build_id),
        .read_lost = understands(lost),
        .dummy = understands(dummy),
    };
}

/* --- attrs ----------------------------------------------------------------------------------- */

static uint64_t read_format(const struct hwp_perf_session *s)
{
    return PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING |
           (s->features.read_lost ? PERF_FORMAT_LOST : 0u);
}

static void set_counting(const struct hwp_perf_session *s, struct perf_event_attr *attr)
{
    attr->size = sizeof(*attr);
    attr->read_format = read_format(s);
    attr->disabled = 1;
    attr->inherit = s->tasks.len > 0;
    attr->enable_on_exec = s->tasks.len > 0 && !s->config.attach;
}

static unsigned max_stack(void)
{
    long long value = DEFAULT_MAX_STACK;

    hwp_read_number("/proc/sys/kernel/perf_event_max_stack", &value);
    return value > 0 && value < DEFAULT_MAX_STACK ? (unsigned)value : DEFAULT_MAX_STACK;
}

/* Rare, exact events are sampled each time they happen unless a rate is asked for, as perf does. */
static bool is_rare(const struct perf_event_attr *attr)
{
    return attr->type == PERF_TYPE_TRACEPOINT || attr->type == PERF_TYPE_BREAKPOINT;
}

static void set_freq(const struct hwp_perf_session *s, struct perf_event_attr *attr, uint64_t hz)
{
    unsigned max = s->config.facts->max_sample_rate;

    attr->freq = 1;
    attr->sample_freq = max && hz > max ? max : hz;
}

/* The event's own term, period= or freq=, goes before what is asked for the session. A period of the
 * session was meant for the events that were asked for, not for the nanoseconds of a clock that
 * stands in for them. */
static void set_rate(const struct hwp_perf_session *s, const struct hwp_counter *c,
                     struct perf_event_attr *attr)
{
    if (c->enc->period)
        attr->sample_period = c->enc->period;
    else if (c->enc->freq)
        set_freq(s, attr, c->enc->freq);
    else if (s->config.period && c->enc != &s->clock)
        attr->sample_period = s->config.period;
    else if (is_rare(attr) && !s->config.freq_asked)
        attr->sample_period = 1;
    else
        set_freq(s, attr, s->config.freq_hz);
}

/* What every event that writes to the ring buffers must agree on. */
static void set_records(const struct hwp_perf_session *s, struct perf_event_attr *attr)
{
    attr->sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
                        PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD;
    attr->sample_id_all = 1;
    /* 0 means half of the buffer, whose size is only known when it is mapped. */
    attr->watermark = 1;
    attr->wakeup_watermark = 0;
    if (s->features.clockid) {
        attr->use_clockid = 1;
        attr->clockid = CLOCK_MONOTONIC; /* safe in NMIs, and comparable with other logs */
    }
    if (s->config.call_chains)
        attr->sample_type |= PERF_SAMPLE_CALLCHAIN;
    /* The tracepoint's fields, for readers that show them (perf script). */
    if (attr->type == PERF_TYPE_TRACEPOINT)
        attr->sample_type |= PERF_SAMPLE_RAW;
    /* Set rather than left to the kernel, so that PERF_EVENT_IOC_MODIFY_ATTRIBUTES finds the attr
     * it compares with unchanged. */
    attr->sample_max_stack = (uint16_t)max_stack();
}

static void set_tracking(const struct hwp_perf_session *s, struct perf_event_attr *attr)
{
    attr->mmap = 1;
    attr->mmap2 = 1;
    attr->comm = 1;
    attr->comm_exec = 1;
    attr->task = 1;
    attr->build_id = s->features.build_id;
}

bool hwp_perf_wants_group_read(const struct hwp_perf_session *s, const struct hwp_counter *c)
{
    return c->leader >= 0 && c->sampled &&
           (c->enc->mods.sample_read || s->counters.data[c->leader].enc->mods.sample_read);
}

/* {…}:S: the group's first event is sampled, and each of its samples carries the counts of all. An
 * inherited event's samples carry the counts of one task alone, or (before Linux 6.13) are refused;
 * readers that know no better, perf's before 6.12 among them, would take the differences between
 * tasks for events. So while child tasks are followed each event is sampled on its own. */
static void set_group_read(const struct hwp_perf_session *s, struct hwp_counter *c, bool is_first)
{
    if (!hwp_perf_wants_group_read(s, c) || c->attr.inherit)
        return;
    c->attr.read_format |= PERF_FORMAT_GROUP | PERF_FORMAT_ID;
    c->attr.sample_type |= PERF_SAMPLE_READ;
    if (!is_first) {
        c->attr.freq = 0;
        c->attr.sample_period = 0;
    }
}

void hwp_perf_attr_make(const struct hwp_perf_session *s, struct hwp_counter *c, bool is_first)
{
    struct perf_event_attr *attr = &c->attr;

    *attr = c->enc->attr;
    set_counting(s, attr);
    if (c->enc->mods.max_precise && hwp_perf_samples(s))
        attr->precise_ip = 3;
    if (c->whole_cpu) {
        attr->inherit = 0;
        attr->enable_on_exec = 0;
    }
    if (c->late) {
        attr->bp_addr = 0; /* a placeholder that any length is aligned to */
        attr->enable_on_exec = 0;
        attr->sample_max_stack = (uint16_t)max_stack();
    }
    if (c->sampled) {
        set_records(s, attr);
        set_rate(s, c, attr);
        set_group_read(s, c, is_first);
    }
    if (c->tracks)
        set_tracking(s, attr);
}

/* The dummy event: side-band records alone, or (not tracking) a reference for time. */
void hwp_perf_attr_make_helper(const struct hwp_perf_session *s, struct hwp_counter *c)
{
    c->attr = (struct perf_event_attr){
        .type = PERF_TYPE_SOFTWARE,
        .config = s->features.dummy ? PERF_COUNT_SW_DUMMY : PERF_COUNT_SW_CPU_MIGRATIONS,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };
    set_counting(s, &c->attr);
    if (c->tracks) {
        set_records(s, &c->attr);
        c->attr.sample_type &= ~(uint64_t)PERF_SAMPLE_CALLCHAIN;
        set_tracking(s, &c->attr);
    }
}
