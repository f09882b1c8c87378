/*
 * A machine around the weave, for its tests: cores that run in slices, the one that is behind
 * first, as under the tool. What a core does is a function that logs one round of its work.
 */
#ifndef HWP_TESTS_MODEL_WEAVE_SIM_H
#define HWP_TESTS_MODEL_WEAVE_SIM_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "alloc.h"
#include "counters/model/sim/weave.h"

#define SIM_CORES 8
#define SIM_LINES 16

struct sim;

struct sim_core {
    uint64_t progress; /* ticks, without delays */
    uint64_t rounds;   /* done */
    struct hwm_cost cost;
};

struct sim {
    struct hwm_machine machine;
    struct hwm_weave *weave;
    struct hwm_line *lines[SIM_LINES];
    struct sim_core cores[SIM_CORES];
    uint64_t slice;  /* ticks */
    uint64_t rounds; /* of each core */
    void (*round)(struct sim *s, unsigned core);
    uint64_t parameter; /* of round() */
};

/* Latencies as of a Haswell: 70 cycles for a line from a neighbour. */
static inline void sim_init(struct sim *s, unsigned nr_cores, unsigned nr_l3, uint64_t seed)
{
    struct hwm_machine *m = &s->machine;

    memset(s, 0, sizeof(*s));
    m->nr_cores = nr_cores;
    m->nr_l3 = nr_l3;
    m->nr_nodes = 2;
    m->line_bytes = 64;
    m->l3.latency = 34;
    m->store_buffer = 42;
    m->transfer_l3 = 70;
    m->transfer_node = 120;
    m->transfer_remote = 250;
    m->dram_service_ticks = 10 * HWM_TICKS;
    m->seed = seed;
    for (unsigned i = 0; i < nr_cores; i++) {
        m->cores[i].l3 = (uint16_t)(i * nr_l3 / nr_cores);
        m->cores[i].node = nr_l3 > 2 ? m->cores[i].l3 / 2 : 0;
    }
    s->weave = hwm_weave_create(m);
    for (unsigned i = 0; i < SIM_LINES; i++)
        s->lines[i] = hwm_line_create(s->weave, 0x10000 + i * 64, (int)(i % nr_cores), NULL);
}

static inline void sim_free(struct sim *s)
{
    for (unsigned i = 0; i < SIM_LINES; i++)
        if (s->lines[i])
            hwm_line_retire(s->weave, s->lines[i]);
    hwm_weave_destroy(s->weave);
}

static inline uint64_t sim_clock(const struct sim *s, unsigned core)
{
    return s->cores[core].progress + hwm_weave_delay(s->weave, core);
}

/* An access at the core's clock as it is. */
static inline void sim_access(struct sim *s, unsigned core, uint64_t address, enum hwm_access kind,
                              unsigned bytes, unsigned flags)
{
    struct hwm_event e = {.ticks = sim_clock(s, core),
                          .ip = 0x400000 + kind * 16 + address % 64,
                          .line = s->lines[address / 64],
                          .cost = &s->cores[core].cost,
                          .core = (uint16_t)core,
                          .kind = (uint8_t)kind,
                          .flags = (uint8_t)flags,
                          .offset = (uint8_t)(address % 64),
                          .bytes = (uint8_t)bytes,
                          .tid = 100 + core};

    hwm_weave_log(s->weave, &e);
}

static inline void sim_work(struct sim *s, unsigned core, uint64_t tenths_of_cycles)
{
    s->cores[core].progress += tenths_of_cycles * HWM_TICKS / 10;
}

/* The unfinished core that is behind, but for one; -1: there is none. */
static inline int sim_behind(const struct sim *s, int except)
{
    int ret = -1;

    for (unsigned i = 0; i < s->machine.nr_cores; i++)
        if ((int)i != except && s->cores[i].rounds < s->rounds &&
            (ret < 0 || sim_clock(s, i) < sim_clock(s, (unsigned)ret)))
            ret = (int)i;
    return ret;
}

/* Runs all cores to their ends; returns the last one's clock in cycles. */
static inline uint64_t sim_run(struct sim *s)
{
    uint64_t end = 0;
    int core;

    while ((core = sim_behind(s, -1)) >= 0) {
        struct sim_core *c = &s->cores[core];
        int other = sim_behind(s, core);
        uint64_t limit = sim_clock(s, (unsigned)(other < 0 ? core : other)) + s->slice;

        while (c->rounds < s->rounds && sim_clock(s, (unsigned)core) < limit) {
            s->round(s, (unsigned)core);
            c->rounds++;
        }
        core = sim_behind(s, -1);
        hwm_weave_run(s->weave, core < 0 ? UINT64_MAX : sim_clock(s, (unsigned)core));
    }
    for (unsigned i = 0; i < s->machine.nr_cores; i++)
        if (sim_clock(s, i) > end)
            end = sim_clock(s, i);
    return end / HWM_TICKS;
}

static inline uint64_t sim_count(const struct sim *s, enum hwm_counter counter)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < s->machine.nr_cores; i++)
        sum += s->cores[i].cost.n[counter];
    return sum;
}

static inline void assert_within(uint64_t value, uint64_t low, uint64_t high)
{
    if (value < low || value > high)
        fail_msg("%llu is not in %llu..%llu", (unsigned long long)value, (unsigned long long)low,
                 (unsigned long long)high);
}

#endif
