#include "core.h"

#include "block.h"
#include "core_api.h"
#include "turns.h"

#if defined(VGA_amd64)
#include "libvex_guest_amd64.h"
typedef VexGuestAMD64State guest_state;
#elif defined(VGA_arm64)
#include "libvex_guest_arm64.h"
typedef VexGuestARM64State guest_state;
#else
#error "the modelled PMU is for x86-64 and arm64"
#endif

/* A budget that isn't spent before the task has left. */
#define ENDLESS (1ll << 60)
/* Slices after which the books are looked at: quiet lines, status, limits. */
#define REVIEW_SLICES 64

struct hwm_now hwm_now;
struct hwm_core *hwm_core;
struct hwm_core hwm_cores[HWM_MAX_CORES];
struct hwm_weave *hwm_weave;
struct hwm_pages *hwm_pages;
Bool hwm_is_shared, hwm_registers_known;
UInt hwm_line_bits, hwm_data_filters, hwm_code_filters;

static ULong slice_ticks;
static UInt slices, nr_used;
static Addr registers_at; /* within a thread's state */

/* --- making ---------------------------------------------------------------------------------- */

/* Entries of a filter: lines of one set share an entry. */
static UInt filters_for(const struct hwm_cache *c)
{
    UInt sets = c->sets ? c->sets : 1;

    return sets & -sets;
}

static void filters_clear(struct hwm_core *c)
{
    for (UInt i = 0; i < 2 * hwm_data_filters + hwm_code_filters; i++)
        c->filters[i] = HWM_NO_LINE;
}

/* Cores are made when they are first used: a machine of 192 of them costs nothing else. */
static void core_make(struct hwm_core *c)
{
    const struct hwm_machine *m = &hwm_machine;

    if (c->filters)
        return;
    hwm_cache_init(&c->l1i, &m->l1i, m->line_bytes);
    hwm_cache_init(&c->l1d, &m->l1d, m->line_bytes);
    hwm_cache_init(&c->l2, &m->l2, m->line_bytes);
    hwm_tlb_init(&c->itlb, &m->itlb);
    hwm_tlb_init(&c->dtlb, &m->dtlb);
    hwm_tlb_init(&c->stlb, &m->stlb);
    c->branches = hwm_branches_create(m->seed);
    c->prefetcher = hwm_prefetcher_create(m->line_bytes);
    hwm_data_filters = filters_for(&c->l1d);
    hwm_code_filters = filters_for(&c->l1i);
    c->filters = hwm_alloc((2 * hwm_data_filters + hwm_code_filters) * sizeof(ULong));
    filters_clear(c);
}

void hwm_cores_init(void)
{
    hwm_line_bits = (UInt)__builtin_ctz(hwm_machine.line_bytes);
    slice_ticks = (ULong)hwm_machine.slice_cycles * HWM_TICKS;
    for (UInt i = 0; i < hwm_machine.nr_cores; i++)
        hwm_cores[i].index = i;
    hwm_weave = hwm_weave_create(&hwm_machine);
    hwm_pages = hwm_pages_create(&hwm_machine);
    core_make(&hwm_cores[hwm_machine.slots[0]]);
}

/* --- clocks ---------------------------------------------------------------------------------- */

static ULong clock_of(const struct hwm_core *c)
{
    return c->limit - (ULong)(c == hwm_core ? hwm_now.budget : c->budget);
}

ULong hwm_core_clock(UInt core)
{
    return clock_of(&hwm_cores[core]);
}

ULong hwm_time(void)
{
    ULong latest = 0;

    for (UInt i = 0; i < hwm_machine.nr_cores; i++)
        if (hwm_cores[i].used && clock_of(&hwm_cores[i]) > latest)
            latest = clock_of(&hwm_cores[i]);
    return latest;
}

/* Moves a core's limit, and what is left of its budget with it: its clock stays. */
static void set_limit(struct hwm_core *c, ULong limit)
{
    Long left = (Long)(limit - clock_of(c));

    c->limit = limit;
    if (c == hwm_core)
        hwm_now.budget = left;
    else
        c->budget = left;
}

void hwm_core_advance(UInt core, ULong ticks)
{
    struct hwm_core *c = &hwm_cores[core];
    ULong now = clock_of(c);

    if (now >= ticks)
        return;
    c->limit += ticks - now;
    c->idle_ticks += ticks - now;
}

/* The clock of the slowest core that could run, apart from `but` (NULL: of all); ~0: there is none. */
static ULong slowest(const struct hwm_core *but)
{
    ULong least = ~0ull;

    for (UInt i = 0; i < hwm_machine.nr_cores; i++) {
        const struct hwm_core *c = &hwm_cores[i];
        if (c != but && c->runnable && clock_of(c) < least)
            least = clock_of(c);
    }
    return least;
}

/* --- weaving --------------------------------------------------------------------------------- */

/* Cores' clocks have what was found to delay them. */
static void take_delays(void)
{
    for (UInt i = 0; i < hwm_machine.nr_cores; i++) {
        struct hwm_core *c = &hwm_cores[i];
        if (!c->used)
            continue;
        ULong delay = hwm_weave_delay(hwm_weave, i);
        c->limit += delay - c->delay_seen;
        c->delay_seen = delay;
    }
}

/* What was played moves clocks on, so that more is safe. */
static void weave(void)
{
    ULong safe = 0, next;

    while ((next = slowest(NULL)) > safe && next != ~0ull) {
        if (safe)
            hwm_weave_go_on(hwm_weave, next);
        else
            hwm_weave_run(hwm_weave, next);
        take_delays();
        safe = next;
    }
}

void hwm_core_settle(UInt core)
{
    ULong safe = 0, now;

    while ((now = hwm_core_clock(core)) > safe) {
        safe = now;
        hwm_weave_run(hwm_weave, safe + 1);
        take_delays();
    }
}

void hwm_cores_settle(void)
{
    hwm_weave_run(hwm_weave, ~0ull);
    take_delays();
}

/* --- slices ---------------------------------------------------------------------------------- */

/* How far the core may run before others have to be looked at again; not beyond its clock: not at
 * all. */
static ULong next_limit(const struct hwm_core *c)
{
    ULong others = slowest(c), now = clock_of(c);
    ULong limit = others == ~0ull ? now + slice_ticks : others + slice_ticks;

    if (c->runnable > 1 && limit > now + slice_ticks)
        limit = now + slice_ticks;
    return limit;
}

void hwm_core_enter(UInt core)
{
    struct hwm_core *c = &hwm_cores[core];

    core_make(c);
    if (!c->used) {
        c->used = True;
        nr_used++;
        hwm_is_shared = nr_used > 1;
    }
    hwm_core = c;
    hwm_now.filters = c->filters;
    hwm_now.branches = c->branches;
    hwm_now.budget = c->budget;
    hwm_now.context = hwm_task->context;
    set_limit(c, next_limit(c));
}

void hwm_core_leave(void)
{
    if (!hwm_core)
        return;
    hwm_core->budget = hwm_now.budget;
    if (hwm_core->budget > ENDLESS / 2) { /* it was told to leave */
        hwm_core->budget -= ENDLESS;
        hwm_core->limit -= ENDLESS;
    }
    hwm_core->instructions += hwm_now.instructions;
    hwm_now.instructions = 0;
    if (hwm_task)
        hwm_task->context = hwm_now.context;
    hwm_core = NULL;
}

void hwm_core_occupied(UInt core, Int delta)
{
    hwm_cores[core].runnable = (UInt)((Int)hwm_cores[core].runnable + delta);
}

Bool hwm_core_is_contended(UInt core)
{
    return hwm_cores[core].runnable > 1;
}

void hwm_slice_cut(void)
{
    if (hwm_now.budget > 0 && hwm_now.budget < ENDLESS / 2)
        set_limit(hwm_core, hwm_clock_now());
}

static void review(void)
{
    if (++slices % REVIEW_SLICES)
        return;
    hwm_status_update();
    if (hwm_is_shared)
        hwm_contest_review();
}

#if defined(VGA_arm64)
/* VEX for arm64 hands the guest state to no call, but generated code has it in this register. */
__asm__(".text\n"
        ".type hwm_registers_here, %function\n"
        "hwm_registers_here:\n"
        "    mov x0, x21\n"
        "    b hwm_registers_found\n"
        ".global hwm_registers_here\n");
#endif

VG_REGPARM(1) void hwm_registers_found(void *state)
{
    registers_at = (Addr)state - (Addr)VG_(get_ThreadState)(hwm_task->thread);
    hwm_registers_known = True;
}

/* The registers of all threads are at the same place of their states. */
static guest_state *registers_of(const struct hwm_task *t)
{
    return (guest_state *)((Addr)VG_(get_ThreadState)(t->thread) + registers_at);
}

/* Ends the running slice: Valgrind's scheduler takes over at the next block. The budget must not end
 * again before that. */
static void stop_running(void)
{
    hwm_core->limit += ENDLESS;
    hwm_now.budget += ENDLESS;
    registers_of(hwm_task)->host_EvC_COUNTER = 0;
}

void hwm_slice_end(void)
{
    weave();
    review();
    set_limit(hwm_core, next_limit(hwm_core));
    if (!hwm_turn_goes_on(hwm_now.budget <= 0))
        stop_running();
}

/* Until a first block has told where registers are, a task runs one block. */
Bool hwm_core_pass(struct hwm_task *t)
{
    if (hwm_registers_known) {
        registers_of(t)->host_EvC_COUNTER = 0;
        return True;
    }
    hwm_task = t;
    hwm_core_enter(t->core);
    hwm_slice_cut();
    return False;
}

/* --- the end --------------------------------------------------------------------------------- */

ULong hwm_instructions(void)
{
    ULong sum = hwm_now.instructions;

    for (UInt i = 0; i < hwm_machine.nr_cores; i++)
        sum += hwm_cores[i].instructions;
    return sum;
}

void hwm_cores_reset(void)
{
    hwm_cores_settle();
    hwm_weave_reset_counts(hwm_weave);
    for (UInt i = 0; i < hwm_machine.nr_cores; i++) {
        hwm_cores[i].idle_ticks = 0;
        hwm_cores[i].instructions = 0;
    }
}

static void tell_cores(void)
{
    for (UInt i = 0; i < hwm_machine.nr_cores; i++) {
        const struct hwm_core *c = &hwm_cores[i];
        struct hwm_record_core record = {
            .head = {.type = HWM_RECORD_CORE, .ticks = hwm_time()},
            .core = i,
            .ticks = clock_of(c),
            .instructions = c->instructions,
            .idle_ticks = c->idle_ticks,
        };
        if (c->used)
            hwm_stream_write(&record.head, sizeof(record));
    }
}

void hwm_cores_dump(void)
{
    tell_cores();
    hwm_lines_dump();
}
