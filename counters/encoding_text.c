/*
 * perf_event_attr as text. One row per field, so that a field can't be printed in one place and
 * forgotten in another.
 */
#include "base/str.h"
#include "counters/events.h"

static void add_flag(struct hwp_str *s, const char *name, unsigned value)
{
    if (value)
        hwp_str_addf(s, " %s=%u", name, value);
}

static void add_number(struct hwp_str *s, const char *name, uint64_t value)
{
    if (value)
        hwp_str_addf(s, " %s=%llu", name, (unsigned long long)value);
}

static void add_hex(struct hwp_str *s, const char *name, uint64_t value)
{
    if (value)
        hwp_str_addf(s, " %s=%#llx", name, (unsigned long long)value);
}

static void add_configs(struct hwp_str *s, const struct perf_event_attr *a)
{
    if (a->type == PERF_TYPE_BREAKPOINT) {
        hwp_str_addf(s, " bp_type=%u bp_addr=%#llx bp_len=%llu", a->bp_type,
                     (unsigned long long)a->bp_addr, (unsigned long long)a->bp_len);
        return;
    }
    hwp_str_addf(s, " config=%#llx", (unsigned long long)a->config);
    add_hex(s, "config1", a->config1);
    add_hex(s, "config2", a->config2);
#ifdef PERF_ATTR_SIZE_VER8
    add_hex(s, "config3", a->config3);
#endif
}

char *hwp_encoding_text(const struct perf_event_attr *a)
{
    struct hwp_str s = {0};

#define FLAG(field) add_flag(&s, #field, (unsigned)a->field)
    hwp_str_addf(&s, "type=%u", a->type);
    add_configs(&s, a);
    add_number(&s, a->freq ? "sample_freq" : "sample_period", a->sample_period);
    add_hex(&s, "sample_type", a->sample_type);
    add_hex(&s, "read_format", a->read_format);
    FLAG(disabled);
    FLAG(inherit);
    FLAG(pinned);
    FLAG(exclusive);
    FLAG(exclude_user);
    FLAG(exclude_kernel);
    FLAG(exclude_hv);
    FLAG(exclude_idle);
    FLAG(mmap);
    FLAG(comm);
    FLAG(freq);
    FLAG(inherit_stat);
    FLAG(enable_on_exec);
    FLAG(task);
    FLAG(watermark);
    FLAG(precise_ip);
    FLAG(mmap_data);
    FLAG(sample_id_all);
    FLAG(exclude_host);
    FLAG(exclude_guest);
    FLAG(exclude_callchain_kernel);
    FLAG(exclude_callchain_user);
    FLAG(mmap2);
    FLAG(comm_exec);
    FLAG(use_clockid);
    FLAG(context_switch);
    FLAG(write_backward);
    FLAG(namespaces);
    FLAG(ksymbol);
    FLAG(bpf_event);
    FLAG(aux_output);
    FLAG(cgroup);
    FLAG(text_poke);
    FLAG(build_id);
    FLAG(inherit_thread);
    FLAG(remove_on_exec);
    FLAG(sigtrap);
    FLAG(wakeup_events);
#undef FLAG
    add_hex(&s, "branch_sample_type", a->branch_sample_type);
    add_hex(&s, "sample_regs_user", a->sample_regs_user);
    add_number(&s, "sample_stack_user", a->sample_stack_user);
    add_number(&s, "clockid", (uint64_t)(int64_t)a->clockid);
    add_hex(&s, "sample_regs_intr", a->sample_regs_intr);
    add_number(&s, "aux_watermark", a->aux_watermark);
    add_number(&s, "sample_max_stack", a->sample_max_stack);
    add_number(&s, "aux_sample_size", a->aux_sample_size);
    add_hex(&s, "sig_data", a->sig_data);
    return hwp_str_steal(&s);
}
