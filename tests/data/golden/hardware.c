/*
 * Writes a recording of fixture as a machine with a PMU would have made it: four hardware events, one
 * of them multiplexed, two CPUs, some records lost. The numbers are made up, so that every column of
 * a report has something to show; everything that reads them is real.
 *
 *     hardware OUTPUT COUNT MIX SCAN     addresses of the functions, in hexadecimal
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "profile/recording.h"

#define NR_EVENTS 4
#define TASK      4242
#define TEXT      0x401000u /* where the fixture's code is linked, and its file offset */
#define OFFSET    0x1000u

static const struct {
    const char *name;
    uint64_t config, period, count, enabled, running;
} events[NR_EVENTS] = {
    {"cycles", PERF_COUNT_HW_CPU_CYCLES, 1000003, 812345678, 250000000, 250000000},
    {"instructions", PERF_COUNT_HW_INSTRUCTIONS, 1000003, 1402345678, 250000000, 250000000},
    {"cache-misses", PERF_COUNT_HW_CACHE_MISSES, 10007, 1234567, 250000000, 125000000},
    {"branch-misses", PERF_COUNT_HW_BRANCH_MISSES, 10007, 0, 0, 0},
};

struct sample {
    struct perf_event_header header;
    uint64_t id, ip;
    uint32_t pid, tid;
    uint64_t time;
    uint32_t cpu, reserved;
    uint64_t period;
};

static void check(struct hwp_error *err)
{
    if (err) {
        fprintf(stderr, "%s\n", err->msg);
        exit(1);
    }
}

static void describe(struct hwp_recording_event *ret, uint64_t *ids)
{
    for (size_t i = 0; i < NR_EVENTS; i++) {
        ids[i] = 100 + i;
        ret[i] = (struct hwp_recording_event){
            .attr = {.type = PERF_TYPE_HARDWARE,
                     .size = sizeof(struct perf_event_attr),
                     .config = events[i].config,
                     .sample_period = events[i].period,
                     .sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
                                    PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD},
            .name = events[i].name,
            .ids = &ids[i],
            .nr_ids = 1,
        };
    }
}

static void map_program(struct hwp_recording *r)
{
    struct {
        struct perf_event_header header;
        uint32_t pid, tid;
        char comm[8];
    } comm = {{PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC, sizeof(comm)}, TASK, TASK, "fixture"};
    struct {
        struct perf_event_header header;
        uint32_t pid, tid;
        uint64_t start, length, offset;
        char path[24];
    } map = {{PERF_RECORD_MMAP, PERF_RECORD_MISC_USER, sizeof(map)},
             TASK, TASK, TEXT, 0x1000, OFFSET, "/fixture/fixture"};

    check(hwp_recording_append(r, &comm, sizeof(comm)));
    check(hwp_recording_append(r, &map, sizeof(map)));
}

static void add_samples(struct hwp_recording *r, size_t event, uint64_t ip, uint32_t cpu, int n)
{
    static uint64_t time = 1000000000;

    for (int i = 0; i < n; i++) {
        struct sample s = {
            .header = {PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER, sizeof(s)},
            .id = 100 + event,
            .ip = ip,
            .pid = TASK,
            .tid = TASK + (cpu != 0),
            .time = time += 1000,
            .cpu = cpu,
            .period = events[event].period,
        };
        check(hwp_recording_append(r, &s, sizeof(s)));
    }
}

static void fill_run(struct hwp_run *run)
{
    run->command = hwp_strdup("./fixture");
    run->has_exit = true;
    run->duration_ns = 251000000;
    run->hostname = hwp_strdup("golden");
    run->arch = hwp_strdup("x86_64");
    run->cpu_model = hwp_strdup("Example CPU");
    run->topology = hwp_strdup("Example CPU, 1 package, 2 cores, 4 CPUs, L3 8 MiB, 1 NUMA node");
    run->nr_cpus = 4;
    run->source = hwp_strdup("perf");
    run->pin_plan = hwp_strdup("cores");
    run->lost_records = 3;
    run->lost_samples = 12;
    for (int i = 0; i < 2; i++)
        hwp_vec_push(&run->pins, (struct hwp_pin){TASK, TASK + i, hwp_strdup("fixture"), i, i});
    for (size_t i = 0; i < NR_EVENTS; i++) {
        struct hwp_event ev = {
            .name = hwp_strdup(events[i].name),
            .source = hwp_strdup("perf"),
            .total = hwp_count_make(events[i].count, events[i].enabled, events[i].running),
            .requested = true,
            .sampled = true,
            .period = events[i].period,
            .leader = -1,
        };
        for (uint64_t cpu = 0; cpu < 2; cpu++) {
            uint64_t part = cpu ? events[i].count / 3 : events[i].count - events[i].count / 3;
            hwp_vec_push(&ev.per_cpu, hwp_count_make(part, events[i].enabled / 2,
                                                     events[i].running / 2));
        }
        if (i == 3) {
            ev.reason = hwp_strdup("the NMI watchdog holds a counter");
            ev.remedy = hwp_strdup("sudo sysctl kernel.nmi_watchdog=0");
        }
        hwp_vec_push(&run->events, ev);
    }
    hwp_note_raise(&run->notes, HWP_NOTE_LOST, NULL);
    hwp_note_raise(&run->notes, HWP_NOTE_SCALED, "cache-misses: 50 % of the time");
}

int main(int argc, char **argv)
{
    struct hwp_recording_event described[NR_EVENTS];
    struct hwp_recording *r = NULL;
    struct hwp_run run = {0};
    uint64_t ids[NR_EVENTS];

    if (argc != 5)
        return 2;
    uint64_t count = strtoull(argv[2], NULL, 16), mix = strtoull(argv[3], NULL, 16);
    uint64_t scan = strtoull(argv[4], NULL, 16);
    describe(described, ids);
    check(hwp_recording_create(argv[1], described, NR_EVENTS, &r));
    map_program(r);
    add_samples(r, 0, count, 0, 400); /* the instruction after the atomic */
    add_samples(r, 0, mix, 1, 290);
    add_samples(r, 0, scan, 0, 122);
    add_samples(r, 1, count, 0, 60);
    add_samples(r, 1, mix, 1, 1100);
    add_samples(r, 1, scan, 0, 242);
    add_samples(r, 2, scan, 0, 119);
    add_samples(r, 2, count, 0, 4);
    fill_run(&run);
    check(hwp_recording_finish(r, &run));
    hwp_recording_destroy(r);
    hwp_run_deinit(&run);
    return 0;
}
