/* Opening events, and what to try when the kernel refuses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "counters/perf_session.h"

/* --- one file -------------------------------------------------------------------------------- */

/* The file, or -errno. More events than open files is common on many-core machines. */
static int open_file(struct perf_event_attr *attr, pid_t tid, int cpu, int group_fd)
{
    for (;;) {
        int fd = (int)syscall(SYS_perf_event_open, attr, tid, cpu, group_fd, PERF_FLAG_FD_CLOEXEC);

        if (fd >= 0)
            return fd;
        if (errno == EINTR)
            continue;
        int errnum = errno;
        if (errnum != EMFILE || !hwp_limits_raise_files())
            return -errnum;
    }
}

/* The group leader's file at the same place; -1 if it isn't open there. */
static int file_at(const struct hwp_counter *head, const struct hwp_place *place, size_t hint)
{
    const struct hwp_places *all = &head->places;

    if (hint < all->len && all->data[hint].tid == place->tid && all->data[hint].cpu == place->cpu)
        return all->data[hint].fd;
    hwp_vec_foreach(all, p)
        if (p->tid == place->tid && p->cpu == place->cpu)
            return p->fd;
    return -1;
}

void hwp_perf_close_counter(struct hwp_counter *c)
{
    hwp_vec_foreach(&c->places, p)
        if (p->fd >= 0)
            close(p->fd);
    hwp_vec_deinit(&c->places);
    c->opened = false;
    c->is_head = false;
}

int hwp_perf_ioctl(const struct hwp_counter *c, unsigned long request)
{
    int errnum = 0;

    hwp_vec_foreach(&c->places, p)
        if (p->fd >= 0 && ioctl(p->fd, request, 0) && !errnum)
            errnum = errno;
    return errnum;
}

/* --- one counter, everywhere ----------------------------------------------------------------- */

/* A thread or a CPU that went away meanwhile is no reason to fail, as long as others are left. */
static bool went_away(const struct hwp_perf_session *s, int errnum)
{
    return (errnum == ESRCH && s->config.attach) || (errnum == ENODEV && s->by_cpu);
}

/* 0, or the errno of the first refusal, with everything closed again. */
static int open_places(const struct hwp_perf_session *s, struct hwp_counter *c,
                       const struct hwp_counter *head)
{
    size_t nr_open = 0;
    int errnum = ENODEV;

    hwp_perf_places_of(s, c, &c->places);
    for (size_t i = 0; i < c->places.len; i++) {
        struct hwp_place *p = &c->places.data[i];
        int group_fd = head ? file_at(head, p, i) : -1;

        if (head && group_fd < 0)
            continue;
        p->fd = open_file(&c->attr, p->tid, p->cpu, group_fd);
        if (p->fd < 0) {
            errnum = -p->fd;
            p->fd = -1;
            if (went_away(s, errnum))
                continue;
            hwp_perf_close_counter(c);
            return errnum;
        }
        if (ioctl(p->fd, PERF_EVENT_IOC_ID, &p->id))
            p->id = 0;
        nr_open++;
    }
    if (nr_open)
        return 0;
    hwp_perf_close_counter(c);
    return errnum;
}

/* --- what to try when refused ---------------------------------------------------------------- */

static bool user_chose_rings(const struct hwp_encoding *enc)
{
    return enc && (enc->mods.user || enc->mods.kernel || enc->mods.hypervisor);
}

/* Without the kernel part these would be 0, which looks like a count. (A tracepoint made from a
 * uprobe isn't in the kernel, but nothing tells; it can be asked for with :u.) */
static bool is_in_kernel(const struct perf_event_attr *attr)
{
    switch (attr->type) {
    case PERF_TYPE_TRACEPOINT:
        return true;
    case PERF_TYPE_BREAKPOINT:
        return attr->bp_addr >> 63;
    case PERF_TYPE_SOFTWARE: /* what the scheduler does; PERF_COUNT_SW_CGROUP_SWITCHES is new */
        return attr->config == PERF_COUNT_SW_CONTEXT_SWITCHES ||
               attr->config == PERF_COUNT_SW_CPU_MIGRATIONS || attr->config == 11;
    default:
        return false;
    }
}

static bool drop_kernel(struct hwp_counter *c, int errnum)
{
    struct perf_event_attr *attr = &c->attr;

    if ((errnum != EACCES && errnum != EPERM) || attr->exclude_kernel || is_in_kernel(attr) ||
        user_chose_rings(c->enc))
        return false;
    attr->exclude_kernel = 1;
    attr->exclude_hv = 1;
    c->kernel_dropped = true;
    return true;
}

/* That a tracepoint was passed may be seen where its fields, the kernel's data, may not. */
static bool drop_fields(struct hwp_counter *c, int errnum)
{
    if ((errnum != EACCES && errnum != EPERM) || !(c->attr.sample_type & PERF_SAMPLE_RAW))
        return false;
    c->attr.sample_type &= ~(uint64_t)PERF_SAMPLE_RAW;
    return true;
}

static bool lower_precision(struct hwp_counter *c, int errnum)
{
    if ((errnum != EOPNOTSUPP && errnum != EINVAL) || !c->enc || !c->enc->mods.max_precise ||
        !c->attr.precise_ip)
        return false;
    c->attr.precise_ip--;
    return true;
}

/* perf's own default excludes guests, which PMUs without virtualization support refuse. */
static bool drop_guest_exclusion(struct hwp_counter *c, int errnum)
{
    struct perf_event_attr *attr = &c->attr;

    if ((errnum != EINVAL && errnum != EOPNOTSUPP) || !(attr->exclude_guest || attr->exclude_host) ||
        (c->enc && (c->enc->mods.guest || c->enc->mods.host)))
        return false;
    attr->exclude_guest = attr->exclude_host = 0;
    return true;
}

/* A PMU without interrupts can count but not sample. */
static bool count_only(const struct hwp_perf_session *s, struct hwp_counter *c, int errnum)
{
    if ((errnum != EOPNOTSUPP && errnum != EINVAL) || !c->sampled || c->attr.precise_ip ||
        !hwp_attr_is_hardware(&c->attr))
        return false;

    struct perf_event_attr sampling = c->attr;
    c->sampled = c->tracks = false;
    hwp_perf_attr_make(s, c, true);
    c->attr.exclude_kernel = sampling.exclude_kernel;
    c->attr.exclude_hv = sampling.exclude_hv;
    c->attr.exclude_guest = sampling.exclude_guest;
    c->attr.exclude_host = sampling.exclude_host;
    return true;
}

static struct hwp_diagnosis counted_only(void)
{
    return (struct hwp_diagnosis){
        .cause = HWP_CAUSE_OTHER,
        .state = HWP_COUNT_NOT_COUNTED,
        .reason = hwp_strdup("it can be counted, not sampled: its PMU has no interrupt"),
        .remedy = hwp_strdup("sample an event of the core PMU or a clock beside it"),
    };
}

static void join_group(struct hwp_counter *c, const struct hwp_counter *head)
{
    /* Members run when their leader does. */
    if (head) {
        c->attr.disabled = 0;
        c->attr.enable_on_exec = 0;
        c->attr.pinned = 0;
        c->attr.exclusive = 0;
    }
}

/* Opens as asked or, failing that, with as little less as the kernel will take. */
static bool open_in_group(struct hwp_perf_session *s, struct hwp_counter *c,
                          const struct hwp_counter *head)
{
    bool was_sampled = c->sampled, was_tracking = c->tracks;
    int first_errnum = 0;

    for (;;) {
        join_group(c, head);
        int errnum = open_places(s, c, head);

        if (!errnum)
            break;
        if (drop_fields(c, errnum) || drop_kernel(c, errnum) || lower_precision(c, errnum) ||
            drop_guest_exclusion(c, errnum))
            continue;
        /* Leaving sampling out is tried last and, if it doesn't help, isn't what is reported. */
        if (!first_errnum) {
            first_errnum = errnum;
            hwp_diagnosis_deinit(&c->why);
            c->why = hwp_diagnose_open_in(s->config.facts,
                                          c->whole_cpu ? HWP_SCOPE_SYSTEM : s->scope, &c->attr,
                                          head != NULL, errnum);
            if (!head && count_only(s, c, errnum))
                continue;
        }
        c->sampled = was_sampled;
        c->tracks = was_tracking;
        return false;
    }
    c->opened = true;
    c->is_head = !head;
    hwp_diagnosis_deinit(&c->why);
    if (was_sampled != c->sampled)
        c->why = counted_only();
    return true;
}

/* --- all of them ----------------------------------------------------------------------------- */

/* The first of c's group that is open: what the rest is scheduled with. A group whose leader can't
 * be counted goes on with those that can. */
static struct hwp_counter *group_head(struct hwp_perf_session *s, const struct hwp_counter *c)
{
    if (c->leader < 0)
        return NULL;
    for (struct hwp_counter *m = s->counters.data; m < c; m++)
        if (m->leader == c->leader && m->opened && m->is_head)
            return m;
    return NULL;
}

/* Tracking has to work on every CPU of the session, and for as long as the session lasts. */
static bool can_track(const struct hwp_counter *c)
{
    return c->sampled && !c->whole_cpu && !c->late && !c->enc->attr.pinned &&
           hwp_cpuset_next(&c->enc->cpus, 0) < 0;
}

static bool is_weak(const struct hwp_perf_session *s, const struct hwp_counter *c)
{
    return c->enc->mods.weak || s->counters.data[c->leader].enc->mods.weak;
}

static bool is_tracking(const struct hwp_perf_session *s)
{
    hwp_vec_foreach(&s->counters, c)
        if (c->opened && c->tracks)
            return true;
    return false;
}

/* Without any PMU that is the reason, whatever library was the first to notice; but for what no PMU
 * counts. */
static struct hwp_diagnosis why_unavailable(const struct hwp_perf_session *s,
                                            const struct hwp_counter *c)
{
    if (!s->config.facts->has_core_pmu && strcmp(c->enc->via, "model") != 0)
        return hwp_diagnose_open_in(s->config.facts, s->scope, &c->enc->attr, false, ENOENT);
    return (struct hwp_diagnosis){
        .cause = HWP_CAUSE_EVENT_UNKNOWN,
        .state = HWP_COUNT_UNSUPPORTED,
        .reason = hwp_strdup(c->enc->unavailable),
        .remedy = hwp_strdup(c->enc->remedy),
    };
}

static void open_one(struct hwp_perf_session *s, struct hwp_counter *c)
{
    if (c->enc->unavailable) {
        c->why = why_unavailable(s, c);
        return;
    }
    const struct hwp_counter *head = group_head(s, c);

    c->tracks = !is_tracking(s) && can_track(c);
    hwp_perf_attr_make(s, c, head == NULL);
    open_in_group(s, c, head);
}

/* A weak group that doesn't fit: its events are counted one by one, each when it can be. */
static void break_up(struct hwp_perf_session *s, int leader, const struct hwp_counter *last)
{
    hwp_vec_foreach(&s->counters, m)
        if (m->leader == leader) {
            hwp_perf_close_counter(m);
            m->leader = -1;
            m->broken_up = true;
        }
    for (struct hwp_counter *m = s->counters.data; m <= last; m++)
        if (m->broken_up && !m->opened) {
            hwp_diagnosis_deinit(&m->why);
            open_one(s, m);
        }
}

void hwp_perf_open_counters(struct hwp_perf_session *s, size_t first)
{
    for (size_t i = first; i < s->counters.len; i++) {
        struct hwp_counter *c = &s->counters.data[i];

        open_one(s, c);
        if (!c->opened && c->why.cause == HWP_CAUSE_NO_FIT && c->leader >= 0 && is_weak(s, c))
            break_up(s, c->leader, c);
    }
}

static void open_helper(struct hwp_perf_session *s, struct hwp_counter *c)
{
    hwp_perf_attr_make_helper(s, c);
    open_in_group(s, c, NULL);
    hwp_diagnosis_deinit(&c->why);
}

/* The reference is what tells sharing of counters from absence; see perf_count.c. */
static bool wants_reference(const struct hwp_perf_session *s)
{
    if (!s->by_cpu || !s->tasks.len)
        return false;
    hwp_vec_foreach(&s->counters, c)
        if (c->opened && hwp_attr_is_hardware(&c->attr))
            return true;
    return false;
}

void hwp_perf_open_helpers(struct hwp_perf_session *s)
{
    bool sampling = false;

    hwp_vec_foreach(&s->counters, c)
        sampling |= c->opened && c->sampled;
    if (sampling && !is_tracking(s)) {
        struct hwp_counter tracking = {
            .name = "dummy:HG", .run_index = -1, .leader = -1, .tracks = true};

        open_helper(s, &tracking);
        hwp_vec_push(&s->counters, tracking);
    }
    if (wants_reference(s))
        open_helper(s, &s->reference);
}
